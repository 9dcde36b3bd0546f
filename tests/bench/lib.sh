# What the benches share beyond tests/scenario/lib.sh: figures, CPU time, and the
# runs whose events are counted at every place they pass.
# shellcheck shell=bash
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scenario/lib.sh"
# shellcheck disable=SC2034 # for the benches
load=$builddir/src/tapferry-load

# usage - the text at the head of the bench
usage() {
	sed -n '2,/^# shell/{/^# shell/d;s/^#[ ]\{0,1\}//p}' "$0" >&2
	exit 2
}

# amount NAME USUAL QUICK [OPTION...] - what the options --quick and --NAME N say
amount() {
	local name=$1 n=$2 quick=$3
	shift 3
	while [ $# -gt 0 ]; do
		case $1 in
		--quick) n=$quick ;;
		"--$name")
			n=${2:?}
			shift
			;;
		*) usage ;;
		esac
		shift
	done
	echo "$n"
}

figure() {
	printf '%-36s %12s %s\n' "$1" "$2" "$3"
}

# budget NAME VALUE UNIT BUDGET - a figure with what it should not exceed
budget() {
	printf '%-36s %12s %s\t(budget %s)\n' "$1" "$2" "$3" "$4"
}

# calc EXPRESSION [FORMAT] - of awk
calc() {
	awk "BEGIN { printf \"${2:-%.0f}\", $1 }"
}

now_us() { echo "${EPOCHREALTIME/./}"; }

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

# ended NAME [SIGNAL [STATUS]] - stop a process; the CPU time of its whole life in
# $cpu_ms
ended() {
	local status=0 before
	children_ms >"$dir/before"
	kill "-${2:-TERM}" "${pids[$1]}"
	wait "${pids[$1]}" || status=$?
	unset "pids[$1]"
	equal "exit status of $1" $status "${3:-0}"
	children_ms >"$dir/after"
	before=$(cat "$dir/before")
	cpu_ms=$(($(cat "$dir/after") - before))
}

# bench_config OUTPUT-SETTINGS - one unix socket, one output that blocks: the
# daemon reads as fast as it delivers, and drops nothing; $workers, if set
bench_config() {
	cat >"$dir/tapferry.conf" <<-END
		${workers:+workers = $workers;}
		listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
		outputs = ( { name = "out"; overflow = "block"; $1 } );
	END
}

# hec COMPRESSION [SETTINGS] - output settings for the collector; of type http for
# zstd, which Splunk does not take
hec() {
	local type=hec
	[ "$1" != zstd ] || type=http
	echo "type = \"$type\"; token = \"bench\"; compression = \"$1\"; ${2:-}
		backends = ( { url = \"$(collect_url collector)\"; } );"
}

# apart - how far the machine's cores are from each other; ? where it has one only
apart() {
	"$builddir/tests/bench/cores" 2>/dev/null | awk '{ print $2, $3; n++ }
		END { if (n == 0) print "?" }'
}

# cheapest HOW NAME... - of $runs runs (1), the figures of that in which the daemon
# took least CPU: what others do at the same time only ever adds.  All are told.
cheapest() {
	local how=$1 i before least="" kept
	shift
	for ((i = 0; i < ${runs:-1}; i++)); do
		before=$(apart)
		"$how" "$@"
		echo "# run $1: $daemon_ns ns/event; cores $before apart before, $(apart) after"
		if [ -z "$least" ] || [ "$daemon_ns" -lt "$least" ]; then
			least=$daemon_ns
			kept=$figures
		fi
	done
	echo "$kept"
}

# run NAME OUTPUT-SETTINGS SEND-ARGUMENT... - one figure set, in $figures: daemon
# and sender; the number of events in $n, the daemon's CPU for each in $daemon_ns
run() {
	local name=$1 start end send_ms
	bench_config "$2"
	shift 2
	daemon -c "$dir/tapferry.conf"
	start=$(now_us)
	children_ms >"$dir/before"
	send --to "unix:$dir/tap.sock" "$@"
	children_ms >"$dir/after"
	send_ms=$(($(cat "$dir/after") - $(cat "$dir/before")))
	n=$(sent)
	ended daemon
	end=$(now_us)
	[ "$n" -gt 0 ] || fail "nothing was sent"
	ledger_check
	equal "$name: received" "$(ledger out received)" "$n"
	equal "$name: delivered" "$(ledger out delivered)" "$n"
	daemon_ns=$((cpu_ms * 1000000 / n))
	figures=$(
		figure "${name}_events" "$n" events
		figure "${name}_rate" $((n * 1000000 / (end - start))) events/s
		figure "${name}_daemon_cpu" $daemon_ns ns/event
		figure "${name}_sender_cpu" $((send_ms * 1000000 / n)) ns/event
	)
}

# run_null NAME OUTPUT-SETTINGS SEND-ARGUMENT...
run_null() { cheapest run "$@"; }

# run_hec NAME COMPRESSION SETTINGS SEND-ARGUMENT... - into a collector of ours
run_hec() { cheapest run_collected "$@"; }

run_collected() {
	local name=$1 compression=$2 settings=$3
	shift 3
	collect collector --token bench --any-path # HEC's own go first
	run "$name" "$(hec "$compression" "$settings")" "$@"
	ended collector
	equal "$name: collected" "$(collected collector)" "$n"
	figures+=$'\n'$(figure "${name}_collector_cpu" $((cpu_ms * 1000000 / n)) ns/event)
}
