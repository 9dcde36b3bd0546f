#!/usr/bin/env bash
# Unix sockets, stream and datagram, whose readers come late, go away and come
# back; what stands in the way of a start.
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=tests/scenario/local.sh
. "$here/local.sh"

socket() {
	echo 'name = "'"$1"'"; type = "socket"; path = "'"$dir/$1.sock"'";
	retry = { initial = "20ms"; max = "50ms"; }; batch = { events = 500; linger = "20ms"; };'"$2"
}
configure \
	"$(socket stream '')" \
	"$(socket counted 'framing = "octet-counting";')" \
	"$(socket datagram 'socket_type = "datagram"; format = "syslog";')"
daemon -c "$dir/tapferry.conf"

# --- readers who come late
play 2000
for name in stream counted datagram; do
	equal "$name waits" "$(now $name in_memory)" 2000
done
read_by stream1 stream "$dir/stream.sock"
read_by counted1 stream "$dir/counted.sock" --chunk 1000
read_by datagram1 datagram "$dir/datagram.sock"
for name in stream counted datagram; do
	await_now $name delivered 2000
done

# --- what the receiver of datagrams has not got waits for the next one
got() { [ "$(wc -l <"$dir/$1.got")" -eq "$2" ]; }
until_true 20 got datagram1 2000 || fail "not all datagrams came"
stop datagram1
play 2000
await_now stream delivered 4000
read_by datagram2 datagram "$dir/datagram.sock"
await_now datagram delivered 4000
until_true 20 got datagram2 2000 || fail "not all datagrams came again"
stop datagram2
equal "datagrams" "$(lines --syslog datagram1 datagram2)" \
	"events=4000 distinct=4000 halves=0"

# --- a stream's next reader begins with a whole event; what the system had
# taken for the one that was killed is lost, and nothing else
until_true 20 got stream1 4000 || fail "not all lines came"
all_counted() {
	[ "$(lines --counted counted1)" = "events=4000 distinct=4000 halves=0" ]
}
until_true 20 all_counted || fail "not all counted events came"
stop stream1
stop counted1
read_by stream2 stream "$dir/stream.sock" --octets 100000 --hold
read_by counted2 stream "$dir/counted.sock" --octets 100000 --hold
play 10000
wait_for "$dir/stream2.out" '^holding$'
wait_for "$dir/counted2.out" '^holding$'
# 100000 octets are 166 events at most: more than that is in the socket, and lost
beyond() { [ "$(now "$1" delivered)" -gt 4200 ]; }
for name in stream counted; do
	until_true 20 beyond $name || fail "$name: $(now $name delivered) delivered"
done
for name in stream2 counted2; do
	kill -KILL "${pids[$name]}"
	finished $name 137
done
read_by stream3 stream "$dir/stream.sock"
read_by counted3 stream "$dir/counted.sock"
for name in stream counted; do
	await_now $name delivered 14000
done
# datagrams of the second half have no receiver any more
daemon_stop
finished stream3 0
finished counted3 0
for mode in '' --counted; do
	name=${mode:+counted}
	name=${name:-stream}
	# shellcheck disable=SC2086 # none, or one
	found=$(lines $mode ${name}1 ${name}2 ${name}3)
	n=${found#events=}
	n=${n%% *}
	equal "$name" "$found" "events=$n distinct=$n halves=1"
	# a socket holds about 200 KB, and an event has 600 octets at least
	if [ "$n" -ge 14000 ] || [ "$n" -le 13000 ]; then
		fail "$name: $n of 14000 events were read"
	fi
done
equal "datagrams at the end" "$(ledger datagram dropped_shutdown)" 10000

# --- what is no socket, and no pipe, is refused with its name
: >"$dir/file"
for type in pipe socket; do
	configure 'name = "o"; type = "'$type'"; path = "'"$dir"'/file";'
	start wrong "$builddir/src/tapferryd" -t -c "$dir/tapferry.conf"
	finished wrong 2
	grep -q "outputs.o.path: output o: $dir/file is no " "$dir/wrong.err" ||
		fail "no word about the $type"
done
