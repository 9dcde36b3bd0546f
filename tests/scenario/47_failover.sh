#!/usr/bin/env bash
# One of three collectors is killed under load and comes back, twice: the others
# take its share at once, no event is lost, twice is at most what was under way,
# and it is used again.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

batch=100
senders=3
victim() {
	start victim "$builddir/src/tapferry-load" collect --quiet \
		--ids "$dir/ids" --listen "127.0.0.1:$port"
	wait_for "$dir/victim.out" '^listening on ' 5
}
port=$(free_port)
collect one --ids "$dir/ids"
collect two --ids "$dir/ids"
victim
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = ( { name = "hec"; type = "hec"; token = "t"; overflow = "block";
  senders = $senders; batch = { events = $batch; linger = "100ms"; };
  health = { down_interval = "100ms"; };
  backends = ( { url = "$(collect_url one)"; }, { url = "http://127.0.0.1:$port"; },
    { url = "$(collect_url two)"; } ); } );
END
daemon -c "$dir/tapferry.conf"
start send "$builddir/src/tapferry-load" send --quiet --generate --number \
	--to "unix:$dir/tap.sock" --rate 20000 --count 240000
for i in 1 2; do
	sleep 1
	kill -KILL "${pids[victim]}"
	wait "${pids[victim]}" 2>/dev/null || :
	wait_count ' DELIVER_BREAKER_OPEN | DELIVER_HEALTH_FAILED ' \
		"$dir/daemon.err" "$i"
	victim
	wait_count ' DELIVER_BACKEND_UP ' "$dir/daemon.err" "$i"
done
finished send 0 30
n=$(sed -n 's/^sent frames=\([0-9]*\) .*/\1/p' "$dir/send.out")
daemon_stop
for c in one two victim; do
	stop $c
done
equal "delivered" "$(ledger hec delivered)" "$n"
[ "$(collected victim)" -gt 0 ] || fail "it is not used again"
"$builddir/src/tapferry-load" ids "$dir/ids" >"$dir/ids.out" || :
number() { sed -n "s/.* $1=\([0-9]*\).*/\1/p" "$dir/ids.out"; }
equal "missing" "$(number missing)" 0
[ "$(number duplicated)" -le $((2 * senders * batch)) ] ||
	fail "$(cat "$dir/ids.out")"
