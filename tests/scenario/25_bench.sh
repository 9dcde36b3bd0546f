#!/usr/bin/env bash
# tests/bench/connections gets all its figures, with few connections, and every
# ledger of its runs closes.  What the figures are is another matter.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need openssl
# the bench's own deadlines are for a program as it is delivered
[ "$slow" -eq 1 ] || skip "an instrumented build is not measured"

builddir=$builddir "$srcdir/tests/bench/connections" --quick >"$dir/bench.out" 2>"$dir/bench.err" ||
	fail "the bench ended with $?"
grep -q '^# on this machine: ' "$dir/bench.out" || fail "no word where it ran"
# a short run may use less of a processor than a tick, and some guests count
# ticks only
grep -q -E '^(guest_)?flow_500_cpu ' "$dir/bench.out" || fail "no figure flow_500_cpu"
for figure in idle_plain_0_pss idle_plain_500_each idle_tls_500_each \
	shutdown_plain_500 shutdown_tls_500 \
	accept_plain_rate accept_plain_p50 accept_plain_p99 \
	accept_tls_rate accept_tls_p50 accept_tls_p99 \
	throughput_1 throughput_1_share throughput_100_cpu \
	flow_500_rate flow_500_delay_p99 \
	fairness_alone_delay_p99 fairness_flat_out_delay_p99 \
	fairness_stalled_delay_p99 fairness_both_rate; do
	grep -Eq "^(guest_)?$figure +[1-9][0-9.]* |^(guest_)?$figure +0\.[0-9]+ " "$dir/bench.out" ||
		fail "no figure $figure"
done
