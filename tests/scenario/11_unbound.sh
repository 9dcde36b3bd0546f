#!/usr/bin/env bash
# Unbound with dnstap pointed at the daemon, asked 10,000 times: every message
# arrives at the collector, both ways round of the handshake.
# shellcheck source=tests/scenario/dns.sh
. "${BASH_SOURCE[0]%/*}/dns.sh"
need unbound dnsperf dig

unbound_start() {
	local bidirectional=$1
	cat >"$dir/unbound.conf" <<-END
	server:
	    interface: 127.0.0.1
	    port: $port
	    num-threads: 1
	    username: ""
	    chroot: ""
	    directory: "$dir"
	    pidfile: "$dir/unbound.pid"
	    use-syslog: no
	    module-config: "iterator"
	    so-rcvbuf: 0
	    ip-ratelimit: 0
	    local-zone: "example." redirect
	    local-data: "example. 300 IN SOA ns.example. hostmaster.example. 1 2 3 4 5"
	    local-data: "example. 300 IN A 192.0.2.1"
	    local-data: "example. 300 IN AAAA 2001:db8::1"
	    local-data: "example. 300 IN TXT text"
	remote-control:
	    control-enable: no
	dnstap:
	    dnstap-enable: yes
	    dnstap-bidirectional: $bidirectional
	    dnstap-socket-path: "$dir/tap.sock"
	    dnstap-send-identity: yes
	    dnstap-send-version: yes
	    dnstap-log-client-query-messages: yes
	    dnstap-log-client-response-messages: yes
	END
	start unbound "$(program unbound)" -d -c "$dir/unbound.conf"
	wait_answers unbound "$port"
}

port=$(free_port)
tap_start
unbound_start yes
ask "$port" 0 10000 4000
arrived 10000 CLIENT_QUERY CLIENT_RESPONSE
stop unbound 0 TERM 5

unbound_start no
ask "$port" 10000 1000 4000
arrived 11000 CLIENT_QUERY CLIENT_RESPONSE
stop unbound 0 TERM 5
tap_stop
