#!/usr/bin/env bash
# The monitoring endpoint under load: metrics that promtool accepts and that add
# up to the ledger, every path, and what is no request to it.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need jq curl promtool

collect one --delay 1ms
port=$(free_port)
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "local"; address = "unix:$dir/tap.sock"; },
	{ name = "lan"; address = "tcp://127.0.0.1:0"; } );
outputs = ( { name = "splunk"; type = "hec"; token = "s3cret"; overflow = "block";
	backends = ( { url = "$(collect_url one)"; } );
	batch = { events = 500; linger = "50ms"; }; },
	{ name = "archive"; type = "file"; path = "$dir/events";
	overflow = "block"; } );
monitor = { address = "127.0.0.1:$port"; };
END
daemon -c "$dir/tapferry.conf"
url=http://127.0.0.1:$port

get() { curl -sS --max-time 20 "$url$1"; }
# metric NAME-AND-LABELS - its value in the last scrape
metric() {
	awk -v name="$1" '$1 == name { print $2; found = 1 }
		END { exit !found }' "$dir/scrape" ||
		fail "no sample of $1 in /metrics"
}

n=200000
start sender "$builddir/src/tapferry-load" send --quiet \
	--to "unix:$dir/tap.sock" --generate --count $n --connections 5 \
	--rate 40000
# while it runs: every scrape is whole and well-formed, and none goes backwards
last=0
while running sender; do
	get /metrics >"$dir/scrape"
	promtool check metrics <"$dir/scrape" || fail "promtool"
	now=$(metric tapferry_events_received_total)
	[ "$now" -ge "$last" ] || fail "received went from $last to $now"
	last=$now
	get /status | jq -e '.outputs | length == 2' >"$dir/jq.out" ||
		fail "/status"
	get '/connections?sort=rate' | jq -e \
		'(.connections | length) == .listed and .listed <= .total' \
		>"$dir/jq.out" || fail "/connections"
done
finished sender 0

settled() {
	get /metrics >"$dir/scrape"
	[ "$(metric 'tapferry_events_delivered_total{output="splunk"}')" = $n ] &&
		[ "$(metric 'tapferry_events_delivered_total{output="archive"}')" = $n ]
}
until_true 40 settled || fail "not everything was delivered"
equal "received" "$(metric tapferry_events_received_total)" $n
for o in splunk archive; do
	equal "$o: in memory" "$(metric "tapferry_events_in_memory{output=\"$o\"}")" 0
	equal "$o: ledger" \
		"$(metric "tapferry_ledger_difference_events{output=\"$o\"}")" 0
	equal "$o: delays counted" \
		"$(metric "tapferry_output_delay_seconds_count{output=\"$o\"}")" $n
	equal "$o: events in batches" \
		"$(metric "tapferry_output_batch_events_sum{output=\"$o\"}")" $n
done
equal "accepted" "$(metric tapferry_connections_accepted_total)" 5
equal "accepted, and told so" "$(metric tapferry_accept_seconds_count)" 5
for what in accepted:5 events_received:$n refused:0 errors:0; do
	equal "${what%:*}, by listener" \
		"$(metric "tapferry_listener_${what%:*}_total{listener=\"local\"}")" \
		"${what#*:}"
	equal "${what%:*} by the other" \
		"$(metric "tapferry_listener_${what%:*}_total{listener=\"lan\"}")" 0
done
equal "bytes, by listener" "$(metric tapferry_received_bytes_total)" \
	"$(metric 'tapferry_listener_received_bytes_total{listener="local"}')"
equal "build" "$(metric "tapferry_build_info{version=\"$("$builddir/src/tapferryd" \
	--version | awk '{ print $2; exit }')\"}")" 1
[ "$(metric process_open_fds)" -gt 10 ] || fail "descriptors are not counted"
[ "$(metric process_resident_memory_bytes)" -gt 1000000 ] || fail "memory"
get /metrics | grep -v '^#' | sed 's/[{ ].*//; s/_\(bucket\|sum\|count\)$//' |
	sort -u >"$dir/live"
"$builddir/doc/tables" metrics | sed -n 's/^\.It Li //p' | sort >"$dir/table"
# what the table has and nothing shows: there must be a reason for each
comm -13 "$dir/live" "$dir/table" >"$dir/missing"
[ ! -s "$dir/missing" ] || fail "no sample of $(cat "$dir/missing")"

# --- the other paths
status=$(get /status)
for check in '.ready' '.alive' '.state == "running"' \
	'.intake.counters.received == '$n \
	'.outputs[0].name == "splunk" and .outputs[0].ledger.closed' \
	'.outputs[0].delay_seconds.p99 > 0' \
	'.listeners[1].name == "lan" and .listeners[1].active == 0'; do
	jq -e "$check" <<<"$status" >/dev/null || fail "/status: $check"
done
equal /healthz "$(get /healthz)" ok
equal /readyz "$(get /readyz)" ok
get /history | jq -e '(.received | add) > 0 and
	(.received | length) == (.outputs[0].delivered | length) and
	(.outputs[0].delay_p99 | map(select(. != null)) | length) > 0' \
	>/dev/null || fail "/history"
get / | grep '<title>' >/dev/null || fail "no page"

# --- what is not answered, and how
code() { curl -sS --max-time 20 -o "$dir/body" -w '%{http_code}' "$@"; }
equal "an unknown path" "$(code "$url/nothing")" 404
equal "a path below one" "$(code "$url/metrics/")" 404
for method in POST PUT DELETE OPTIONS; do
	equal $method "$(code -X $method "$url/metrics")" 405
done
equal "a body" "$(code --data-binary @"$dir/scrape" "$url/metrics")" 405
curl -sSi --max-time 20 -X POST "$url/" | grep -i '^allow: get, head' >/dev/null ||
	fail "405 without Allow"
equal "GET with a body" \
	"$(code -X GET --data-binary @"$dir/scrape" "$url/healthz")" 200
# the target as a proxy would have it, and a server must take it
for target in "$url/healthz:200" HTTPS://x/readyz:200 http://x:200 \
	http://x?a=b:200 'http://x/connections?sort=rate&limit=1:200' \
	http://x/nothing:404 http:/healthz:404; do
	equal "${target%:*}" \
		"$(code --request-target "${target%:*}" "$url/")" "${target##*:}"
done
equal HEAD "$(curl -sSI --max-time 20 "$url/metrics" | head -1 | tr -d '\r')" \
	"HTTP/1.1 200 OK"
equal "HEAD has no body" "$(curl -sSI --max-time 20 "$url/status" |
	sed '1,/^\r$/d' | wc -c)" 0
for query in sort=size 'sort=' limit=x limit=-1 limit=100001 limit=1e3 \
	limit=99999999999999999999; do
	equal "$query" "$(code "$url/connections?$query")" 400
done
equal "limit 0" "$(get '/connections?limit=0' | jq '.connections | length')" 0
for header in content-security-policy x-content-type-options cache-control; do
	curl -sSI --max-time 20 "$url/" | grep -i "^$header: " >/dev/null ||
		fail "no $header"
done

daemon_stop
stop one
equal "delivered by splunk" "$(ledger splunk delivered)" $n
