#!/usr/bin/env bash
# Socket activation: the daemon is restarted again and again while senders
# connect, and none of them is refused.  The sockets stay as their owner made
# them.  A socket that no listener wants is an error that names it.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need python3
restarts=4

port=$(free_port)
cat >"$dir/tapferry.conf" <<END
listeners = (
  { name = "local"; address = "unix:$dir/tap.sock"; mode = "0666"; },
  { name = "remote"; address = "tcp://127.0.0.1:$port"; }
);
outputs = ( { name = "file"; type = "file"; path = "$dir/events"; } );
END

umask 077
# managed SOCKET... - the daemon under the stand-in for the service manager
managed() {
	local s sockets=()
	for s; do
		sockets+=(--socket "$s")
	done
	start daemon python3 "$here/manager.py" "${sockets[@]}" \
		-- "$builddir/src/tapferryd" -c "$dir/tapferry.conf"
}

# connect NAME ADDRESS - one short stream after the other, until told
connect() {
	while [ ! -e "$dir/enough" ]; do
		timeout 30 "$builddir/src/tapferry-load" send --quiet \
			--to "$2" --generate --count 200 >>"$dir/$1.sent" 2>&1 || :
	done
}

managed "unknown=$dir/tap.sock" "remote=$port"
if ! until_true 10 grep -q ' READY ' "$dir/daemon.err"; then
	grep -q 'without libsystemd' "$dir/daemon.err" &&
		skip "built without libsystemd"
	fail "the daemon did not start"
fi
grep -q " INTAKE_INHERITED .*listener=local address=unix:$dir/tap.sock " \
	"$dir/daemon.err" || fail "the unix socket was not matched by address"
grep -q " INTAKE_INHERITED .*listener=remote " "$dir/daemon.err" ||
	fail "the TCP socket was not matched"
# once only: then the file has the mode that is given
chmod 0666 "$dir/tap.sock"
before=$(stat -c '%i %a' "$dir/tap.sock")

connect unix "unix:$dir/tap.sock" &
connect tcp "tcp://127.0.0.1:$port" &
for ((i = 1; i <= restarts; i++)); do
	sleep 0.5
	kill -HUP "${pids[daemon]}"
	wait_count ' READY ' "$dir/daemon.err" $((i + 1))
done
sleep 0.5
touch "$dir/enough"
wait -n
wait -n
equal "socket file and mode" "$(stat -c '%i %a' "$dir/tap.sock")" "$before"
daemon_stop
equal "notes about the mode" "$(count ' CONFIG_NOTE .*listeners.local: .* are not used' \
	"$dir/daemon.err")" 1
equal "all notes" "$(count ' CONFIG_NOTE ' "$dir/daemon.err")" 1
equal "daemons that ended well" "$(count '^ended 0$' "$dir/daemon.out")" \
	$((restarts + 1))
[ -S "$dir/tap.sock" ] || fail "the daemon removed a socket that is not its own"

# A stream that was cut is no refusal: its sender connects again.  These are
# the words for one:
for s in "unix:$dir/nobody" "tcp://127.0.0.1:$(free_port)"; do
	"$builddir/src/tapferry-load" send --quiet --to "$s" --generate \
		--count 1 >"$dir/refused" 2>&1 && fail "nobody is at $s"
	grep -Eiq 'nobody listens|refused|no such file' "$dir/refused" ||
		fail "another word for a refusal: $(cat "$dir/refused")"
done
for s in unix tcp; do
	! grep -Ei 'nobody listens|refused|no such file' "$dir/$s.sent" ||
		fail "a connection over $s was refused"
	n=$(count '^sent frames=200 ' "$dir/$s.sent")
	[ "$n" -gt $((2 * restarts)) ] || fail "only $n streams over $s"
done
received=$(awk '/ LEDGER / { sub(/.* received=/, ""); n += $1 }
	END { print n }' "$dir/daemon.err")
equal "events written" "$(count . "$dir/events")" "$received"

rm "$dir/tap.sock"
managed "local=$dir/tap.sock" "stray=$(free_port)"
finished daemon 1
grep -q ' START_FAILED .*"stray" (127.0.0.1:' "$dir/daemon.err" ||
	fail "no word about the stray socket"
