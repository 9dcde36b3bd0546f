#!/usr/bin/env bash
# Where the daemon's time goes while events flow, by stage: CPU of the whole
# process, shared out as perf's samples of it fall (tests/bench/profile.py says
# what belongs where).
#
#	tests/bench/profile.sh [--quick] [--seconds S]
#
# Generated traffic flat out for S seconds (default 5) over 4 connections into
# Splunk HEC, plain and with gzip at level 1.  Run it in the build folder, or
# with builddir=... .
#
# Prints "name value unit", a figure a line, and the functions behind "#".  Ends
# with 1 unless sent == received == delivered == collected, with 77 where perf
# is missing or not allowed.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need perf python3

seconds=$(amount seconds 5 0.5 "$@")
perf record -q -e cpu-clock -o "$dir/try" true >"$dir/try.out" 2>&1 ||
	skip "perf may not record here: $(tail -n 1 "$dir/try.out")"

# profile NAME COMPRESSION
profile() {
	local stage share
	collect collector --token bench
	bench_config "$(hec "$2")"
	daemon -c "$dir/tapferry.conf"
	start perf perf record -q -e cpu-clock -F 4999 -o "$dir/perf.data" \
		-p "${pids[daemon]}"
	sleep 0.3 # until it has attached: it says nothing of it
	send --to "unix:$dir/tap.sock" --connections 4 \
		--duration "$(calc "$seconds * 1000")ms"
	n=$(sent)
	ended daemon
	finished perf 0 60
	ledger_check
	equal "$1: received" "$(ledger out received)" "$n"
	equal "$1: delivered" "$(ledger out delivered)" "$n"
	stop collector
	equal "$1: collected" "$(collected collector)" "$n"
	figure "${1}_cpu" $((cpu_ms * 1000000 / n)) ns/event
	python3 "$srcdir/tests/bench/profile.py" "$dir/perf.data" "$builddir" \
		>"$dir/profile"
	while read -r stage share; do
		case $stage in
		'#') echo "# $1: $share" ;;
		*) figure "${1}_$stage" \
			"$(calc "$share * $cpu_ms * 1000000 / $n" %.1f)" ns/event ;;
		esac
	done <"$dir/profile"
}

profile plain none
profile gzip1 gzip
