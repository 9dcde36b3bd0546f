#!/usr/bin/env bash
# A collector that is killed between its success and the acknowledgement: what
# it had not got in yet is sent again, to it or elsewhere; nothing is lost, and
# twice comes only what was not acknowledged when it died.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# configure BACKEND-URL...
configure() {
	local url urls=
	for url; do
		urls+="${urls:+, }{ url = \"$url\"; }"
	done
	cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
buffer_size = 60000;
outputs = ( { name = "hec"; type = "hec"; token = "t"; overflow = "block";
  senders = 3; acknowledge = true;
  ack = { interval = "100ms"; timeout = "2s"; unreachable = "300ms";
    max_pending = 4000; };
  batch = { events = 200; linger = "50ms"; };
  retry = { initial = "10ms"; max = "200ms"; };
  breaker = { time = "300ms"; };
  backends = ( $urls ); } );
END
}

# at NAME PORT ARGUMENT... - a collector at a port that is known beforehand
at() {
	start "$1" "$builddir/src/tapferry-load" collect \
		--listen "127.0.0.1:$2" --quiet --ack after:300ms "${@:3}"
	wait_for "$dir/$1.out" '^listening on ' 5
}

# events NAME... - all that these collectors ever got in; a line that was being
# written at the death does not count
events() {
	local name f
	for name; do
		for f in "$dir/$name".*.events; do
			head -n "$(wc -l <"$f")" "$f"
		done
	done
}

# twice DEATHS NAME... - what came twice is what may wait, and no more: 20
# batches, and one in the hands of each sender
twice() {
	local more=$(($(events "${@:2}" | wc -l) - n))
	[ $more -le $(($1 * (20 + 3) * 200)) ] ||
		fail "$more events came more than once"
}

has_lines() { [ -s "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]; }

n=20000

# --- one of two is killed under load, and stays away
port_a=$(free_port)
port_b=$(free_port)
at a "$port_a" --write "$dir/a.1.events"
at b "$port_b" --write "$dir/b.1.events"
configure "http://127.0.0.1:$port_a" "http://127.0.0.1:$port_b"
daemon -c "$dir/tapferry.conf"
start send "$builddir/src/tapferry-load" send --quiet \
	--to "unix:$dir/tap.sock" --generate --count $n --rate 10000/s
until_true 20 has_lines "$dir/a.1.events" 1000 || fail "a gets nothing"
stop a 137 KILL
finished send 0 60
daemon_stop
stop b
equal "delivered (one killed)" "$(ledger hec delivered)" $n
equal "different events (one killed)" "$(events a b | sort -u | wc -l)" $n
twice 1 a b

# --- killed and started again, again and again: its channels are forgotten
rm "$dir"/*.events
at a "$port_a" --write "$dir/a.1.events"
configure "http://127.0.0.1:$port_a"
daemon -c "$dir/tapferry.conf"
start send "$builddir/src/tapferry-load" send --quiet \
	--to "unix:$dir/tap.sock" --generate --count $n --rate 5000/s
for i in 1 2 3 4; do
	until_true 20 has_lines "$dir/a.$i.events" 1000 ||
		fail "a gets nothing after restart $((i - 1))"
	stop a 137 KILL
	at a "$port_a" --write "$dir/a.$((i + 1)).events"
done
finished send 0 60
daemon_stop
stop a
equal "delivered (restarted)" "$(ledger hec delivered)" $n
equal "different events (restarted)" "$(events a | sort -u | wc -l)" $n
twice 4 a
