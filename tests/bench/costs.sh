#!/usr/bin/env bash
# What the daemon asks of the kernel and of the allocator for an event.
#
#	tests/bench/costs.sh [--quick] [--events N]
#
# Generated traffic over 4 connections into Splunk HEC, N events (default
# 1,000,000) and then N more in another run: what the second has more than the
# first is what events cost, and starting and ending is not in it.  System calls
# are counted by strace, allocations by a library that is preloaded
# (count_allocations.c), context switches by the kernel.  Run it in the build
# folder, or with builddir=... .
#
# Prints "name value unit", a figure a line.  Ends with 1 unless sent ==
# received == delivered == collected in every run, with 77 where strace or a
# compiler is missing.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need strace cc

events=$(amount events 1000000 50000 "$@")
cc -O2 -shared -fPIC -o "$dir/count.so" "$srcdir/tests/bench/count_allocations.c" ||
	skip "no library can be made"

# threads - "TID NAME" of the daemon's, workers without their number
threads() {
	local t
	for t in "/proc/${pids[daemon]}"/task/*; do
		echo "${t##*/} $(sed 's/-[0-9]*$//' "$t/comm")"
	done
}

# switches - "NAME NUMBER" a thread
switches() {
	local t
	for t in "/proc/${pids[daemon]}"/task/*; do
		awk -v name="$(sed 's/-[0-9]*$//' "$t/comm")" \
			'/ctxt_switches/ { n += $2 } END { print name, n }' "$t/status"
	done
}

# watched HOW N - a run with N events; lines "NAME COUNT" in $dir/HOW.N
watched() {
	local how=$1
	n=$2
	collect collector --token bench
	bench_config "$(hec none)"
	[ "$how" = allocations ] && export LD_PRELOAD=$dir/count.so \
		COUNT_ALLOCATIONS=$dir/counted
	daemon -c "$dir/tapferry.conf"
	unset LD_PRELOAD COUNT_ALLOCATIONS
	if [ "$how" = calls ]; then
		start strace strace -f -c -o "$dir/strace" -p "${pids[daemon]}"
		wait_for "$dir/strace.err" attached
	fi
	send --to "unix:$dir/tap.sock" --connections 4 --count "$n"
	equal "sent" "$(sent)" "$n"
	case $how in
	switches) switches >"$dir/$how.$n" ;;
	allocations) threads >"$dir/threads" ;;
	esac
	ended daemon
	ledger_check
	equal "$how: delivered" "$(ledger out delivered)" "$n"
	stop collector
	equal "$how: collected" "$(collected collector)" "$n"
	case $how in
	calls)
		finished strace 0
		awk '$1 + 0 > 0 && $NF != "total" { print $NF, $4 }' \
			"$dir/strace" >"$dir/$how.$n"
		;;
	allocations)
		awk 'NR == FNR { name[$1] = $2; next }
			$1 in name { print name[$1], $2 }' \
			"$dir/threads" "$dir/counted" >"$dir/$how.$n"
		;;
	esac
}

# more HOW NAME... - how many of these (all without a name) for 1,000 events
more() {
	local how=$1
	shift
	awk -v names=" $* " -v n="$events" '
		names == "  " || index(names, " " $1 " ") {
			sum += FILENAME ~ /\.first$/ ? -$2 : $2
		}
		END { printf "%.3f\n", sum * 1000 / n }' \
		"$dir/$how.first" "$dir/$how.second"
}

for how in calls switches allocations; do
	watched $how "$events"
	mv "$dir/$how.$n" "$dir/$how.first"
	watched $how $((2 * events))
	mv "$dir/$how.$n" "$dir/$how.second"
done
figure calls "$(more calls)" per_1000_events
figure calls_recv "$(more calls recvfrom read readv recvmsg)" per_1000_events
figure calls_send "$(more calls sendto write writev sendmsg)" per_1000_events
figure calls_wait "$(more calls epoll_wait epoll_pwait poll ppoll)" per_1000_events
figure calls_futex "$(more calls futex)" per_1000_events
figure switches_workers "$(more switches worker)" per_1000_events
figure switches_senders "$(more switches sender)" per_1000_events
figure allocations_workers "$(more allocations worker)" per_1000_events
figure allocations_senders "$(more allocations sender)" per_1000_events
figure allocations_others "$(more allocations tapferryd acceptor health \
	monitor)" per_1000_events
