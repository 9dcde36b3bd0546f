#!/usr/bin/env bash
# tests/bench/run.sh --quick: every bench gets its figures, what went in came out
# of each, and results, page and plots are written; a bench that fails is told and
# has no figure.  What the figures are is another matter.  25_bench.sh has the
# many connections, tests/run.sh the instructions; threads that are to run
# together undisturbed may wait long for it here, and perf is not for everybody.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need python3 curl jq
# the benches' own deadlines are for a program as it is delivered
[ "$slow" -eq 1 ] || skip "an instrumented build is not measured"
[ -x "$builddir/tests/bench/decode_encode" ] || skip "no check programs in this build"

benches() {
	TAPFERRY_BUILD=$dir/build "$srcdir/tests/bench/run.sh" --quick \
		--build "$builddir" "$@" >"$dir/run.out" 2>"$dir/run.err"
}

mapfile -t names < <("$srcdir/tests/bench/run.sh" --list | cut -d " " -f 1 |
	grep -vE '^(connections|instructions|contention|scaling|profile)$')
benches --output "$dir/doc" "${names[@]}" || fail "run.sh ended with $?"
zstd=()
! has_zstd || zstd=(decode_encode.generated_zstd1_ratio end_to_end.zstd1_events)
for figure in decode_encode.generated_gzip1 "${zstd[@]}" pool.lease_1_cpu \
	delivery.equal_random_4_off spool.plain_replay_events start.small_ready_p50 \
	end_to_end.plain_events end_to_end.gzip9_events end_to_end.null_events \
	end_to_end.captures_gzip1_events delay.rate50000_p99 \
	peers.tapferryd_messages peers.fstrm_capture_messages \
	peers.dnstap_read_messages peers.tapferryd_http_messages \
	failover.killed_delay_p99; do
	grep -Eq "^$figure +[0-9]+(\.[0-9]+)? +[a-zA-Z%]" "$dir/run.out" ||
		fail "no figure $figure"
	jq -e --arg bench "${figure%%.*}" --arg name "${figure#*.}" \
		'.benches[$bench].figures[$name] | .value >= 0 and .unit != ""' \
		"$dir/doc/benchmarks.json" >"$dir/jq.out" || fail "$figure is not in the results"
done
# no bench but those that lack a tool was left out
grep '^# skipped:' "$dir/run.out" | grep -v 'is not installed' |
	grep . && fail "a bench was skipped"
jq -e '.machine.cores >= 1 and (.versions.compiler | length) > 0 and
	all(.benches[]; .command != "" and .commit != "" and .date != "")' \
	"$dir/doc/benchmarks.json" >"$dir/jq.out" || fail "what was measured is not told"
grep -q '^## Budgets' "$dir/doc/benchmarks.md" || fail "no page"
! grep -q '{{' "$dir/doc/benchmarks.md" || fail "the page has holes"
for plot in compression peers; do
	python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' \
		"$dir/doc/plots/$plot.svg" || fail "$plot.svg is no XML"
done

# a repeated run makes the same page but for the figures
form() { sed -E 's/-?[0-9][0-9.,]*/N/g' "$1"; }
for turn in 1 2; do
	benches --output "$dir/$turn" delivery || fail "delivery ended with $?"
done
diff <(form "$dir/1/benchmarks.md") <(form "$dir/2/benchmarks.md") ||
	fail "a repeated run makes another page"

# a bench that fails
mkdir -p "$dir/broken/src"
ln -s "$(type -P false)" "$dir/broken/src/tapferryd"
! TAPFERRY_BUILD=$dir/build "$srcdir/tests/bench/run.sh" --quick \
	--build "$dir/broken" --output "$dir/none" start >"$dir/run.out" 2>"$dir/run.err" ||
	fail "a broken daemon passes"
grep -q '^# start FAILED: ' "$dir/run.out" || fail "the failure is not told"
! grep -q '^start\.' "$dir/run.out" || fail "a failed bench has figures"
