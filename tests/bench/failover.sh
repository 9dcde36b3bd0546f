#!/usr/bin/env bash
# One of three collectors is killed (kill -9) while events flow: how late events
# come, how long nobody gets any, and what health checks cost.
#
#	tests/bench/failover.sh [--seconds S] [--rate N]
#
# Sends stamped events for S seconds (default 10) at N a second (default 5000)
# to three collectors, linger 100 ms: first all stay, then one is killed after
# a third of the time.  Run it in the build folder, or with builddir=... .
#
# Prints "name value unit", a figure a line.  Delays are from the sending of a
# frame to the collector's reading of the request with its event.  Health is
# the CPU of the thread, and its share of the time that requests took.
# Ends with 1 unless sent == delivered and every event has come.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need python3 curl

bench=$srcdir/tests/bench
seconds=10
rate=5000
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=${2:?} ;;
	--rate) rate=${2:?} ;;
	*) usage ;;
	esac
	shift 2
done

# CPU of the health thread, in microseconds
health_us() {
	local task
	for task in /proc/"${pids[daemon]}"/task/*; do
		[ "$(cat "$task/comm")" = health ] || continue
		awk '{ print int($1 / 1000) }' "$task/schedstat"
	done
}

# run NAME - kills the third collector if there is one called "killed"
run() {
	local name=$1 backends='' c start us
	rm -f "$dir"/*.delays
	for c in one two three; do
		start $c python3 "$bench/delays.py" 0 "$dir/$c.delays"
		wait_for "$dir/$c.out" '^listening on '
		backends+="${backends:+, }{ url = \"$(collect_url $c)\"; }"
	done
	cat >"$dir/tapferry.conf" <<-END
		listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
		outputs = ( { name = "out"; type = "hec"; token = "t"; overflow = "block";
		  compression = "none"; batch = { linger = "100ms"; }; backends = ( $backends ); } );
		monitor = { address = "127.0.0.1:$monitor"; };
	END
	daemon -c "$dir/tapferry.conf"
	start send "$builddir/src/tapferry-load" send --quiet --generate --stamp \
		--to "unix:$dir/tap.sock" --rate "$rate" \
		--count $((rate * seconds))
	start=$SECONDS
	if [ "$name" = killed ]; then
		sleep "$(calc "$seconds / 3" %.2f)"
		kill -KILL "${pids[three]}"
		wait "${pids[three]}" 2>/dev/null || :
		unset 'pids[three]'
	fi
	finished send 0 $((seconds + 30))
	us=$(health_us)
	curl -fsS "http://127.0.0.1:$monitor/metrics" >"$dir/metrics"
	daemon_stop
	for c in one two three; do
		[ -z "${pids[$c]:-}" ] || stop $c 143
	done
	equal "delivered" "$(ledger out delivered)" $((rate * seconds))
	python3 "$bench/delays.py" --report "$dir"/*.delays >"$dir/report"
	[ "$(sed -n 's/^events \([0-9]*\) .*/\1/p' "$dir/report")" -ge \
		$((rate * seconds)) ] || fail "events are missing"
	sed "s/^/${name}_/" "$dir/report"
	echo "${name}_health_cpu $us us in $((SECONDS - start)) s"
	awk -v us="$us" -v name="$name" '
	/^tapferry_request_latency_seconds_sum/ { sum += $NF }
	END { if (sum) printf "%s_health_share %.3f %%\n", name, us / sum / 1e4 }' \
		"$dir/metrics"
}

monitor=$(free_port)
run steady
run killed
