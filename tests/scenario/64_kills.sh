#!/usr/bin/env bash
# kill -9 of collectors, and of the daemon, under load and again and again.
# Events are numbered, so what is lost and what comes twice is known exactly:
# lost is nothing but what a killed daemon had in memory alone, and twice comes
# nothing but what was under way.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need curl python3

senders=2 batch=100
ports=("$(free_port)" "$(free_port)")

# collector I [ARGUMENT...] - on its own port, events counted in the run's file
collector() {
	start "collector$1" "$builddir/src/tapferry-load" collect --quiet \
		--listen "127.0.0.1:${ports[$1]}" --ids "$ids" "${@:2}"
	wait_for "$dir/collector$1.out" '^listening on ' 10
}

killed() {
	kill -KILL "${pids[$1]}"
	wait "${pids[$1]}" 2>/dev/null || :
	unset "pids[$1]"
}

# config SPOOL - two backends
config() {
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	outputs = (
	  { name = "hec"; type = "hec"; token = "t"; senders = $senders;
	    batch = { events = $batch; linger = "50ms"; };
	    retry = { initial = "10ms"; max = "100ms"; };
	    breaker = { time = "100ms"; max_time = "200ms"; };
	    backends = ( { url = "http://127.0.0.1:${ports[0]}"; },
	      { url = "http://127.0.0.1:${ports[1]}"; } );
	    $1 }
	);
	buffer_size = 200000;
	END
}

# play COUNT ARGUMENT... - in the background, numbered
play() {
	start send "$builddir/src/tapferry-load" send --quiet --number \
		--generate --to "unix:$dir/tap.sock" --connections 2 \
		--count "$1" "${@:2}"
}

# count_ids - missing, extra, taken, of the run's only sender
count_ids() {
	read -r taken missing extra < <("$builddir/src/tapferry-load" ids \
		"$ids" | sed -n 's/.* taken=\([0-9]*\) missing=\([0-9]*\).* '\
'extra=\([0-9]*\)$/\1 \2 \3/p')
}
taken_is() { count_ids && [ "$taken" -ge "$1" ]; }

echo '--- collectors are killed, the daemon has memory only: nothing is lost'
config ''
ids=$dir/collectors.ids
collector 0
collector 1
daemon -c "$dir/tapferry.conf"
n=60000
play $n --rate 15000
kills=0
for i in 0 1 0 1 0 1; do
	want=$(((kills + 1) * 5000))
	until_true 20 taken_is $want || fail "not even $want events are taken"
	killed "collector$i"
	kills=$((kills + 1))
	collector $i
done
finished send 0 30
daemon_stop
count_ids
equal "delivered" "$(ledger hec delivered)" $n
equal "lost" "$missing" 0
equal "taken" "$taken" $n
[ "$extra" -le $((kills * senders * batch)) ] || fail "$extra came twice"
stop collector0
stop collector1

echo '--- the daemon is killed, it has memory only: nothing comes twice'
ids=$dir/memory.ids
collector 0
collector 1
daemon -c "$dir/tapferry.conf"
n=40000
play $n --rate 10000 --reconnect 20ms
for want in 5000 10000 15000; do
	until_true 20 taken_is $want || fail "not even $want events are taken"
	killed daemon
	daemon -c "$dir/tapferry.conf"
done
until_true 40 gone send || fail "the sender is still running"
wait "${pids[send]}" 2>/dev/null || : # it was cut, and says so
unset 'pids[send]'
daemon_stop
count_ids
equal "events twice" "$extra" 0
equal "taken and lost" $((taken + missing)) $n
[ "$taken" -ge $((15000 + $(ledger hec delivered))) ] ||
	fail "$taken are taken, the last daemon alone delivered" \
		"$(ledger hec delivered) after 15000"
stop collector0
stop collector1

echo '--- the daemon and collectors are killed, the spool is durable first:'
echo '    nothing is lost that was sealed'
config "spool = { path = \"$dir/spool\"; mode = \"always\"; };"
kills=0
# Every event that was sent is taken or on the disk, which is looked at first:
# what leaves it meanwhile is taken.
durable() {
	python3 "$here/spool_cat.py" "$dir/spool" 2>/dev/null |
		sed -n 's/.* n=\([0-9]*\) of=.*/\1/p' | sort >"$dir/on_disk"
	"$builddir/src/tapferry-load" ids "$ids" --list |
		awk '/^missing/ { split($3, r, "-")
			for (i = r[1]; i <= (r[2] == "" ? r[1] : r[2]); i++)
				printf "%08d\n", i }' >"$dir/not_taken"
	# a run that nobody has seen yet is missing as a whole
	grep -q 'numbered=' < <("$builddir/src/tapferry-load" ids "$ids") &&
		[ -z "$(comm -13 "$dir/on_disk" "$dir/not_taken")" ]
}
spool_empty() { [ -z "$(find "$dir/spool" -name '*.batch' -print -quit)" ]; }
n=8000
for round in 1 2 3; do
	ids=$dir/spool$round.ids
	# half of it at most, however long it takes until all is durable
	collector 0 --faults slow:100ms@first:20,hang
	collector 1 --faults slow:100ms@first:20,hang
	daemon -c "$dir/tapferry.conf"
	play $n
	finished send 0 30
	until_true 30 durable || fail "not every event is durable"
	killed "collector$((round % 2))"
	killed daemon
	count_ids
	before=$taken
	[ "$before" -lt $n ] || fail "nothing was left to lose"
	collector $((round % 2))
	daemon -c "$dir/tapferry.conf"
	curl -sS -f -m 5 -X PUT -d none \
		"http://127.0.0.1:${ports[$(((round + 1) % 2))]}/faults" >/dev/null
	until_true 40 spool_empty || fail "the spool is not empty"
	daemon_stop
	count_ids
	equal "round $round: lost" "$missing" 0
	[ "$extra" -le $((2 * senders * batch)) ] ||
		fail "round $round: $extra came twice"
	equal "round $round: recovered" "$(ledger hec recovered)" \
		"$(ledger hec delivered)"
	[ "$(ledger hec recovered)" -ge $((n - before)) ] ||
		fail "round $round: $(ledger hec recovered) recovered," \
			"$((n - before)) were left"
	stop collector0
	stop collector1
done
