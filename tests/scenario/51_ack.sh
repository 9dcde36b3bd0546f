#!/usr/bin/env bash
# Acknowledgement: what a collector took counts as delivered when it says that
# it is in.  In time, late, lost, refused and never, each event is delivered,
# and twice only where that was in doubt.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# configure ACK-SETTINGS BACKEND...
configure() {
	local backend urls=
	for backend in "${@:2}"; do
		urls+="${urls:+, }{ url = \"$(collect_url "$backend")\"; }"
	done
	cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
buffer_size = 20000;
outputs = ( { name = "hec"; type = "hec"; token = "t"; overflow = "block";
  senders = 3; acknowledge = true; ack = { $1 };
  batch = { events = 200; linger = "50ms"; };
  retry = { initial = "10ms"; max = "200ms"; hold = "200ms"; };
  backends = ( $urls ); } );
END
}

# play N - that many events through the daemon, which goes on
play() {
	daemon -c "$dir/tapferry.conf"
	send --to "unix:$dir/tap.sock" --generate --count "$1"
}

# each_once EVENTS NAME - the collector has so many events, no two alike
each_once() {
	equal "events in $2" "$(wc -l <"$dir/$2.events")" "$1"
	equal "different ones" "$(sort -u "$dir/$2.events" | wc -l)" "$1"
}

# --- acknowledged at once, and a while later
for spec in on after:700ms; do
	collect a --ack "$spec" --check --write "$dir/a.events"
	configure 'interval = "100ms";' a
	play 10000
	daemon_stop
	stop a
	equal "delivered ($spec)" "$(ledger hec delivered)" 10000
	equal "dropped ($spec)" "$(ledger hec dropped)" 0
	each_once 10000 a
	wait_for "$dir/a.out" ' acked=[1-9]'
done

# --- more wait than may: the output waits too, and loses nothing
collect a --ack after:300ms --write "$dir/a.events"
configure 'interval = "100ms"; max_pending = 400;' a
play 5000
daemon_stop
stop a
equal "delivered (few may wait)" "$(ledger hec delivered)" 5000
each_once 5000 a

# --- one collector never acknowledges: the other gets its events too
collect a --ack never --write "$dir/a.events"
collect b --ack on --write "$dir/b.events"
configure 'interval = "100ms"; timeout = "1s";' a b
play 4000
daemon_stop
stop a
stop b
equal "delivered (one never says so)" "$(ledger hec delivered)" 4000
equal "events in b" "$(sort -u "$dir/b.events" | wc -l)" 4000
[ "$(count ' DELIVER_ACK_LOST ' "$dir/daemon.err")" -gt 0 ] ||
	fail "nobody was told of the loss"

# --- answered with success and forgotten: sent again until it is in
collect a --ack lose:0.3 --write "$dir/a.events"
configure 'interval = "100ms"; timeout = "500ms";' a
play 4000
daemon_stop
stop a
equal "delivered (some lost)" "$(ledger hec delivered)" 4000
each_once 4000 a

# --- the endpoint fails for a while, in every way: no success, no duplicates
collect a --ack on --write "$dir/a.events" --ack-faults \
	503@first:2,404@every:3,200@every:5,close@every:7,500@every:4
configure 'interval = "50ms"; timeout = "1m";' a
play 4000
daemon_stop
stop a
equal "delivered (failing endpoint)" "$(ledger hec delivered)" 4000
each_once 4000 a

# --- full channels: the next one
collect a --ack full:2 --write "$dir/a.events"
configure 'interval = "100ms";' a
play 6000
daemon_stop
stop a
equal "delivered (full channels)" "$(ledger hec delivered)" 6000
each_once 6000 a

# --- a token without acknowledgement: 200 is delivered, and that is told
collect a --write "$dir/a.events"
configure 'interval = "100ms";' a
play 2000
daemon_stop
stop a
equal "delivered (not acknowledged there)" "$(ledger hec delivered)" 2000
each_once 2000 a
wait_for "$dir/daemon.err" ' DELIVER_ACK_OFF '

# --- a token that demands channels of an output that does not acknowledge
collect a --ack on --write "$dir/a.events"
configure 'interval = "100ms";' a
sed -i 's/acknowledge = true/acknowledge = false/' "$dir/tapferry.conf"
play 2000
daemon_stop
stop a
equal "delivered (channel wanted)" "$(ledger hec delivered)" 2000
each_once 2000 a
wait_for "$dir/daemon.err" ' DELIVER_ACK_ON '

# --- the end comes first: what is not acknowledged is no success
collect a --ack never --write "$dir/a.events"
configure 'interval = "100ms";' a
sed -i '1i shutdown = { grace = "1s"; drain = "1s"; };' "$dir/tapferry.conf"
play 1000
daemon_stop
stop a
equal "delivered (never acknowledged)" "$(ledger hec delivered)" 0
equal "dropped at the end" "$(ledger hec dropped_shutdown)" 1000
