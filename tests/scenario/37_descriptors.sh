#!/usr/bin/env bash
# A system that allows 64 open files: the daemon says what it cannot have, shows
# what it has instead, keeps to it, and serves again when places are free.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
open=() # descriptors of ours

# confined COMMAND... - with 64 descriptors and no right to have more
confined() {
	ulimit -n 64
	if [ "$(id -u)" -eq 0 ]; then
		exec setpriv --bounding-set=-sys_resource "$@"
	fi
	exec "$@"
}
[ "$(id -u)" -ne 0 ] || need setpriv

port=$(free_port)
arguments=(--listen "tcp://127.0.0.1:$port" --output stdout -o workers=1
	-o limits.max_connections=1000 -o limits.refusals_per_second=0)

(confined "$builddir/src/tapferryd" --print-config "${arguments[@]}") \
	>"$dir/print.out"
places=$(sed -n 's/.* max_connections *= *\([0-9]*\);.*command line.*/\1/p' "$dir/print.out")
[ "$places" -gt 10 ] || fail "only $places places of 64 descriptors"
[ "$places" -lt 64 ] || fail "$places places cannot be had"
note="limits.max_connections: $places instead of 1000, because the system allows 64 open files"
grep -q "^# $note: raise LimitNOFILE=" "$dir/print.out" ||
	fail "--print-config has no word about the limit"

(confined "$builddir/src/tapferryd" -t "${arguments[@]}") >"$dir/t.out"
grep -q "^$note" "$dir/t.out" || fail "-t has no word about the limit"

start daemon bash -c "$(declare -f confined); confined \"\$@\"" \
	confined "$builddir/src/tapferryd" "${arguments[@]}"
wait_for "$dir/daemon.err" " READY .* max_connections=$places\$"
grep -q " CONFIG_NOTE .*$note" "$dir/daemon.err" ||
	fail "the log has no word about the limit"

# a queue that is longer than the system's
longest=$(cat /proc/sys/net/core/somaxconn)
if [ "$longest" -lt 65535 ]; then
	"$builddir/src/tapferryd" --print-config --listen "tcp://127.0.0.1:$port" \
		--output stdout -o 'listeners.*.backlog=65535' >"$dir/print.out"
	grep -q "^# listeners.tcp.backlog: $longest instead of 65535" "$dir/print.out" ||
		fail "no word about the backlog"
	grep -q "backlog *= *$longest;" "$dir/print.out" ||
		fail "the backlog shown is not the effective one"
fi

# as many as there are places come in, the others are turned away
for ((i = 0; i < 100; i++)); do
	exec {fd}<>"/dev/tcp/127.0.0.1/$port"
	open+=("$fd")
done
wait_for "$dir/daemon.err" "INTAKE_REFUSED .*limits.max_connections is reached.* connections=$places\$"
in=0
for fd in "${open[@]}"; do
	# readable: at its end
	read -r -t 0 -u "$fd" || in=$((in + 1))
done
equal "connections that are in" $in "$places"
used=$(find "/proc/${pids[daemon]}/fd" -mindepth 1 | wc -l)
[ "$used" -le 64 ] || fail "$used descriptors"
for fd in "${open[@]}"; do
	exec {fd}>&-
done
send --to "tcp://127.0.0.1:$port" --generate --connections "$((places / 2))" \
	--count 1000
daemon_stop
equal "events delivered" "$(ledger stdout delivered)" 1000
! grep -q ' INTAKE_ACCEPT_ERROR ' "$dir/daemon.err" ||
	fail "the limit left too few descriptors"

# a worker for each processor that the daemon may run on, not for each there is
first=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
taskset -c "$first" "$builddir/src/tapferryd" --print-config \
	--listen "tcp://127.0.0.1:$port" --output stdout >"$dir/print.out"
grep -q '^workers *= 1;' "$dir/print.out" || fail "$(grep workers "$dir/print.out")"
