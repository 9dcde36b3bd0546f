#!/usr/bin/env bash
# A named pipe whose reader is absent, late, gone in the middle of a line,
# killed and slow: every line once, and a collector beside it never notices.
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=tests/scenario/local.sh
. "$here/local.sh"

collect hec
configure \
	'name = "pipe"; type = "pipe"; path = "'"$dir"'/pipe"; mode = "0600";
	retry = { max = "100ms"; };' \
	'name = "hec"; type = "hec"; token = "t";
	backends = ( { url = "'"$(collect_url hec)"'"; } );'
daemon -c "$dir/tapferry.conf"
[ -p "$dir/pipe" ] || fail "there is no pipe"
equal "mode of the pipe" "$(stat -c %a "$dir/pipe")" 600

# --- nobody reads: events wait, and the collector has all of them
play 20000
await_now hec delivered 20000
equal "waiting for a reader" "$(now pipe in_memory)" 20000

# --- a late reader, which goes away within a line: the next one gets that line
# whole, with what the first one left in the pipe
read_by late pipe "$dir/pipe" --octets 1234567
finished late 0
await_now pipe delivered "$(tr -cd "\\n" <"$dir/late.got" | wc -c)"
read_by second pipe "$dir/pipe"
await_now pipe delivered 20000
equal "late and second" "$(lines late second)" \
	"events=20000 distinct=20000 halves=1"

# --- killed while it holds the pipe and reads nothing
play 5000
await_now pipe delivered 25000
kill -KILL "${pids[second]}"
finished second 137
read_by held pipe "$dir/pipe" --octets 300001 --hold
play 20000
wait_for "$dir/held.out" '^holding$'
await_now hec delivered 45000
kill -KILL "${pids[held]}"
finished held 137
read_by slow pipe "$dir/pipe" --chunk 40000 --pause 0.002
await_now pipe delivered 45000
equal "all readers" "$(lines late second held slow)" \
	"events=45000 distinct=45000 halves=2"
stop slow

# --- at the end nobody is waited for who is not there
play 3000
await_now pipe in_memory 3000
daemon_stop
stop hec
equal "collected" "$(collected hec)" 48000
equal "pipe delivered" "$(ledger pipe delivered)" 45000
equal "pipe dropped" "$(ledger pipe dropped_shutdown)" 3000
