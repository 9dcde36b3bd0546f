#!/usr/bin/env bash
# 200,000 connections come and go, in all manners, and leave nothing behind: no
# descriptor, no memory, no place in the registry or among the peers.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need openssl
churn=$builddir/tests/churn
[ -x "$churn" ] || skip "tests/churn was not built"
first=20000
rest=$((180000 / slow / 8 * 8))

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-days 2 -subj /CN=tap.example -keyout "$dir/key.pem" \
	-out "$dir/cert.pem" 2>/dev/null
port=$(free_port)
tls_port=$(free_port)
# A place that is not given back would soon be missed: a peer has no more than
# it needs, and there are few.
cat >"$dir/tapferry.conf" <<END
listeners = (
  { name = "local"; address = "unix:$dir/tap.sock"; },
  { name = "remote"; address = "tcp://0.0.0.0:$port"; },
  { name = "tls"; address = "tls://0.0.0.0:$tls_port";
    tls = { cert = "$dir/cert.pem"; key = "$dir/key.pem"; }; }
);
limits = { max_connections = 500; max_connections_per_peer = 64; };
outputs = ( { name = "file"; type = "file"; path = "$dir/events";
    batch = { events = 100; }; } );
# few batches, all of which the first round uses
buffer_size = 1000;
END
start daemon "$builddir/src/tapferryd" -c "$dir/tapferry.conf" \
	-o stats_interval=1s
wait_for "$dir/daemon.err" ' READY '
daemon=${pids[daemon]}

descriptors() { find "/proc/$daemon/fd" -mindepth 1 | wc -l; }
as_many() { [ "$(descriptors)" -eq "$1" ]; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"; }
# the last STATS line has none
empty() {
	[ "$(count ' STATS ' "$dir/daemon.err")" -gt "$1" ] &&
		grep ' STATS ' "$dir/daemon.err" | tail -n 1 |
		grep -q ' connections=0 .* frame_memory=0 '
}

idle=$(descriptors)
finished=0
# round CONNECTIONS - all of them, and wait until the last is gone
round() {
	timeout $((120 * slow)) "$churn" "$1" "$dir/tap.sock" "$port" \
		"$tls_port" >"$dir/churn.out" || fail "churn: status $?"
	finished=$((finished + $(sed 's/finished=//' "$dir/churn.out")))
	equal "streams finished of $1" "$(sed 's/finished=//' "$dir/churn.out")" \
		$(($1 / 4))
	until_true 10 empty "$(count ' STATS ' "$dir/daemon.err")" ||
		fail "connections are left"
	until_true 10 as_many "$idle" ||
		fail "$(descriptors) descriptors, $idle before"
}

round $first
before=$(memory)
round $rest
after=$(memory)
# a leak of 24 octets each would be seen, and malloc(3) gives no less than 32;
# sanitizers keep what was freed
[ "$slow" -gt 1 ] || [ $((after - before)) -lt 4096 ] ||
	fail "the daemon grew from $before to $after KiB"
echo "memory: $before KiB after $first connections, $after after $rest more"
daemon_stop
! grep -q ' INTAKE_REFUSED ' "$dir/daemon.err" || fail "somebody was refused"
equal "events" "$(ledger file received)" $finished
