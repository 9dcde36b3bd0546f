#!/usr/bin/env bash
# tapferry-load collect beside curl: it answers as Splunk's HTTP Event Collector
# does, counts and keeps what it takes, and goes wrong as it is told.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need curl

token='Authorization: Splunk s3cret'

# reply STATUS TEXT CURL-ARGUMENT... - the last one is the path
reply() {
	local path=${*: -1}
	curl -s -m 5 -o "$dir/reply" -w '%{http_code}' "${@:3:$#-3}" \
		"$(collect_url collector)$path" >"$dir/status" || :
	equal "status of $path" "$(cat "$dir/status")" "$1"
	[ "$1" = 000 ] || grep -qF -- "$2" "$dir/reply" ||
		fail "$path says $(cat "$dir/reply"), wanted $2"
}
event=/services/collector/event

collect collector --token s3cret --write "$dir/events"
reply 200 '{"text":"HEC is healthy","code":17}' /services/collector/health
reply 404 '"code":404' /services/nothing
reply 405 405 $event
reply 401 '"code":2' -d '{"event":1}' $event
reply 401 '"code":3' -H 'Authorization: Other x' -d '{"event":1}' $event
reply 403 '"code":4' -H 'Authorization: Splunk other' -d '{"event":1}' $event
reply 200 '"code":0' -u x:s3cret -d '{"event":1}' $event
reply 200 '"code":0' -H "$token" -d '{"event":2}{"event":3}' /services/collector
reply 400 '"code":5' -H "$token" -d ' ' $event
reply 400 '"invalid-event-number":1' -H "$token" -d '{"event":4}?' $event/1.0
reply 415 415 -H "$token" -H 'Content-Encoding: deflate' -d x $event
reply 400 '"code":14' -H "$token" -d '{"acks":[0]}' /services/collector/ack
printf '{"event":5}\n{"event":6}\n' | gzip >"$dir/body.gz"
reply 200 '"code":0' -H "$token" -H 'Content-Encoding: gzip' \
	--data-binary "@$dir/body.gz" $event
reply 400 '"code":6' -H "$token" -H 'Content-Encoding: gzip' -d x $event
reply 200 '"code":0' -H "$token" -d 'a line' /services/collector/raw
stop collector
equal "last line" "$(tail -n 1 "$dir/collector.out")" \
	'collected events=7 requests=4 bytes=76 bad=3'
equal "events kept" "$(tr -d '\n' <"$dir/events")" \
	'{"event":1}{"event":2}{"event":3}{"event":4}{"event":5}{"event":6}a line'

# zstd: frames one behind the other; cut, or none at all, as with gzip
collect collector --write "$dir/events"
zstd=(-H "$token" -H 'Content-Encoding: zstd')
if has_zstd; then
	need zstd
	printf '{"event":1}\n{"ev' | zstd -q >"$dir/body.zst"
	printf 'ent":2}\n' | zstd -q >>"$dir/body.zst"
	head -c -1 "$dir/body.zst" >"$dir/cut.zst"
	reply 200 '"code":0' "${zstd[@]}" --data-binary "@$dir/body.zst" $event
	reply 400 '"code":6' "${zstd[@]}" --data-binary "@$dir/cut.zst" $event
	reply 400 '"code":6' "${zstd[@]}" -d x $event
	want='collected events=2 requests=1 bytes=24 bad=2'
else
	reply 415 415 "${zstd[@]}" -d x $event
	want='collected events=0 requests=0 bytes=0 bad=0'
fi
stop collector
equal "last line" "$(tail -n 1 "$dir/collector.out")" "$want"

collect collector --check
reply 400 '"code":12' -H "$token" -d '{"time":1}' $event
reply 400 '"code":13' -H "$token" -d '{"event":""}' $event
reply 400 '"invalid-event-number":1' -H "$token" \
	-d '{"event":1}{"event":2,"nonsense":3}' $event
stop collector
equal "events that pass" "$(collected collector)" 1

collect collector --faults 503@first:1,429/26@every:2,close@every:3,hang@every:5,slow:300ms@every:7
reply 503 '"code":9' -H "$token" -d '{"event":1}' $event
reply 429 '"code":26' -H "$token" -d '{"event":2}' $event
reply 000 '' -H "$token" -d '{"event":3}' $event
reply 429 '"code":26' -H "$token" -d '{"event":4}' $event
reply 000 '' -m 1 -H "$token" -d '{"event":5}' $event
reply 429 '"code":26' -H "$token" -d '{"event":6}' $event
begin=${EPOCHREALTIME/./}
reply 200 '"code":0' -H "$token" -d '{"event":7}' $event
[ $((${EPOCHREALTIME/./} - begin)) -ge 300000 ] || fail "slow was not"
stop collector
equal "events taken among faults" "$(collected collector)" 1

# refused STATUS MESSAGE ARGUMENT...
refused() {
	local status=0
	timeout 5 "$builddir/src/tapferry-load" collect "${@:3}" \
		>"$dir/refused" 2>&1 || status=$?
	equal "exit status of: collect ${*:3}" $status "$1"
	grep -q -- "$2" "$dir/refused" ||
		fail "collect ${*:3} says: $(cat "$dir/refused")"
}
refused 2 '--listen ADDRESS:PORT is missing'
refused 2 'must be a numeric' --listen nowhere:80
refused 2 'a fault is STATUS' --listen 127.0.0.1:0 --faults oops
refused 2 'is not a number from 1 to 64' --listen 127.0.0.1:0 --threads 0
refused 1 'No such file' --listen 127.0.0.1:0 --write "$dir/no/file"

# acknowledgement: ids of each channel, true once, and only when it is time
channel=0fd4a14b-6f1c-4b0c-9d44-5f9bb7b0d001
ack=/services/collector/ack
collect collector --ack on --ack-faults 503@first:1 --write "$dir/events"
reply 400 '"code":10' -H "$token" -d '{"event":1}' $event
reply 400 '"code":11' -H "$token" -d '{"event":1}' "$event?channel=x"
reply 200 '"ackId":0' -H "$token" -d '{"event":1}' "$event?channel=$channel"
reply 200 '"ackId":1' -H "$token" -H "X-Splunk-Request-Channel: $channel" \
	-d '{"event":2}' $event
reply 503 '"code":9' -H "$token" -d '{"acks":[0]}' "$ack?channel=$channel"
reply 401 '"code":2' -d '{"acks":[0]}' "$ack?channel=$channel"
reply 400 '"code":10' -H "$token" -d '{"acks":[0]}' $ack
reply 200 '{"acks":{"0":true,"7":false}}' -H "$token" -d '{"acks":[0,7]}' \
	"$ack?channel=$channel"
reply 200 '{"acks":{"0":false,"1":true}}' -H "$token" -d '{"acks":[0,1]}' \
	"$ack?channel=$channel"
reply 400 '"code":6' -H "$token" -d 'x' "$ack?channel=$channel"
stop collector
equal "last line" "$(tail -n 1 "$dir/collector.out")" \
	'collected events=2 requests=2 bytes=22 bad=0 acked=2'

# killed between the answer and its time: the events are not in
collect collector --ack after:1h --write "$dir/events"
reply 200 '"ackId":0' -H "$token" -d '{"event":1}' "$event?channel=$channel"
reply 200 '{"acks":{"0":false}}' -H "$token" -d '{"acks":[0]}' \
	"$ack?channel=$channel"
stop collector 137 KILL
equal "events kept" "$(cat "$dir/events")" ''
