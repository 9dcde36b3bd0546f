#!/usr/bin/env bash
# What the service manager hears: ready, signs of life while all is idle or
# busy, silence while a thread is stuck, the end.  A thread gets stuck in its
# write to a log pipe that is full.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need python3 curl
life='^notify WATCHDOG=1$'

port=$(free_port)
# healthy STATUS - what GET /healthz answers, its body in $dir/health
healthy() {
	[ "$(curl -sS --max-time 20 -o "$dir/health" -w '%{http_code}' \
		"http://127.0.0.1:$port/healthz")" = "$1" ]
}
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; address = "unix:$dir/tap.sock"; } );
outputs = ( { name = "file"; type = "file"; path = "$dir/events"; } );
workers = 1;
monitor = { address = "127.0.0.1:$port"; };
control = { socket = "$dir/control.sock"; };
END
# the silence it may keep; a sign of life is due each half of it
watchdog=$((1 * slow))
start daemon python3 "$here/manager.py" --watchdog $watchdog \
	-- "$builddir/src/tapferryd" -c "$dir/tapferry.conf" -o stats_interval=0
wait_for "$dir/daemon.err" ' READY '
if ! until_true 2 grep -q '^notify READY=1' "$dir/daemon.out"; then
	skip "built without libsystemd"
fi
wait_for "$dir/daemon.out" '^notify STATUS=taking connections$'
until_true 10 at_least "$life" "$dir/daemon.out" 3 ||
	fail "no sign of life while idle"

begin_sender() {
	start sender "$builddir/src/tapferry-load" send --progress \
		--to "unix:$dir/tap.sock" --generate --rate 100
}

# stream - a sender that stays, and is past its handshake
stream() {
	begin_sender
	wait_for "$dir/sender.err" 'sent [1-9][0-9]* frames'
}

# silent WHO - twice the time the service manager waits; it takes a while to
# begin: the turn has to last from one look to the next
silent() {
	local before try
	for try in 1 2 3 4; do
		before=$(count "$life" "$dir/daemon.out")
		sleep $((watchdog * 2))
		[ "$(count "$life" "$dir/daemon.out")" -gt "$before" ] || break
		[ $try -lt 4 ] || fail "signs of life while the $1 is stuck"
	done
	until_true 20 healthy 503 || fail "/healthz while the $1 is stuck"
	# main told of it, and got stuck in that log line itself
	grep -qE '^thread (main|acceptor|worker-0) does not get on$' \
		"$dir/health" || fail "/healthz: $(cat "$dir/health")"
}

# resumed WHO THREAD - the pipe is read again: the thread and the signs of life go on
resumed() {
	local before
	before=$(count "$life" "$dir/daemon.out")
	kill -USR2 "${pids[daemon]}"
	until_true 10 at_least "$life" "$dir/daemon.out" $((before + 2)) ||
		fail "no sign of life after the $1 was freed"
	wait_for "$dir/daemon.err" " WATCHDOG .*thread=$2"
	until_true 20 healthy 200 || fail "/healthz after the $1 was freed"
}

# fill N - the pipe, for the N-th time
fill() {
	kill -USR1 "${pids[daemon]}"
	wait_count '^filled$' "$dir/daemon.out" "$1"
}

# a reload, with the status that follows it; one that fails is told of until the
# next one that does not
reload() {
	"$builddir/src/tapferryctl" --socket "$dir/control.sock" reload \
		>"$dir/reload.out" 2>&1
}
reload || fail "$(cat "$dir/reload.out")"
wait_for "$dir/daemon.out" '^notify RELOADING=1$'
wait_for "$dir/daemon.out" '^notify MONOTONIC_USEC=[1-9][0-9]*$'
wait_count '^notify READY=1$' "$dir/daemon.out" 2
figures='[0-9]+ connections, [0-9]+ events/s; [0-9]+/s delivered, [0-9]+ waiting, 0 in spools, 0 dropped$'
wait_for "$dir/daemon.out" "^notify STATUS=$figures"
echo 'nonsense = 1;' >>"$dir/tapferry.conf"
reload && fail "nonsense"
wait_for "$dir/daemon.out" \
	"^notify STATUS=the last reload failed, see the log; $figures"
wait_count '^notify READY=1$' "$dir/daemon.out" 3
sed -i '/nonsense/d' "$dir/tapferry.conf"
reload || fail "$(cat "$dir/reload.out")"
wait_count '^notify READY=1$' "$dir/daemon.out" 4
until_true 10 at_least "^notify STATUS=$figures" "$dir/daemon.out" 2 ||
	fail "the failed reload is still told of"

# a worker, which tells of the end of a stream
stream
before=$(count "$life" "$dir/daemon.out")
until_true 10 at_least "$life" "$dir/daemon.out" $((before + 3)) ||
	fail "no sign of life while busy"
fill 1
stop sender 0 INT
silent worker
resumed worker worker-0

# the acceptor, which tells of a new connection
fill 2
begin_sender
silent acceptor
resumed acceptor acceptor
# it has waited for its handshake, perhaps for longer than it may
kill -TERM "${pids[sender]}" 2>/dev/null || :
until_true 20 gone sender || fail "the sender is still running"
unset 'pids[sender]'

stream
# a sender that is there when the daemon ends, and none that finishes
stop daemon 0
until_true 20 gone sender || fail "the sender is still running"
unset 'pids[sender]'
wait_for "$dir/daemon.out" '^notify STOPPING=1$'
wait_for "$dir/daemon.out" '^notify STATUS=draining$'
grep -q ' SHUTDOWN_STREAMS .*finished=0 cut=1$' "$dir/daemon.err" ||
	fail "no word about the stream that was cut"
ledger_check
