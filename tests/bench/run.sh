#!/usr/bin/env bash
# All benches: installs what they need, builds, measures, and writes
# doc/benchmarks.json, doc/benchmarks.md, doc/plots and the figures in README.md.
#
#	tests/bench/run.sh                 everything: about 12 minutes on two cores
#	tests/bench/run.sh NAME...         only these; other figures stay as they are
#	tests/bench/run.sh --quick [NAME...]
#	                                   do they work?  A minute or two; figures mean
#	                                   nothing, and doc/ is left alone
#	tests/bench/run.sh --list          their names, the seconds they may take, what they measure
#	tests/bench/run.sh --write         measure nothing, write the documents anew
#
#	--build FOLDER    a build that is there already, with its check programs
#	--output FOLDER   write there, and not into doc/
#
#	TAPFERRY_BUILD    where to build and keep the logs (default: ./build-bench)
#	TAPFERRY_CORPUS   real captures (default: ../shared/corpus beside the clone)
#
# Prints "BENCH.NAME VALUE UNIT", a figure a line, and what else is to be said
# behind "#".  A bench prints nothing unless its own counts agree: every event
# that was sent was received, delivered and collected.  Ends with 1 when a bench
# failed; the others' figures are kept.  Leave the machine alone meanwhile.
set -uo pipefail
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")/../.." || exit 1
top=$PWD

# name, seconds it may take, command, its arguments, those of a quick run, and
# what it measures
benches="
decode_encode	120	tests/bench/decode_encode	-	--count 20000	CPU of decoding and encoding an event
pool	180	tests/bench/pool	-	--quick	what a lease of a connection and what connections cost
delivery	120	tests/bench/delivery	-	500	how evenly backends get their share, and what a choice costs
spool	180	tests/bench/spool	-	--count 5	how fast batches go to a disk and come back
start	60	tests/bench/start.py	-	--quick	from the execution until READY, and from TERM to the end
end_to_end	240	tests/bench/end_to_end.sh	-	--quick	events a second and CPU an event, dnstap in, Splunk HEC out
delay	240	tests/bench/delay.sh	-	--quick	how late events come, at several rates
profile	120	tests/bench/profile.sh	-	--quick	where the daemon's time goes, by stage
peers	240	tests/bench/peers.sh	-	--quick	the same work beside other programs
failover	120	tests/bench/failover.sh	--rate 20000	--seconds 1 --rate 500	one of three collectors is killed while events flow
instructions	240	tests/bench/instructions.sh	-	-	instructions an event, compared with those recorded
costs	240	tests/bench/costs.sh	-	--quick	system calls, allocations and context switches an event
scaling	240	tests/bench/scaling.sh	-	--quick	one and two workers, and the model of many cores
contention	120	tests/bench/contention	-	-	what threads that share a feed cost each other
connections	1500	tests/bench/connections	-	--quick	many connections: memory, accepting, throughput
"

say() { echo "# $*"; }
die() {
	echo "run.sh: $*" >&2
	exit 1
}

quick=
build=
write=
output=
wanted=()
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=1 ;;
	--write) write=1 ;;
	--list)
		awk -F '\t' 'NF { printf "%-14s %4d s at most  %s\n", $1, $2, $6 }' <<<"$benches"
		exit 0
		;;
	--build | --output)
		[ $# -gt 1 ] || die "$1: which folder?"
		mkdir -p "$2" || exit 1
		printf -v "${1#--}" %s "$(cd "$2" && pwd)"
		shift
		;;
	-h | --help)
		sed -n '2,/^set /s/^#[ ]\{0,1\}//p' tests/bench/run.sh
		exit 0
		;;
	-*)
		echo "run.sh: no option $1; try --help" >&2
		exit 2
		;;
	*)
		grep -q "^$1	" <<<"$benches" ||
			die "no bench $1; there are: $(cut -s -f 1 <<<"$benches" | tr '\n' ' ')"
		wanted+=("$1")
		;;
	esac
	shift
done
if [ -z "${TAPFERRY_CORPUS:-}" ] && [ -d "$top/../shared/corpus" ]; then
	TAPFERRY_CORPUS=$(cd "$top/../shared/corpus" && pwd)
fi
[ -z "${TAPFERRY_CORPUS:-}" ] || export TAPFERRY_CORPUS

out=${TAPFERRY_BUILD:-$top/build-bench}
if [ -z "$output" ]; then
	output=$top/doc
	[ -z "$quick" ] || output=$out/quick
fi
results=$output/benchmarks.json
report() { python3 "$top/tests/bench/report.py" "$@"; }
if [ -n "$write" ]; then
	report write "$results" "$output"
	exit
fi

logs=$out/logs
mkdir -p "$logs" "$output" || exit 1
begin=$SECONDS
# the work of one at a time
exec 9>"$out/lock"
flock -n 9 || die "another run.sh is at work in $out"

# --- build

# made LOG COMMAND... - what must work before anything can be measured
made() {
	local log=$logs/$1.log
	shift
	"$@" >"$log" 2>&1 </dev/null || {
		tail -n 30 "$log" >&2
		die "failed: $* (log: $log)"
	}
}

if [ -z "$build" ]; then
	build=$out/build
	mkdir -p "$build" || exit 1
	say "packages and build"
	made packages tests/install-deps.sh --bench
	[ configure -nt configure.ac ] || made autogen ./autogen.sh
	cd "$build" || exit 1
	[ -f Makefile ] || made configure "$top/configure"
	# "all" is a make of its own: beside it, another would make the same files
	made make make -j"$(nproc)" all
	made make-benches make -j"$(nproc)" tests/bench/decode_encode \
		tests/bench/delivery tests/bench/pool tests/bench/spool \
		tests/bench/instructions tests/bench/contention \
		tests/bench/cores
	cd "$top" || exit 1
fi
[ -x "$build/src/tapferryd" ] || die "no src/tapferryd in $build"
command -v python3 >/dev/null || die "python3 is not installed"
export builddir=$build

# --- measure

commit=$(git rev-parse --short=10 HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain --untracked-files=no -- src 2>/dev/null)" ] ||
	commit+=-modified
failed=()
skipped=()
running=
trap '[ -z "$running" ] || kill "$running" 2>/dev/null; exit 143' INT TERM HUP

# used - milliseconds: on the wall, of all cores' work, and of our ended children
# (a subshell's children are not ours: no $() here)
used() {
	local busy own
	# all but idle and waiting for a disk; another guest's (steal) is work as well
	busy=$(awk -v hz="$(getconf CLK_TCK)" \
		'/^cpu / { print int(($2 + $3 + $4 + $7 + $8 + $9) * 1000 / hz) }' /proc/stat)
	times >"$logs/times"
	own=$(awk 'NR == 2 { gsub("[ms]", " "); print int(($1 + $3) * 60000 + ($2 + $4) * 1000) }' \
		"$logs/times")
	echo "$((${EPOCHREALTIME/./} / 1000)) $busy $own"
}

# others BEFORE AFTER - cores that others kept busy meanwhile
others() {
	echo "$1 $2" | awk '{
		n = (($5 - $2) - ($6 - $3)) / ($4 - $1)
		printf "%.2f\n", n < 0 ? 0 : n
	}'
}

# apart - how far the cores are from each other, in ns: a virtual machine's move
apart() {
	"$build/tests/bench/cores" 2>/dev/null | awk '{ print $2 }'
}

# bench NAME LIMIT COMMAND [ARGUMENTS]
bench() {
	local name=$1 limit=$2 command=$3 log=$logs/$1 before after status apart
	local path=$top/$command
	[ -x "$path" ] || path=$build/$command
	[ -z "${4:-}" ] || command+=" $4"
	apart=$(apart)
	used >"$logs/used"
	before=$(cat "$logs/used")
	say "$name: $command"
	# shellcheck disable=SC2086 # several arguments
	(cd "$build" && exec timeout -k 20 "$limit" "$path" ${4:-}) \
		>"$log.out" 2>"$log.err" </dev/null 9>&- &
	running=$!
	wait "$running"
	status=$?
	running=
	used >"$logs/used"
	after=$(cat "$logs/used")
	case $status in
	0)
		report add "$results" "$name" "$log.out" "command=$command" \
			"commit=$commit" "date=$(date -u +%Y-%m-%d)" \
			"seconds=$(((${after%% *} - ${before%% *}) / 1000))" \
			"others=$(others "$before" "$after")" \
			"apart=$apart, $(apart)" && return
		status="no figures"
		;;
	77)
		skipped+=("$name: $(tail -n 1 "$log.out")")
		say "${skipped[-1]}"
		return
		;;
	124 | 137) status="did not end within $limit s" ;;
	*) status="exit status $status" ;;
	esac
	failed+=("$name")
	say "$name FAILED: $status; the end of its output ($log.out, $log.err):"
	tail -n 25 "$log.out" | sed 's/^/#   | /'
	tail -n 10 "$log.err" | sed 's/^/#   | /'
}

# --- all of it; read whole before it begins, so that an edit meanwhile does no
# harm
main() {
	[ -z "$quick" ] || rm -f "$results"
	report machine "$results" "$build" || exit 1
	while IFS=$'\t' read -r name limit command usual brief _; do
		[ -n "$name" ] || continue
		[ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || continue
		arguments=${quick:+$brief}
		arguments=${arguments:-$usual}
		[ "$arguments" != - ] || arguments=
		bench "$name" "$limit" "$command" "$arguments"
	done <<<"$benches"

	report write "$results" "$output" || failed+=("the documents")
	say "$((SECONDS - begin)) s; written: $output/benchmarks.json and .md, $output/plots"
	[ ${#skipped[@]} -eq 0 ] || printf '# skipped: %s\n' "${skipped[@]}"
	[ ${#failed[@]} -eq 0 ] || {
		printf '# FAILED: %s\n' "${failed[@]}"
		exit 1
	}
}
main
exit
