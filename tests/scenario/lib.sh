# What every scenario needs: a temporary folder, processes that are started,
# waited for and stopped by id, free ports, and the ledger check.
#
#	builddir   where src/tapferryd was built (default: the current folder)
#	TAPFERRY_CORPUS   the captures (default: ../shared/corpus beside the clone)
#	SCENARIO_SLOW=N   time limits N times as long (sanitizers)
#	SCENARIO_KEEP=1   leave the temporary folder
#
# A scenario ends with 0, with 77 when it cannot run here (and says why), or
# with anything else when it failed.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
srcdir=$(cd "$here/../.." && pwd)
builddir=$(cd "${builddir:-.}" && pwd)
# shellcheck disable=SC2034 # for the scenarios
corpus=${TAPFERRY_CORPUS:-$srcdir/../shared/corpus}
# A capture that comes with the sources.
# shellcheck disable=SC2034
sample=tests/data/captures/alpha-kresd.fstrm
slow=${SCENARIO_SLOW:-1}
PATH=$PATH:/usr/sbin:/sbin

# Short, because a unix socket's path has 107 bytes at most.
dir=$(mktemp -d /tmp/tapferry.XXXXXX)
declare -A pids=()

# A sanitizer's report must not look like a documented exit status.
export ASAN_OPTIONS=exitcode=99:${ASAN_OPTIONS:-}
export UBSAN_OPTIONS=print_stacktrace=1:${UBSAN_OPTIONS:-}
export TSAN_OPTIONS=exitcode=99:suppressions=$srcdir/tests/tsan.supp:${TSAN_OPTIONS:-}

cleanup() {
	local status=$? name f
	trap - EXIT
	set +e
	for name in "${!pids[@]}"; do
		kill -KILL -- "-${pids[$name]}"
	done 2>/dev/null
	wait 2>/dev/null
	if [ $status -ne 0 ] && [ $status -ne 77 ]; then
		for f in "$dir"/*.err "$dir"/*.out; do
			[ -s "$f" ] || continue
			echo "--- ${f##*/}"
			tail -n 25 "$f" | cut -c 1-400
		done
	fi
	[ -n "${SCENARIO_KEEP:-}" ] || rm -rf "$dir"
	exit $status
}
trap cleanup EXIT
trap 'exit 143' INT TERM HUP

fail() {
	echo "FAILED: $*"
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

need() {
	local p
	for p; do
		command -v "$p" >/dev/null || skip "$p is not installed"
	done
}

# has_zstd - was this build made with libzstd?
has_zstd() { grep -q '^#define HAVE_ZSTD 1' "$builddir/config.h"; }

# equal WHAT GOT WANTED
equal() {
	[ "$2" = "$3" ] || fail "$1: got $2, wanted $3"
}

# free_port - a port nobody uses now, below the kernel's own range
free_port() {
	local port
	while :; do
		port=$((10000 + RANDOM % 20000))
		grep -qi "$(printf ':%04X ' $port)" /proc/net/tcp /proc/net/udp \
			/proc/net/tcp6 /proc/net/udp6 2>/dev/null || break
	done
	echo $port
}

# until_true SECONDS COMMAND... - 1 when it never came true
until_true() {
	local tries=$(($1 * slow * 20))
	shift
	while ! "$@"; do
		[ $((tries -= 1)) -gt 0 ] || return 1
		sleep 0.05
	done
}

# start NAME COMMAND... - in the background, output in $dir/NAME.{out,err};
# in a session of its own, so that the end takes its children along
start() {
	local name=$1
	shift
	# emptied first: what an earlier one said must not be taken for its words
	: >"$dir/$name.out"
	: >"$dir/$name.err"
	setsid "$@" >>"$dir/$name.out" 2>>"$dir/$name.err" </dev/null &
	pids[$name]=$!
}

running() { kill -0 "${pids[$1]}" 2>/dev/null; }
gone() { ! running "$1"; }

# finished NAME STATUS [SECONDS] - wait for its end, and check how it ended
finished() {
	local status=0
	until_true "${3:-20}" gone "$1" || fail "$1 is still running"
	wait "${pids[$1]}" 2>/dev/null || status=$?
	unset "pids[$1]"
	equal "exit status of $1" $status "$2"
}

# stop NAME [STATUS [SIGNAL [SECONDS]]]
stop() {
	kill "-${3:-TERM}" "${pids[$1]}" 2>/dev/null || :
	finished "$1" "${2:-0}" "${4:-20}"
}

# wait_for FILE PATTERN [SECONDS]
wait_for() {
	until_true "${3:-10}" grep -Eqs -- "$2" "$1" ||
		fail "no line like '$2' in ${1##*/} within ${3:-10} s"
}

# count PATTERN FILE... - matching lines, 0 when there is no such file
count() {
	local pattern=$1
	shift
	cat "$@" 2>/dev/null | grep -Ec -- "$pattern" || :
}

at_least() { [ "$(count "$1" "$2")" -ge "$3" ]; }

# wait_count PATTERN FILE N [SECONDS] - until N lines match, and no more
wait_count() {
	until_true "${4:-15}" at_least "$1" "$2" "$3" || :
	equal "lines like '$1' in ${2##*/}" "$(count "$1" "$2")" "$3"
}

# --- the daemon

# daemon ARGUMENT... - start tapferryd and wait until it is ready
daemon() {
	start daemon "$builddir/src/tapferryd" "$@"
	wait_for "$dir/daemon.err" ' READY ' 10
}

# an orderly end, the ledger adds up, and the sandbox was in nobody's way
daemon_stop() {
	stop daemon 0 TERM 40
	equal "system calls refused" \
		"$(count ' SANDBOX_(REFUSED|FATAL) ' "$dir/daemon.err")" 0
	ledger_check
}

# Every LEDGER line adds up, and nothing stays in memory.
ledger_check() {
	awk '
	/ LEDGER / {
		lines++
		split("", v)
		for (i = 1; i <= NF; i++)
			if (split($i, kv, "=") == 2)
				v[kv[1]] = kv[2]
		sum = v["delivered"] + v["filtered"] + v["dropped"] + \
			v["dead_lettered"] + v["in_memory"] + v["in_spool"]
		if (v["received"] == "" || v["received"] + v["recovered"] != sum ||
			v["closed"] != "yes" || v["in_memory"] != 0) {
			print "ledger open: " $0
			bad = 1
		}
	}
	END { if (!lines) print "no LEDGER line"; exit bad || !lines }' \
		"$dir/daemon.err" || fail "the ledger does not add up"
}

# ledger OUTPUT KEY - a number of an output's last LEDGER line (0 if absent)
ledger() {
	awk -v output="output=$1" -v key="$2=" '
	/ LEDGER / && index($0 " ", " " output " ") {
		found = 0
		for (i = 1; i <= NF; i++)
			if (index($i, key) == 1)
				found = substr($i, length(key) + 1)
	}
	END { print found + 0 }' "$dir/daemon.err"
}

# --- tapferry-load

# collect NAME ARGUMENT... - a stand-in collector on a free port
collect() {
	local name=$1
	shift
	start "$name" "$builddir/src/tapferry-load" collect \
		--listen 127.0.0.1:0 --quiet "$@"
	wait_for "$dir/$name.out" '^listening on ' 5
}

collect_url() {
	sed -n 's|^listening on |http://|p' "$dir/$1.out"
}

# collected NAME - how many events it accepted, once it is stopped
collected() {
	sed -n 's/^collected events=\([0-9]*\) .*/\1/p' "$dir/$1.out"
}

# send ARGUMENT... - play to the daemon; sent: how many frames that were
send() {
	timeout $((50 * slow)) "$builddir/src/tapferry-load" send --quiet "$@" \
		>"$dir/send.out" 2>"$dir/send.err" || fail "tapferry-load send failed"
}
sent() {
	sed -n 's/^sent frames=\([0-9]*\) .*/\1/p' "$dir/send.out"
}
