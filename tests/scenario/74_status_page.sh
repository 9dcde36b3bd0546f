#!/usr/bin/env bash
# The status page in a real browser: what it shows of a daemon under load, with
# and without scripts, that it asks nobody else for anything, and that its
# policy lets it do all it does.
#
#	SCREENSHOTS=FOLDER   leave pictures there: light, dark, phone
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need chromium jq curl

collect one --delay 2ms
collect two --delay 2ms
down=$(free_port)
port=$(free_port)
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "local"; address = "unix:$dir/tap.sock"; },
	{ name = "lan"; address = "tcp://127.0.0.1:0"; } );
outputs = ( { name = "splunk"; type = "hec"; token = "s3cret";
	batch = { events = 500; linger = "100ms"; };
	backends = ( { url = "$(collect_url one)"; }, { url = "$(collect_url two)"; },
		{ url = "http://127.0.0.1:$down"; } ); },
	{ name = "archive"; type = "file"; path = "/dev/null"; } );
monitor = { address = "127.0.0.1:$port"; };
shutdown = { drain = "10s"; };
END
daemon -c "$dir/tapferry.conf"
url=http://127.0.0.1:$port/
start sender "$builddir/src/tapferry-load" send --quiet \
	--to "unix:$dir/tap.sock" --generate --connections 7 --rate 5000 \
	--duration 10m

# browse NAME FLAG... - the page's elements, drawn, into NAME.html
browse() {
	local name=$1 page=${page:-$url}
	shift
	timeout $((100 * slow)) chromium --headless --no-sandbox --disable-gpu \
		--user-data-dir="$dir/chromium" --no-first-run \
		--disable-dev-shm-usage --hide-scrollbars \
		--enable-logging=stderr "$@" "$page" \
		>"$dir/$name.html" 2>"$dir/$name.log" || fail "chromium"
	! grep -E 'CONSOLE.*(Content.Security|Uncaught|[Ee]rror)' \
		"$dir/$name.log" || fail "$name: the page complains"
}
shows() { # NAME PATTERN...
	local name=$1 p
	shift
	for p; do
		tr '\n' ' ' <"$dir/$name.html" | grep -E -- "$p" >/dev/null ||
			fail "the page ($name) does not show '$p'"
	done
}
shows_not() {
	! tr '\n' ' ' <"$dir/$1.html" | grep -E -- "$2" >/dev/null ||
		fail "the page ($1) shows '$2'"
}
down_seen() {
	curl -sS --max-time 20 "${url}backends" | jq -e \
		'.outputs[0].backends[2].state != "up" and
		.outputs[0].backends[0].counters.delivered > 0' >/dev/null
}
until_true 20 down_seen || fail "the backend that is down was not tried"

browse live --virtual-time-budget=7000 --dump-dom
shows live 'id="state"[^>]*>ready<' \
	'data-output="splunk".*role="img"[^>]*aria-label="Of [0-9,]+ events for splunk: [0-9,]+ delivered, [0-9,]+ in memory, 0 dropped"' \
	'data-output="archive"' 'nothing lost' \
	'data-state="up".*data-state="up"' 'data-state="(down|ejected)"' \
	"http://127.0.0.1:$down" \
	'aria-label="Throughput of the last five minutes: now [1-9][0-9,]* events a second received' \
	'aria-label="Delay of the last five minutes: half of the events of splunk within [0-9.]+ ' \
	'>7 open<' 'aria-sort="descending"' \
	'scope="row"[^>]*>lan<' 'id="trouble"[^>]*hidden'
equal "connections shown" "$(grep -o 'data-id="[0-9]*"' "$dir/live.html" |
	sort -u | wc -l)" 7
shows_not live 'undefined|NaN|nullnull|\[object'
# two rounds of asking at least, so what is live is live
rounds=$(sed -n 's/.*data-rounds="\([0-9]*\)".*/\1/p' "$dir/live.html" | head -1)
[ "${rounds:-0}" -ge 2 ] || fail "the page asked ${rounds:-0} times"

# nothing comes from, or goes to, anywhere else
! curl -sS --max-time 20 "$url" | grep -v 'www.w3.org/2000/svg' |
	grep -E '(https?:)?//[a-z0-9.]+' || fail "the page names another host"
policy=$(curl -sSI --max-time 20 "$url" | tr -d '\r' |
	sed -n 's/^[Cc]ontent-[Ss]ecurity-[Pp]olicy: //p')
for part in "default-src 'none'" "script-src 'sha256-" "style-src 'sha256-" \
	"connect-src 'self'" "frame-ancestors 'none'" "base-uri 'none'"; do
	grep -qF "$part" <<<"$policy" || fail "policy: no $part in $policy"
done
! grep -q unsafe <<<"$policy" || fail "policy: $policy"

# --- without scripts: tables.  A browser with scripts switched off cannot dump
# what it sees, so it gets what it would have seen.
curl -sS --max-time 20 "$url" | sed 's/<.\{0,1\}noscript>//
	/^<script>/,/^<\/script>/d' >"$dir/noscript.html"
page=file://$dir/noscript.html browse plain --dump-dom
shows_not plain 'class="js"'
shows plain '<caption>Output splunk</caption>' \
	'<th scope="row">delivered</th><td>[1-9][0-9]*</td>' 'Ready\.' \
	'http-equiv="refresh"'

if [ -n "${SCREENSHOTS:-}" ]; then
	sleep 50
	shot() {
		local name=$1
		shift
		browse "$name" --virtual-time-budget=5000 \
			--screenshot="$SCREENSHOTS/$name.png" "$@"
	}
	shot light --window-size=1280,1400
	shot dark --window-size=1280,1400 --blink-settings=preferredColorScheme=0
	shot phone --window-size=500,2600
fi

# --- when it cannot go on: it says so, and what is lost is shown as lost
stop one
stop two
not_ready() { [ "$(curl -sS --max-time 20 -o "$dir/why" -w '%{http_code}' \
	"${url}readyz")" = 503 ]; }
until_true 30 not_ready || fail "/readyz is still 200"
grep -q '^output splunk: no backend is usable' "$dir/why" ||
	fail "/readyz: $(cat "$dir/why")"
equal "/healthz all the same" "$(curl -sS --max-time 20 "${url}healthz")" ok
lost() {
	curl -sS --max-time 20 "${url}status" |
		jq -e '.outputs[0].ledger.dropped > 0' >/dev/null
}
until_true 60 lost || fail "nothing was dropped"
browse trouble --virtual-time-budget=7000 --dump-dom
shows trouble 'id="state"[^>]*>not ready<' 'id="trouble"[^>]*>output splunk: no backend' \
	'events lost' 'Lost: .*queue full' '<dt>Lost</dt><dd class="lost">[1-9]'
shows_not trouble 'undefined|NaN|nullnull|\[object'
stop sender 0
daemon_stop
