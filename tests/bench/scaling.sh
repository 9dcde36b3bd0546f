#!/usr/bin/env bash
# One and two workers, one and two senders; and what that says of many cores.
#
#	tests/bench/scaling.sh [--quick] [--events N]
#
# N (default 2,000,000) generated events over 4 connections into Splunk HEC,
# plain and, a quarter of them, with gzip, and into file:/dev/null.  Run it in the build
# folder, or with builddir=... .
#
# Prints "name value unit", a figure a line; behind the measured ones those of
# the model in doc/benchmarks.md, which is made of them and of what
# tests/bench/contention says.  Ends with 1 unless sent == received == delivered
# == collected in every run.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

events=$(amount events 2000000 100000 "$@")
runs=3
[ "$events" -ge 1000000 ] || runs=1
flat_out=(--connections 4 --count "$events")

# cpu NAME - the daemon's of a run that was
cpu() { awk -v name="${1}_daemon_cpu" '$1 == name { print $2 }' "$dir/all"; }

for workers in 1 2; do
	for senders in 1 2; do
		run_hec "plain_${workers}w${senders}s" none "senders = $senders;" \
			"${flat_out[@]}"
	done
	run_hec "gzip_${workers}w${workers}s" gzip "senders = $workers;" \
		--connections 4 --count $((events / 4))
	run_null "null_${workers}w" 'type = "file"; path = "/dev/null";' "${flat_out[@]}"
done | tee "$dir/all"

# what handing a batch over costs alone, and beside another thread
"$builddir/tests/bench/contention" >"$dir/contention" 2>"$dir/contention.err" ||
	fail "contention: $(cat "$dir/contention.err")"
alone=$(awk '/^contention_hand_over_1threads/ { print $2 }' "$dir/contention")
together=$(awk '/^contention_hand_over_2threads/ { print $2 }' "$dir/contention")
if [ -z "$alone" ] || [ -z "$together" ]; then
	echo "# no model: two threads never ran together undisturbed"
	exit 0
fi
# The model is explained in doc/benchmarks.md: what is shared is one server that
# every batch of 1 MB, or 1,094 events of 914 octets, passes once; the others
# wait for their turn.  The wire's octets are those, or an eleventh with gzip.
each=1094
for kind in plain gzip; do
	one=$(cpu "${kind}_1w1s")
	predicted=$(calc "$one + ($together - $alone) / $each" %.1f)
	figure "${kind}_predicted_2w2s" "$predicted" ns/event
	figure "${kind}_measured_over_predicted" \
		"$(calc "$(cpu "${kind}_2w2s") / $predicted" %.3f)" times
	for cores in 8 32 64; do
		awk -v kind=$kind -v cores=$cores -v cpu="$one" \
			-v together="$together" -v each=$each '
			BEGIN {
				serial = together / 2 * 1e-9
				wait = 0
				for (i = 0; i < 50; i++) {
					rate = cores / ((cpu + wait / each) * 1e-9)
					busy = rate / each * serial
					wait = serial * 1e9 * (1 + busy / 2 / (1 - busy))
				}
				printf "%s_model_%d_rate %.1f million_events/s\n", kind,
					cores, rate / 1e6
				printf "%s_model_%d_shared_busy %.2f percent\n", kind,
					cores, busy * 100
				printf "%s_model_%d_wire %.0f Gbit/s\n", kind, cores,
					rate * 914 / (kind == "plain" ? 1 : 11) * 8 / 1e9
			}'
	done
done
