#!/usr/bin/env bash
# tapferry-load send with many connections, before the real daemon: TLS, source
# addresses, churn, stalls, spikes; and what it says when something cannot be.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need openssl

load=$builddir/src/tapferry-load

# certificate NAME SUBJECT-ALTERNATIVE-NAMES - signed by itself
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 2 -subj "/CN=$1" ${2:+-addext "subjectAltName=$2"} \
		-keyout "$dir/$1.key" -out "$dir/$1.pem" 2>/dev/null
}
certificate server DNS:tap.example,IP:127.0.0.1
certificate client ""
certificate stranger ""

tcp=$(free_port)
tls=$(free_port)
strict=$(free_port)
cat >"$dir/tapferry.conf" <<END
listeners = (
  { name = "unix"; address = "unix:$dir/s"; },
  { name = "tcp"; address = "tcp://127.0.0.1:$tcp"; },
  { name = "tls"; address = "tls://127.0.0.1:$tls";
    tls = { cert = "$dir/server.pem"; key = "$dir/server.key";  }; },
  { name = "strict"; address = "tls://127.0.0.1:$strict";
    tls = { cert = "$dir/server.pem"; key = "$dir/server.key"; client_ca = "$dir/client.pem"; }; }
);
limits = { max_connections = 6000; handshake_timeout = "2s"; tls_handshake_timeout = "2s"; };
outputs = ( { name = "file"; type = "file"; path = "/dev/null"; overflow = "block"; } );
END
daemon -c "$dir/tapferry.conf"
total=0
trusting=(--tls-ca "$dir/server.pem")

# played WHAT N - so many frames were sent, which must all arrive
played() {
	equal "frames sent: $1" "$(sent)" "$2"
	total=$((total + $2))
}
# told KEY - of the line about connections
told() { sed -n "s/^connections .*\b$1=\([0-9]*\).*/\1/p" "$dir/send.out"; }

# --- many at a time

send --to "unix:$dir/s" --connections 3000 --count 9000
played "unix" 9000
equal "finished over unix" "$(told finished)" 3000
send --to "tcp://127.0.0.1:$tcp" --connections 3000 --sources 127.0.0.0/8 --count 9000
played "many sources" 9000
send --to "tls://127.0.0.1:$tls" --connections 200 --count 9000 "${trusting[@]}"
played "TLS" 9000
equal "accepted over TLS" "$(told accepted)" 200
grep -q '^open connections=200 failed=0 ' "$dir/send.out" ||
	fail "no word that all are open"
send --to "tls://127.0.0.1:$tls" --connections 20 --count 100000 --unidirectional \
	--tls-name tap.example "${trusting[@]}"
played "TLS without handshake" 100000
send --to "tls://127.0.0.1:$strict" --count 1000 "${trusting[@]}" \
	--tls-cert "$dir/client.pem" --tls-key "$dir/client.key"
played "TLS with a certificate" 1000
send --to "tcp://127.0.0.1:$tcp" --connections 500 --idle --duration 500ms
played "idle" 0
equal "idle ones that ended in good order" "$(told finished)" 500

# --- that come and go

send --to "tcp://127.0.0.1:$tcp" --connections 40 --churn 7 --connects 3000
played "churn" 21000
equal "opened" "$(told opened)" 3000
equal "STOPs sent" "$(told stopped)" 3000
equal "finished" "$(told finished)" 3000
send --to "tls://127.0.0.1:$tls" --tls-insecure --connections 10 --churn 2 \
	--connects 200 --connect-rate 2000
played "churn over TLS" 400
send --to "unix:$dir/s" --connections 40 --churn 3 --count 3001
played "churn until the count" 3001

# --- at a rate that changes

send --to "unix:$dir/s" --connections 5 --profile spike:100..20000/400ms@1s --duration 1s
n=$(sent)
if [ "$n" -lt 4000 ] || [ "$n" -gt 8060 ]; then
	fail "$n frames in a spike of 8060"
fi
played "a spike" "$n"

# --- that stop in the middle: the receiver closes them, or they stay

send --to "tcp://127.0.0.1:$tcp" --connections 100 --stall handshake --duration 5s
played "stalled handshakes" 0
equal "half handshakes that were closed" "$(told cut)" 100
send --to "tls://127.0.0.1:$tls" --tls-insecure --connections 100 --stall handshake \
	--duration 5s
equal "half TLS handshakes that were closed" "$(told cut)" 100
# ten octets each; a frame has more than twenty
send --to "tcp://127.0.0.1:$tcp" --connections 100 --stall frame --trickle 100ms --duration 1s
played "half frames" 0
equal "half frames that stayed" "$(told cut)" 0
equal "half frames' connections that were accepted" "$(told accepted)" 100

# --- what cannot be, and the cure

# refused STATUS MESSAGE ARGUMENT...
refused() {
	local status=0
	timeout $((50 * slow)) "$load" send "${@:3}" >"$dir/refused" 2>&1 || status=$?
	equal "exit status of: send ${*:3}" $status "$1"
	grep -q -- "$2" "$dir/refused" || fail "send ${*:3} says: $(cat "$dir/refused")"
}
to=(--to "tls://127.0.0.1:$tls" --count 10)
refused 1 'certificate issuer is unknown' "${to[@]}" --tls-ca "$dir/stranger.pem"
refused 1 'name in the certificate does not match' "${to[@]}" "${trusting[@]}" --tls-name other.example
refused 1 '--tls-ca .*: No such file' "${to[@]}" --tls-ca "$dir/none"
refused 1 '--tls-ca .*no certificate' "${to[@]}" --tls-ca "$dir/tapferry.conf"
refused 1 'does not belong to --tls-cert' "${to[@]}" --tls-insecure \
	--tls-cert "$dir/client.pem" --tls-key "$dir/stranger.key"
refused 1 "the receiver's alert" --to "tls://127.0.0.1:$strict" --count 10 "${trusting[@]}"
refused 1 'tcp:// instead of tls://' --to "tls://127.0.0.1:$tcp" --tls-insecure --count 1
refused 1 'tls:// instead of tcp://' --to "tcp://127.0.0.1:$tls" --count 1
refused 1 "not this machine's" --to "tcp://127.0.0.1:$tcp" --sources 203.0.113.99 --count 1
refused 2 'tls:// *HOST:PORT\|tls://HOST' --to "unix:$dir/s" --tls-insecure
refused 2 'both must be IPv4' --to "unix:$dir/s" --sources 127.0.0.0/8
refused 2 'both must be IPv4' --to "tcp://127.0.0.1:$tcp" --sources ::1
refused 2 'such as 192.0.2.0/24' --to "tcp://127.0.0.1:$tcp" --sources 127.0.0.x
refused 2 'give both' "${to[@]}" --tls-cert x
refused 2 'neither handshake nor frame' --to "$dir/s" --stall middle
refused 2 '--stall sends no frame' --to "$dir/s" --stall frame --count 1
refused 2 'give that too' --to "$dir/s" --trickle 1s
refused 2 'choose one' --to "$dir/s" --idle --churn 1
refused 2 '--idle sends nothing' --to "$dir/s" --idle --rate 1
refused 2 'is of --churn' --to "$dir/s" --connects 1
refused 2 'ramp:FROM..TO' --to "$dir/s" --profile up
refused 2 'longer than' --to "$dir/s" --profile spike:1..2/2s@1s
refused 2 '--profile tells the rate' --to "$dir/s" --profile ramp:1..2/2s --rate 1
(
	ulimit -n 100
	refused 1 'or give --connections 68 or less' --to "$dir/s" --connections 200
)
daemon_stop
equal "received" "$(ledger file received)" $total
equal "delivered" "$(ledger file delivered)" $total

# --- as many peers as connections

daemon -c "$dir/tapferry.conf" -o limits.max_connections_per_peer=1
send --to "tcp://127.0.0.1:$tcp" --connections 3000 --sources 127.0.0.0/8 --count 9000
daemon_stop
equal "received from 3000 addresses" "$(ledger file received)" 9000

# --- a receiver that goes and comes back

daemon -c "$dir/tapferry.conf"
start lasting "$load" send --to "unix:$dir/s" --connections 50 --rate 2000 \
	--reconnect 50ms --progress
wait_for "$dir/lasting.err" 'sent [1-9][0-9]* frames.* 50 of 50 '
daemon_stop
: >"$dir/lasting.err"
daemon -c "$dir/tapferry.conf"
wait_for "$dir/lasting.err" ' 50 of 50 connections'
stop lasting 0
reconnects=$(sed -n 's/.* reconnects=\([0-9]*\) .*/\1/p' "$dir/lasting.out")
[ "$reconnects" -ge 50 ] || fail "$reconnects reconnects of 50 connections"
daemon_stop
[ "$(ledger file received)" -gt 0 ] || fail "nothing came after the restart"
