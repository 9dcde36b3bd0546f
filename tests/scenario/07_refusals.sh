#!/usr/bin/env bash
# What cannot work is refused at the start, with the cause and the cure, and
# exit status 2 for the configuration and 1 for the system.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# refused STATUS PATTERN ARGUMENT...
refused() {
	local status=0 wanted=$1 pattern=$2
	shift 2
	timeout $((10 * slow)) "$builddir/src/tapferryd" "$@" \
		>"$dir/refused.out" 2>"$dir/refused.err" </dev/null || status=$?
	equal "exit status of tapferryd $*" $status "$wanted"
	grep -Eq -- "$pattern" "$dir/refused.err" ||
		fail "tapferryd $*: nothing like '$pattern' in its message"
}

# conf LINE... - a configuration that works, and these lines
conf() {
	cat >"$dir/bad.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	outputs = ( { name = "file"; type = "file"; path = "$dir/events"; } );
	END
	printf '%s\n' "$@" >>"$dir/bad.conf"
}

hec() {
	echo "outputs = ( { name = \"h\"; type = \"hec\"; $1
		backends = ( { url = \"http://127.0.0.1:1\"; } ); } );" |
		sed "1i listeners = ( { name = \"l\"; address = \"unix:$dir/tap.sock\"; } );" \
			>"$dir/bad.conf"
}

# The command line
refused 2 'no-such-option' --no-such-option
refused 2 'loudest' --log-level loudest --listen "unix:$dir/s" --output stdout
refused 2 'carrier-pigeon' --listen "unix:$dir/s" --output carrier-pigeon:x
refused 2 'unix:|tcp://' --listen nowhere --output stdout
refused 2 'no-such-file' -c "$dir/no-such-file.conf"

# The file: file, line, key, range, nearest key
conf
"$builddir/src/tapferryd" -t -c "$dir/bad.conf" || fail "the good one is refused"
conf 'limits = { max_conections = 5; };'
refused 2 'bad.conf:3.*max_conections.*max_connections' -t -c "$dir/bad.conf"
conf 'limits = { max_frame = "1GiB"; };'
refused 2 'bad.conf:3.*max_frame.*64 ?MiB' -t -c "$dir/bad.conf"
conf 'stats_interval = 60;'
refused 2 'bad.conf:3.*stats_interval' -t -c "$dir/bad.conf"
conf 'workers = ;'
refused 2 'bad.conf:3' -t -c "$dir/bad.conf"
conf 'workers = -1;' 'log = { level = "loud"; };'
refused 2 'bad.conf:3.*workers' -t -c "$dir/bad.conf"
grep -q 'bad.conf:4.*level' "$dir/refused.err" ||
	fail "only the first problem of two is told"

# Folders, as the start will find them
conf "pid_file = \"$dir/nowhere/x.pid\";" "control = { socket = \"$dir/nobody/ctl\"; };"
sed -i "1s|unix:[^\"]*|unix:$dir/none/tap.sock|" "$dir/bad.conf"
refused 1 "listeners.l.address: $dir/none/tap.sock cannot be made: No such file" -t -c "$dir/bad.conf"
grep -q "^control.socket: $dir/nobody/ctl cannot be made: No such file" "$dir/refused.err" ||
	fail "no word of the control socket"
grep -q "^pid_file: $dir/nowhere/x.pid cannot be made: No such file" "$dir/refused.err" ||
	fail "no word of the pid file"
refused 1 "$dir/" -c "$dir/bad.conf"
mkdir "$dir/none" "$dir/nobody" "$dir/nowhere"
touch "$dir/none/tap.sock"
refused 1 'none/tap.sock is there and is not a socket' -t -c "$dir/bad.conf"
refused 1 'none/tap.sock' -c "$dir/bad.conf"
rm "$dir/none/tap.sock"
"$builddir/src/tapferryd" -t -c "$dir/bad.conf" || fail "refused though the folders are there"

# The token
hec ''
refused 2 'token_file.*DNSTAP_HEC_TOKEN|DNSTAP_HEC_TOKEN.*token_file' -c "$dir/bad.conf"
hec "token_file = \"$dir/no-such-token\";"
refused 2 'no-such-token' -c "$dir/bad.conf"
: >"$dir/empty-token"
hec "token_file = \"$dir/empty-token\";"
refused 2 'empty-token' -c "$dir/bad.conf"

# The system
daemon --listen "unix:$dir/tap.sock" --listen tcp://127.0.0.1:0 --output stdout
refused 1 'tap.sock' --listen "unix:$dir/tap.sock" --output stdout
port=$(free_port)
stop daemon
daemon --listen "tcp://127.0.0.1:$port" --output stdout
refused 1 "$port: another program listens there" --listen "tcp://127.0.0.1:$port" --output stdout
stop daemon
refused 1 'no-such-folder' --listen "unix:$dir/tap.sock" \
	--output "file:$dir/no-such-folder/events"
refused 1 'no-such-folder' --listen "unix:$dir/no-such-folder/tap.sock" \
	--output stdout

# A stale socket file is replaced; any other file is left alone.
daemon --listen "unix:$dir/tap.sock" --output stdout
stop daemon 137 KILL
[ -S "$dir/tap.sock" ] || fail "there should be a stale socket"
daemon --listen "unix:$dir/tap.sock" --output stdout
stop daemon
echo precious >"$dir/tap.sock"
refused 1 'tap.sock' --listen "unix:$dir/tap.sock" --output stdout
grep -q precious "$dir/tap.sock" || fail "a file was overwritten"
