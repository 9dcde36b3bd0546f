#!/usr/bin/env bash
# A real Prometheus scrapes a daemon under load with the example configuration:
# every query of the dashboard and of the rules finds series, and no alert fires
# but the one about the backend that is down.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need prometheus promtool jq curl

collect one --delay 2ms
port=$(free_port)
web=$(free_port)
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "local"; address = "unix:$dir/tap.sock"; } );
outputs = ( { name = "splunk"; type = "hec"; token = "s3cret";
	batch = { events = 200; linger = "50ms"; };
	health = { interval = "1s"; };
	spool = { path = "$dir/spool"; };
	backends = ( { url = "$(collect_url one)"; },
		{ url = "http://127.0.0.1:$(free_port)"; } ); } );
monitor = { address = "127.0.0.1:$port"; };
END
daemon -c "$dir/tapferry.conf"
start sender "$builddir/src/tapferry-load" send --quiet \
	--to "unix:$dir/tap.sock" --generate --connections 3 --rate 3000 \
	--duration 10m

examples=$srcdir/examples
mkdir "$dir/prometheus"
for f in recording alerts; do
	sed 's/\[5m\]/[15s]/g' "$examples/prometheus/$f.yml" \
		>"$dir/prometheus/$f.yml"
done
{
	echo 'global: { evaluation_interval: 1s }'
	sed "s/127.0.0.1:9165/127.0.0.1:$port/; s/scrape_interval: .*/scrape_interval: 1s/" \
		"$examples/prometheus/scrape.yml"
} >"$dir/prometheus/scrape.yml"
start prometheus prometheus --config.file="$dir/prometheus/scrape.yml" \
	--storage.tsdb.path="$dir/tsdb" --web.listen-address="127.0.0.1:$web"

# query EXPRESSION - the answer in $dir/answer; how many series it has
query() {
	curl -sS --max-time 20 --data-urlencode "query=$1" \
		"http://127.0.0.1:$web/api/v1/query" >"$dir/answer" || return 1
	jq -e '.status == "success"' "$dir/answer" >/dev/null ||
		fail "$1: $(cat "$dir/answer")"
	jq '.data.result | length' "$dir/answer"
}
scraped() {
	curl -sS --max-time 20 "http://127.0.0.1:$web/-/ready" 2>/dev/null |
		grep Ready >/dev/null &&
		[ "$(query 'count_over_time(tapferry_up[1m]) > 8' 2>/dev/null)" = 1 ]
}
until_true 60 scraped || fail "nothing was scraped"

jq -r '[.panels[].targets[]?.expr, .annotations.list[].expr] | .[]' \
	"$examples/grafana/tapferry.json" >"$dir/queries"
[ "$(wc -l <"$dir/queries")" -ge 50 ] || fail "the dashboard's queries"
# shellcheck disable=SC2016 # Grafana's variables
sed 's/\$__rate_interval/5s/g; s/\$__range/1m/g; s/\$instance/.*/g' \
	"$dir/queries" >"$dir/expanded"
while IFS= read -r expr; do
	n=$(query "$expr") || fail "no answer"
	case $expr in
	changes*) continue ;; # has something to show after a start only
	esac
	[ "$n" -gt 0 ] || fail "the dashboard asks for what there is not: $expr"
done <"$dir/expanded"

sed -n 's/^ *- record: //p' "$examples/prometheus/recording.yml" >"$dir/records"
recorded() {
	local name
	while read -r name; do
		[ "$(query "$name")" -gt 0 ] || return 1
	done <"$dir/records"
}
until_true 60 recorded || fail "a recording rule records nothing"

# alerts: pending ones are those that would fire in time
curl -sS --max-time 20 "http://127.0.0.1:$web/api/v1/alerts" |
	jq -r '.data.alerts[].labels.alertname' | sort -u >"$dir/alerts"
curl -sS --max-time 20 "http://127.0.0.1:$web/api/v1/rules" |
	jq -e '[.data.groups[].rules[] | select(.health != "ok")] == []' >/dev/null ||
	fail "a rule cannot be computed"
grep -qx TapferryBackendDown "$dir/alerts" || fail "a dead backend goes unnoticed"
! grep -vxE 'TapferryBackendDown|TapferryBreakerOpen' "$dir/alerts" ||
	fail "an alert without a reason"

stop prometheus 0
stop sender 0
daemon_stop
stop one
