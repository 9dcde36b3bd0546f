#!/usr/bin/env bash
# Whole line: tapferry-load send -> unix socket -> tapferryd -> HEC -> collect.
#
#	tests/bench/end_to_end.sh [--quick] [--seconds S] [--connections N]
#
# Sends flat out for S seconds (default 3) over N connections (default 4):
# generated traffic into Splunk HEC, plain and with gzip at several levels, into
# an output of type http with zstd, where the build has it, into file:/dev/null,
# and once more plain over one connection; then real captures, those of the corpus
# or of tests/data.  Run it in the build folder, or with builddir=... .
#
# Prints "name value unit", a figure a line.  A rate is events over the time
# from the first frame until the daemon has delivered everything and ended; CPU
# is user and system time of the whole process, from start to end.
#
# Each is run three times and shown by the run with the least CPU of the daemon:
# what else happens on a machine only ever adds.  Lines "# run" tell them all.
#
# overflow = "block" throughout: the daemon reads as fast as it delivers, so
# that nothing is dropped and every event that is counted went the whole way.
# Ends with 1 unless sent == received == delivered == collected in every run.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=3
connections=4
levels=(1 3 6 9)
runs=3
while [ $# -gt 0 ]; do
	case $1 in
	--quick)
		seconds=0.1
		levels=(1 9)
		runs=1
		;;
	--seconds)
		seconds=${2:?}
		shift
		;;
	--connections)
		connections=${2:?}
		shift
		;;
	*) usage ;;
	esac
	shift
done
flat_out=(--duration "$(calc "$seconds * 1000")ms")
fleet=("${flat_out[@]}" --connections "$connections")

run_hec plain none "" "${fleet[@]}"
run_hec plain_1conn none "" "${flat_out[@]}"
for level in "${levels[@]}"; do
	run_hec "gzip$level" gzip "compression_level = $level;" "${fleet[@]}"
done
if has_zstd; then
	run_hec zstd1 zstd "" "${fleet[@]}"
fi
run_null null 'type = "file"; path = "/dev/null";' "${fleet[@]}"

captures=()
folder=$corpus/captures
[ -d "$folder" ] || folder=$srcdir/tests/data/captures
for f in "$folder"/alpha-*; do
	captures+=(--capture "$f")
done
echo "# captures: $((${#captures[@]} / 2)) files alpha-* of $([ -d "$corpus/captures" ] && echo the corpus || echo tests/data)"
run_hec captures_plain none "" "${fleet[@]}" --loop "${captures[@]}"
run_hec captures_gzip1 gzip "" "${fleet[@]}" --loop "${captures[@]}"
