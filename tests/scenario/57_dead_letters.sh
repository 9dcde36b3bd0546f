#!/usr/bin/env bash
# What the collector refuses for good is in the dead-letter file: each event
# once, with the reason, whole and readable, and nothing else is.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need python3

start picky python3 "$here/picky.py"
wait_for "$dir/picky.out" '^listening on '
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = (
  { name = "hec"; type = "hec"; token = "t"; senders = 1;
    batch = { events = 250; linger = "100ms"; };
    backends = ( { url = "$(collect_url picky)"; } );
    dead_letter = { path = "$dir/dead.ndjson"; max_size = "64KiB"; keep = 20; }; },
  { name = "file"; type = "file"; path = "$dir/events"; }
);
END
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --count 2000
daemon_stop
stop picky
bad=$(count '"qtype":"PTR"' "$dir/events")
[ "$bad" -gt 10 ] || fail "only $bad events to refuse"
equal "dead-lettered" "$(ledger hec dead_lettered)" "$bad"
equal "dropped" "$(ledger hec dropped)" 0
equal "delivered" "$(ledger hec delivered)" $((2000 - bad))
equal "at the collector" "$(tail -n 1 "$dir/picky.out")" \
	"collected events=$((2000 - bad)) twice=0"
equal "mode of the file" "$(stat -c %a "$dir/dead.ndjson")" 600
[ -e "$dir/dead.ndjson.1" ] || fail "no rotation at 64 KiB"
cat "$dir"/dead.ndjson* | python3 -c '
import json, sys
lines = [json.loads(line) for line in sys.stdin]
assert len(lines) == int(sys.argv[1]), len(lines)
for line in lines:
    assert line["output"] == "hec" and line["reason"] == "refused", line
    assert line["status"] == 400 and line["code"] == 6, line
    assert "\"code\":6" in line["reply"].replace(" ", ""), line
    assert line["event"]["event"]["dns"]["qtype"] == "PTR", line
' "$bad" || fail "the lines are not right"

# --- without the setting they are dropped, as ever
collect large --faults 413
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = (
  { name = "hec"; type = "hec"; token = "t";
    batch = { events = 50; linger = "100ms"; };
    backends = ( { url = "$(collect_url large)"; } ); }
);
END
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --count 100
daemon_stop
stop large
equal "dropped" "$(ledger hec dropped_too_large)" 100

# --- too large alone: a dead letter, the reason in it
collect large --faults 413
sed -i "s|url = \"[^\"]*\"|url = \"$(collect_url large)\"|
	s|^    batch|    dead_letter = { path = \"$dir/large\"; };&|" \
	"$dir/tapferry.conf"
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --count 100
daemon_stop
stop large
equal "dead-lettered" "$(ledger hec dead_lettered)" 100
equal "lines that say why" "$(count '"reason":"too_large","status":413' "$dir/large")" 100

# --- as fast as they come: the disk is waited for
collect refuses --faults 400/5
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = (
  { name = "hec"; type = "hec"; token = "t"; overflow = "block";
    batch = { events = 20; linger = "100ms"; };
    backends = ( { url = "$(collect_url refuses)"; } );
    dead_letter = { path = "$dir/fast"; }; }
);
END
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --count 20000
daemon_stop
stop refuses
equal "dead-lettered at full speed" "$(ledger hec dead_lettered)" 20000
equal "their lines" "$(wc -l <"$dir/fast")" 20000
