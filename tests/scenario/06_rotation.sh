#!/usr/bin/env bash
# Files rotated by size and by SIGUSR1, compressed: every event is in exactly
# one of them, each line whole.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need jq gzip

at_most() { [ "$(count . "$2")" -le "$1" ]; }

cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = (
  { name = "size"; type = "file"; path = "$dir/size"; mode = "0600";
    overflow = "block"; batch = { events = 200; };
    rotate = { size = "1MiB"; keep = 100; gzip = true; }; },
  { name = "usr1"; type = "file"; path = "$dir/usr1"; overflow = "block";
    batch = { events = 200; linger = "50ms"; }; rotate = { keep = 2; }; }
);
END
daemon -c "$dir/tapferry.conf"
n=10000
send --to "unix:$dir/tap.sock" --generate --count $n
wait_count . "$dir/usr1" $n
kill -USR1 "${pids[daemon]}"
wait_for "$dir/usr1.1" . 5
equal "events in usr1.1" "$(count . "$dir/usr1.1")" $n

send --to "unix:$dir/tap.sock" --generate --count 300
wait_count . "$dir/usr1" 300
kill -USR1 "${pids[daemon]}"
wait_for "$dir/usr1.2" . 5
equal "events in usr1.2" "$(count . "$dir/usr1.2")" $n
equal "events in usr1.1" "$(count . "$dir/usr1.1")" 300

# Two are kept: the third rotation removes the oldest file.
send --to "unix:$dir/tap.sock" --generate --count 20
wait_count . "$dir/usr1" 20
kill -USR1 "${pids[daemon]}"
until_true 5 at_most 20 "$dir/usr1.1" || :
equal "events in usr1.1" "$(count . "$dir/usr1.1")" 20
equal "events in usr1.2" "$(count . "$dir/usr1.2")" 300
[ ! -e "$dir/usr1.3" ] || fail "more files than asked for"

daemon_stop
n=$((n + 320))
equal "delivered" "$(ledger size delivered)" $n
ls "$dir"/size.*.gz >/dev/null || fail "no compressed file"
for f in "$dir"/size*; do
	equal "mode of ${f##*/}" "$(stat -c %a "$f")" 600
	# a batch goes into one file, so a file may be a batch too large
	[ "$(zcat -f "$f" | wc -c)" -lt $((1536 * 1024)) ] || fail "$f is too large"
done
equal "whole events in all files" "$(zcat -f "$dir"/size* |
	jq -c .dnstap.operation | grep -c _)" $n
