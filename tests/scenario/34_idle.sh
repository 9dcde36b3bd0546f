#!/usr/bin/env bash
# Streams that stay quiet: closed over TCP after idle_timeout, left alone on a
# unix socket.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

port=$(free_port)
daemon --listen "tcp://127.0.0.1:$port" --listen "unix:$dir/tap.sock" \
	--output stdout -o 'listeners.tcp.idle_timeout=1s' \
	-o 'listeners.tcp.keepalive.time=30s'
exec {fd}<>"/dev/tcp/127.0.0.1/$port"
# START, and then nothing
printf '\0\0\0\0\0\0\0\42\0\0\0\2\0\0\0\1\0\0\0\26protobuf:dnstap.Dnstap' >&"$fd"
start quiet "$builddir/src/tapferry-load" send --quiet --generate --rate 1 \
	--count 100 --duration 60s --to "unix:$dir/tap.sock"
wait_for "$dir/daemon.err" 'INTAKE_IDLE .*listener=tcp'
read -r -t $((5 * slow)) -N 1 -u "$fd" && fail "there was no reply to read"
running quiet || fail "the unix socket's stream was cut"
exec {fd}>&-
# the listener goes on
send --to "tcp://127.0.0.1:$port" --generate --count 10
stop quiet 0
daemon_stop
