#!/usr/bin/env bash
# Who may ask the monitoring endpoint: passwords, tokens and TLS; addresses that
# need them; clients that hang on while the daemon ends.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need curl openssl python3

port=$(free_port)
echo 'pass:word' >"$dir/password"
echo t0ken >"$dir/token"
chmod 0600 "$dir/password" "$dir/token"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=IP:127.0.0.1 -keyout "$dir/key.pem" \
	-out "$dir/cert.pem" 2>/dev/null
chmod 0600 "$dir/key.pem"
configure() { # SETTINGS of monitor
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; address = "unix:$dir/tap.sock"; } );
	outputs = ( { name = "o"; type = "file"; path = "/dev/null"; } );
	monitor = { $1 };
	END
}
code() { curl -sS --max-time 20 -o "$dir/body" -w '%{http_code}' "$@"; }
# refused_to_start PATTERN - the configuration is wrong, and says why
refused_to_start() {
	local status=0
	"$builddir/src/tapferryd" -t -c "$dir/tapferry.conf" >"$dir/t.out" 2>&1 ||
		status=$?
	equal "exit status of -t" $status 2
	grep -q -- "$1" "$dir/t.out" || fail "not '$1' but: $(cat "$dir/t.out")"
	status=0
	"$builddir/src/tapferryd" -c "$dir/tapferry.conf" >"$dir/t.out" 2>&1 ||
		status=$?
	equal "exit status of the daemon" $status 2
}

# --- addresses that other machines can reach
for address in 0.0.0.0 '[::]' 192.0.2.1; do
	configure "address = \"$address:$port\";"
	refused_to_start 'monitor.address: can be reached from other machines'
done
configure "address = \"0.0.0.0:$port\"; user = \"ann\";"
refused_to_start 'monitor.password_file: is missing'
configure "address = \"127.0.0.1:$port\"; password_file = \"$dir/password\";"
refused_to_start 'monitor.user: is missing'
configure "address = \"127.0.0.1:$port\"; token_file = \"$dir/none\";"
refused_to_start 'monitor.token_file: file .* cannot be read'
for bad in '\xef\xbb\xbft0ken' ' t0ken' 't0ken '; do
	printf '%b\n' "$bad" >"$dir/mistaken"
	configure "address = \"127.0.0.1:$port\"; token_file = \"$dir/mistaken\";"
	refused_to_start 'monitor.token_file: file .*\(byte-order\|no token has\)'
done
printf 'pass\tword\n' >"$dir/mistaken"
configure "address = \"127.0.0.1:$port\"; user = \"ann\";
	password_file = \"$dir/mistaken\";"
refused_to_start 'monitor.password_file: file .* has control characters'
configure "address = \"127.0.0.1:$port\"; tls = { cert = \"$dir/cert.pem\"; };"
refused_to_start 'monitor.tls.key: is missing'
configure "address = \"unix:$dir/x\";"
refused_to_start 'is not an address and port'
configure "address = \"0.0.0.0:$port\"; allow_anonymous = true;"
daemon -c "$dir/tapferry.conf"
equal "anybody" "$(code "http://127.0.0.1:$port/metrics")" 200
daemon_stop

# --- user and password, and a token besides
configure "address = \"0.0.0.0:$port\"; user = \"ann\";
	password_file = \"$dir/password\"; token_file = \"$dir/token\";"
daemon -c "$dir/tapferry.conf"
wait_for "$dir/daemon.err" 'cross the network unencrypted'
url=http://127.0.0.1:$port
for path in / /metrics /status /connections /history /backends /healthz \
	/readyz /nothing; do
	equal "$path without" "$(code "$url$path")" 401
	! grep -q tapferry_ "$dir/body" || fail "$path tells strangers"
done
equal "the wrong password" "$(code -u ann:wrong "$url/metrics")" 401
equal "the wrong user" "$(code -u bob:pass:word "$url/metrics")" 401
equal "the wrong token" "$(code -H 'Authorization: Bearer t0ke' "$url/")" 401
equal "POST without" "$(code --data x "$url/metrics")" 401
equal "the right password" "$(code -u ann:pass:word "$url/metrics")" 200
equal "the token" "$(code -H 'Authorization: Bearer t0ken' "$url/status")" 200
equal "a path that is none" "$(code -u ann:pass:word "$url/nothing")" 404
curl -sSi --max-time 20 "$url/" | grep -i '^www-authenticate: basic' >/dev/null ||
	fail "a browser would not ask for a password"
daemon_stop
! grep -Eq 'pass:word|t0ken' "$dir/daemon.err" || fail "a secret is in the log"
"$builddir/src/tapferryd" --print-config -c "$dir/tapferry.conf" >"$dir/print"
! grep -Eq 'pass:word|t0ken' "$dir/print" || fail "--print-config tells it"
grep -q 'address *= "0.0.0.0:' "$dir/print" || fail "--print-config: no address"

# --- a token alone, over TLS
configure "address = \"127.0.0.1:$port\"; token_file = \"$dir/token\";
	tls = { cert = \"$dir/cert.pem\"; key = \"$dir/key.pem\"; };"
daemon -c "$dir/tapferry.conf"
url=https://127.0.0.1:$port
ca="--cacert $dir/cert.pem"
# shellcheck disable=SC2086
{
	equal "TLS, no token" "$(code $ca "$url/metrics")" 401
	equal "TLS, token" \
		"$(code $ca -H 'Authorization: Bearer t0ken' "$url/metrics")" 200
	equal "TLS, token as password" \
		"$(code $ca -u any:t0ken "$url/metrics")" 200
	equal "TLS 1.3" "$(code $ca --tlsv1.3 -u any:t0ken "$url/healthz")" 200
}
! curl -sS --max-time 20 "$url/healthz" 2>/dev/null ||
	fail "a certificate nobody vouches for was taken"
! curl -sS --max-time 20 --tls-max 1.1 --cacert "$dir/cert.pem" \
	"$url/healthz" 2>/dev/null || fail "TLS 1.1"
! curl -sS --max-time 20 "http://127.0.0.1:$port/healthz" 2>/dev/null ||
	fail "plain HTTP was answered"
daemon_stop

# --- clients that hang on: half a request, and answers nobody takes
configure "address = \"127.0.0.1:$port\"; max_connections = 20;
	timeout = \"1h\";"
daemon -c "$dir/tapferry.conf"
start clients python3 -c '
import socket, sys, time
held = []
for i in range(12):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    s.connect(("127.0.0.1", int(sys.argv[1])))
    # without reading: the answers fill what the sockets hold
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n" if i % 2 else
              b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
    held.append(s)
print("held", flush=True)
time.sleep(600)' "$port"
wait_for "$dir/clients.out" held
equal "another client meanwhile" "$(code "http://127.0.0.1:$port/healthz")" 200
before=$SECONDS
daemon_stop
[ $((SECONDS - before)) -lt $((10 * slow)) ] ||
	fail "the end took $((SECONDS - before)) s"
kill "${pids[clients]}"

# --- clients that drip: half a request for ever takes a place for monitor.timeout
# only; one that takes its answer octet by octet gets it
configure "address = \"127.0.0.1:$port\"; max_connections = 4;
	timeout = \"1s\";"
daemon -c "$dir/tapferry.conf"
start drips python3 -c '
import socket, sys, time
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        for i in range(4)]
for i, s in enumerate(held):
    s.sendall(b"" if i == 0 else b"GET / HTTP/1.1\r\nX: ")
print("held", flush=True)
while held:
    time.sleep(0.2)
    for s in list(held):
        try:
            s.sendall(b"x")
        except OSError:
            held.remove(s)
print("let go", flush=True)' "$port"
wait_for "$dir/drips.out" held
answered() {
	[ "$(curl -sS --max-time 5 -o "$dir/body" -w '%{http_code}' \
		"http://127.0.0.1:$port/healthz" 2>/dev/null)" = 200 ]
}
until_true 20 answered || fail "clients that drip keep all others out"
wait_for "$dir/drips.out" 'let go'
finished drips 0
python3 -c '
import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=60)
c.request("GET", "/metrics")
r = c.getresponse()
n = 0
while r.read(1):
    n += 1
assert n == int(r.headers["Content-Length"]) > 1000, n
' "$port" || fail "one who reads octet by octet is cut off"
daemon_stop
