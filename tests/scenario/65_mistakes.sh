#!/usr/bin/env bash
# The mistakes that others have paid for, as far as they are about delivery.
# Tests of the others, by the mistake:
#
#  a retry loop inside the reader, one queue for all outputs   04_stuck.sh
#  a failed batch posted again event by event     63_reply_tables.sh: REQUESTS
#  an event dead-lettered and sent as well        here; 57_dead_letters.sh
#  a replay that truncates its file half way      56_spool_kill.sh, test_spool
#                  killed_at_any_call_nothing_is_lost
#  spool files that belong to workers             here
#  a half-open breaker that lets every thread in  test_breaker
#                  half_open_lets_one_through_and_its_success_closes,
#                  test_backend the_open_breaker_lets_one_request_find_out
#  reply bodies that are not drained              here; test_http
#                  a_long_reply_is_read_to_its_end_and_kept_in_part
#  a 4xx of the ack endpoint read as delivered    51_ack.sh, test_sender_ack
#                  a_failing_endpoint_is_no_success
#  back-off without jitter                        test_backoff
#                  the_jitter_is_full_and_even,
#                  two_threads_draw_different_numbers
#  flushing only when a batch is full             here; test_feed
#                  a_batch_seals_after_its_linger
#  (connections counted and then added to: test_stress_registry, 32_admission;
#  deadlines: 34_idle.sh; accept errors: 37_descriptors.sh)
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need curl python3

# config OUTPUT-SETTINGS [TOP-LEVEL-SETTINGS]
config() {
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	outputs = (
	  { name = "hec"; type = "hec"; token = "t";
	    retry = { initial = "5ms"; max = "20ms"; };
	    breaker = { failures = 0; ratio = 0; };
	    health = { enabled = false; };
	    $1 }
	);
	$2
	END
}
backend() {
	echo "backends = ( { url = \"$(collect_url "$1")\"; } );"
}
served() {
	sed -n 's/^served connections=//p' "$dir/$1.out"
}
ids_line() {
	"$builddir/src/tapferry-load" ids "$1" | sed -n 's/^ids run=[^ ]* //p'
}
play() {
	send --to "unix:$dir/tap.sock" --generate --number --count "$@"
}

echo '--- reply bodies are drained: the connection is used again'
collect drained --ids "$dir/drained.ids" \
	--faults 503/9+big:300KiB@every:3,ok+big:100KiB+chunked@every:2
config "senders = 1; batch = { events = 20; }; $(backend drained)" ''
daemon -c "$dir/tapferry.conf"
play 600
daemon_stop
stop drained
equal "ids" "$(ids_line "$dir/drained.ids")" \
	'numbered=600 taken=600 missing=0 duplicated=0 extra=0'
equal "connections for 45 requests" "$(served drained)" 1

echo '--- the last event of the day arrives, though no batch is full'
collect evening --write "$dir/evening"
config "batch = { events = 100000; linger = \"100ms\"; }; $(backend evening)" ''
daemon -c "$dir/tapferry.conf"
play 1
wait_for "$dir/evening" '"event"' 20
daemon_stop
stop evening

echo '--- an event is in the dead letters or with the collector, never both'
collect picky --ids "$dir/picky.ids" --faults 400/6/7@every:2,503/9@every:5
config "senders = 2; batch = { events = 50; }; $(backend picky)
	spool = { path = \"$dir/spool\"; mode = \"always\"; };
	dead_letter = { path = \"$dir/dead\"; };" ''
daemon -c "$dir/tapferry.conf"
play 4000
spool_empty() { [ -z "$(find "$dir/spool" -name '*.batch' -print -quit)" ]; }
until_true 30 spool_empty || fail "the spool is not empty"
daemon_stop
daemon -c "$dir/tapferry.conf" # nothing is left to send again
daemon_stop
stop picky
sed -n 's/.* n=\([0-9]*\) of=.*/\1/p' "$dir/dead" | sort >"$dir/dead.numbers"
"$builddir/src/tapferry-load" ids "$dir/picky.ids" --list |
	awk '/^missing/ { split($3, r, "-")
		for (i = r[1]; i <= (r[2] == "" ? r[1] : r[2]); i++)
			printf "%08d\n", i }' >"$dir/missing.numbers"
[ -s "$dir/missing.numbers" ] || fail "nothing was refused"
cmp "$dir/dead.numbers" "$dir/missing.numbers" ||
	fail "the dead letters are not what the collector has not"
equal "ids" "$(ids_line "$dir/picky.ids" | sed 's/.*duplicated/duplicated/')" \
	'duplicated=0 extra=0'

echo '--- fewer workers and senders strand nothing in the spool'
port=$(free_port)
away="backends = ( { url = \"http://127.0.0.1:$port\"; } );
	batch = { events = 50; linger = \"50ms\"; };
	spool = { path = \"$dir/spool\"; mode = \"always\"; };"
config "senders = 8; $away" 'workers = 8;'
daemon -c "$dir/tapferry.conf"
play 4000 --connections 16
daemon_stop
equal "in the spool" "$(ledger hec in_spool)" 4000
start back "$builddir/src/tapferry-load" collect --quiet \
	--listen "127.0.0.1:$port" --ids "$dir/back.ids"
wait_for "$dir/back.out" '^listening on ' 10
config "senders = 1; $away" 'workers = 1;'
daemon -c "$dir/tapferry.conf"
until_true 30 spool_empty || fail "the spool is not empty"
daemon_stop
stop back
equal "ids" "$(ids_line "$dir/back.ids")" \
	'numbered=4000 taken=4000 missing=0 duplicated=0 extra=0'
