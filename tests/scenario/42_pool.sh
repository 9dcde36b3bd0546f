#!/usr/bin/env bash
# Connections to a collector: a few serve all requests; with pool.enabled =
# false each request has its own; a collector that closes idle ones costs no
# event, no retry, and nothing comes twice.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need python3

# configure BATCH LINGER POOL-SETTINGS
configure() {
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	outputs = (
	  { name = "hec"; type = "hec"; token = "t"; compression = "none";
	    overflow = "block"; health = { enabled = false; };
	    batch = { events = $1; linger = "$2"; };
	    pool = { $3 };
	    backends = ( { url = "$(collect_url collector)"; } ); }
	);
	END
}
served() { sed -n 's/^served connections=//p' "$dir/collector.out"; }
requests() { sed -n 's/^collected .* requests=\([0-9]*\) .*/\1/p' "$dir/collector.out"; }

# run POOL-SETTINGS - 20,000 events in 1,000 requests or more
run() {
	collect collector
	configure 20 1s "$1"
	daemon -c "$dir/tapferry.conf"
	send --to "unix:$dir/tap.sock" --generate --count 20000
	daemon_stop
	stop collector
	equal events "$(collected collector)" 20000
	[ "$(requests)" -ge 1000 ] || fail "only $(requests) requests"
}

run ''
[ $(($(served) * 100)) -le "$(requests)" ] ||
	fail "$(served) connections for $(requests) requests"
run 'enabled = false;'
equal "connections without a pool" "$(served)" "$(requests)"

# Ten times something to send, and a pause in which the collector hangs up.
start collector python3 "$srcdir/tests/scenario/vault.py" --idle 0.4
wait_for "$dir/collector.out" '^listening on ' 10
configure 100 20ms ''
daemon -c "$dir/tapferry.conf"
for i in 1 2 3 4 5 6 7 8 9 10; do
	send --to "unix:$dir/tap.sock" --generate --number --seed "$i" --count 50 \
		--identity "round-$i"
	sleep 0.7
done
daemon_stop
stop collector
equal "what a collector that hangs up has taken" \
	"$(sed 's/ connections=.*//' "$dir/collector.out" | tail -n 1)" \
	'collected events=500 twice=0'
[ "$(sed -n 's/.* connections=\([0-9]*\) .*/\1/p' "$dir/collector.out")" -ge 5 ] ||
	fail 'the collector did not hang up'
equal "requests that failed" \
	"$(count 'DELIVER_BACKEND_(DOWN|HELD)' "$dir/daemon.err")" 0
