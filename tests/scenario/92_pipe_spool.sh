#!/usr/bin/env bash
# What a pipe without a reader holds is bounded: by a spool, which the next run
# replays; by memory, beyond which new events are dropped and counted; by the
# DNS server that has to wait.
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=tests/scenario/local.sh
. "$here/local.sh"

pipe='name = "pipe"; type = "pipe"; path = "'"$dir"'/pipe";
	retry = { initial = "20ms"; max = "50ms"; }; batch = { events = 100; linger = "20ms"; };'

# --- the spool takes over at the end, and is replayed to a later reader
configure "$pipe"' spool = { path = "'"$dir"'/spool"; fsync = "none"; };'
daemon -c "$dir/tapferry.conf"
play 3000
daemon_stop
equal "in the spool" "$(ledger pipe in_spool)" 3000
equal "dropped" "$(ledger pipe dropped)" 0

daemon -c "$dir/tapferry.conf"
play 2000
read_by all pipe "$dir/pipe"
await_now pipe delivered 5000
await_now pipe in_spool 0
daemon_stop
finished all 0
equal "recovered" "$(ledger pipe recovered)" 3000
equal "from spool and memory" "$(lines all)" "events=5000 distinct=5000 halves=0"

# --- a reader that does not read: memory overflows into the spool, at a rate that
# a slow disk can follow
configure 'name = "pipe"; type = "pipe"; path = "'"$dir"'/pipe";
	retry = { initial = "20ms"; max = "50ms"; };
	batch = { events = 1000; linger = "1h"; };
	spool = { path = "'"$dir"'/spool"; fsync = "none"; };'
daemon -c "$dir/tapferry.conf" -o buffer_size=2000
read_by held pipe "$dir/pipe" --octets 100 --hold
play 20000 --rate 10000
spooled() { [ "$(now pipe in_spool)" -gt 1000 ]; }
until_true 20 spooled || fail "the spool is not used"
kill -KILL "${pids[held]}"
finished held 137
read_by rest pipe "$dir/pipe" --chunk 50000
await_now pipe delivered 20000
daemon_stop
finished rest 0
equal "dropped from the overflow" "$(ledger pipe dropped)" 0
equal "by both" "$(lines held rest)" "events=20000 distinct=20000 halves=1"

# --- without a spool: what memory has no room for is counted
configure "$pipe"
daemon -c "$dir/tapferry.conf" -o buffer_size=1000
play 20000
full() { [ "$(now pipe dropped)" -gt 0 ]; }
until_true 20 full || fail "nothing is dropped"
read_by some pipe "$dir/pipe"
await_now pipe in_memory 0
daemon_stop
finished some 0
equal "delivered and dropped" \
	$(($(ledger pipe delivered) + $(ledger pipe dropped_queue_full))) 20000
delivered=$(ledger pipe delivered)
equal "read" "$(lines some)" "events=$delivered distinct=$delivered halves=0"

# --- overflow = "block": the sender waits for the pipe's reader, nobody loses
configure "$pipe"' overflow = "block";'
daemon -c "$dir/tapferry.conf" -o buffer_size=1000
start play "$builddir/src/tapferry-load" send --quiet --generate --number \
	--to "unix:$dir/tap.sock" --count 20000
some_wait() { [ "$(now pipe in_memory)" -ge 1000 ]; }
until_true 20 some_wait || fail "nothing waits"
read_by blocked pipe "$dir/pipe"
finished play 0 40
await_now pipe delivered 20000
daemon_stop
finished blocked 0
equal "from a sender that waits" "$(lines blocked)" \
	"events=20000 distinct=20000 halves=0"
