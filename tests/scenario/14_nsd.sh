#!/usr/bin/env bash
# NSD: every query and response arrives.
# shellcheck source=tests/scenario/dns.sh
. "${BASH_SOURCE[0]%/*}/dns.sh"
need nsd dnsperf dig

port=$(free_port)
zone_write
cat >"$dir/nsd.conf" <<END
server:
    ip-address: 127.0.0.1
    port: $port
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "$dir"
    database: ""
    pidfile: "$dir/nsd.pid"
    xfrdfile: "$dir/xfrd.state"
    xfrdir: "$dir"
    zonelistfile: "$dir/zone.list"
    cookie-secret-file: "$dir/cookies"
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
dnstap:
    dnstap-enable: yes
    dnstap-socket-path: "$dir/tap.sock"
    dnstap-send-identity: yes
    dnstap-send-version: yes
    dnstap-log-auth-query-messages: yes
    dnstap-log-auth-response-messages: yes
zone:
    name: example
    zonefile: "$dir/example.zone"
END
tap_start
start nsd "$(program nsd)" -d -c "$dir/nsd.conf"
wait_answers nsd "$port"
ask_in_rounds "$port" 1000 AUTH_QUERY AUTH_RESPONSE
stop nsd 0 TERM 5
tap_stop
