#!/usr/bin/env bash
# Reloads that change how events are gathered while a slow backend leaves much in
# memory and new events come: what waits goes to the spool at once, the next
# output takes it from there, and nothing is dropped.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# configure EVENTS-IN-A-BATCH
configure() {
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	control = { socket = "$dir/ctl"; };
	buffer_size = 2000;
	outputs = ( { name = "hec"; type = "hec"; token = "t"; senders = 1;
	  health = { enabled = false; };
	  spool = { path = "$dir/spool"; fsync = "none"; };
	  batch = { events = $1; linger = "10ms"; };
	  backends = ( { url = "$(collect_url collector)"; } ); } );
	END
}
# delivered N - of N events, and none dropped
delivered() {
	"$builddir/src/tapferryctl" --socket "$dir/ctl" --json outputs |
		jq -e --argjson n "$1" '.outputs[0].ledger |
			[.received, .delivered, .dropped, .closed] == [$n, $n, 0, true]' \
			>"$dir/jq.out"
}
play() { send --to "unix:$dir/tap.sock" --generate --count "$1" --rate "${2:-2000}"; }

collect collector --delay 500ms
configure 100
daemon -c "$dir/tapferry.conf"
play 1500 20000
for i in 1 2 3; do
	configure $((100 - i))
	kill -HUP "${pids[daemon]}"
	wait_count ' RELOADED ' "$dir/daemon.err" "$i"
	play 3000
	wait_count ' LEDGER .*output=hec .*closed=yes' "$dir/daemon.err" "$i" 30
done
# from now on it is fast
stop collector
start fast "$builddir/src/tapferry-load" collect --quiet \
	--listen "$(sed -n 's/^listening on //p' "$dir/collector.out")"
until_true 30 delivered 10500 || fail "not all were delivered"
daemon_stop
stop fast
