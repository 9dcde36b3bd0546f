#!/usr/bin/env bash
# Peers that send half frames and stay meet limits.frame_memory, not the
# machine's memory; others with frames of the usual size do not notice.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need python3
peers=10000
octets=$((256 * 1024 - 1)) # of one more
fit=$(((16 << 20) / (octets + 5)))

cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; address = "unix:$dir/tap.sock"; } );
limits = { max_connections = 12000; frame_memory = "16MiB"; };
outputs = ( { name = "file"; type = "file"; path = "$dir/events"; } );
stats_interval = "1s";
END
ulimit -n 12200 || skip "fewer than 12200 descriptors"
daemon -c "$dir/tapferry.conf"
memory() { awk '/^VmRSS/ { print $2 }' "/proc/${pids[daemon]}/status"; }
before=$(memory)

mkfifo "$dir/hold"
exec 3<>"$dir/hold"
start peers sh -c "exec python3 '$here/trickle.py' '$dir/tap.sock' $peers $octets <'$dir/hold'"
wait_for "$dir/peers.out" '^closed ' 60
closed=$(sed -n 's/^closed //p' "$dir/peers.out")
[ "$closed" -ge $((peers - fit)) ] ||
	fail "only $closed of $peers peers were closed; $fit fit"
[ "$closed" -lt "$peers" ] || fail "nobody found any memory"
grep -q ' INTAKE_FRAME_MEMORY .*frame_memory=16777216 ' "$dir/daemon.err" ||
	fail "no word about a closed connection"
# sanitizers keep what was freed
if [ "$slow" -eq 1 ]; then
	grown=$(($(memory) - before))
	[ "$grown" -lt $((40 << 10)) ] || fail "the daemon grew by $grown KiB"
fi
wait_for "$dir/daemon.err" \
	' STATS .* frame_memory=[0-9]{7,8} frame_memory_size=16777216 '

send --to "unix:$dir/tap.sock" --generate --connections 4 --rate 2000 --count 2000
equal "frames beside them" "$(sent)" 2000

exec 3>&-
kill -TERM "${pids[peers]}"
finished peers 143
wait_for "$dir/daemon.err" ' STATS .* connections=0 .* frame_memory=0 '
daemon_stop
equal "received" "$(ledger file received)" 2000
