#!/usr/bin/env bash
# What tapferry-load collect does wrong, seen by curl, and changed while it
# runs: every fault does what it is called, and keeps what it says.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need curl

event=/services/collector/event
three='{"event":1}{"event":2}{"event":3}'

# faults SPEC - from now on
faults() {
	curl -sS -f -m 5 -X PUT -d "$1" "$(collect_url c)/faults" >/dev/null ||
		fail "faults are not changed to $1"
}

# post CURL-ARGUMENT... - three events; its exit status in $status, headers in
# headers, body in reply
post() {
	status=0
	curl -s -m 5 -D "$dir/headers" -o "$dir/reply" \
		-H 'Authorization: Splunk t' -d "$three" "$@" \
		"$(collect_url c)$event" || status=$?
}

# says FAULT STATUS TEXT [HEADER] - and curl is content
says() {
	faults "$1"
	post "${@:5}"
	equal "$1: curl" "$status" 0
	equal "$1: status" "$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' \
		"$dir/headers")" "$2"
	grep -qF -- "$3" "$dir/reply" ||
		fail "$1 says $(cat "$dir/reply"), wanted $3"
	[ -z "${4:-}" ] || grep -qiE "^$4" "$dir/headers" ||
		fail "$1: no header like $4 in $(cat "$dir/headers")"
}

# breaks FAULT CURL-STATUSES - no answer comes
breaks() {
	faults "$1"
	post -m 2
	case " $2 " in
	*" $status "*) ;;
	*) fail "$1: curl says $status, wanted $2" ;;
	esac
}

# kept N - so many events more than before
before=0
kept() {
	local now
	now=$(wc -l <"$dir/events")
	equal "events kept" $((now - before)) "$1"
	before=$now
}

collect c --write "$dir/events" --faults 500
says ok 200 '"code":0'; kept 3
says 503/9 503 '"code":9'; kept 0
says 503/9+taken 503 '"code":9'; kept 3
says 400/6/2 400 '"invalid-event-number":2'; kept 2
says 400/7/2 400 '"invalid-event-number":2'; kept 1
says 400/99 400 '"code":99'; kept 0
says html 200 'Please log in'; kept 0
says json 200 '"code":0'; kept 0
says 429/26+retry:7 429 '"code":26' 'retry-after: 7.$'; kept 0
says 503+date:90 503 '"code":9' 'retry-after: ..., .. ... .... ..:..:.. GMT'
kept 0
says ok+chunked 200 '"code":0' 'transfer-encoding: chunked'; kept 3
says ok+last 200 '"code":0' 'connection: close'; kept 3
says 503+big:100KiB 503 '"code":9' 'content-length: 1024[0-9][0-9]'; kept 0
says 413@above:30B 413 '413'; kept 0
says 413@above:40B 200 '"code":0'; kept 3
says 415@gzip 200 '"code":0'; kept 3
says 415@gzip 415 415 '' -H 'Content-Encoding: gzip'; kept 0
says 415@zstd 200 '"code":0'; kept 3
says 503/9@zstd 503 '"code":9' '' -H 'Content-Encoding: zstd'; kept 0
breaks close 52; kept 0
breaks close+taken 52; kept 3
breaks reset '52 56'; kept 0
breaks reset+taken '52 56'; kept 3
breaks reset:before '52 55 56'; kept 0
breaks reset:body '52 55 56'; kept 0
breaks half 52; kept 0
breaks half+taken 52; kept 3
breaks hang 28; kept 0
breaks hang+taken 28; kept 3
begin=${EPOCHREALTIME/./}
says ok+slow:300ms 200 '"code":0'; kept 3
says read:300ms 200 '"code":0'; kept 3
[ $((${EPOCHREALTIME/./} - begin)) -ge 600000 ] || fail "nothing was slow"

# the number of a request counts from the change on
faults 503@first:1,500@at:3
for want in 503 200 500 200; do
	post
	grep -q "^HTTP/1.1 $want" "$dir/headers" || fail "wanted $want"
done
equal "a wrong change" "$(curl -s -m 5 -X PUT -d oops -o "$dir/reply" \
	-w '%{http_code}' "$(collect_url c)/faults")" 400
grep -q 'a fault is STATUS' "$dir/reply" || fail "$(cat "$dir/reply")"
equal "another method" "$(curl -s -m 5 -o "$dir/reply" -w '%{http_code}' \
	"$(collect_url c)/faults")" 405
stop c

# any path, by POST and PUT: lines, or one array
collect c --any-path --token t --write "$dir/any"
# any STATUS CURL-ARGUMENT...
any() {
	equal "status of ${*:2}" "$(curl -s -m 5 -o "$dir/reply" \
		-w '%{http_code}' "${@:2}" "$(collect_url c)/in/dns?a=b")" "$1"
}
bearer='Authorization: Bearer t'
any 200 -H "$bearer" -d $'{"n":1}\n{"n":2}\n'
any 200 -H "$bearer" -X PUT -d '[{"n":3},{"n":[4,{"a":","}]} , {"n":5}]'
any 400 -H "$bearer" -d '[{"n":6},'
any 401 -d '{"n":6}'
any 403 -H 'Authorization: Bearer other' -d '{"n":6}'
any 405 -H "$bearer"
faults 202+taken@at:1,204@at:2
any 202 -H "$bearer" -d '{"n":7}'
any 204 -H "$bearer" -d '{"n":8}'
stop c
equal "events kept on any path" "$(tr -d '\n ' <"$dir/any")" \
	'{"n":1}{"n":2}{"n":3}{"n":[4,{"a":","}]}{"n":5}{"n":7}'
