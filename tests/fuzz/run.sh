#!/bin/sh
# Fuzz every target for an equal share of the time given.
#
#   tests/fuzz/run.sh SECONDS_TOTAL [BUILD_FOLDER]
#
# The build folder (default: this one) was configured with --enable-fuzz.
# Inputs that crash or hang a target stay in BUILD_FOLDER/tests/fuzz/found/;
# then the exit status is 1.  Put such an input, once mended, into corpus/.
set -u

case "${1:-}" in
"" | *[!0-9]*)
	echo "usage: tests/fuzz/run.sh SECONDS_TOTAL [BUILD_FOLDER]" >&2
	exit 2
	;;
esac
seconds=$1
seeds=$(cd "$(dirname "$0")" && pwd)/corpus
cd "${2:-.}" || exit 2

make -s check TESTS= >/dev/null || {
	echo "fuzz: the targets do not build" >&2
	exit 2
}
targets=
count=0
for t in tests/fuzz/fuzz_*; do
	if [ ! -f "$t" ] || [ ! -x "$t" ]; then continue; fi
	if ! "./$t" -help=1 2>&1 | grep -q libFuzzer; then
		echo "fuzz: $t has no libFuzzer; configure with CC=clang --enable-fuzz" >&2
		exit 2
	fi
	targets="$targets $t"
	count=$((count + 1))
done
if [ $count -eq 0 ]; then
	echo "fuzz: no targets here" >&2
	exit 2
fi
share=$((seconds / count))
[ $share -gt 0 ] || share=1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
found=tests/fuzz/found
mkdir -p "$found"
bad=0
for t in $targets; do
	name=${t##*/fuzz_}
	mkdir "$scratch/$name"
	if "./$t" -max_total_time=$share -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="$found/$name-" \
		"$scratch/$name" "$seeds/$name" >"$scratch/log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/log")
		echo "fuzz: $name: $share s, $runs runs, nothing found"
	else
		bad=1
		cat "$scratch/log"
		echo "fuzz: $name: FAILED, input kept in $PWD/$found" >&2
	fi
done
exit $bad
