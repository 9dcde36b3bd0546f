#!/usr/bin/env bash
# Every row of the reply tables (HEC, generic HTTP), and every way in which a
# reply can fail to come, against the real daemon: one output and one collector
# a row, ten numbered events to each.  What the daemon did is in its metrics,
# what became of each event in the file of ids.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need curl

# NAME TYPE FAULTS REQUESTS FAILURES HOLDS SLOW_DOWNS DELIVERED REFUSED
#	TOO_LARGE MISSING EXTRA
# FAILURES were tried again; EXTRA: arrivals beyond the first of an event; -:
# not looked at (what a row does there is another test's)
table='
h0        hec  ok                     1 0 0 0 10 0  0  0  0
h1        hec  403/1@first:1          2 0 1 0 10 0  0  0  0
h2        hec  401/2@first:1          2 0 1 0 10 0  0  0  0
h3        hec  401/3@first:1          2 0 1 0 10 0  0  0  0
h4        hec  403/4@first:1          2 0 1 0 10 0  0  0  0
h5        hec  400/5@first:1          1 0 0 0 0  10 0  10 0
h6        hec  400/6/4@first:1        2 0 0 0 9  1  0  1  0
h6first   hec  400/6/0@first:1        2 0 0 0 9  1  0  1  0
h6last    hec  400/6/9@first:1        1 0 0 0 9  1  0  1  0
h6where   hec  400/6@first:1          4 0 0 0 10 0  0  0  0
h7        hec  400/7/5@first:1        2 0 0 0 9  1  0  1  0
h7all     hec  400/7/1@first:1        2 0 1 0 10 0  0  0  0
h8        hec  500/8@first:1          2 1 0 0 10 0  0  0  0
h9        hec  503/9@first:1          2 1 0 1 10 0  0  0  0
h10       hec  400/10@first:1         2 0 0 0 10 0  0  0  0
h11       hec  400/11@first:1         2 0 0 0 10 0  0  0  0
h12       hec  400/12/4@first:1       2 0 0 0 9  1  0  1  0
h13       hec  400/13/4@first:1       2 0 0 0 9  1  0  1  0
h14       hec  400/14@first:1         2 0 1 0 10 0  0  0  0
h15       hec  400/15/4@first:1       2 0 0 0 9  1  0  1  0
h16       hec  400/16@first:1         2 0 1 0 10 0  0  0  0
h17       hec  200/17@first:1         2 0 1 0 10 0  0  0  0
h18       hec  503/18@first:1         2 1 0 1 10 0  0  0  0
h19       hec  503/19@first:1         2 1 0 0 10 0  0  0  0
h20       hec  503/20@first:1         2 1 0 1 10 0  0  0  0
h21       hec  400/21@first:1         2 0 1 0 10 0  0  0  0
h22       hec  400/22@first:1         2 0 1 0 10 0  0  0  0
h23       hec  503/23@first:1         2 1 0 0 10 0  0  0  0
h24       hec  200/24+taken           1 0 0 0 10 0  0  0  0
h25       hec  200/25+taken           1 0 0 0 10 0  0  0  0
h26       hec  429/26@first:1         2 1 0 1 10 0  0  0  0
h27       hec  429/27@first:1         2 0 0 0 10 0  0  0  0
h28       hec  400/28@first:1         2 0 0 0 10 0  0  0  0
h28again  hec  400/28@first:2         3 0 1 0 10 0  0  0  0
hurl      hec  404@first:1            2 0 1 0 10 0  0  0  0
hmethod   hec  405@first:1            2 0 1 0 10 0  0  0  0
hmoved    hec  301@first:1            2 0 1 0 10 0  0  0  0
h408      hec  408@first:1            2 1 0 0 10 0  0  0  0
h502      hec  502@first:1            2 1 0 0 10 0  0  0  0
h504      hec  504@first:1            2 1 0 0 10 0  0  0  0
h413      hec  413@first:1            4 0 0 0 10 0  0  0  0
h413one   hec  413@above:100B         - 0 0 0 0  0  10 10 0
h415      hec  415@gzip               2 0 0 0 10 0  0  0  0
hpage     hec  html@first:1           2 0 1 0 10 0  0  0  0
hcut      hec  json@first:1           2 0 1 0 10 0  0  0  0
hnew      hec  400/99@first:2         3 2 0 0 10 0  0  0  0
hteapot   hec  418@first:4            5 3 1 0 10 0  0  0  0
hnewevent hec  400/99/4@first:1       2 0 0 0 9  1  0  1  0
rlater    hec  503/9+retry:1@first:1  2 1 0 1 10 0  0  0  0
rdate     hec  503/9+date:2@first:1   2 1 0 1 10 0  0  0  0
rhold     hec  403/4+retry:1@first:1  2 0 1 0 10 0  0  0  0
rchunks   hec  ok+chunked             1 0 0 0 10 0  0  0  0
rlast     hec  ok+last                1 0 0 0 10 0  0  0  0
rbig      hec  ok+big:200KiB          1 0 0 0 10 0  0  0  0
rslow     hec  ok+slow:300ms          1 0 0 0 10 0  0  0  0
rread     hec  read:100ms             1 0 0 0 10 0  0  0  0
xclose    hec  close@first:1          2 1 0 0 10 0  0  0  0
xlost     hec  close+taken@first:1    2 1 0 0 10 0  0  0  10
xreset    hec  reset@first:1          2 1 0 0 10 0  0  0  0
xtaken    hec  reset+taken@first:1    2 1 0 0 10 0  0  0  10
xbefore   hec  reset:before@first:1   2 1 0 0 10 0  0  0  0
xbody     hec  reset:body@first:1     2 1 0 0 10 0  0  0  0
xhalf     hec  half@first:1           2 1 0 0 10 0  0  0  0
xhang     hec  hang@first:1           2 1 0 0 10 0  0  0  0
g200      http ok                     1 0 0 0 10 0  0  0  0
g201      http 201+taken              1 0 0 0 10 0  0  0  0
g202      http 202+taken              1 0 0 0 10 0  0  0  0
g204      http 204+taken              1 0 0 0 10 0  0  0  0
g301      http 301@first:1            2 0 1 0 10 0  0  0  0
g307      http 307@first:1            2 0 1 0 10 0  0  0  0
g400      http 400@first:1            1 0 0 0 0  10 0  10 0
g401      http 401@first:1            2 0 1 0 10 0  0  0  0
g403      http 403@first:1            2 0 1 0 10 0  0  0  0
g404      http 404@first:1            2 0 1 0 10 0  0  0  0
g405      http 405@first:1            2 0 1 0 10 0  0  0  0
g407      http 407@first:1            2 0 1 0 10 0  0  0  0
g408      http 408@first:1            2 1 0 0 10 0  0  0  0
g409      http 409@first:1            1 0 0 0 0  10 0  10 0
g413      http 413@first:1            4 0 0 0 10 0  0  0  0
g413one   http 413@above:100B         - 0 0 0 0  0  10 10 0
g415      http 415@gzip               2 0 0 0 10 0  0  0  0
g422      http 422@first:1            1 0 0 0 0  10 0  10 0
g425      http 425@first:1            2 1 0 0 10 0  0  0  0
g429      http 429+retry:1@first:1    2 1 0 1 10 0  0  0  0
g500      http 500@first:1            2 1 0 0 10 0  0  0  0
g501      http 501@first:1            2 0 1 0 10 0  0  0  0
g502      http 502@first:1            2 1 0 0 10 0  0  0  0
g503      http 503@first:1            2 1 0 1 10 0  0  0  0
g504      http 504@first:1            2 1 0 0 10 0  0  0  0
g505      http 505@first:1            2 0 1 0 10 0  0  0  0
glost     http 503+taken@first:1      2 1 0 1 10 0  0  0  10
garray    http ok                     1 0 0 0 10 0  0  0  0
'
events=10
outputs='' n=0
while read -r name type faults _; do
	[ -n "$name" ] || continue
	start "$name" "$builddir/src/tapferry-load" collect --any-path --quiet \
		--listen 127.0.0.1:0 --ids "$dir/$name.ids" --faults "$faults"
	n=$((n + 1))
done <<<"$table"
while read -r name type _; do
	[ -n "$name" ] || continue
	wait_for "$dir/$name.out" '^listening on ' 20
	compression=none extra=''
	[ "${name#?415}" = "$name" ] || compression=gzip
	[ "$name" != garray ] || extra='format = "array"; method = "PUT";'
	outputs+="${outputs:+, }
	{ name = \"$name\"; type = \"$type\"; token = \"t\"; senders = 1; $extra
	  compression = \"$compression\"; request_timeout = \"2s\";
	  batch = { events = $events; linger = \"1s\"; };
	  retry = { initial = \"5ms\"; max = \"20ms\"; hold = \"100ms\"; };
	  breaker = { time = \"100ms\"; };
	  backends = ( { url = \"$(collect_url "$name")\"; } ); }"
done <<<"$table"
port=$(free_port)
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = ( $outputs );
workers = 1;
buffer_size = 100;
monitor = { address = "127.0.0.1:$port"; };
END
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --count $events --number

# every output has settled its events
settled() {
	curl -s -m 10 "http://127.0.0.1:$port/metrics" >"$dir/metrics" || return 1
	[ "$(awk '/^tapferry_events_(delivered|dropped)_total/ { n += $2 }
		END { print n + 0 }' "$dir/metrics")" -ge $((n * events)) ]
}
until_true 20 settled || fail "not every output has settled its events"

daemon_stop
for name in "${!pids[@]}"; do
	kill -TERM "${pids[$name]}"
done
# a line for each output: its name and the table's numbers from REQUESTS on
awk '
function add(i) { split($1, q, "\""); seen[q[2]] = 1; v[q[2], i] = $2 }
/^tapferry_backend_requests_total/ { add(1) }
/^tapferry_backend_failures_total/ { add(2) }
/^tapferry_backend_holds_total/ { add(3) }
/^tapferry_backend_slow_downs_total/ { add(4) }
/^tapferry_events_delivered_total/ { add(5) }
/^tapferry_events_dropped_total.*"refused"/ { add(6) }
/^tapferry_events_dropped_total.*"too_large"/ { add(7) }
/^tapferry_output_delay_seconds_sum/ { add(8) }
END {
	for (name in seen) {
		printf "%s", name
		for (i = 1; i <= 8; i++)
			printf " %s", v[name, i]
		print ""
	}
}' "$dir/metrics" >"$dir/rows"
declare -A delay
bad=
while read -r name type faults want; do
	[ -n "$name" ] || continue
	finished "$name" 0
	read -r missing extra < <("$builddir/src/tapferry-load" ids \
		"$dir/$name.ids" | sed -n \
		's/.* missing=\([0-9]*\) .* extra=\([0-9]*\)$/\1 \2/p') ||
		missing=$events extra=0 # no event ever came
	read -r -a got < <(sed -n "s/^$name //p" "$dir/rows")
	delay[$name]=${got[7]}
	got=("${got[@]:0:7}" "$missing" "$extra")
	i=0
	wrong=
	for w in $want; do
		[ "$w" = - ] || [ "$w" = "${got[$i]}" ] || wrong=1
		i=$((i + 1))
	done
	[ -n "$wrong" ] || continue
	bad+=" $name"
	echo "$name $type $faults: got ${got[*]}, wanted $want"
done <<<"$table"
rm -f "$dir"/[ghrx]*.out # nobody wants to read them
[ -z "$bad" ] || fail "rows:$bad"

# Retry-After was waited for, whatever retry says: ten events, a second each
for name in rlater rdate rhold g429; do
	awk -v s="${delay[$name]}" 'BEGIN { exit !(s >= 10) }' ||
		fail "$name was tried again too soon: ${delay[$name]}"
done
# what nobody knows is in the log, with its text
grep -q 'DELIVER_UNKNOWN_REPLY .* output=hteapot .* text="<!doctype html>' \
	"$dir/daemon.err" || fail "the teapot's text is not in the log"
