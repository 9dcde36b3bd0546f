#!/usr/bin/env bash
# Knot Resolver: it answers no DNS before its READY is accepted, every query
# and response arrives, and it leaves at once, its STOP being answered.
# shellcheck source=tests/scenario/dns.sh
. "${BASH_SOURCE[0]%/*}/dns.sh"
need kresd dnsperf dig

port=$(free_port)
backend_start
cat >"$dir/kresd.conf" <<END
net.listen('127.0.0.1', $port, { kind = 'dns' })
cache.size = 20 * MB
trust_anchors.remove('.')
modules.load('dnstap')
dnstap.config({
	socket_path = '$dir/tap.sock',
	identity = 'kresd',
	client = { log_queries = true, log_responses = true },
})
policy.add(policy.suffix(policy.STUB('127.0.0.1@$backend_port'), { todname('example.') }))
END
tap_start
start kresd kresd -n -c "$dir/kresd.conf" "$dir"
wait_answers kresd "$port"
ask_in_rounds "$port" 1000 CLIENT_QUERY CLIENT_RESPONSE
stop kresd 0 TERM 5
stop backend
tap_stop
