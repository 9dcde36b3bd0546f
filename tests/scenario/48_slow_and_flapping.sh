#!/usr/bin/env bash
# One backend is slow and one fails every other moment: the good one does the
# work, the slow one is set aside, nothing is lost and nothing comes twice.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need curl

batch=50
collect good --ids "$dir/ids"
collect slow --ids "$dir/ids" --delay 300ms
collect flapping --ids "$dir/ids"
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = ( { name = "hec"; type = "hec"; token = "t"; overflow = "block";
  senders = 4; batch = { events = $batch; linger = "100ms"; };
  retry = { initial = "10ms"; max = "100ms"; };
  breaker = { time = "300ms"; max_time = "1s"; };
  health = { down_interval = "100ms"; };
  outlier = { interval = "1s"; requests = 2; latency_floor = "100ms"; };
  backends = ( { url = "$(collect_url slow)"; }, { url = "$(collect_url good)"; },
    { url = "$(collect_url flapping)"; } ); } );
END
daemon -c "$dir/tapferry.conf"
faults() {
	curl -fsS -X PUT --data-binary "$1" \
		"$(collect_url flapping)/faults" >"$dir/faults.out"
}
noticed() {
	grep -q " DELIVER_EJECTED .*url=$(collect_url slow)" "$dir/daemon.err" &&
		grep -q " DELIVER_BREAKER_OPEN .*url=$(collect_url flapping)" \
			"$dir/daemon.err"
}
# A machine that is busy with other things may take longer to see it.
n=0
for round in 1 2 3 4; do
	start send "$builddir/src/tapferry-load" send --quiet --generate \
		--number --seed "$round" --to "unix:$dir/tap.sock" \
		--rate 10000 --count 80000
	for _ in 1 2 3; do
		faults 500
		sleep 1
		faults none
		sleep 1
	done
	finished send 0 60
	n=$((n + $(sent)))
	! noticed || break
done
daemon_stop
for c in good slow flapping; do
	stop $c
done
equal "delivered" "$(ledger hec delivered)" "$n"
"$builddir/src/tapferry-load" ids "$dir/ids" >"$dir/ids.out" ||
	fail "$(cat "$dir/ids.out")"
grep -q " DELIVER_EJECTED .*url=$(collect_url slow)" "$dir/daemon.err" ||
	fail "the slow one is not set aside"
grep -q " DELIVER_BREAKER_OPEN .*url=$(collect_url flapping)" \
	"$dir/daemon.err" || fail "the flapping one is not broken off"
[ "$(collected good)" -gt $(($(collected slow) * 2)) ] ||
	fail "good $(collected good), slow $(collected slow)"
[ "$(collected flapping)" -gt 0 ] || fail "the flapping one got nothing"
