#!/usr/bin/env bash
# tapferry-load send beside the reference receiver: fstrm_capture gets what is
# said to be sent, at the rate that was asked for, over both kinds of socket.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need fstrm_capture

load=$builddir/src/tapferry-load
type=protobuf:dnstap.Dnstap

# receive ADDRESS-OPTIONS... - fstrm_capture into $dir/capture
receive() {
	start receiver fstrm_capture -t $type -w "$dir/capture" "$@"
	wait_for "$dir/receiver.err" 'opened output file'
}

# received WHAT N - stop the receiver: it wrote that many data frames (it counts
# START and STOP, which it writes itself, too)
received() {
	stop receiver
	equal "$1" "$(sed -n 's/.*(wrote \([0-9]*\) frames.*/\1/p' \
		"$dir/receiver.err")" $(($2 + 2))
}

# between LOW N HIGH WHAT
between() {
	if [ "$2" -lt "$1" ] || [ "$2" -gt "$3" ]; then
		fail "$4: $2 is not between $1 and $3"
	fi
}

receive -u "$dir/s"
send --to "unix:$dir/s" --count 123457 --connections 7
received "frames over seven connections" 123457
equal "frames said to be sent" "$(sent)" 123457

# What was sent is a capture like any other: once, whatever the connections.
cp "$dir/capture" "$dir/first"
receive -u "$dir/s"
send --to "unix:$dir/s" --capture "$dir/first" --connections 3
received "frames of a capture" 123457
receive -u "$dir/s"
send --to "unix:$dir/s" --capture "$dir/first" --loop --count 200000
received "frames of a capture in a loop" 200000

port=$(free_port)
receive -a 127.0.0.1 -p "$port"
send --to "tcp://127.0.0.1:$port" --count 5000
received "frames over TCP" 5000

receive -u "$dir/s"
send --to "unix:$dir/s" --rate 5000/s --duration 2s --connections 3
n=$(sent)
received "frames at a rate" "$n"
between 9000 "$n" 10000 "frames at 5000/s in 2 s"
receive -u "$dir/s"
send --to "unix:$dir/s" --rate 5000/s --ramp 2s --duration 2s
n=$(sent)
received "frames of a ramp" "$n"
between 4000 "$n" 5000 "frames of a ramp to 5000/s in 2 s"

# A signal ends the streams in good order; a receiver that goes is an error.
receive -u "$dir/s"
start endless "$load" send --to "unix:$dir/s" --rate 1000 --progress
wait_for "$dir/endless.err" 'sent [1-9][0-9]* frames'
stop endless 0 INT
n=$(sed -n 's/^sent frames=\([0-9]*\) .*/\1/p' "$dir/endless.out")
received "frames before the signal" "$n"
receive -u "$dir/s"
start orphan "$load" send --to "unix:$dir/s" --rate 1000 --progress
wait_for "$dir/orphan.err" 'sent [1-9][0-9]* frames'
stop receiver
finished orphan 1
wait_for "$dir/orphan.err" '^connection 1 to unix:.*: the receiver closed'

# refused STATUS MESSAGE ARGUMENT...
refused() {
	local status=0
	"$load" send "${@:3}" >"$dir/refused" 2>&1 || status=$?
	equal "exit status of: send ${*:3}" $status "$1"
	grep -q -- "$2" "$dir/refused" || fail "send ${*:3} says: $(cat "$dir/refused")"
}
refused 2 '--to ADDRESS is missing' --count 1
refused 2 'an address is unix:/path' --to nowhere
refused 2 'is not a rate' --to "$dir/s" --rate 0
refused 2 'is not a number from 1' --to "$dir/s" --connections -1
refused 2 'has no unit' --to "$dir/s" --duration 5
refused 2 'leads to a rate' --to "$dir/s" --ramp 1s
refused 2 'choose one' --to "$dir/s" --generate --capture x
refused 2 'there is none' --to "$dir/s" --loop
refused 1 'No such file' --to "$dir/s" --capture "$dir/none"
refused 1 'no Frame Streams file' --to "$dir/s" --capture "$0"
refused 1 'connection 1 to unix:.*nobody, after 0 frames: nobody listens there; start' --to "unix:$dir/nobody" --count 1
