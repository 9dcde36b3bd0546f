#!/usr/bin/env bash
# tests/bench/connections inside a User Mode Linux guest, as where the hard limit
# on open files is too low for 30,000 connections: it says so, the guest's limit
# is high enough, and figures come out.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need linux.uml openssl
# an instrumented program wants more address space than a guest has
[ "$slow" -eq 1 ] || skip "an instrumented build has no place in a guest"

if ! builddir=$builddir timeout 80 "$srcdir/tests/bench/connections" --quick --guest memory \
	>"$dir/bench.out" 2>"$dir/bench.err"; then
	! grep -q 'the guest does not start' "$dir/bench.out" ||
		skip "no User Mode Linux guest starts here"
	fail "the bench failed"
fi
where=$(sed -n 's/^# in a User Mode Linux guest.* open files \([0-9]*\) at most$/\1/p' \
	"$dir/bench.out")
[ "${where:-0}" -ge 60000 ] || fail "the guest's limit is ${where:-not told}"
for figure in idle_plain_500_each shutdown_plain_500 idle_tls_500_each; do
	grep -Eq "^guest_$figure +[1-9]" "$dir/bench.out" || fail "no figure $figure"
done
