#!/usr/bin/env bash
# Install the packages, build every variant, run every test.
#
#	tests/run.sh            everything: about 20 minutes on two cores
#	tests/run.sh --quick    for developers: the plain build and `make check`
#
#	TAPFERRY_BUILD   where to build and keep the logs (default: ./build-test)
#	TAPFERRY_CORPUS  real captures (default: ../shared/corpus beside the clone)
#	FUZZ_SECONDS     fuzzing in total (default: 300)
#
# A line for each step; the last line is "N passed, N failed", and the exit
# status is 0 only if nothing failed.  A test that cannot run here is shown as
# skipped, with its reason, and counts as neither.
set -uo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
top=$PWD
quick=
case "${1:-}" in
"") ;;
--quick) quick=1 ;;
-h | --help)
	sed -n '2,/^set /s/^#[ ]\{0,1\}//p' tests/run.sh
	exit 0
	;;
*)
	echo "run.sh: no option $1; try --help" >&2
	exit 2
	;;
esac

out=${TAPFERRY_BUILD:-$top/build-test}
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
logs=$out/logs
rm -rf "$logs"
mkdir -p "$logs"
jobs=$(nproc)
passed=0
failed=0
skipped=0
failures=()
fuzzer=

# Tests run in several places (distcheck's is a folder of its own): all find
# the captures in the same one.
if [ -z "${TAPFERRY_CORPUS:-}" ] && [ -d "$top/../shared/corpus" ]; then
	TAPFERRY_CORPUS=$(cd "$top/../shared/corpus" && pwd)
fi
[ -z "${TAPFERRY_CORPUS:-}" ] || export TAPFERRY_CORPUS

children=()
trap '[ -z "$fuzzer" ] || kill -- "-$fuzzer" 2>/dev/null
	[ ${#children[@]} -eq 0 ] || kill "${children[@]}" 2>/dev/null' EXIT
trap 'exit 143' INT TERM HUP

# line RESULT NAME SECONDS [REMARK]
line() {
	printf '%-5s %-34s %4d s  %s\n' "$1" "$2" "$3" "${4:-}"
}

# verdict STATUS NAME SECONDS LOG - count one step, and show why it failed
verdict() {
	case $1 in
	0)
		passed=$((passed + 1))
		line ok "$2" "$3"
		;;
	77)
		skipped=$((skipped + 1))
		line skip "$2" "$3" "$(tail -n 1 "$4")"
		;;
	*)
		failed=$((failed + 1))
		failures+=("$2")
		line FAIL "$2" "$3" "exit status $1, log: $4"
		tail -n 60 "$4" | sed 's/^/      | /'
		;;
	esac
	[ "$1" -eq 0 ] || [ "$1" -eq 77 ]
}

# step NAME SECONDS COMMAND... - one thing that passes or fails, within a time
step() {
	local name=$1 limit=$2 log=$logs/${1//[ \/]/-}.log begin=$SECONDS
	shift 2
	timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
	verdict $? "$name" $((SECONDS - begin)) "$log"
}

# build VARIANT CONFIGURE-ARGUMENT... - programs and tests
build() {
	local variant=$1
	shift
	mkdir -p "$out/$variant"
	# shellcheck disable=SC2016 # expanded by the inner shell
	step "$variant: build" 600 env programs_only="${programs_only:-}" sh -c 'set -e
		cd "$1"
		top=$2 jobs=$3
		shift 3
		[ -f Makefile ] || "$top/configure" --enable-werror "$@"
		make -j"$jobs"
		[ -n "${programs_only:-}" ] || make -j"$jobs" check TESTS=' \
		sh "$out/$variant" "$top" "$jobs" "$@"
}

# check VARIANT [MAKE-ARGUMENT...] - `make check`, each of its tests counted
check() {
	local variant=$1 log=$logs/$1-check.log begin=$SECONDS status trs t
	local ok=0 bad=0 left=0
	shift
	find "$out/$variant" -name '*.trs' -delete
	timeout -k 10 900 make -C "$out/$variant" -k -j"$jobs" check "$@" \
		>"$log" 2>&1 </dev/null
	status=$?
	while read -r trs; do
		t=${trs#"$out/$variant/"}
		t=${t%.trs}
		case $(sed -n 's/^:global-test-result: //p' "$trs") in
		PASS | XFAIL) ok=$((ok + 1)) ;;
		SKIP)
			left=$((left + 1))
			line skip "$variant: $t" 0 "$(sed '/^SKIP /d;/^$/d' "${trs%.trs}.log" | tail -n 1)"
			;;
		*)
			bad=$((bad + 1))
			failures+=("$variant: $t")
			line FAIL "$variant: $t" 0 "log: ${trs%.trs}.log"
			tail -n 60 "${trs%.trs}.log" | sed 's/^/      | /'
			;;
		esac
	done < <(find "$out/$variant" -name '*.trs' | sort)
	passed=$((passed + ok))
	failed=$((failed + bad))
	skipped=$((skipped + left))
	line "$([ $bad -eq 0 ] && echo ok || echo FAIL)" "$variant: make check" \
		$((SECONDS - begin)) "$ok passed, $bad failed, $left skipped"
	# A failure that no test explains, or no test at all.
	if { [ $status -ne 0 ] && [ $bad -eq 0 ]; } || [ $((ok + bad)) -eq 0 ]; then
		verdict "$((status ? status : 1))" "$variant: make check" 0 "$log"
	fi
}

# scenarios VARIANT SLOWNESS PATTERN... - the real daemon with real peers; as
# many at a time as there are cores, since they mostly wait
scenarios() {
	local variant=$1 slowness=$2 s log status seconds under_way=()
	shift 2
	for s; do
		log=$logs/$variant-${s##*/}.log
		{
			begin=$SECONDS
			builddir="$out/$variant" SCENARIO_SLOW="$slowness" \
				timeout -k 10 $((90 * slowness)) "$s" \
				>"$log" 2>&1 </dev/null &
			trap 'kill $!' TERM
			wait $!
			echo "$? $((SECONDS - begin))" >"$log.status"
		} &
		under_way+=($!)
		children+=($!)
		[ ${#under_way[@]} -lt "$jobs" ] || {
			wait -n -p ended "${under_way[@]}"
			# shellcheck disable=SC2154 # wait sets it
			under_way=("${under_way[@]/$ended/}")
			read -ra under_way <<<"${under_way[*]}"
		}
	done
	[ ${#under_way[@]} -eq 0 ] || wait "${under_way[@]}"
	children=()
	for s; do
		log=$logs/$variant-${s##*/}.log
		read -r status seconds <"$log.status"
		verdict "$status" "$variant: ${s##*/}" "$seconds" "$log"
	done
}

# tests_of VARIANT GREP-ARGUMENT... - names of tests, for TESTS=
tests_of() {
	local variant=$1
	shift
	# shellcheck disable=SC2016 # make's own variables
	printf 'include Makefile\nlist:\n\t@echo $(TESTS)\n' |
		make -s -C "$out/$variant" -f - list | tr ' ' '\n' |
		grep -E "$@" | tr '\n' ' '
}

finish() {
	[ $skipped -eq 0 ] || echo "skipped: $skipped"
	[ ${#failures[@]} -eq 0 ] || printf 'failed: %s\n' "${failures[@]}"
	echo "logs: $logs"
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ] && [ $passed -gt 0 ]
	exit
}

step "packages" 1200 tests/install-deps.sh --test || finish
if [ -f .git ] || [ -d .git ] || [ ! -x configure ]; then
	step "autogen" 120 ./autogen.sh || finish
fi

# The plain build comes first: what fails there need not be tried elsewhere.
build gcc CC=gcc || finish
check gcc
[ -z "$quick" ] || finish
step "instructions per event" 120 env builddir="$out/gcc" tests/bench/instructions.sh

# Fuzzing takes one core for its time, gently, beside the scenarios, which
# mostly wait.
if build fuzz CC=clang --enable-fuzz --enable-sanitize=address,undefined; then
	nice setsid timeout -k 10 $((${FUZZ_SECONDS:-300} + 240)) \
		tests/fuzz/run.sh "${FUZZ_SECONDS:-300}" "$out/fuzz" \
		>"$logs/fuzz.log" 2>&1 </dev/null &
	fuzzer=$!
	fuzz_begin=$(date +%s)
fi
scenarios gcc 1 tests/scenario/[0-9]*.sh
step "quickstart" 300 env TAPFERRY_BUILD="$out/gcc" examples/quickstart.sh
step "make install DESTDIR" 60 tests/install.sh "$out/gcc"
if step "Debian packages" 600 tests/package/build.sh "$out/gcc" "$out/packages"; then
	step "RPM packages" 120 tests/package/rpm.sh "$out/packages"
	step "packages in a clean root" 600 tests/package/root.sh "$out/packages"
fi

# The tests come with the next one, clang's as well.
programs_only=1 build clang CC=clang
build asan CC=clang --enable-sanitize=address,undefined &&
	check asan TESTS="$(tests_of asan -v '/lint/')" &&
	scenarios asan 3 tests/scenario/[0-9]*.sh
build tsan CC=gcc --enable-sanitize=thread &&
	check tsan TESTS="$(tests_of tsan '^tests/(stress|unit/(sync|intake|spool|deliver|monitor))/')" &&
	scenarios tsan 5 tests/scenario/0[35]*.sh tests/scenario/28_reload.sh
step "distcheck" 900 env VERBOSE=1 make -C "$out/gcc" -j"$jobs" distcheck
if [ -n "$fuzzer" ]; then
	wait "$fuzzer"
	status=$?
	fuzzer=
	# it may have ended long ago
	verdict $status "fuzz: ${FUZZ_SECONDS:-300} s" \
		$(($(stat -c %Y "$logs/fuzz.log") - fuzz_begin)) "$logs/fuzz.log"
fi
finish
