#!/usr/bin/env bash
# tapferry beside the programs that Debian has for parts of the same work, each
# in turn, on this machine, with the same messages.
#
#	tests/bench/peers.sh [--quick]
#
# dnstap messages from a unix socket, as JSON, a line each in a file:
#	tapferryd; dnstap -j (golang-dnstap)
# the same messages from a file, as YAML in a file: dnstap-read -y (BIND)
# the same from a unix socket, not decoded, only written: fstrm_capture
# JSON lines that tapferryd has made, over HTTP to the same collector, up to 2,000
# lines or 1 MB a request, not compressed:
#	syslog-ng, which gets the lines; tapferryd, which gets dnstap and decodes
#
# One connection brings all, since more bring these peers nothing.  Prints "name
# value unit", a figure a line.  CPU is user and system time of the whole
# process, from start to end; a rate is messages over the time from the first
# one until the last has come out.  Ratios are to tapferryd's figure for the same
# output.  Ends with 1 unless as many messages came out as went in; a peer that
# is not installed is left out, and a line that begins with # says so.
# Run it in the build folder, or with builddir=... .
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need python3

few=300000   # to those that take long
many=1000000 # to the others
case ${1:-} in
"") ;;
--quick)
	few=10000
	many=30000
	;;
*) usage ;;
esac

# in memory where there is room: no disk is measured
memory=$dir
if [ -w /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt 3000000 ]; then
	memory=$(mktemp -d /dev/shm/tapferry.XXXXXX)
	trap 'rm -rf "$memory"; cleanup' EXIT
fi
out=$memory/out

# has PROGRAM PACKAGE
has() {
	command -v "$1" >/dev/null && return
	echo "# not taken: $1 is not installed (tests/install-deps.sh --bench)"
	return 1
}

# figures NAME WHOSE - of $n messages in $us and $cpu_ms; ratios to WHOSE
declare -A cpu_of=() rate_of=()
figures() {
	cpu_of[$1]=$(calc "$cpu_ms * 1000000 / $n" %.1f)
	rate_of[$1]=$(calc "$n / $us * 1000000")
	figure "${1}_messages" "$n" messages
	figure "${1}_rate" "${rate_of[$1]}" messages/s
	figure "${1}_cpu" "${cpu_of[$1]}" ns/message
	[ "$1" = "$2" ] || {
		figure "${1}_cpu_ratio" \
			"$(calc "${cpu_of[$1]} / ${cpu_of[$2]}" %.2f)" "times tapferryd's"
		figure "${1}_rate_ratio" \
			"$(calc "${rate_of[$1]} / ${rate_of[$2]}" %.3f)" "times tapferryd's"
	}
}

socket() { [ -S "$1" ]; }

# from_socket NAME N COMMAND... - which listens on $dir/NAME.sock and ends by INT
from_socket() {
	local name=$1 began
	n=$2
	shift 2
	start "$name" "$@"
	until_true 10 socket "$dir/$name.sock" || fail "$name does not listen"
	began=$(now_us)
	send --to "unix:$dir/$name.sock" --count "$n"
	ended "$name" INT
	us=$(($(now_us) - began))
}

# data_frames FILE - of a Frame Streams file
data_frames() {
	python3 - "$1" <<-'END'
	import struct, sys
	data, at, n = open(sys.argv[1], "rb").read(), 0, 0
	while at < len(data):
	    size, = struct.unpack_from(">I", data, at)
	    if size == 0:  # a control frame
	        at += 4
	        size, = struct.unpack_from(">I", data, at)
	    else:
	        n += 1
	    at += 4 + size
	print(n)
	END
}

# --- messages to lines

n=$many
bench_config "type = \"file\"; path = \"$out\";"
daemon -c "$dir/tapferry.conf"
began=$(now_us)
send --to "unix:$dir/tap.sock" --count "$n"
ended daemon
us=$(($(now_us) - began))
ledger_check
equal "tapferryd: received" "$(ledger out received)" "$n"
equal "tapferryd: lines" "$(wc -l <"$out")" "$n"
figures tapferryd tapferryd
mv "$out" "$memory/lines"

if has dnstap; then
	from_socket dnstap "$few" dnstap -u "$dir/dnstap.sock" -j -w "$out"
	equal "dnstap: lines" "$(wc -l <"$out")" "$n"
	figures dnstap tapferryd
	rm "$out"
fi

if has fstrm_capture; then
	from_socket fstrm_capture "$many" fstrm_capture -t protobuf:dnstap.Dnstap \
		-u "$dir/fstrm_capture.sock" -w "$memory/frames"
	equal "fstrm_capture: frames" "$(data_frames "$memory/frames")" "$n"
	figures fstrm_capture tapferryd

	if has dnstap-read; then
		n=$few
		# so many of them, and the end of a file
		python3 - "$memory/frames" "$n" >"$memory/some" <<-'END'
		import struct, sys
		data, n, at = open(sys.argv[1], "rb").read(), int(sys.argv[2]), 0
		while n >= 0:
		    size, = struct.unpack_from(">I", data, at)
		    if size == 0:
		        at += 4
		        size, = struct.unpack_from(">I", data, at)
		        n += 1
		    n -= 1
		    end, at = at, at + 4 + size
		sys.stdout.buffer.write(data[:end] + struct.pack(">III", 0, 4, 3))
		END
		rm "$memory/frames"
		children_ms >"$dir/before"
		began=$(now_us)
		dnstap-read -y "$memory/some" >"$out" || fail "dnstap-read"
		us=$(($(now_us) - began))
		children_ms >"$dir/after"
		cpu_ms=$(($(cat "$dir/after") - $(cat "$dir/before")))
		equal "dnstap-read: messages" "$(grep -c '^type: MESSAGE' "$out")" "$n"
		figures dnstap_read tapferryd
		rm "$out" "$memory/some"
	fi
fi

# --- lines over HTTP

n=$many
settings='batch = { events = 2000; bytes = "1MB"; };'
run_hec tapferryd_http none "$settings" --count "$n" >"$dir/figures"
us=$(awk -v n="$n" '$1 == "tapferryd_http_rate" { printf "%.0f", n / $2 * 1e6 }' \
	"$dir/figures")
cpu_ms=$(awk -v n="$n" '$1 == "tapferryd_http_daemon_cpu" { printf "%.1f", $2 * n / 1e6 }' \
	"$dir/figures")
figures tapferryd_http tapferryd_http

# written N - syslog-ng has got rid of so many
written() {
	[ "$(syslog-ng-ctl query get 'dst.http*written' -c "$dir/ctl" 2>/dev/null |
		sed -n 's/.*=//p')" = "$1" ]
}

if has syslog-ng && has syslog-ng-ctl; then
	n=$few
	head -n "$n" "$memory/lines" >"$memory/some"
	collect collector --token bench --any-path
	cat >"$dir/syslog-ng.conf" <<-END
	@version: $(syslog-ng --version | sed -n 's/^Config version: //p')
	options { log-fifo-size(200000); };
	source s { unix-stream("$dir/lines.sock" flags(no-parse) max-connections(1)
	  log-msg-size(65536) log-iw-size(100000) log-fetch-limit(2000)); };
	destination d { http(url("$(collect_url collector)/lines") body("\${MESSAGE}")
	  headers("Authorization: Bearer bench") delimiter("\\n") workers(2)
	  batch-lines(2000) batch-bytes(1000000) batch-timeout(200)); };
	log { source(s); destination(d); flags(flow-control); };
	END
	start syslog-ng syslog-ng -F -f "$dir/syslog-ng.conf" --no-caps \
		--persist-file="$dir/persist" --pidfile="$dir/pid" --control="$dir/ctl"
	until_true 20 socket "$dir/lines.sock" || fail "syslog-ng does not listen"
	began=$(now_us)
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendfile(open(sys.argv[2], "rb"))' "$dir/lines.sock" "$memory/some"
	until_true 60 written "$n" || fail "syslog-ng has not delivered all"
	us=$(($(now_us) - began))
	ended syslog-ng
	stop collector
	equal "syslog-ng: collected" "$(collected collector)" "$n"
	figures syslog_ng tapferryd_http
fi
