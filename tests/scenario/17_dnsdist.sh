#!/usr/bin/env bash
# dnsdist in front of an authoritative server: every query and response
# arrives over the one connection all its threads share.
# shellcheck source=tests/scenario/dns.sh
. "${BASH_SOURCE[0]%/*}/dns.sh"
need dnsdist dnsperf dig

port=$(free_port)
backend_start
cat >"$dir/dnsdist.conf" <<END
setLocal('127.0.0.1:$port')
setACL('127.0.0.0/8')
setSecurityPollSuffix('')
newServer({ address = '127.0.0.1:$backend_port', checkName = 'example.', checkType = 'SOA' })
tap = newFrameStreamUnixLogger('$dir/tap.sock', { inputQueueSize = 16384, flushTimeout = 1 })
addAction(AllRule(), DnstapLogAction('dnsdist', tap))
addResponseAction(AllRule(), DnstapLogResponseAction('dnsdist', tap))
END
tap_start
start dnsdist dnsdist --supervised --disable-syslog -C "$dir/dnsdist.conf"
wait_answers dnsdist "$port"
ask "$port" 0 10000 2000
arrived 10000 CLIENT_QUERY CLIENT_RESPONSE
stop dnsdist 143 TERM 5 # it just ends, without STOP
stop backend
tap_stop
