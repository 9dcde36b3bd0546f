#!/usr/bin/env bash
# A backend that speaks nothing but HTTP/2: pooled connections carry one request
# behind the other with http2 = true, and without it there is no talking to it.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need openssl nghttpd

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-days 2 -subj /CN=h2 -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$dir/h2.key" -out "$dir/h2.pem" 2>/dev/null

# run HTTP2 - 2,000 events in at least 100 requests
run() {
	local port
	port=$(free_port)
	start h2 nghttpd --verbose --echo-upload --address=127.0.0.1 \
		"$port" "$dir/h2.key" "$dir/h2.pem"
	wait_for "$dir/h2.out" 'listen 127.0.0.1' 10
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	shutdown = { drain = "2s"; };
	outputs = (
	  { name = "web"; type = "http"; http2 = $1; senders = 2;
	    health = { enabled = false; };
	    batch = { events = 20; }; retry = { max = "200ms"; };
	    tls = { ca = "$dir/h2.pem"; };
	    backends = ( { url = "https://127.0.0.1:$port/events"; } ); }
	);
	END
	daemon -c "$dir/tapferry.conf"
	send --to "unix:$dir/tap.sock" --generate --count 2000
	daemon_stop
	stop h2 143
}

run true
equal "delivered over HTTP/2" "$(ledger web delivered)" 2000
streams=$(count 'recv .*HEADERS.* frame' "$dir/h2.out")
[ "$streams" -ge 100 ] || fail "only $streams requests"
connections=$(sed -n 's/.*\[id=\([0-9]*\)\].*/\1/p' "$dir/h2.out" | sort -u | wc -l)
[ "$connections" -le 2 ] || fail "$connections connections for two senders"

run false
equal "delivered without" "$(ledger web delivered)" 0
equal "kept until the end" "$(ledger web dropped_shutdown)" 2000
