#!/usr/bin/env bash
# Disks that fail: paths that cannot be used are refused at the start, a full
# disk drops what memory has no room for, tells, and is used again when it has
# room; a damaged file is set aside.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

spool_files() { find "$dir/spool" -name '*.batch' | wc -l; }
spool_empty() { [ "$(spool_files)" -eq 0 ]; }
spool_has() { [ "$(spool_files)" -ge "$1" ]; }

# config SPOOL DEAD-LETTER [SETTINGS]
config() {
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	buffer_size = 2000;
	outputs = (
	  { name = "hec"; type = "hec"; token = "t"; senders = 2;
	    batch = { events = 500; linger = "100ms"; };
	    retry = { initial = "20ms"; max = "200ms"; };
	    breaker = { time = "200ms"; max_time = "500ms"; };
	    backends = ( { url = "http://127.0.0.1:$port"; } );
	    spool = { path = "$1"; compression = "none"; ${3:-} };
	    dead_letter = { path = "$2"; }; }
	);
	END
}

# refused PATTERN - the daemon does not start and says why
refused() {
	local status=0
	"$builddir/src/tapferryd" -c "$dir/tapferry.conf" \
		>"$dir/daemon.out" 2>"$dir/daemon.err" || status=$?
	equal "exit status" $status 1
	grep -Eq -- "START_FAILED .*$1" "$dir/daemon.err" ||
		fail "not told: $1"
}

port=$(free_port)
config "$dir/none/spool" "$dir/dead"
refused "output hec: spool $dir/none/spool cannot be used: No such file"
touch "$dir/file"
config "$dir/file" "$dir/dead"
refused "output hec: spool $dir/file cannot be used: Not a directory"
config "$dir/spool/" "$dir/none/dead" # a slash at the end is no matter
refused "dead letters $dir/none/dead cannot be used: No such file"
config "$dir/spool" "$dir/spool"
refused "dead letters $dir/spool cannot be written: Is a directory"

# --- the folder of another daemon
config "$dir/spool" "$dir/dead"
daemon -c "$dir/tapferry.conf"
sed "s|tap.sock|other.sock|" "$dir/tapferry.conf" >"$dir/other.conf"
status=0
"$builddir/src/tapferryd" -c "$dir/other.conf" 2>"$dir/other.err" || status=$?
equal "exit status of the other one" $status 1
grep -Eq "spool $dir/spool is in use by another output or daemon .process ${pids[daemon]}" \
	"$dir/other.err" || fail "not told who has the folder"
daemon_stop

# --- a damaged file does not keep the others
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --count 5000 --rate 20000
until_true 10 spool_has 4 || fail "nothing in the spool"
daemon_stop
files=$(spool_files)
printf '???' | dd of="$(find "$dir/spool" -name '*.batch' -print -quit)" \
	bs=1 seek=5000 conv=notrunc status=none
start collector "$builddir/src/tapferry-load" collect \
	--listen "127.0.0.1:$port" --quiet
wait_for "$dir/collector.out" '^listening on ' 5
daemon -c "$dir/tapferry.conf"
until_true 20 spool_empty || fail "$(spool_files) files stay of $files"
daemon_stop
stop collector
equal "recovered" "$(ledger hec recovered)" 5000
lost=$(ledger hec dropped_spool_damaged)
{ [ "$lost" -gt 0 ] && [ "$lost" -le 500 ]; } || fail "$lost events damaged"
equal "delivered" "$(ledger hec delivered)" $((5000 - lost))
equal "set aside" "$(find "$dir/spool" -name '*.damaged' | wc -l)" 1
rm -r "$dir/spool"

# --- max_size: no more than that, the rest is dropped and counted
config "$dir/spool" "$dir/dead" 'max_size = "2MiB";'
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --count 20000 --rate 40000
wait_for "$dir/daemon.err" ' SPOOL_REFUSES .*max_size is reached' 10
daemon_stop
size=$(find "$dir/spool" -name '*.batch' -printf '%s\n' | awk '{ n += $1 } END { print n }')
[ "$size" -le 2097152 ] || fail "$size octets in the spool"
[ "$(ledger hec dropped_spool_full)" -gt 1000 ] || fail "nothing was dropped"
[ "$(ledger hec in_spool)" -gt 1000 ] || fail "nothing is in the spool"
rm -r "$dir/spool"

# --- a disk that is full, and has room again
[ "$(id -u)" = 0 ] || skip "a full disk needs root"
mkdir "$dir/spool"
mount -t tmpfs -o size=1m,mode=700 spool "$dir/spool" 2>/dev/null ||
	skip "no tmpfs can be mounted here"
# lazily: the daemon is still there when something fails
trap 'status=$?; umount -l "$dir/spool"; (exit $status); cleanup' EXIT
config "$dir/spool" "$dir/dead"
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --count 20000 --rate 40000
wait_for "$dir/daemon.err" ' SPOOL_REFUSES .*No space left on device' 10
equal "temporary files" "$(find "$dir/spool" -name '*.tmp' | wc -l)" 0
mount -o remount,size=100m "$dir/spool"
sent=20000
for _ in 1 2 3 4 5 6 7 8 9 10; do
	send --to "unix:$dir/tap.sock" --generate --count 2000 --rate 10000
	sent=$((sent + 2000))
	grep -q ' SPOOL_TAKES ' "$dir/daemon.err" && break
	sleep 1
done
wait_for "$dir/daemon.err" ' SPOOL_TAKES ' 1
start collector "$builddir/src/tapferry-load" collect \
	--listen "127.0.0.1:$port" --quiet
wait_for "$dir/collector.out" '^listening on ' 5
until_true 20 spool_empty || fail "$(spool_files) files stay"
daemon_stop
stop collector
equal "received" "$(ledger hec received)" "$sent"
[ "$(ledger hec dropped_spool_full)" -gt 0 ] || fail "nothing was dropped"
equal "delivered" "$(ledger hec delivered)" \
	$((sent - $(ledger hec dropped_spool_full) - $(ledger hec dropped_spool_slow)))
equal "at the collector" "$(collected collector)" "$(ledger hec delivered)"

# --- one that can only be read
mount -o remount,ro "$dir/spool"
refused "spool $dir/spool cannot be (used|written to): Read-only"
