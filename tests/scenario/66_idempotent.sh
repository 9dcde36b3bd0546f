#!/usr/bin/env bash
# Replies that are lost after the events were taken, time-outs, broken
# connections, and a daemon that is killed and sends again what its spool has:
# whatever happens, a request has the key it had before.  An endpoint that
# honours keys gets each event exactly once.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

ids=$dir/ids
collect endpoint --any-path --idempotent --ids "$ids" --faults \
503+taken@0.1,close+taken@0.1,reset+taken@0.05,half+taken@0.02,\
hang+taken@0.01,429@0.05,reset:body@0.05,close@0.05,ok+chunked@0.1,ok+last@0.1
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = (
  { name = "http"; type = "http"; format = "array"; senders = 3;
    batch = { events = 50; linger = "50ms"; };
    request_timeout = "500ms";
    retry = { initial = "5ms"; max = "20ms"; };
    breaker = { failures = 0; ratio = 0; };
    backends = ( { url = "$(collect_url endpoint)/in?from=dns"; } );
    spool = { path = "$dir/spool"; mode = "always"; }; }
);
END
spool_empty() { [ -z "$(find "$dir/spool" -name '*.batch' -print -quit)" ]; }
taken_is() {
	taken=$("$builddir/src/tapferry-load" ids "$ids" |
		awk -F'[= ]' '/^ids/ { n += $7 } END { print n + 0 }')
	[ "$taken" -ge "$1" ]
}

sum=0
for _ in 1 2 3; do
	daemon -c "$dir/tapferry.conf"
	send --to "unix:$dir/tap.sock" --generate --number --count 6000
	sum=$((sum + 6000))
	until_true 30 taken_is $((sum - 5000)) || fail "too slow: $taken taken"
	kill -KILL "${pids[daemon]}"
	wait "${pids[daemon]}" 2>/dev/null || :
	unset "pids[daemon]"
	# what was not sealed yet is lost; what was is sent, again if need be
	daemon -c "$dir/tapferry.conf"
	until_true 40 spool_empty || fail "the spool is not empty"
	daemon_stop
done
stop endpoint
"$builddir/src/tapferry-load" ids "$ids" >"$dir/sums"
equal "runs" "$(count '^ids ' "$dir/sums")" 3
equal "runs in which an event came twice" \
	"$(grep '^ids ' "$dir/sums" | grep -vc ' duplicated=0 extra=0$' || :)" 0
equal "events without a number" "$(sed -n 's/^unknown=//p' "$dir/sums")" 0
# the requests that were sent again were many
served=$(sed -n 's/^collected events=.* requests=\([0-9]*\) .*/\1/p' \
	"$dir/endpoint.out")
[ "$served" -gt 100 ] || fail "only $served requests"
