#!/usr/bin/env bash
# BIND, authoritative: every query and response arrives, and named leaves at
# once, which it does only when its STOP is answered.
# shellcheck source=tests/scenario/dns.sh
. "${BASH_SOURCE[0]%/*}/dns.sh"
need named dnsperf dig

port=$(free_port)
zone_write
cat >"$dir/named.conf" <<END
options {
	directory "$dir";
	pid-file "$dir/named.pid";
	session-keyfile "$dir/session.key";
	managed-keys-directory "$dir";
	listen-on port $port { 127.0.0.1; };
	listen-on-v6 { none; };
	recursion no;
	notify no;
	dnssec-validation no;
	dnstap { all; };
	dnstap-output unix "$dir/tap.sock";
	fstrm-set-input-queue-size 16384;
	dnstap-identity "bind";
};
controls { };
zone "example" { type primary; file "$dir/example.zone"; };
END
tap_start
start named "$(program named)" -f -c "$dir/named.conf"
wait_answers named "$port"
ask "$port" 0 10000 4000
# BIND's name for a response goes by the question's RD bit, which dnsperf sets
arrived 10000 AUTH_QUERY CLIENT_RESPONSE
stop named 0 TERM 5
tap_stop
