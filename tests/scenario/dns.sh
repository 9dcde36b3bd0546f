# For the scenarios with real DNS servers: a zone, questions for it, and the
# check that every message of them arrived.
#
# All servers run as whoever runs the test, on free loopback ports, in the
# scenario's folder, and ask nothing of the internet.
# shellcheck shell=bash
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# Debian confines some servers to their usual folders (AppArmor goes by the
# program's path), so a copy runs instead.
program() {
	local path
	path=$(command -v "$1") || skip "$1 is not installed"
	cp "$path" "$dir/${1##*/}"
	echo "$dir/${1##*/}"
}

# The zone `example`, with an answer for every name in it.
zone_write() {
	cat >"$dir/example.zone" <<-'END'
	$ORIGIN example.
	$TTL 300
	@	SOA	ns hostmaster 1 3600 600 86400 300
	@	NS	ns
	ns	A	192.0.2.53
	*	A	192.0.2.1
	*	AAAA	2001:db8::1
	*	TXT	"every name has an answer"
	END
}

# questions FIRST N - N different ones, so that no cache answers
questions() {
	awk -v first="$1" -v n="$2" 'BEGIN {
		split("A AAAA TXT A", type)
		for (i = first; i < first + n; i++)
			print "q" i ".example " type[i % 4 + 1]
	}' >"$dir/questions"
}

# answers PORT - does a server answer there?
answers() {
	dig +short +time=1 +tries=1 -p "$1" @127.0.0.1 example SOA 2>/dev/null |
		grep -q hostmaster
}

# wait_answers NAME PORT
wait_answers() {
	until_true 15 answers "$2" || fail "$1 answers no questions on port $2"
}

# An authoritative server for those that only pass questions on.
backend_port=
backend_start() {
	backend_port=$(free_port)
	[ -e "$dir/example.zone" ] || zone_write
	mkdir -p "$dir/backend"
	cat >"$dir/backend/knot.conf" <<-END
	server:
	    listen: 127.0.0.1@$backend_port
	    rundir: $dir/backend
	database:
	    storage: $dir/backend
	control:
	    listen: $dir/backend/knot.sock
	log:
	  - target: stderr
	    any: warning
	zone:
	  - domain: example
	    file: $dir/example.zone
	END
	start backend "$(program knotd)" -c "$dir/backend/knot.conf"
	wait_answers backend "$backend_port"
}

# The daemon between the server's socket and both a collector and a file.
tap_start() {
	collect collector
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "dns"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	outputs = (
	  { name = "hec"; type = "hec"; token = "t"; batch = { linger = "100ms"; };
	    backends = ( { url = "$(collect_url collector)"; } ); },
	  { name = "file"; type = "file"; path = "$dir/events"; batch = { linger = "100ms"; }; }
	);
	END
	daemon -c "$dir/tapferry.conf"
}

# ask PORT FIRST N RATE - N questions, all of them answered
#
# No more than 50 under way, so that no socket's buffer overflows, however busy
# the machine is.
ask() {
	questions "$2" "$3"
	timeout $((40 * slow)) dnsperf -s 127.0.0.1 -p "$1" -d "$dir/questions" \
		-n 1 -Q "$4" -q 50 -t 10 -c 4 >"$dir/dnsperf.out" 2>&1 ||
		fail "dnsperf failed"
	equal "answered questions" \
		"$(sed -n 's/^ *Queries completed: *\([0-9]*\) .*/\1/p' "$dir/dnsperf.out")" "$3"
}

about_questions='"qname":"q[0-9]+\.example"'

# arrived N OPERATION... - N messages of each operation about the questions,
# and of no other (the rest is dig's, and the server's own business)
arrived() {
	local n=$1 operation
	shift
	until_true 20 at_least "$about_questions" "$dir/events" $(($# * n)) || :
	grep -E "$about_questions" "$dir/events" >"$dir/asked" || :
	for operation; do
		equal "$operation messages" \
			"$(count "\"operation\":\"$operation\"" "$dir/asked")" "$n"
	done
	equal "messages of any kind" "$(count . "$dir/asked")" $(($# * n))
}

# ask_in_rounds PORT N OPERATION... - as ask and arrived, for a server whose
# queue holds 512 messages: what it drops before it writes nobody can count, so
# it is not asked for more before the last round has arrived
ask_in_rounds() {
	local port=$1 n=$2 asked
	shift 2
	for ((asked = 0; asked < n; asked += 200)); do
		ask "$port" $asked 200 2000
		arrived $((asked + 200)) "$@"
	done
}

# The daemon ends; collector and file have the same number of events, which is
# what the ledger says.
tap_stop() {
	local n
	daemon_stop
	stop collector
	n=$(ledger file delivered)
	equal "lines in the file" "$(count . "$dir/events")" "$n"
	equal "events at the collector" "$(collected collector)" "$(ledger hec delivered)"
	equal "events dropped" "$(ledger hec dropped)" 0
	equal "received" "$(ledger hec received)" "$n"
}
