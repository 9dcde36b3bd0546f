#!/usr/bin/env bash
# Indexers behind a load balancer: it keeps a client at one of them by a cookie,
# and only that one knows what it has acknowledged.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need python3

# run STICKY - 4000 events over the balancer
run() {
	rm -f "$dir"/*.events
	collect a --ack after:200ms --write "$dir/a.events"
	collect b --ack after:200ms --write "$dir/b.events"
	start balancer python3 "$here/balancer.py" "$1" \
		"$(collect_url a)" "$(collect_url b)"
	wait_for "$dir/balancer.out" '^listening on ' 10
	cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
buffer_size = 20000;
shutdown = { grace = "1s"; drain = "5s"; };
outputs = ( { name = "hec"; type = "hec"; token = "t"; overflow = "block";
  senders = 3; acknowledge = true;
  ack = { interval = "100ms"; timeout = "1s"; };
  health = { enabled = false; };
  batch = { events = 200; linger = "50ms"; };
  backends = ( { url = "$(collect_url balancer)"; } ); } );
END
	daemon -c "$dir/tapferry.conf"
	# the first request comes back with the cookie
	send --to "unix:$dir/tap.sock" --generate --count 100
	wait_for "$dir/balancer.out" 'cookie' 10
	send --to "unix:$dir/tap.sock" --generate --seed 2 --count 4000
	daemon_stop
	stop balancer 0
	stop a
	stop b
	cat "$dir/a.events" "$dir/b.events" >"$dir/events"
}

run sticky
equal "delivered" "$(ledger hec delivered)" 4100
equal "events in all" "$(wc -l <"$dir/events")" 4100
equal "different ones" "$(sort -u "$dir/events" | wc -l)" 4100
equal "losses told" "$(count ' DELIVER_ACK_' "$dir/daemon.err")" 0

# A balancer that keeps nobody: ids say nothing.  The backend is on hold and
# tried slowly, nothing is called delivered that is not in, and nothing is lost
# but what the end leaves over, counted.
run loose
wait_for "$dir/daemon.err" ' DELIVER_ACK_MIXED '
wait_for "$dir/daemon.err" ' DELIVER_BACKEND_HELD .*sticky session'
[ "$(sort -u "$dir/events" | wc -l)" -ge "$(ledger hec delivered)" ] ||
	fail "more is called delivered than is in"
equal "delivered or left at the end" \
	$(($(ledger hec delivered) + $(ledger hec dropped_shutdown))) 4100
[ "$(count cookie "$dir/balancer.out")" -lt 400 ] ||
	fail "the collectors are flooded"
