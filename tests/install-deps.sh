#!/bin/sh
# Install the Debian packages that building, running and testing tapferry take.
#
#   tests/install-deps.sh          what a build needs, and the tools of the quickstart
#   tests/install-deps.sh --test   also what the whole test suite needs
#   tests/install-deps.sh --bench  a build's, and what the benches need: the tools
#                                  that tapferryd is measured beside
#
# As root or through sudo, without questions; nothing happens when all are there.
set -eu

build='gcc make autoconf automake pkg-config file
	libck-dev liburcu-dev libconfig-dev libcurl4-gnutls-dev libknot-dev
	libfstrm-dev libgnutls28-dev libmicrohttpd-dev libjansson-dev libdeflate-dev
	libsystemd-dev libseccomp-dev libzstd-dev check jq ca-certificates'
test='clang libclang-rt-14-dev clang-format llvm-14 libc6-dbg
	protobuf-c-compiler libprotobuf-c-dev protobuf-compiler libprotobuf-dev
	fstrm-bin unbound bind9 bind9-utils bind9-dnsutils knot knot-module-dnstap knot-dnsutils nsd
	knot-resolver pdns-recursor dnsdist dnsperf
	python3 python3-yaml mandoc shellcheck zstd xz-utils curl openssl procps systemd valgrind gnutls-bin nghttp2-server
	debhelper dpkg-dev lintian logrotate mmdebstrap iproute2 rpm rpmlint
	prometheus chromium fonts-inter user-mode-linux'
# linux-perf: what a running daemon does, by function
bench='python3 openssl curl user-mode-linux linux-perf valgrind libc6-dbg strace
	golang-github-dnstap-golang-dnstap-cli fstrm-bin bind9-dnsutils
	syslog-ng-core syslog-ng-mod-http'

packages=$build
case "${1:-}" in
"") ;;
--test) packages="$build $test" ;;
--bench) packages="$build $bench" ;;
*)
	echo "usage: tests/install-deps.sh [--test | --bench]" >&2
	exit 2
	;;
esac

missing=
for p in $packages; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || :)
	[ "$state" = installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "install-deps: this script knows Debian's apt-get only; wanted:$missing" >&2
	exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "install-deps: not root and no sudo; run as root: apt-get install$missing" >&2
		exit 1
	fi
	as_root='sudo -n'
fi

# A DNS server's package starts its service on installation; tests start their
# own with their own ports, so a policy-rc.d forbids that while we install
# (only if the machine has none of its own).
policy=/usr/sbin/policy-rc.d
placed=
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 0755 $policy
	placed=1
fi
undo() { [ -z "$placed" ] || $as_root rm -f $policy; }
trap undo EXIT INT TERM

log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
echo "install-deps: installing$missing" | fold -s -w 100
# shellcheck disable=SC2086
if ! { $as_root apt-get -q update &&
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o Dpkg::Options::=--force-confold \
		install --no-install-recommends $missing; } >"$log" 2>&1; then
	cat "$log" >&2
	rm -f "$log"
	echo "install-deps: apt-get failed, see above" >&2
	exit 1
fi
rm -f "$log"
