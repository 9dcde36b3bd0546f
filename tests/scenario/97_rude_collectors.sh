#!/usr/bin/env bash
# Collectors without manners: replies that drip, that never end, that are no
# HTTP, that nobody asked for.  Each ends in a verdict within its time, nothing
# is lost, and memory stays what it was.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need python3

memory() { awk '/^VmHWM/ { print $2 }' "/proc/${pids[daemon]}/status"; }

ctl() { "$builddir/src/tapferryctl" --socket "$dir/control.sock" "$@"; }
delivered() { ctl --json ledger | grep -q '"delivered":1000[,}]'; }

# run MANNER... - 20 batches of 50 events
run() {
	local before
	start rude python3 "$srcdir/tests/scenario/rude.py" "$@"
	wait_for "$dir/rude.out" '^listening on ' 10
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	outputs = (
	  { name = "hec"; type = "hec"; token = "t"; compression = "none";
	    senders = 2; request_timeout = "1s"; health = { enabled = false; };
	    retry = { initial = "10ms"; max = "50ms"; hold = "100ms"; };
	    breaker = { failures = 0; ratio = 0; };
	    batch = { events = 50; linger = "20ms"; };
	    backends = ( { url = "$(collect_url rude)"; } ); }
	);
	control = { socket = "$dir/control.sock"; };
	END
	daemon -c "$dir/tapferry.conf"
	before=$(memory)
	send --to "unix:$dir/tap.sock" --generate --number --count 1000
	until_true 40 delivered || fail "not delivered: $*"
	# an address sanitizer keeps what was freed
	[ "$slow" -gt 1 ] || [ $(($(memory) - before)) -lt 40000 ] ||
		fail "memory grew from $before to $(memory) KiB: $*"
	daemon_stop
	stop rude
	equal "delivered ($*)" "$(ledger hec delivered)" 1000
	equal "different events ($*)" \
		"$(sed -n 's/^collected .* \(different=.*\)/\1/p' "$dir/rude.out")" \
		'different=1000 manners=0'
}

run drip short reset none ancient switch bomb lies redirect
run interim chunked no-length chunked well twice well
run endless-body gigabyte endless-headers long-header endless-interim
