#!/usr/bin/env bash
# All of it together, as a package would have it: started as root, then another
# user, filtered and fenced in, with a named pipe and a unix socket to local
# readers.  It works, through a reload, and leaves nothing behind.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
[ "$(id -u)" = 0 ] || skip "giving up root needs root"
need python3

user=4711
chmod 0711 "$dir"
mkdir "$dir"/{etc,run,lib}
chown $user "$dir"/{run,lib}
collect splunk

ctl() { "$builddir/src/tapferryctl" --socket "$dir/run/control.sock" "$@"; }
# configure [OUTPUT]
configure() {
	cat >"$dir/etc/tapferry.conf" <<-END
	user = "$user"; group = "$user";
	pid_file = "$dir/run/pid";
	sandbox = { landlock = "auto"; write = "$dir/lib"; };
	control = { socket = "$dir/run/control.sock"; };
	listeners = ( { name = "l"; address = "unix:$dir/run/tap.sock"; mode = "0666"; } );
	outputs = (
	  { name = "splunk"; type = "hec"; token = "t";
	    batch = { linger = "20ms"; };
	    backends = ( { url = "$(collect_url splunk)"; } );
	    spool = { path = "$dir/lib/spool"; mode = "always"; }; },
	  { name = "pipe"; type = "pipe"; path = "$dir/lib/pipe"; format = "syslog"; },
	  { name = "socket"; type = "socket"; path = "$dir/reader.sock"; },
	  { name = "screen"; type = "stdout"; }${1:-}
	);
	END
}

cat >"$dir/reader.py" <<'END'
import os, socket, sys
path, into = sys.argv[1:]
server = socket.socket(socket.AF_UNIX)
server.bind(path)
os.chmod(path, 0o666)
server.listen()
print("listening", flush=True)
with open(into, "ab", buffering=0) as out:
    while True:
        peer, _ = server.accept()
        while piece := peer.recv(65536):
            out.write(piece)
END
start reader python3 "$dir/reader.py" "$dir/reader.sock" "$dir/from_socket"
wait_for "$dir/reader.out" '^listening'

configure
daemon -c "$dir/etc/tapferry.conf"
status=/proc/${pids[daemon]}/status
equal "user" "$(awk '/^Uid/ { print $2, $3, $4 }' "$status")" "$user $user $user"
if grep -q ' SANDBOX_SECCOMP system calls are not filtered' "$dir/daemon.err"; then
	echo "not looked at: $(sed -n 's/.*reason=//p' "$dir/daemon.err" | head -n 1)"
else
	equal "filtered threads" "$(sed -n 's/^Seccomp:\t//p' \
		/proc/"${pids[daemon]}"/task/*/status | sort -u)" 2
fi
start pipe cat "$dir/lib/pipe"
send --to "unix:$dir/run/tap.sock" --generate --count 1000

# what chown cures takes no restart, and none is asked for
mkdir -m 0700 "$dir/lib/private"
configure ", { name = \"file\"; type = \"file\"; path = \"$dir/lib/private/later\"; }"
! ctl reload >"$dir/ctl.out" 2>&1 || fail "another's folder can be written to"
grep -q "/later: cannot be opened for writing: Permission denied; .* user $user may write there" "$dir/ctl.out" ||
	fail "the cause is not told: $(cat "$dir/ctl.out")"
configure ", { name = \"file\"; type = \"file\"; path = \"$dir/lib/later\"; }"
ctl reload >"$dir/ctl.out" 2>&1 ||
	fail "the reload: $(cat "$dir/ctl.out")"
send --to "unix:$dir/run/tap.sock" --generate --count 1000
until_true 10 at_least . "$dir/pipe.out" 2000 || :
until_true 10 at_least . "$dir/from_socket" 2000 || :
daemon_stop
finished pipe 0
equal "through the pipe" "$(count '^<' "$dir/pipe.out")" 2000
equal "through the socket" "$(count '^[{]' "$dir/from_socket")" 2000
equal "on standard output" "$(count '^[{]' "$dir/daemon.out")" 2000
equal "in the file that came later" "$(count . "$dir/lib/later")" 1000
for gone in pid tap.sock control.sock; do
	[ ! -e "$dir/run/$gone" ] || fail "$gone was left behind"
done
stop reader 143
stop splunk
equal "at the collector" "$(collected splunk)" 2000
