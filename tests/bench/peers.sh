#!/usr/bin/env bash
# tapferry beside the programs that Debian has for parts of the same work, each
# in turn, on this machine, with the same messages.
#
#	tests/bench/peers.sh [--quick]
#
# dnstap messages from a unix socket, as JSON, a line each:
#	tapferryd; dnstap -j (golang-dnstap)
# the same messages from a file, as YAML: dnstap-read -y (BIND)
# the same from a unix socket, not decoded, only written: fstrm_capture
# (all into a pipe, whose other end counts what comes)
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

# a pipe of a megabyte, so that writers seldom wait for the counting (1031:
# F_SETPIPE_SZ, which not every python knows by name)
roomy='import fcntl, os, sys
fcntl.fcntl(0, 1031, 1 << 20)
os.execvp(sys.argv[1], sys.argv[1:])'

# piped NAME COUNT COMMAND... - in the background, its output counted by COUNT
piped() {
	local name=$1 count=$2
	shift 2
	rm -f "$dir/pipe"
	mkfifo "$dir/pipe"
	# shellcheck disable=SC2086 # a command and its arguments
	python3 -c "$roomy" $count <"$dir/pipe" >"$dir/$name.count" &
	counter=$!
	setsid "$@" >"$dir/pipe" 2>"$dir/$name.err" </dev/null &
	pids[$name]=$!
}

# counted NAME - what came out of it, once it has ended
counted() {
	wait "$counter" || :
	tr -d ' ' <"$dir/$1.count"
}

# at_rest NAME - until it has used no CPU for half a second: dnstap loses what it
# has read and not yet written when it is told to end.  When that was, in $rest_us.
at_rest() {
	local used='' now
	rest_us=$(now_us)
	while [ $(($(now_us) - rest_us)) -lt 500000 ]; do
		now=$(sed 's/.*) //' "/proc/${pids[$1]}/stat" | cut -d ' ' -f 12,13)
		[ "$now" = "$used" ] || rest_us=$(now_us)
		used=$now
		sleep 0.01
	done
}

# from_socket NAME N COUNT COMMAND... - which listens on $dir/NAME.sock and
# ends by INT
from_socket() {
	local name=$1 began
	n=$2
	shift 2
	piped "$name" "$@"
	until_true 10 socket "$dir/$name.sock" || fail "$name does not listen"
	began=$(now_us)
	send --to "unix:$dir/$name.sock" --count "$n"
	at_rest "$name"
	us=$((rest_us - began))
	ended "$name" INT
}

# --- messages to lines

cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; address = "unix:$dir/tapferryd.sock"; } );
	outputs = ( { name = "out"; type = "stdout"; overflow = "block"; } );
END
from_socket tapferryd "$many" "wc -l" "$builddir/src/tapferryd" -c "$dir/tapferry.conf"
equal "tapferryd: lines" "$(counted tapferryd)" "$n"
figures tapferryd tapferryd

if has dnstap; then
	from_socket dnstap "$few" "wc -l" dnstap -u "$dir/dnstap.sock" -j -w -
	equal "dnstap: lines" "$(counted dnstap)" "$n"
	figures dnstap tapferryd
fi

if has fstrm_capture; then
	from_socket fstrm_capture "$many" "wc -c" fstrm_capture -t protobuf:dnstap.Dnstap \
		-u "$dir/fstrm_capture.sock" -w -
	# the frames with their lengths, START with its content type, STOP
	octets=$(sed -n 's/^sent .* bytes=\([0-9]*\).*/\1/p' "$dir/send.out")
	equal "fstrm_capture: octets" "$(counted fstrm_capture)" $((octets + 42 + 12))
	figures fstrm_capture tapferryd

	if has dnstap-read; then
		n=$few
		start keep fstrm_capture -t protobuf:dnstap.Dnstap \
			-u "$dir/keep.sock" -w "$dir/frames"
		until_true 10 socket "$dir/keep.sock" || fail "fstrm_capture does not listen"
		send --to "unix:$dir/keep.sock" --count "$n"
		stop keep 0 INT
		began=$(now_us)
		piped dnstap-read "grep -c ^type:.MESSAGE" dnstap-read -y "$dir/frames"
		ended dnstap-read 0
		us=$(($(now_us) - began))
		equal "dnstap-read: messages" "$(counted dnstap-read)" "$n"
		figures dnstap_read tapferryd
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
	bench_config "type = \"file\"; path = \"$dir/lines\";"
	daemon -c "$dir/tapferry.conf"
	send --to "unix:$dir/tap.sock" --count "$n"
	daemon_stop
	equal "lines for syslog-ng" "$(wc -l <"$dir/lines")" "$n"
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
s.sendfile(open(sys.argv[2], "rb"))' "$dir/lines.sock" "$dir/lines"
	until_true 60 written "$n" || fail "syslog-ng has not delivered all"
	us=$(($(now_us) - began))
	ended syslog-ng
	stop collector
	equal "syslog-ng: collected" "$(collected collector)" "$n"
	figures syslog_ng tapferryd_http
fi
