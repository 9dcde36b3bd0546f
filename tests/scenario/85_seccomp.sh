#!/usr/bin/env bash
# The filter of system calls: on every thread, and in nobody's way.  TLS
# listener, control socket, monitor, HTTP/2 over TLS to a name that must be
# looked up, a collector that comes late (spool), rotation with gzip, reloads
# that bring outputs and listeners, USR1, the end: nothing is refused, and the
# ledger closes.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need openssl nghttpd curl

# statuses KEY - the values in all threads' status, each once
statuses() {
	sed -n "s/^$1:\t//p" /proc/"${pids[daemon]}"/task/*/status | sort -u | xargs
}
spool_files() { find "$dir/spool" -name '*.batch' | wc -l; }
spool_has_some() { [ "$(spool_files)" -gt 0 ]; }
spool_empty() { [ "$(spool_files)" -eq 0 ]; }
ctl() { "$builddir/src/tapferryctl" --socket "$dir/control.sock" "$@"; }

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-days 2 -subj /CN=t -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
	-keyout "$dir/t.key" -out "$dir/t.pem" 2>/dev/null

# configure SECCOMP [OUTPUT [LISTENER]]
configure() {
	cat >"$dir/tapferry.conf" <<-END
	sandbox = { seccomp = "$1"; };
	monitor = { address = "127.0.0.1:$monitor"; };
	control = { socket = "$dir/control.sock"; };
	stats_interval = "1s";
	listeners = (
	  { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; },
	  { name = "t"; type = "dnstap"; address = "tls://127.0.0.1:$tls";
	    tls = { cert = "$dir/t.pem"; key = "$dir/t.key"; }; }${3:-}
	);
	outputs = (
	  { name = "web"; type = "http"; http2 = true; senders = 2;
	    batch = { events = 100; linger = "20ms"; };
	    retry = { initial = "20ms"; max = "200ms"; };
	    breaker = { time = "100ms"; max_time = "200ms"; };
	    health = { interval = "200ms"; down_interval = "100ms"; };
	    tls = { ca = "$dir/t.pem"; };
	    backends = ( { url = "https://localhost:$port/events"; } );
	    dead_letter = { path = "$dir/dead.ndjson"; };
	    spool = { path = "$dir/spool"; mode = "always"; }; },
	  { name = "file"; type = "file"; path = "$dir/events"; rotate = { gzip = true; }; }${2:-}
	);
	END
}
monitor=$(free_port)
tls=$(free_port)
port=$(free_port)
configure required
start daemon "$builddir/src/tapferryd" -c "$dir/tapferry.conf"
until_true 10 grep -qE ' (READY|START_FAILED) ' "$dir/daemon.err" || fail "no start"
grep -q ' READY ' "$dir/daemon.err" || {
	! grep -q 'this build is' "$dir/daemon.err" ||
		skip "$(sed -n 's/.*\(this build is [^:]*\).*/\1/p' "$dir/daemon.err")"
	fail "the daemon did not start"
}
equal "filtered threads" "$(statuses Seccomp)" 2
equal "new privileges" "$(statuses NoNewPrivs)" 1

# --- events while nobody takes them, by unix socket and by TLS
send --to "unix:$dir/tap.sock" --generate --count 2000
events=$(sent)
send --to "tls://localhost:$tls" --tls-ca "$dir/t.pem" --generate --count 1000
events=$((events + $(sent)))
until_true 10 spool_has_some || fail "nothing in the spool"

# --- the collector comes; the log's files and the settings change meanwhile
start h2 nghttpd --verbose --echo-upload --address=127.0.0.1 \
	"$port" "$dir/t.key" "$dir/t.pem"
wait_for "$dir/h2.out" 'listen 127.0.0.1' 10
until_true 20 spool_empty || fail "$(spool_files) files stay in the spool"
kill -USR1 "${pids[daemon]}"
until_true 10 test -s "$dir/events.1.gz" || fail "the file was not rotated"
configure log ", { name = \"more\"; type = \"file\"; path = \"$dir/more\"; }" \
	", { name = \"late\"; type = \"dnstap\"; address = \"unix:$dir/late.sock\"; mode = \"0600\"; }"
ctl reload >"$dir/reload.out" || fail "the reload failed"
wait_for "$dir/daemon.err" 'CONFIG_NOTE .*sandbox.seccomp: needs a restart'
send --to "unix:$dir/late.sock" --generate --count 1000
events=$((events + $(sent)))
curl -fsS "http://127.0.0.1:$monitor/metrics" >"$dir/metrics" ||
	fail "no metrics"
grep -q '^process_open_fds ' "$dir/metrics" || fail "no process metrics"
ctl connections >/dev/null || fail "no connections"
ctl spool list >/dev/null || fail "no list of the spool"
until_true 20 spool_empty || fail "$(spool_files) files stay in the spool"
equal "filtered threads after the reload" "$(statuses Seccomp)" 2

received=$(curl -fsS "http://127.0.0.1:$monitor/metrics" |
	sed -n 's/^tapferry_events_received_total.* //p' | head -n 1)
equal "events received" "$received" $events
daemon_stop
stop h2 143
equal "delivered over HTTP/2" "$(ledger web delivered)" $events
equal "written to the file that came late" "$(count . "$dir/more")" 1000
equal "refused calls" "$(count 'SANDBOX_(REFUSED|FATAL)' "$dir/daemon.err")" 0

# --- log filters and refuses nothing; off does not filter
for mode in log:2 off:0; do
	configure "${mode%:*}"
	daemon -c "$dir/tapferry.conf"
	equal "threads with ${mode%:*}" "$(statuses Seccomp)" "${mode#*:}"
	daemon_stop
done
