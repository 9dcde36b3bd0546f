#!/usr/bin/env bash
# 120 reloads under load, good ones and bad ones: no connection ends, every
# event arrives once, and nothing is left behind.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

reloads=120
collect one
collect two
port=$(free_port)

# configure I - the I-th configuration: each property has a rhythm of its own
configure() {
	local i=$1 url events=2000 compression=gzip level=info archive='' extra=''
	url=$(collect_url one)
	[ $((i % 2)) -eq 0 ] || url=$(collect_url two)
	[ $((i % 3)) -ne 1 ] || compression=none
	[ $((i % 7)) -ne 3 ] || events=$((500 + i))
	[ $((i % 5)) -ne 2 ] || level=debug
	[ $((i % 4)) -ne 0 ] ||
		archive=", { name = \"archive\"; type = \"file\"; path = \"$dir/archive.ndjson\"; }"
	[ $((i % 6)) -ne 5 ] ||
		extra=", { name = \"extra\"; type = \"dnstap\"; address = \"tcp://127.0.0.1:$port\"; }"
	cat >"$dir/tapferry.conf" <<END
log = { level = "$level"; };
limits = { max_connections = $((20 + i)); };
listeners = ( { name = "l$((i % 9))"; type = "dnstap"; address = "unix:$dir/tap.sock"; }$extra );
outputs = (
  { name = "hec"; type = "hec"; token = "t$((i % 11))"; overflow = "block";
    batch = { events = $events; linger = "$((10 + i % 7 / 6))ms"; };
    compression = "$compression"; backends = ( { url = "$url"; } ); }$archive
);
END
}

# How it is once a reload has settled: descriptors, and kilobytes of memory.
descriptors() { find "/proc/${pids[daemon]}/fd" -mindepth 1 | wc -l; }
memory() { awk '/^RssAnon/ { print $2 }' "/proc/${pids[daemon]}/status"; }


# settled VARIABLE - memory a second after the same configuration came anew
settled() {
	configure 1000
	good=$((good + 1))
	kill -HUP "${pids[daemon]}"
	wait_count ' RELOADED ' "$dir/daemon.err" $good 30
	sleep 1
	printf -v "$1" '%s' "$(memory)"
}

configure 0
daemon -c "$dir/tapferry.conf"
start send "$builddir/src/tapferry-load" send --quiet \
	--to "unix:$dir/tap.sock" --generate --connections 8 --rate 20000 \
	--duration 120s
wait_for "$dir/send.out" '^open connections=8 failed=0'

good=0
bad=0
for ((i = 1; i <= reloads; i++)); do
	configure "$i"
	if [ $((i % 10)) -eq 6 ]; then
		bad=$((bad + 1))
		case $((i % 3)) in
		0) echo 'outputs = (' >>"$dir/tapferry.conf" ;;
		1) echo 'no_such_setting = 1;' >>"$dir/tapferry.conf" ;;
		2) sed -i "s|unix:$dir/tap.sock|unix:/nonexistent/tap.sock|" \
			"$dir/tapferry.conf" ;;
		esac
		kill -HUP "${pids[daemon]}"
		wait_count ' RELOAD_FAILED ' "$dir/daemon.err" $bad
	else
		good=$((good + 1))
		kill -HUP "${pids[daemon]}"
		wait_count ' RELOADED ' "$dir/daemon.err" $good 30
	fi
	[ "$i" -ne 24 ] || settled before
done
running send || fail "the sender has lost its connection"
equal "connections that ended" "$(count ' INTAKE_(CLOSED|IO_ERROR) ' "$dir/daemon.err")" 0

settled after
# shellcheck disable=SC2154 # settled() sets them
echo "memory after 24 reloads: $before KiB, after $reloads: $after KiB"
if [ "$slow" -eq 1 ]; then # a sanitizer keeps what was freed for a while
	[ "$after" -le $((before + 20000)) ] ||
		fail "memory grew from $before to $after KiB"
fi
[ "$(descriptors)" -le 80 ] || fail "$(descriptors) descriptors are open"

daemon_stop
until_true 20 gone send || fail "the sender is still running"
unset 'pids[send]'
stop one
stop two
n=$(sent)
total() {
	awk -v key="$1=" '/ LEDGER / && / output=hec / {
		for (i = 1; i <= NF; i++)
			if (index($i, key) == 1)
				sum += substr($i, length(key) + 1)
	}
	END { print sum + 0 }' "$dir/daemon.err"
}
[ "$n" -gt 10000 ] || fail "only $n frames sent: no load"
equal "received of $n sent" "$(total received)" "$n"
equal "delivered of $n sent" "$(total delivered)" "$n"
equal "at the collectors" "$(($(collected one) + $(collected two)))" "$n"
