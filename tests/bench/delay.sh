#!/usr/bin/env bash
# How late events come, at several rates: from the sending of a frame to the
# collector's reading of the request with its event.
#
#	tests/bench/delay.sh [--quick] [--seconds S] [RATE]...
#
# Sends stamped events for S seconds (default 6) at each rate (default 1,000 to
# 400,000 a second) over 4 connections into Splunk HEC with gzip at level 1; a
# batch waits 100 ms at most (linger).  Run it in the build folder, or with
# builddir=... .
#
# Prints "name value unit", a figure a line.  Ends with 1 unless sent ==
# received == delivered == collected == measured in every run.  What the delays
# are is no reason to fail: a machine that cannot keep up shows it.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=6
rates=()
while [ $# -gt 0 ]; do
	case $1 in
	--quick)
		seconds=1
		rates=(1000 50000)
		;;
	--seconds)
		seconds=${2:?}
		shift
		;;
	[1-9]*) rates+=("$1") ;;
	*) usage ;;
	esac
	shift
done
[ ${#rates[@]} -gt 0 ] || rates=(1000 5000 20000 50000 100000 200000 400000)

# word LINE KEY - a number of the collector's line that begins so
word() { sed -n "s/^$1 \(.* \)\?$2=\([0-9.]*\).*/\2/p" "$dir/collector.out"; }

for rate in "${rates[@]}"; do
	collect collector --token bench --delays-of ''
	run "rate$rate" "$(hec gzip 'batch = { linger = "100ms"; };')" --stamp \
		--connections 4 --rate "$rate" --count $((rate * seconds))
	ended collector
	equal "collected" "$(collected collector)" "$n"
	equal "measured" "$(word delays events)" "$n"
	figure "rate${rate}_sent" "$(sed -n 's/^sent .* rate=\([0-9]*\).*/\1/p' \
		"$dir/send.out")" events/s
	figure "rate${rate}_p50" "$(word delays p50_us)" us
	budget "rate${rate}_p99" "$(word delays p99_us)" us "linger of 100000 + 10000"
	figure "rate${rate}_max" "$(word delays max_us)" us
done
