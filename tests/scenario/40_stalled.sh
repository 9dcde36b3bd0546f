#!/usr/bin/env bash
# 10,000 peers that stopped in the middle of a handshake, a TLS handshake or a
# frame, and go on by an octet now and then: others do not notice, and all of them
# are gone when their time is over.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need openssl
ulimit -n 12200 || skip "fewer than 12200 descriptors"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-days 2 -subj /CN=tap.example -keyout "$dir/key.pem" \
	-out "$dir/cert.pem" 2>/dev/null
port=$(free_port)
tls_port=$(free_port)
# time enough for all of them to be there together
wait_s=$((15 * slow))
cat >"$dir/tapferry.conf" <<END
listeners = (
  { name = "local"; address = "unix:$dir/tap.sock"; idle_timeout = "10s"; },
  { name = "remote"; address = "tcp://127.0.0.1:$port"; },
  { name = "tls"; address = "tls://127.0.0.1:$tls_port";
    tls = { cert = "$dir/cert.pem"; key = "$dir/key.pem"; }; }
);
limits = { max_connections = 12000; handshake_timeout = "${wait_s}s";
           tls_handshake_timeout = "${wait_s}s"; };
outputs = ( { name = "file"; type = "file"; path = "$dir/events"; } );
stats_interval = "1s";
END
daemon -c "$dir/tapferry.conf"
daemon=${pids[daemon]}

# stalled NAME ADDRESS N WHERE PAUSE
stalled() {
	start "$1" "$builddir/src/tapferry-load" send --quiet --generate \
		--to "$2" --connections "$3" --stall "$4" --trickle "$5" \
		--duration 1h
}
stalled frames "unix:$dir/tap.sock" 4000 frame 3s
stalled greetings "tcp://127.0.0.1:$port" 4000 handshake 1s
stalled shakes "tls://127.0.0.1:$tls_port" 2000 handshake 1s
wait_for "$dir/daemon.err" ' STATS .* connections=10000 ' $((wait_s - 2))

jiffies() { awk '{ print $14 + $15 }' "/proc/$daemon/stat"; }
before=$(jiffies)
sleep 2
busy=$(($(jiffies) - before))
echo "CPU beside 10,000 of them: $((busy * 1000 / $(getconf CLK_TCK) / 2)) ms a second"

# others ADDRESS ARGUMENT...
others() {
	send --to "$1" --generate --connections 20 --rate 1000 --count 1000 \
		"${@:2}"
	equal "frames to $1" "$(sent)" 1000
}
others "unix:$dir/tap.sock"
others "tcp://127.0.0.1:$port"
others "tls://127.0.0.1:$tls_port" --tls-ca "$dir/cert.pem" \
	--tls-name tap.example

# octets put off neither handshake's end; a frame's are no silence
wait_for "$dir/daemon.err" ' STATS .* connections=4000 ' $((wait_s + 5))
running frames || fail "streams that bring something were closed"
for s in frames greetings shakes; do
	kill -TERM "${pids[$s]}" 2>/dev/null || :
done
wait_for "$dir/daemon.err" ' STATS .* connections=0 .* frame_memory=0 ' 20
daemon_stop
equal "events of the others" "$(ledger file received)" 3000
