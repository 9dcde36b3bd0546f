#!/usr/bin/env bash
# Every strategy gives each of three backends its share by weight, and a backend
# that is disabled nothing.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

batch=50
n=40000
for strategy in round-robin least-connections random power-of-two; do
	rm -f "$dir/ids"
	for c in one two three idle; do
		collect $c --ids "$dir/ids"
	done
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	outputs = ( { name = "hec"; type = "hec"; token = "t"; balance = "$strategy";
	  overflow = "block"; senders = 2;
	  batch = { events = $batch; linger = "1s"; };
	  backends = ( { url = "$(collect_url one)"; },
	    { url = "$(collect_url two)"; weight = 2; },
	    { url = "$(collect_url three)"; },
	    { url = "$(collect_url idle)"; enabled = false; } ); } );
	END
	daemon -c "$dir/tapferry.conf"
	send --to "unix:$dir/tap.sock" --generate --number --count $n
	daemon_stop
	for c in one two three idle; do
		stop $c
	done
	equal "$strategy: delivered" "$(ledger hec delivered)" $n
	"$builddir/src/tapferry-load" ids "$dir/ids" >"$dir/ids.out" ||
		fail "$strategy: $(cat "$dir/ids.out")"
	equal "$strategy: to the one that is disabled" "$(collected idle)" 0
	# by weight; what is under way may sway who is the less busy one
	for share in one:1 two:2 three:1; do
		got=$(collected "${share%:*}")
		wanted=$((n * ${share#*:} / 4))
		if [ "$got" -lt $((wanted * 70 / 100)) ] ||
			[ "$got" -gt $((wanted * 130 / 100)) ]; then
			fail "$strategy: ${share%:*} got $got, not $wanted"
		fi
	done
done
