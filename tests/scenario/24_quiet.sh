#!/usr/bin/env bash
# Quiet peers beside loud and broken ones: a message of each of sixteen
# connections reach the collector while one sender writes all it can, and while
# hundreds of peers stop in the middle of a handshake or trickle a frame.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

port=$(free_port)
# slow enough that batches wait all the time
collect collector --write "$dir/events" --delay 50ms
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "tcp"; address = "tcp://127.0.0.1:$port"; },
  { name = "unix"; address = "unix:$dir/s"; } );
limits = { max_connections = 3000; handshake_timeout = "1s"; };
workers = 2;
buffer_size = 200;
outputs = ( { name = "out"; type = "hec"; token = "t"; overflow = "block"; senders = 1;
  batch = { linger = "100ms"; events = 20; }; backends = ( { url = "$(collect_url collector)"; } ); } );
END
ulimit -n 4096 || skip "fewer than 4096 descriptors"
daemon -c "$dir/tapferry.conf"
total=0

# player NAME ARGUMENT... - in the background
player() {
	start "$1" "$builddir/src/tapferry-load" send --quiet \
		"${@:2}"
	wait_for "$dir/$1.out" '^open .* failed=0 ' 20
}

# stopped NAME... - in good order
stopped() {
	local name
	for name; do
		stop "$name" 0 INT 60
		total=$((total + $(sed -n 's/^sent frames=\([0-9]*\) .*/\1/p' "$dir/$name.out")))
	done
}

# heard NAME - sixteen messages, too few to fill a batch
heard() {
	send --to "unix:$dir/s" --connections 16 --identity "$1" --count 16
	total=$((total + $(sent)))
	until_true 20 at_least "\"identity\":\"$1\"" "$dir/events" 16 ||
		fail "$(count "\"identity\":\"$1\"" "$dir/events") of 16 messages of $1 came"
}

player loud --to "unix:$dir/s"
heard beside-loud
running loud || fail "the loud one is not there any more"
stopped loud

broken=(--to "tcp://127.0.0.1:$port" --sources 127.0.0.0/8 --connections 500)
player half_shakes "${broken[@]}" --stall handshake --reconnect 10ms
player half_frames "${broken[@]}" --stall frame --trickle 100ms
wait_for "$dir/daemon.err" 'INTAKE_PROTOCOL_ERROR .*no START within' 15
heard beside-broken
stopped half_shakes half_frames
cut=$(sed -n 's/^connections .* cut=\([0-9]*\) .*/\1/p' "$dir/half_shakes.out")
[ "$cut" -gt 0 ] || fail "no half handshake met its deadline"

daemon_stop
stop collector
equal "received" "$(ledger out received)" "$total"
equal "collected" "$(collected collector)" "$total"
