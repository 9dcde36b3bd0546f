#!/usr/bin/env bash
# Instructions per event on a fixed input, compared with those recorded.
#
#	tests/bench/instructions.sh            compare
#	tests/bench/instructions.sh --record   make these the recorded ones
#
# Run it in the build folder, or with builddir=... .  callgrind counts what a
# piece of the hot path executes (tests/bench/instructions.c), which is the same
# on a busy machine as on a quiet one: no time is measured.
#
# Ends with 1 when a figure is more than 5 % above the one recorded in
# instructions.txt, and says when one is 5 % below it, so that the record can
# follow.  Other compilers than the recorded one, and other architectures, make
# other figures: then there is nothing to compare with, and it ends with 77.
set -euo pipefail
export LC_ALL=C

srcdir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
export srcdir
recorded=$srcdir/tests/bench/instructions.txt
program=$builddir/tests/bench/instructions
# the C library's choice of a memcpy() would be the machine's
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512VL,-AVX512F,-AVX2,-AVX,-ERMS,-FSRM

record=
case ${1:-} in
"") ;;
--record) record=1 ;;
*)
	sed -n '2,/^set /s/^#[ ]\{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
command -v valgrind >/dev/null || {
	echo "skipped: valgrind is not installed"
	exit 77
}

build=$("$program" --build)
was=$(sed -n 's/^build //p' "$recorded" 2>/dev/null || :)
if [ -z "$record" ] && [ "$build" != "$was" ]; then
	echo "skipped: recorded for \"$was\", this is \"$build\""
	exit 77
fi

out=$(mktemp -d /tmp/tapferry.XXXXXX)
trap 'rm -rf "$out"' EXIT

# count WHAT - instructions per event, with one decimal
count() {
	valgrind --tool=callgrind --toggle-collect=measured \
		--callgrind-out-file=/dev/null "$program" "$1" \
		>"$out/events" 2>"$out/log" || {
		cat "$out/log" >&2
		return 1
	}
	sed -n 's/^==.*Collected : \([0-9]*\).*/\1/p' "$out/log" |
		awk -v events="$(cat "$out/events")" \
			'$1 > 0 { printf "%.1f\n", $1 / events }'
}

{
	echo "# Instructions per event: written by tests/bench/instructions.sh --record"
	echo "build $build"
} >"$out/new"
status=0
for what in decode native cim captures line; do
	now=$(count $what)
	[ -n "$now" ] || {
		echo "FAILED: callgrind counted nothing for $what"
		exit 1
	}
	printf '%-26s %10s instructions/event\n' "instructions_$what" "$now"
	echo "$what $now" >>"$out/new"
	[ -z "$record" ] || continue
	before=$(sed -n "s/^$what //p" "$recorded")
	verdict=$(awk -v now="$now" -v before="${before:-0}" 'BEGIN {
		if (before == 0)
			print "FAILED: no figure is recorded for it"
		else if (now > before * 1.05)
			printf "FAILED: %+.1f %% over the recorded %s\n",
				(now / before - 1) * 100, before
		else if (now < before * 0.95)
			printf "better by %.1f %% than the recorded %s: " \
				"record it with --record\n",
				(1 - now / before) * 100, before
	}')
	[ -z "$verdict" ] || echo "    $verdict"
	[[ $verdict != FAILED* ]] || status=1
done
[ -z "$record" ] || cp "$out/new" "$recorded"
exit $status
