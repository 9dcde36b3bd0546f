#!/bin/sh
# From a clean clone on Debian 12 to decoded events, in one command: installs
# the packages (root or sudo), builds in ./build, starts tapferryd and a
# stand-in Splunk collector, plays a real capture through them, shows an event
# and the ledger, and leaves nothing running.
#
#	examples/quickstart.sh [CAPTURE]     a Frame Streams file, instead of ours
#
#	TAPFERRY_BUILD   where to build instead of ./build
set -eu
case ${1:-} in
-h | --help)
	sed -n '2,/^set /s/^#[ ]\{0,1\}//p' "$0"
	exit 0
	;;
-*)
	echo "quickstart.sh: no option $1; try --help" >&2
	exit 2
	;;
/* | "") capture=${1:-} ;;
*) capture=$PWD/$1 ;;
esac
cd "$(dirname "$0")/.."
top=$PWD
build=${TAPFERRY_BUILD:-$top/build}
capture=${capture:-$top/tests/data/captures/alpha-kresd.fstrm}
[ -f "$capture" ] || {
	echo "quickstart.sh: no such capture: $capture" >&2
	exit 2
}

tmp=$(mktemp -d /tmp/tapferry-quickstart.XXXXXX)
collector=
daemon=
cleanup() {
	status=$?
	trap - EXIT
	for pid in $daemon $collector; do
		if kill "$pid" 2>/dev/null; then wait "$pid" || :; fi
	done
	# 141: nobody reads what we print
	[ $status -eq 0 ] || [ $status -eq 141 ] || tail -n 30 "$tmp"/*.log >&2 || :
	rm -rf "$tmp"
	exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
trap 'exit 141' PIPE
# dash's echo complains of a closed pipe, besides the trap
say() {
	echo "$@" 2>/dev/null || exit 141
}

# quietly NAME COMMAND... - its output is kept for when it fails
quietly() {
	log=$tmp/$1.log
	shift
	"$@" >"$log" 2>&1 </dev/null
}

# wait_for FILE TEXT - up to ten seconds
wait_for() {
	tries=100
	until grep -qs "$2" "$1"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "no \"$2\" in $1" >&2; exit 1; }
		sleep 0.1
	done
}

say "1. packages"
tests/install-deps.sh

say "2. build, in $build"
[ -x configure ] || quietly autogen ./autogen.sh
mkdir -p "$build"
cd "$build"
[ -f Makefile ] || quietly configure "$top/configure"
quietly make make -j"$(nproc)"

say "3. a stand-in Splunk collector, and tapferryd in front of it"
src/tapferry-load collect --listen 127.0.0.1:0 --token quickstart \
	--write "$tmp/events" --quiet >"$tmp/collector.log" 2>&1 &
collector=$!
wait_for "$tmp/collector.log" '^listening on '
url=http://$(sed -n 's/^listening on //p' "$tmp/collector.log")
DNSTAP_HEC_TOKEN=quickstart src/tapferryd --listen "unix:$tmp/dnstap.sock" \
	--output "hec:$url" >"$tmp/daemon.log" 2>&1 &
daemon=$!
wait_for "$tmp/daemon.log" ' READY '

say "4. play $(basename "$capture"), what a resolver sent over its dnstap socket"
src/tapferry-load send --to "unix:$tmp/dnstap.sock" --capture "$capture" \
	--quiet 2>"$tmp/send.log"

# TERM delivers what is in memory, then ends with the ledger.
kill "$daemon"
wait "$daemon"
daemon=
kill "$collector"
wait "$collector"
collector=

say
say "One of the events, as the collector got it:"
jq -s '[.[] | select(.event.dns.rcode == "NOERROR" and
	.event.dns.ancount == 1 and .event.dns.qtype == "A")][0]' "$tmp/events"
say
say "Every event accounted for:"
grep ' LEDGER ' "$tmp/daemon.log"
tail -n 1 "$tmp/collector.log"
say
say "Nothing is left running.  Next: examples/splunk-hec.conf for your Splunk,"
say "examples/dns-servers/ for your DNS server."
