#!/usr/bin/env bash
# kill -9 of the daemon, with a spool of mode "always": what was on the disk or
# delivered is not lost, and twice delivered is at most what was under way.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need python3

spool_files() { find "$dir/spool" -name '*.batch' | wc -l; }
spool_empty() { [ "$(spool_files)" -eq 0 ]; }
on_disk() { python3 "$here/spool_cat.py" "$dir/spool"; }
on_disk_is() { [ "$(on_disk | wc -l)" -eq "$1" ]; }
killed() {
	kill -KILL "${pids[daemon]}"
	wait "${pids[daemon]}" 2>/dev/null || :
	unset "pids[daemon]"
}

port=$(free_port)
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
buffer_size = 1000;
outputs = (
  { name = "http"; type = "http"; senders = 2;
    batch = { events = 100; linger = "50ms"; };
    retry = { initial = "20ms"; max = "200ms"; };
    breaker = { time = "200ms"; max_time = "500ms"; };
    backends = ( { url = "http://127.0.0.1:$port/"; } );
    spool = { path = "$dir/spool"; mode = "always"; full = "block"; }; }
);
END
collector() {
	start collector "$builddir/src/tapferry-load" collect --any-path \
		--write "$dir/events.$1" --listen "127.0.0.1:$port" --quiet
	wait_for "$dir/collector.out" '^listening on ' 5
}

# --- nobody there: all that was sent is on the disk, twice over a kill, and
# arrives once
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --stamp --count 3210 --rate 10000
until_true 20 on_disk_is 3210 || fail "$(on_disk | wc -l) events on the disk"
killed
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --stamp --seed 2 --count 2100 --rate 10000
until_true 20 on_disk_is 5310 || fail "$(on_disk | wc -l) events on the disk"
killed
on_disk | sort >"$dir/wanted"
daemon -c "$dir/tapferry.conf"
grep -Eq ' SPOOL_RECOVERED .*events=5310 damaged=0' "$dir/daemon.err" ||
	fail "not all was found again"
collector 0
until_true 30 spool_empty || fail "$(spool_files) files stay"
daemon_stop
stop collector
equal "recovered" "$(ledger http recovered)" 5310
equal "delivered" "$(ledger http delivered)" 5310
sort "$dir/events.0" | cmp - "$dir/wanted" || fail "not what was sent"

# --- under load, again and again
for i in 1 2 3 4 5; do
	collector "$i"
	daemon -c "$dir/tapferry.conf"
	start send "$builddir/src/tapferry-load" send --quiet --generate --stamp \
		--seed "$i" --to "unix:$dir/tap.sock" --connections 2 \
		--rate 20000 --duration 30s
	until_true 20 at_least . "$dir/events.$i" 1000 || fail "no load"
	sleep "0.$((i * 3))"
	killed
	until_true 20 gone send || fail "the sender is still running"
	unset 'pids[send]'
	on_disk | sort >"$dir/wanted"
	daemon -c "$dir/tapferry.conf"
	until_true 30 spool_empty || fail "$(spool_files) files stay"
	daemon_stop
	stop collector
	sort "$dir/events.$i" >"$dir/got"
	comm -23 "$dir/wanted" <(uniq "$dir/got") >"$dir/lost"
	equal "lost of what was on the disk" "$(wc -l <"$dir/lost")" 0
	uniq -d "$dir/got" >"$dir/twice"
	equal "twice, though it was not on the disk" \
		"$(comm -23 "$dir/twice" "$dir/wanted" | wc -l)" 0
	equal "more than twice" "$(uniq -c "$dir/got" | awk '$1 > 2' | wc -l)" 0
	# under way, or delivered while one batch was being written: what waits
	# for senders then is 14 batches at most, and 2 are with them
	[ "$(wc -l <"$dir/twice")" -le 2000 ] ||
		fail "$(wc -l <"$dir/twice") events twice"
	rm "$dir/events.$i"
done
