#!/usr/bin/env bash
# Reloads of outputs that hold more than a queue: acknowledgements that are
# awaited, a spool, backends that are down, places that cannot be used.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# configure OUTPUT-SETTINGS BACKEND-URL...
configure() {
	local url urls=
	for url in "${@:2}"; do
		urls+="${urls:+, }{ url = \"$url\"; }"
	done
	cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = ( { name = "hec"; type = "hec"; token = "t"; $1
  retry = { initial = "10ms"; max = "100ms"; hold = "100ms"; };
  batch = { events = 100; linger = "20ms"; };
  backends = ( $urls ); } );
monitor = { address = "127.0.0.1:$monitor"; };
control = { socket = "$dir/ctl"; };
END
}

monitor=$(free_port)
is_ready() { [ "$(ready)" = ok ]; }
ready() { curl -s "http://127.0.0.1:$monitor/readyz"; }

reloads=0
reload() {
	configure "$@"
	reloads=$((reloads + 1))
	kill -HUP "${pids[daemon]}"
	wait_count ' RELOADED ' "$dir/daemon.err" $reloads
}

play() { send --to "unix:$dir/tap.sock" --generate --count "$1"; }

total() {
	awk -v key="$1=" '/ LEDGER / && / output=hec / {
		for (i = 1; i <= NF; i++)
			if (index($i, key) == 1)
				sum += substr($i, length(key) + 1)
	}
	END { print sum + 0 }' "$dir/daemon.err"
}

nowhere=http://127.0.0.1:$(free_port)

# --- a collector that is down is replaced: what waited goes to the other
collect one
configure '' "$nowhere"
daemon -c "$dir/tapferry.conf"
play 2000
reload '' "$(collect_url one)"
play 2000
# and so it does where the batches change with it
reload 'compression = "none"; senders = 2;' "$(collect_url one)"
play 1000
daemon_stop
stop one
equal "delivered" "$(total delivered)" 5000
equal "collected" "$(collected one)" 5000

# --- acknowledgements that never come do not hold a reload up
collect never --ack never
collect acks --ack on
reloads=0
configure 'acknowledge = true;' "$(collect_url never)"
daemon -c "$dir/tapferry.conf"
play 1000
wait_for "$dir/daemon.err" ' READY '
reload 'acknowledge = true; request_timeout = "9s";' "$(collect_url acks)"
play 1000
daemon_stop
stop acks
stop never
equal "delivered with acknowledgement" "$(total delivered)" 2000
equal "acknowledged by the second" "$(collected acks)" 2000

# --- a spool changes hands, with what is in it
reloads=0
collect two
spool="spool = { path = \"$dir/spool\"; };"
configure "$spool" "$nowhere"
daemon -c "$dir/tapferry.conf"
play 3000
reload "$spool compression = \"none\";" "$nowhere"
play 1000
reload "$spool senders = 2;" "$(collect_url two)"
play 1000
daemon_stop
equal "dropped" "$(total dropped)" 0
# what was still on its way is in the spool: the next run delivers it
daemon -c "$dir/tapferry.conf"
play 10
sleep 1
daemon_stop
stop two
equal "collected from the spool" "$(collected two)" 5010

# --- a full spool: nothing is put at stake that memory holds; more room is
# taken up as it runs, and back, without another output in its place
reloads=0
collect full
full() {
	echo "spool = { path = \"$dir/full\"; compression = \"none\"; max_size = \"$1\"; }; ${2:-}"
}
configure "$(full 1MiB)" "$nowhere"
daemon -c "$dir/tapferry.conf"
play 6000
wait_for "$dir/daemon.err" ' SPOOL_REFUSES .*max_size is reached'
configure "$(full 100MiB 'senders = 2;')" "$(collect_url full)"
kill -HUP "${pids[daemon]}"
wait_for "$dir/daemon.err" ' RELOAD_PROBLEM .*output hec: [1-9][0-9]* events wait in memory .*spool\.max_size'
reload "$(full 100MiB)" "$nowhere"
wait_for "$dir/daemon.err" ' SPOOL_TAKES '
equal "outputs that have left for more room" "$(count ' LEDGER ' "$dir/daemon.err")" 0
reload "$(full 1MiB)" "$nowhere" # as it was at the start
play 1000
status_has() { curl -s "http://127.0.0.1:$monitor/status" | grep -q "$1"; }
until_true 10 status_has '"refuses":true' || fail "max_size was not lowered"
reload "$(full 100MiB)" "$nowhere"
until_true 10 status_has '"in_spool":[67][0-9]\{3\},' ||
	fail "events stay in memory beside a spool with room"
reload "$(full 100MiB 'senders = 2;')" "$(collect_url full)"
is_empty() { [ -z "$(find "$dir/full" -name '*.batch')" ]; }
until_true 20 is_empty || fail "the spool is not read back"
daemon_stop
stop full
equal "dropped beside a full spool" "$(total dropped)" 0
equal "collected from a full spool" "$(collected full)" 7000

# --- one that waits for what it was before says so, and whose the spool is
reloads=0
collect slow --delay 10m
collect quick
spool="spool = { path = \"$dir/waited\"; mode = \"always\"; };"
configure "$spool" "$(collect_url slow)"
daemon -c "$dir/tapferry.conf"
play 500
until_true 10 status_has '"in_flight":[1-9]' || fail "no request is under way"
reload "$spool senders = 2;" "$(collect_url quick)"
ready | grep -q 'hec: a reload has made it another, which starts when .* the [1-9][0-9]* events' ||
	fail "not told what it waits for: $(ready)"
ctl() { "$builddir/src/tapferryctl" --socket "$dir/ctl" "$@" >"$dir/ctl.out"; }
ctl outputs
grep -q '^hec .* waits .* -$' "$dir/ctl.out" || fail "waits for nothing: $(cat "$dir/ctl.out")"
ctl spool
grep -q '^hec: [0-9]* events in [1-9]' "$dir/ctl.out" || fail "nobody's spool: $(cat "$dir/ctl.out")"
stop slow
until_true 20 is_ready || fail "not ready when the former one has left"
until_true 20 status_has '"delivered":500,' || fail "the spool is not handed on"
daemon_stop
stop quick

# --- a place that cannot be is refused, and what runs goes on
reloads=0
collect three
spool="spool = { path = \"$dir/kept\"; mode = \"always\"; };"
configure "$spool" "$(collect_url three)"
daemon -c "$dir/tapferry.conf"
wait_for "$dir/daemon.err" ' READY '
for place in "spool = { path = \"$dir/none/spool\"; };" \
	"$spool dead_letter = { path = \"$dir/none/dead\"; };"; do
	configure "$place" "$(collect_url three)"
	reloads=$((reloads + 1))
	kill -HUP "${pids[daemon]}"
	wait_count ' RELOAD_FAILED ' "$dir/daemon.err" $reloads
done
wait_for "$dir/daemon.err" "RELOAD_PROBLEM .*$dir/none/dead cannot be used"
play 1000

# --- where only the start finds out, events wait for a better reload
dead="dead_letter = { path = \"/dev/null\"; };"
reloads=0
reload "$spool $dead" "$(collect_url three)"
wait_for "$dir/daemon.err" ' OUTPUT_START_FAILED '
ready | grep -q 'output hec: .* does not start' || fail "ready with no output"
play 1000
reload "$spool" "$(collect_url three)"
play 1000
until_true 10 is_ready || fail "not ready after a better reload"
until_true 10 status_has '"delivered":3000,' || fail "not delivered after a better reload"
# --- and the end counts them
reload "$spool $dead" "$(collect_url three)"
wait_count ' OUTPUT_START_FAILED ' "$dir/daemon.err" 2
play 1000
daemon_stop
stop three
equal "delivered after a better reload" "$(total delivered)" 3000
equal "dropped at the end" "$(total dropped_shutdown)" 1000
equal "collected after a better reload" "$(collected three)" 3000

# --- a spool that another process has is refused with a word, not tried for ever
reloads=0
collect four
configure '' "$(collect_url four)"
daemon -c "$dir/tapferry.conf"
mkdir "$dir/taken"
exec 9>"$dir/taken/lock"
flock -n 9
more="{ name = \"more\"; type = \"hec\"; token = \"t\"; spool = { path = \"$dir/taken\"; };"
sed -i "s|^  backends = \(.*\); } );\$|  backends = \1; }, $more backends = \1; } );|" \
	"$dir/tapferry.conf"
kill -HUP "${pids[daemon]}"
wait_for "$dir/daemon.err" 'RELOAD_PROBLEM .*output more: spool .*taken'
exec 9>&-
daemon_stop
stop four

# --- without a spool but with a file that only one can write, nothing is put at
# stake either while no backend takes what memory holds
reloads=0
collect letters
dead="dead_letter = { path = \"$dir/dead\"; };"
configure "$dead" "$nowhere"
daemon -c "$dir/tapferry.conf"
play 1000
wait_for "$dir/daemon.err" ' DELIVER_BACKEND_DOWN '
configure "$dead senders = 2;" "$(collect_url letters)"
kill -HUP "${pids[daemon]}"
wait_for "$dir/daemon.err" ' RELOAD_PROBLEM .*output hec: 1000 events wait in memory .*no spool'
reload "$dead" "$(collect_url letters)"
until_true 10 status_has '"delivered":1000,' || fail "the backend takes nothing"
reload "$dead senders = 2;" "$(collect_url letters)"
play 1000
daemon_stop
stop letters
equal "dropped beside dead letters" "$(total dropped)" 0
equal "delivered beside dead letters" "$(total delivered)" 2000
