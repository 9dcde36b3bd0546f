#!/usr/bin/env bash
# Three outputs, one of them a collector that never answers: the two others
# get every event meanwhile, and the ledger says what became of the rest.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

collect stuck --faults hang
collect good
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
buffer_size = 4000;
shutdown = { grace = "1s"; drain = "1s"; };
outputs = (
  { name = "stuck"; type = "hec"; token = "t"; request_timeout = "1m";
    batch = { events = 500; linger = "100ms"; };
    backends = ( { url = "$(collect_url stuck)"; } ); },
  { name = "good"; type = "hec"; token = "t"; overflow = "block";
    batch = { events = 500; linger = "100ms"; };
    backends = ( { url = "$(collect_url good)"; } ); },
  { name = "file"; type = "file"; path = "$dir/events"; overflow = "block";
    batch = { events = 500; linger = "100ms"; }; }
);
END
daemon -c "$dir/tapferry.conf"
n=30000
send --to "unix:$dir/tap.sock" --generate --count $n
wait_count . "$dir/events" $n 15
wait_for "$dir/daemon.err" ' EVENTS_DROPPED .*raise buffer_size.* output=stuck reason=queue_full' 10
daemon_stop
stop good
equal "delivered to the file" "$(ledger file delivered)" $n
equal "delivered to the good collector" "$(collected good)" $n
equal "delivered to the stuck one" "$(ledger stuck delivered)" 0
equal "dropped for the stuck one" "$(ledger stuck dropped)" $n
[ "$(ledger stuck dropped_queue_full)" -gt 0 ] ||
	fail "nothing was dropped for want of memory"
[ "$(ledger stuck dropped_shutdown)" -gt 0 ] ||
	fail "nothing was left at the shutdown deadline"
stop stuck 0 TERM 10

# --- one that blocks holds up the others, and says so
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
buffer_size = 1000;
control = { socket = "$dir/control.sock"; };
outputs = ( { name = "file"; type = "file"; path = "$dir/more"; overflow = "block";
              batch = { events = 100; linger = "100ms"; }; } );
END
ctl() { "$builddir/src/tapferryctl" --socket "$dir/control.sock" "$@"; }
daemon -c "$dir/tapferry.conf"
ctl outputs pause >/dev/null
start sender "$builddir/src/tapferry-load" send --quiet --generate --count $n \
	--to "unix:$dir/tap.sock"
wait_for "$dir/daemon.err" ' INTAKE_WAITS .*raise buffer_size.* output=file' 15
ctl outputs | grep -Eq '^file +file +blocks ' || fail "$(ctl outputs)"
ctl outputs resume >/dev/null
wait_for "$dir/daemon.err" ' INTAKE_GOES_ON .* output=file seconds=' 15
finished sender 0
wait_count . "$dir/more" $n 15
daemon_stop
equal "delivered once it went on" "$(ledger file delivered)" $n
