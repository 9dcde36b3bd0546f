#!/usr/bin/env bash
# 10,000 connections: /connections lists every one of them once, in order, out
# of memory that does not grow with the number of answers.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need jq curl

n=10000
[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge $((n + 500)) ] ||
	n=$(($(ulimit -Hn) - 500))
[ $n -ge 500 ] || skip "ulimit -n is too low"
ulimit -n $((n + 300))
port=$(free_port)
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; address = "unix:$dir/tap.sock"; } );
buffer_size = 1000;
limits = { max_connections = $n; handshake_timeout = "1m"; };
outputs = ( { name = "o"; type = "file"; path = "/dev/null";
	batch = { events = 100; bytes = "64KiB"; }; } );
monitor = { address = "127.0.0.1:$port"; };
log = { level = "warning"; };
END
start daemon "$builddir/src/tapferryd" -c "$dir/tapferry.conf"
url=http://127.0.0.1:$port
answers() { curl -sS --max-time 20 -o /dev/null "$url/healthz" 2>/dev/null; }
until_true 20 answers || fail "no endpoint"
start sender "$builddir/src/tapferry-load" send --quiet \
	--to "unix:$dir/tap.sock" --generate --connections $n --rate 20000 \
	--duration 10m
all_there() {
	[ "$(curl -sS --max-time 20 "$url/connections?limit=0" | jq .total)" = $n ]
}
until_true 60 all_there || fail "not all connected"

# get QUERY - into $dir/answer
get() { curl -sS --max-time 60 "$url/connections?$1" >"$dir/answer"; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/${pids[daemon]}/status"; }

get "limit=$n"
jq -e ".total == $n and .listed == $n and (.connections | length) == $n and
	([.connections[].id] | unique | length) == $n and
	([.connections[].rate] | . == (sort | reverse))" "$dir/answer" \
	>/dev/null || fail "not every connection once, the busiest first"
for key in messages octets errors id; do
	get "sort=$key&limit=$n"
	jq -e ".listed == $n" "$dir/answer" >/dev/null || fail "sort=$key"
done
get "sort=id&limit=$n"
jq -e '[.connections[].id] | . == sort' "$dir/answer" >/dev/null ||
	fail "ids are not in order"
get "limit=25"
equal "connections listed" "$(jq '.connections | length' "$dir/answer")" 25
jq -e '.connections[0] | .listener == "l" and .rate >= 0 and .identity != null
	and (.peer | startswith("pid=")) and .age_seconds > 0' "$dir/answer" \
	>/dev/null || fail "what is said of a connection"

# several at once, again and again: memory stays where it was
before=$(memory)
for _ in 1 2 3 4 5; do
	waits=()
	for i in 1 2 3 4; do
		curl -sS --max-time 60 -o "$dir/answer.$i" \
			"$url/connections?limit=$n" &
		waits+=($!)
	done
	for pid in "${waits[@]}"; do
		wait "$pid" || fail "no answer"
	done
	for i in 1 2 3 4; do
		equal "listed" "$(jq '.connections | length' "$dir/answer.$i")" $n
	done
done
grown=$(($(memory) - before))
# a sanitizer keeps what was freed for a while
[ $grown -lt $((8 * 1024 * slow * slow)) ] || fail "20 answers took $grown KiB"
echo "20 answers of $n connections: $grown KiB more memory"
stop sender 0
stop daemon 0 TERM 40
