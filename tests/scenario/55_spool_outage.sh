#!/usr/bin/env bash
# Collectors are away for what is an hour of traffic: the spool grows, memory
# does not.  The daemon is restarted meanwhile, the collectors come back, and
# everything arrives, new events among the old.  The ledgers close over the
# restart.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need jq

spool_files() { find "$dir/spool" -name '*.batch' | wc -l; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/${pids[daemon]}/status"; }
spool_empty() { [ "$(spool_files)" -eq 0 ]; }
spool_has() { [ "$(spool_files)" -ge "$1" ]; }

port=$(free_port)
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
buffer_size = 5000;
control = { socket = "$dir/control.sock"; };
outputs = (
  { name = "hec"; type = "hec"; token = "t"; senders = 2;
    batch = { events = 500; linger = "100ms"; };
    retry = { initial = "20ms"; max = "200ms"; };
    breaker = { time = "200ms"; max_time = "500ms"; };
    backends = ( { url = "http://127.0.0.1:$port"; } );
    spool = { path = "$dir/spool"; fsync = "none"; full = "block"; }; }
);
END
daemon -c "$dir/tapferry.conf"
equal "mode of the spool's folder" "$(stat -c %a "$dir/spool")" 700

# --- nobody is there: a hundred times what memory holds, in little memory
send --to "unix:$dir/tap.sock" --generate --count 100000 --rate 50000
first=$(sent)
until_true 20 spool_has 150 || fail "only $(spool_files) files in the spool"
before=$(resident)
send --to "unix:$dir/tap.sock" --generate --count 400000 --rate 100000
first=$((first + $(sent)))
until_true 20 spool_has 950 || fail "only $(spool_files) files in the spool"
after=$(resident)
[ $((after - before)) -lt 8192 ] ||
	fail "resident memory grew from $before to $after KiB"
file=$(find "$dir/spool" -name '*.batch' -print -quit)
equal "mode of a file" "$(stat -c %a "$file")" 600

# --- a restart: nothing is lost, the ledger hands over what is in the spool
daemon_stop
equal "received" "$(ledger hec received)" "$first"
equal "in the spool" "$(ledger hec in_spool)" "$first"
daemon -c "$dir/tapferry.conf"
grep -Eq " SPOOL_RECOVERED .*events=$first " "$dir/daemon.err" ||
	fail "what was left is not found again"

# --- they are back: old and new
start collector "$builddir/src/tapferry-load" collect \
	--listen "127.0.0.1:$port" --quiet
wait_for "$dir/collector.out" '^listening on ' 5
send --to "unix:$dir/tap.sock" --generate --count 20000 --rate 20000
until_true 40 spool_empty || fail "$(spool_files) files stay in the spool"
counted() {
	"$builddir/src/tapferryctl" --socket "$dir/control.sock" status --json |
		jq -e ".outputs[0].delay_seconds.count == $((first + 20000))" >/dev/null
}
until_true 20 counted || fail "not every event's delay is counted"
daemon_stop
stop collector
equal "recovered" "$(ledger hec recovered)" "$first"
equal "delivered" "$(ledger hec delivered)" $((first + 20000))
equal "at the collector" "$(collected collector)" $((first + 20000))
