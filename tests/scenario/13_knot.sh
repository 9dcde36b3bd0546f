#!/usr/bin/env bash
# Knot DNS: every query and response arrives, and knotd leaves at once, which
# it does only when its STOP is answered.
# shellcheck source=tests/scenario/dns.sh
. "${BASH_SOURCE[0]%/*}/dns.sh"
need knotd dnsperf dig

port=$(free_port)
zone_write
cat >"$dir/knot.conf" <<END
server:
    listen: 127.0.0.1@$port
    rundir: $dir
    udp-workers: 1
    tcp-workers: 1
    identity: knot
database:
    storage: $dir
control:
    listen: $dir/knot.sock
log:
  - target: stderr
    any: warning
mod-dnstap:
  - id: tap
    sink: unix:$dir/tap.sock
template:
  - id: default
    global-module: mod-dnstap/tap
zone:
  - domain: example
    file: $dir/example.zone
END
tap_start
start knotd "$(program knotd)" -c "$dir/knot.conf"
wait_answers knotd "$port"
ask_in_rounds "$port" 1000 AUTH_QUERY AUTH_RESPONSE
stop knotd 0 TERM 5
tap_stop
