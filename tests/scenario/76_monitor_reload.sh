#!/usr/bin/env bash
# The monitoring endpoint over reloads: outputs and listeners come and go under
# load while others ask, and its own settings change.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need curl jq openssl promtool

collect one
collect two
port=$(free_port)
other=$(free_port)
echo t0ken >"$dir/token"
chmod 0600 "$dir/token"
listener='' more='' # settings of the listener, and others
configure() { # LISTENER OUTPUTS MONITOR
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "$1"; address = "unix:$dir/tap.sock"; $listener } );
	outputs = ( $2 );
	monitor = { $3 };
	$more
	END
}
hec() { # NAME COLLECTOR
	echo "{ name = \"$1\"; type = \"hec\"; token = \"t\"; overflow = \"block\";
		backends = ( { url = \"$(collect_url "$2")\"; } ); }"
}
reload() {
	local n
	n=$(count ' RELOADED ' "$dir/daemon.err")
	kill -HUP "${pids[daemon]}"
	until_true 20 at_least ' RELOADED ' "$dir/daemon.err" $((n + 1)) ||
		fail "no reload"
}
get() { curl -sS --max-time 20 "http://127.0.0.1:$port$1"; }
# shows FILTER - of /status
shows() { get /status 2>/dev/null | jq -e "$1" >/dev/null 2>&1; }

configure first "$(hec a one)" "address = \"127.0.0.1:$port\";"
daemon -c "$dir/tapferry.conf"
start sender "$builddir/src/tapferry-load" send --quiet \
	--to "unix:$dir/tap.sock" --generate --connections 4 --rate 4000 \
	--duration 10m
until_true 20 shows '.intake.connections == 4' || fail "no connections"
start asker bash -c "while :; do for p in metrics status history connections; do
	curl -sS --max-time 20 -o /dev/null http://127.0.0.1:$port/\$p; done; done"

for i in 1 2 3 4 5 6; do
	if [ $((i % 2)) = 1 ]; then
		configure "second" "$(hec a two), $(hec b one)" \
			"address = \"127.0.0.1:$port\";"
	else
		configure first "$(hec a one)" "address = \"127.0.0.1:$port\";"
	fi
	reload
	until_true 20 shows "[.outputs[].name] | unique | length == 1 + $i % 2" ||
		fail "/status has other outputs: $(get /status | jq -c '[.outputs[].name]')"
	until_true 20 shows ".outputs[-1].ledger.delivered > 0" ||
		fail "nothing is delivered"
	get /metrics >"$dir/scrape"
	promtool check metrics <"$dir/scrape" || fail "promtool"
done
shows '.intake.connections == 4' || fail "connections were lost"
get '/connections' | jq -e '[.connections[].listener] == ["first", "first", "first", "first"]' \
	>/dev/null || fail "names: $(get /connections | jq -c '[.connections[].listener]')"
kill "${pids[asker]}"

# --- its own settings
code() { curl -sS --max-time 20 -o /dev/null -w '%{http_code}' "$@" 2>/dev/null || :; }
configure first "$(hec a one)" "address = \"127.0.0.1:$port\"; token_file = \"$dir/token\";"
reload
equal "without the token" "$(code "http://127.0.0.1:$port/metrics")" 401
equal "with it" "$(code -H 'Authorization: Bearer t0ken' \
	"http://127.0.0.1:$port/metrics")" 200
echo an0ther >"$dir/token"
reload
equal "the former token" "$(code -H 'Authorization: Bearer t0ken' \
	"http://127.0.0.1:$port/metrics")" 401
equal "another token in the same file" "$(code \
	-H 'Authorization: Bearer an0ther' "http://127.0.0.1:$port/metrics")" 200
configure first "$(hec a one)" "address = \"127.0.0.1:$other\";"
reload
equal "the old address" "$(code "http://127.0.0.1:$port/metrics")" 000
equal "the new one" "$(code "http://127.0.0.1:$other/metrics")" 200
configure first "$(hec a one)" ""
reload
equal "none any more" "$(code "http://127.0.0.1:$other/metrics")" 000
configure first "$(hec a one)" "address = \"127.0.0.1:$port\";"
reload
equal "there again" "$(code "http://127.0.0.1:$port/readyz")" 200

# --- a reload that cannot have its sockets changes nothing, and says why
more="control = { socket = \"$dir/control.sock\"; };"
configure first "$(hec a one)" "address = \"127.0.0.1:$port\";"
reload
ctl() { "$builddir/src/tapferryctl" --socket "$dir/control.sock" "$@"; }
ctl config | grep -v '^#' >"$dir/before"
# refused PATTERN - by the file that was written last
refused() {
	local status=0
	ctl reload >"$dir/ctl.out" 2>&1 || status=$?
	equal "exit status of reload ($1)" $status 1
	grep -q "$1" "$dir/ctl.out" ||
		fail "no word about $1: $(cat "$dir/ctl.out")"
	ctl config | grep -v '^#' >"$dir/after"
	cmp "$dir/before" "$dir/after" || fail "other settings are shown"
	equal "the endpoint there was" "$(code "http://127.0.0.1:$port/readyz")" 200
}
stays="address = \"127.0.0.1:$port\";"
two=$(collect_url two)
configure second "$(hec a one), { name = \"f\"; type = \"file\"; path = \"$dir/new\"; }" \
	"address = \"${two#http://}\";"
refused 'tapferry.conf:[0-9]*: monitor.address: .*another program listens there'
# what was made already is removed again, what was there is not
: >"$dir/old"
listener="}, { name = \"taken\"; address = \"tcp://${two#http://}\";"
configure second "$(hec a one), { name = \"f\"; type = \"file\"; path = \"$dir/new\"; },
	{ name = \"g\"; type = \"file\"; path = \"$dir/old\"; }" "$stays"
refused 'another program listens there'
[ ! -e "$dir/new" ] || fail "a refused reload leaves a file behind"
[ -e "$dir/old" ] || fail "a refused reload takes a file away"
listener='group = "no-such-group-here";'
configure first "$(hec a one)" "$stays"
refused 'tapferry.conf:[0-9]*: listeners.first.group: there is no group'
listener=''
more="control = { socket = \"$dir/control.sock\"; group = \"no-such-group-here\"; };"
configure first "$(hec a one)" "$stays"
refused 'tapferry.conf:[0-9]*: control.group: there is no group'
more="control = { socket = \"$dir/none/control.sock\"; };"
configure first "$(hec a one)" "address = \"127.0.0.1:$other\";"
refused 'tapferry.conf:[0-9]*: control.socket: .*its directory does not exist'
equal "an endpoint that was given up" "$(code "http://127.0.0.1:$other/readyz")" 000
more="control = { socket = \"$dir/control.sock\"; };"
# the same port, elsewhere: only the endpoint itself is in the way
for address in 0.0.0.0 127.0.0.1; do
	configure first "$(hec a one)" "address = \"$address:$port\"; allow_anonymous = true;"
	reload
	equal "at $address" "$(code "http://127.0.0.1:$port/readyz")" 200
done
ctl config | grep -v '^#' >"$dir/before"
# and where that address cannot be had, it goes on where it was
configure first "$(hec a one)" "address = \"192.0.2.1:$port\"; allow_anonymous = true;"
refused 'tapferry.conf:[0-9]*: monitor.address: .*no interface of this machine has that address'
more=''

# --- another certificate in the same file: with a reload, and without
certificate() { # SERIAL
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj "/CN=number $1" -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$dir/key.new" -out "$dir/cert.$1" 2>/dev/null
	chmod 0600 "$dir/key.new"
	cp "$dir/cert.$1" "$dir/cert.new"
	mv "$dir/key.new" "$dir/key.pem"
	mv "$dir/cert.new" "$dir/cert.pem"
}
# trusted SERIAL - the endpoint shows that one
trusted() {
	[ "$(code --cacert "$dir/cert.$1" "https://127.0.0.1:$port/readyz")" = 200 ]
}
certificate 1
configure first "$(hec a one)" "address = \"127.0.0.1:$port\";
	tls = { cert = \"$dir/cert.pem\"; key = \"$dir/key.pem\"; };"
reload
trusted 1 || fail "no HTTPS"
certificate 2
reload
until_true 20 trusted 2 || fail "a reload does not take another certificate"
! trusted 1 || fail "the former certificate is trusted still"
wait_for "$dir/daemon.err" ' TLS_RELOADED .*listener=monitor'
certificate 3
until_true 30 trusted 3 || fail "another certificate is not seen by itself"
echo broken >"$dir/cert.pem"
wait_for "$dir/daemon.err" ' TLS_RELOAD_FAILED .*listener=monitor' 30
trusted 3 || fail "a broken file ends the endpoint"
equal "connections after all that" "$(curl -sS --max-time 20 \
	--cacert "$dir/cert.3" "https://127.0.0.1:$port/status" |
	jq .intake.connections)" 4

stop sender 0
daemon_stop
stop one
stop two
