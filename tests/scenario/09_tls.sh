#!/usr/bin/env bash
# A collector behind TLS: trusted through tls.ca or not checked at all, events
# arrive; not trusted, or under another name, none leaves and all is kept.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need openssl python3

cert() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-days 2 -subj /CN=tapferry-test -addext "subjectAltName=$2" \
		-keyout "$dir/$1.key" -out "$dir/$1.pem" 2>/dev/null
}
cert good IP:127.0.0.1
cert other DNS:elsewhere.example

# tls_collector NAME - takes everything; counts events when it ends
cat >"$dir/collector.py" <<'END'
import http.server, signal, ssl, sys, threading

class Take(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    events = 0
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Take.events += body.count(b"\n")
        reply = b'{"text":"Success","code":0}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)
    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Take)
server.daemon_threads = True
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + ".pem", sys.argv[1] + ".key")
# the handshake is left to each connection's own thread
server.socket = context.wrap_socket(server.socket, server_side=True,
                                    do_handshake_on_connect=False)
print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(
    target=server.shutdown).start())
server.serve_forever()
print("collected events=%d" % Take.events, flush=True)
END

# run CERTIFICATE TLS-SETTINGS - 1,000 events, and an end without patience
run() {
	start tls python3 "$dir/collector.py" "$dir/$1"
	wait_for "$dir/tls.out" '^listening on ' 10
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	shutdown = { drain = "1s"; };
	outputs = (
	  { name = "hec"; type = "hec"; token = "t"; compression = "none";
	    batch = { linger = "50ms"; };
	    retry = { initial = "20ms"; max = "100ms"; };
	    tls = { $2 };
	    backends = ( { url = "$(sed -n 's|^listening on |https://|p' "$dir/tls.out")"; } ); }
	);
	END
	daemon -c "$dir/tapferry.conf"
	send --to "unix:$dir/tap.sock" --generate --count 1000
	daemon_stop
	stop tls
	collected=$(sed -n 's/^collected events=//p' "$dir/tls.out")
	equal "collected and dropped" \
		$((collected + $(ledger hec dropped_shutdown))) 1000
}

run good "ca = \"$dir/good.pem\";"
equal "over trusted TLS" "$collected" 1000
run good "insecure = true;"
equal "over unchecked TLS" "$collected" 1000

run good ""
equal "to a collector nobody vouches for" "$collected" 0
grep -q 'DELIVER_BACKEND_DOWN.*certificate' "$dir/daemon.err" ||
	fail "no word about the certificate"
! grep 'DELIVER_BACKEND_DOWN.* \(http\|code\)=' "$dir/daemon.err" ||
	fail "numbers of a reply that did not come"
run other "ca = \"$dir/other.pem\";"
equal "to a collector under another name" "$collected" 0

# --- the other scheme, by the words of requests and of health checks alike
# told URL WORDS - by the log, of a request and of a health check
told() {
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	shutdown = { drain = "1s"; };
	outputs = ( { name = "hec"; type = "hec"; token = "t";
	  batch = { linger = "50ms"; }; health = { interval = "100ms"; down_interval = "100ms"; };
	  breaker = { time = "1h"; max_time = "1h"; };
	  backends = ( { url = "$1"; } ); } );
	END
	daemon -c "$dir/tapferry.conf"
	send --to "unix:$dir/tap.sock" --generate --count 100
	wait_for "$dir/daemon.err" "DELIVER_BACKEND_DOWN .*$2"
	wait_for "$dir/daemon.err" "DELIVER_HEALTH_FAILED .*health check: $2"
	daemon_stop
}
start tls python3 "$dir/collector.py" "$dir/good"
wait_for "$dir/tls.out" '^listening on ' 10
told "$(sed -n 's|^listening on |http://|p' "$dir/tls.out")" 'it.* does it speak https, not http?'
told "$(sed -n 's|^listening on |https://|p' "$dir/tls.out")" 'its certificate is not trusted: set tls.ca'
stop tls
collect plain
told "$(collect_url plain | sed 's|^http:|https:|')" 'it.* does it speak http, not https?'
stop plain
