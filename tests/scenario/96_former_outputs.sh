#!/usr/bin/env bash
# Reloads that change how events are gathered while the backends are down: each
# leaves a former output that waits with what it has.  There is a bound to
# them, other reloads go on, and in the end every event is delivered.  Whoever
# asks sees one output all the time, with all of its events.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

port=$(free_port)
# configure EVENTS-IN-A-BATCH OTHER-SETTINGS
configure() {
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	control = { socket = "$dir/ctl"; };
	outputs = ( { name = "hec"; type = "hec"; token = "t"; senders = 2;
	  retry = { initial = "10ms"; max = "100ms"; }; $2
	  batch = { events = $1; linger = "10ms"; };
	  backends = ( { url = "http://127.0.0.1:$port"; } ); } );
	END
}
reloads=0
refusals=0
ask() {
	configure "$@"
	kill -HUP "${pids[daemon]}"
}
reload() {
	ask "$@"
	wait_count ' RELOADED ' "$dir/daemon.err" $((reloads += 1))
}
refused() {
	ask "$@"
	wait_count ' RELOAD_FAILED ' "$dir/daemon.err" $((refusals += 1))
}
# shows RECEIVED DELIVERED IN-MEMORY - of the output, now
shows() {
	"$builddir/src/tapferryctl" --socket "$dir/ctl" --json outputs |
		jq -e --argjson want "[$1, $2, $3, true]" '.outputs[0].ledger |
			[.received, .delivered, .in_memory, .closed] == $want' \
			>"$dir/jq.out"
}
play() { send --to "unix:$dir/tap.sock" --generate --count 100; }

configure 100 ''
daemon -c "$dir/tapferry.conf"
play
for i in 1 2 3 4 5 6 7 8; do
	reload $((100 + i)) ''
	play
done
for i in 9 10; do
	refused $((100 + i)) ''
	play
done
wait_for "$dir/daemon.err" ' RELOAD_PROBLEM .*output hec: .* the last 8 reloads still waits for backends, with [78]00 events'
shows 1100 0 1100 || fail "$(cat "$dir/jq.out"): what waits is not shown"
# what is not about batches goes on being changed
reload 108 'request_timeout = "9s";'

start collector "$builddir/src/tapferry-load" collect --quiet \
	--listen "127.0.0.1:$port"
delivered() { [ "$(count ' LEDGER .*output=hec .*delivered=[1-9]' "$dir/daemon.err")" -ge 8 ]; }
until_true 30 delivered || fail "former outputs did not deliver"
until_true 30 shows 1100 1100 0 || fail "what former outputs delivered is not shown"
reload 200 ''
play
until_true 10 shows 1200 1200 0 || fail "the counters do not go on after a reload"
daemon_stop
stop collector
equal collected "$(collected collector)" 1200
