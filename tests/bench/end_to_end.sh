#!/usr/bin/env bash
# Whole line: tapferry-load send -> unix socket -> tapferryd -> HEC -> collect.
#
#	tests/bench/end_to_end.sh [--seconds S] [--connections N]
#
# Sends flat out for S seconds (default 4) over N connections (default 4), into
# Splunk HEC plain and with gzip, and into file:/dev/null, and once more plain
# over one connection.  Run it in the build folder, or with builddir=... .
#
# Prints "name value unit", a figure a line.  A rate is events over the time
# from the first frame until the daemon has delivered everything and ended; CPU
# is user and system time of the whole process, from start to end.
#
# overflow = "block" throughout: the daemon reads as fast as it delivers, so
# that nothing is dropped and every event that is counted went the whole way.
# Ends with 1 unless sent == received == delivered == collected in every run.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scenario/lib.sh"

seconds=4
connections=4
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=${2:?} ;;
	--connections) connections=${2:?} ;;
	*)
		sed -n '2,/^# shell/s/^#[ ]\{0,1\}//p' "${BASH_SOURCE[0]}" >&2
		exit 2
		;;
	esac
	shift 2
done

# CPU time of this shell's ended children, in milliseconds.
children_ms() {
	times >"$dir/times"
	awk 'NR == 2 {
		for (i = 1; i <= 2; i++) {
			split($i, t, "[ms]")
			ms += (t[1] * 60 + t[2]) * 1000
		}
		print int(ms)
	}' "$dir/times"
}

# ended NAME - stop a process; its CPU time in $cpu_ms
ended() {
	local status=0 before
	children_ms >"$dir/before"
	kill -TERM "${pids[$1]}"
	wait "${pids[$1]}" || status=$?
	unset "pids[$1]"
	equal "exit status of $1" $status 0
	children_ms >"$dir/after"
	before=$(cat "$dir/before")
	cpu_ms=$(($(cat "$dir/after") - before))
}

figure() {
	printf '%-28s %12s %s\n' "$1" "$2" "$3"
}

# per_event NAME MILLISECONDS - CPU of a process
per_event() {
	figure "$1" $(($2 * 1000000 / n)) ns/event
}

# run NAME CONNECTIONS OUTPUT-SETTINGS - one figure set; collects if told so
run() {
	local name=$1 conns=$2 output=$3 start end send_ms
	cat >"$dir/tapferry.conf" <<-END
		listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
		outputs = ( { name = "out"; overflow = "block"; $output } );
	END
	daemon -c "$dir/tapferry.conf"
	start=${EPOCHREALTIME/./}
	children_ms >"$dir/before"
	send --to "unix:$dir/tap.sock" --connections "$conns" \
		--duration "${seconds}s"
	children_ms >"$dir/after"
	send_ms=$(($(cat "$dir/after") - $(cat "$dir/before")))
	n=$(sent)
	ended daemon
	end=${EPOCHREALTIME/./}
	[ "$n" -gt 0 ] || fail "nothing was sent"
	ledger_check
	equal "$name: received" "$(ledger out received)" "$n"
	equal "$name: delivered" "$(ledger out delivered)" "$n"
	figure "${name}_events" "$n" events
	figure "${name}_rate" $((n * 1000000 / (end - start))) events/s
	per_event "${name}_daemon_cpu" $cpu_ms
	per_event "${name}_sender_cpu" $send_ms
}

# run_hec NAME CONNECTIONS COMPRESSION
run_hec() {
	collect collector --token bench
	run "$1" "$2" "type = \"hec\"; token = \"bench\"; compression = \"$3\";
		backends = ( { url = \"$(collect_url collector)\"; } );"
	ended collector
	equal "$1: collected" "$(collected collector)" "$n"
	per_event "$1_collector_cpu" $cpu_ms
}

run_hec plain "$connections" none
run_hec plain_1conn 1 none
run_hec gzip "$connections" gzip
run null "$connections" 'type = "file"; path = "/dev/null";'
