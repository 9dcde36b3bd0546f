#!/usr/bin/env bash
# PowerDNS Recursor: it logs what it asks others, so every question that goes
# on to the authoritative server and every answer from there arrives.
# shellcheck source=tests/scenario/dns.sh
. "${BASH_SOURCE[0]%/*}/dns.sh"
need pdns_recursor dnsperf dig

port=$(free_port)
backend_start
cat >"$dir/recursor.lua" <<END
dnstapFrameStreamServer({ "$dir/tap.sock" },
	{ logQueries = true, logResponses = true, inputQueueSize = 16384, flushTimeout = 1 })
END
cat >"$dir/recursor.conf" <<END
local-address=127.0.0.1
local-port=$port
socket-dir=$dir
lua-config-file=$dir/recursor.lua
forward-zones=example=127.0.0.1:$backend_port
dnssec=off
qname-minimization=no
threads=1
dont-query=
security-poll-suffix=
daemon=no
write-pid=no
disable-syslog=yes
setuid=
setgid=
max-cache-entries=100000
packetcache-ttl=0
END
tap_start
start recursor pdns_recursor --config-dir="$dir"
wait_answers recursor "$port"
ask "$port" 0 10000 2000
arrived 10000 RESOLVER_QUERY RESOLVER_RESPONSE
stop recursor 143 TERM 5 # it just ends, without STOP
stop backend
tap_stop
