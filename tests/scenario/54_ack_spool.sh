#!/usr/bin/env bash
# Acknowledgement and spool: what is not acknowledged at the end is on disk, and
# the next daemon delivers it; a daemon that is killed loses nothing it had
# sealed.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# configure MODE COLLECTOR
configure() {
	cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
buffer_size = 40000;
shutdown = { grace = "1s"; drain = "1s"; };
outputs = ( { name = "hec"; type = "hec"; token = "t";
  acknowledge = true; ack = { interval = "100ms"; };
  batch = { events = 200; linger = "50ms"; };
  spool = { path = "$dir/spool"; mode = "$1"; };
  backends = ( { url = "$(collect_url "$2")"; } ); } );
END
}

delivered() { [ "$(sort -u "$dir/$1.events" | wc -l)" -ge "$2" ]; }

# --- an end without acknowledgements: on disk, then delivered
collect never --ack never
configure overflow never
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --count 3000
daemon_stop
stop never
equal "delivered" "$(ledger hec delivered)" 0
equal "on disk" "$(ledger hec in_spool)" 3000
collect good --ack on --write "$dir/good.events"
configure overflow good
daemon -c "$dir/tapferry.conf"
until_true 20 delivered good 3000 || fail "the spool is not delivered"
daemon_stop
stop good
equal "recovered and delivered" "$(ledger hec delivered)" 3000
equal "left on disk" "$(ledger hec in_spool)" 0
equal "events" "$(wc -l <"$dir/good.events")" 3000

# --- killed while everything waits for acknowledgement
collect never --ack never --write "$dir/never.events"
configure always never
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --seed 2 --count 3000
until_true 20 delivered never 3000 || fail "not everything was sent"
stop daemon 137 KILL
stop never
collect good --ack on --write "$dir/good.events"
configure always good
daemon -c "$dir/tapferry.conf"
until_true 20 delivered good 3000 || fail "what a killed daemon had is lost"
daemon_stop
stop good
equal "different events" "$(sort -u "$dir/good.events" | wc -l)" 3000
