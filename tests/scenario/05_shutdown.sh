#!/usr/bin/env bash
# SIGTERM under full load: over a unix socket everything the senders got rid of
# was received, and everything received was delivered.  A second signal ends
# the daemon at once, with a word about what was lost.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

collect collector
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = (
  { name = "hec"; type = "hec"; token = "t"; overflow = "block";
    backends = ( { url = "$(collect_url collector)"; } ); }
);
END
daemon -c "$dir/tapferry.conf"
start send "$builddir/src/tapferry-load" send --progress \
	--to "unix:$dir/tap.sock" --generate --connections 8 --duration 30s
wait_for "$dir/send.err" 'sent [1-9][0-9]{3,} frames' 25
daemon_stop
# the sender finds the socket closed; that is no success for it
until_true 20 gone send || fail "the sender is still running"
unset 'pids[send]'
stop collector
n=$(sent)
[ "$n" -gt 1000 ] || fail "only $n frames sent: no load"
equal "received of $n sent" "$(ledger hec received)" "$n"
equal "delivered of $n sent" "$(ledger hec delivered)" "$n"
equal "at the collector" "$(collected collector)" "$n"

grep -q ' SHUTDOWN_STREAMS .*finished=0 cut=8$' "$dir/daemon.err" ||
	fail "another word about the streams that were open"

# Over TCP nobody can be told to go: who finishes in time does so cleanly.
port=$(free_port)
daemon --listen "tcp://127.0.0.1:$port" --output stdout -o shutdown.grace=60s
start send "$builddir/src/tapferry-load" send --quiet \
	--to "tcp://127.0.0.1:$port" --generate --connections 3 --rate 3000 \
	--duration 2s
wait_count ' INTAKE_ACCEPTED ' "$dir/daemon.err" 3
kill -TERM "${pids[daemon]}"
finished send 0
finished daemon 0
ledger_check
equal "received over TCP" "$(ledger stdout received)" "$(sent)"
grep -q ' SHUTDOWN_STREAMS .*finished=3 cut=0$' "$dir/daemon.err" ||
	fail "another word about the streams that were finished"

# A collector that never answers, so that the end takes its time.
collect stuck --faults hang
cat >"$dir/stuck.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = (
  { name = "hec"; type = "hec"; token = "t"; request_timeout = "5m";
    backends = ( { url = "$(collect_url stuck)"; } ); }
);
END
daemon -c "$dir/stuck.conf"
send --to "unix:$dir/tap.sock" --generate --count 5000
kill -TERM "${pids[daemon]}"
sleep 1
running daemon || fail "the daemon did not wait for the collector"
stop daemon 1 TERM 3
grep -Eq ' DELIVER_DROPPED_SHUTDOWN .*events=5000' "$dir/daemon.err" ||
	fail "no word about what was lost"
ledger_check
equal "dropped" "$(ledger hec dropped)" 5000
