#!/usr/bin/env bash
# Collectors that fail in every way there is: each event is delivered once, or
# dropped with its reason, and the ledger adds up.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need python3

# run NAME FAULTS BACKENDS - 5,000 events through collectors with these faults
run() {
	local i backends=
	for i in $(seq "$3"); do
		collect "$1$i" --token t --write "$dir/$1$i.events" --faults "$2"
		backends+="${backends:+, }{ url = \"$(collect_url "$1$i")\"; }"
	done
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	outputs = (
	  { name = "hec"; type = "hec"; token = "t"; senders = 2;
	    batch = { events = 250; linger = "100ms"; };
	    request_timeout = "1s";
	    retry = { initial = "20ms"; max = "200ms"; hold = "300ms"; };
	    backends = ( $backends ); }
	);
	END
	daemon -c "$dir/tapferry.conf"
	send --to "unix:$dir/tap.sock" --generate --count 5000
	equal "frames sent" "$(sent)" 5000
	daemon_stop
	equal "$1: received" "$(ledger hec received)" 5000
	total=0
	for i in $(seq "$3"); do
		stop "$1$i"
		total=$((total + $(collected "$1$i")))
	done
	equal "$1: events at the collectors" "$total" "$(ledger hec delivered)"
}

all_delivered() {
	run "$@"
	equal "$1: delivered" "$(ledger hec delivered)" 5000
}

all_delivered busy 503/9@every:3 1
all_delivered broken 500@0.3,503@0.3 2
all_delivered throttled 429/26@first:4 1
all_delivered reset close@every:4 2
all_delivered silent hang@first:1 1
all_delivered late slow:200ms@every:5 2
all_delivered held 401/3@first:3 1
all_delivered forbidden 403/4@first:2 1
# both senders were refused; each time it is tried again one line tells
[ "$(count ' DELIVER_BACKEND_HELD ' "$dir/daemon.err")" -le 2 ] ||
	fail "a backend on hold is told again and again"
all_delivered lost 404@first:2 1
all_delivered large 413@first:5 1
all_delivered encoding 415@first:1 1

# Without a number, halves find out which event is refused; what is then left
# alone and refused again is dropped and counted.
run refused 400/6@0.9 1
equal "delivered and refused" \
	$(($(ledger hec delivered) + $(ledger hec dropped_refused))) 5000
[ "$(ledger hec dropped_refused)" -gt 0 ] || fail "nothing was refused"

# With a number, exactly that event is dropped: the others arrive, and once.
start picky python3 "$here/picky.py"
wait_for "$dir/picky.out" '^listening on '
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = (
  { name = "hec"; type = "hec"; token = "t"; senders = 1;
    batch = { events = 250; linger = "100ms"; };
    backends = ( { url = "$(collect_url picky)"; } ); },
  { name = "file"; type = "file"; path = "$dir/events"; }
);
END
daemon -c "$dir/tapferry.conf"
send --to "unix:$dir/tap.sock" --generate --count 2000
daemon_stop
stop picky
bad=$(count '"qtype":"PTR"' "$dir/events")
[ "$bad" -gt 10 ] || fail "only $bad events to refuse"
equal "dropped" "$(ledger hec dropped_refused)" "$bad"
equal "delivered" "$(ledger hec delivered)" $((2000 - bad))
equal "at the collector" "$(tail -n 1 "$dir/picky.out")" \
	"collected events=$((2000 - bad)) twice=0"
