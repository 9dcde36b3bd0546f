#!/usr/bin/env bash
# No configuration file: two listeners and standard output, a JSON object a
# line.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need jq

port=$(free_port)
daemon --listen "unix:$dir/tap.sock" --listen "tcp://127.0.0.1:$port" \
	--output stdout
send --to "unix:$dir/tap.sock" --capture "$srcdir/$sample"
n=$(sent)
send --to "tcp://127.0.0.1:$port" --capture "$srcdir/$sample" --unidirectional
equal "frames over TCP" "$(sent)" "$n"
wait_count . "$dir/daemon.out" $((2 * n))
daemon_stop

equal "objects on standard output" "$(jq -c .dnstap.operation "$dir/daemon.out" |
	grep -Ec '_(QUERY|RESPONSE)"$')" $((2 * n))
equal "received" "$(ledger stdout received)" $((2 * n))
equal "delivered" "$(ledger stdout delivered)" $((2 * n))
grep -q " INTAKE_LISTENING .* address=127.0.0.1:$port\$" "$dir/daemon.err" ||
	fail "the log does not name the listener"
[ ! -e "$dir/tap.sock" ] || fail "the unix socket is still there"
