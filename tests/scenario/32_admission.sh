#!/usr/bin/env bash
# Who is let in: limits, networks, and a system that is short of descriptors.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need prlimit

open=() # descriptors of ours

# knock PORT - a connection that says nothing
knock() {
	local fd
	exec {fd}<>"/dev/tcp/127.0.0.1/$1"
	open+=("$fd")
}

hang_up() {
	local fd
	for fd in "${open[@]}"; do
		exec {fd}>&-
	done
	open=()
}

# --- networks

port=$(free_port)
other=$(free_port)
cat >"$dir/t.conf" <<-END
listeners = (
  { name = "shut"; address = "tcp://127.0.0.1:$port";
    allow = [ "127.0.0.0/8", "2001:db8::/32" ]; deny = [ "127.0.0.1" ]; },
  { name = "open"; address = "tcp://127.0.0.1:$other";
    allow = "127.0.0.0/8"; max_connections = 2; }
);
limits = { max_connections_per_peer = 5; };
outputs = ( { name = "stdout"; type = "stdout"; } );
END
"$builddir/src/tapferryd" --print-config -c "$dir/t.conf" >"$dir/print.out"
grep -q 'allow .*"127.0.0.0/8, 2001:db8::/32"' "$dir/print.out" ||
	fail "--print-config does not show the networks"
daemon -c "$dir/t.conf"
knock "$port"
wait_for "$dir/daemon.err" 'INTAKE_REFUSED .*not allowed: listener=shut'
send --to "tcp://127.0.0.1:$other" --generate --count 10
knock "$other"
knock "$other"
knock "$other"
wait_for "$dir/daemon.err" 'INTAKE_REFUSED .*max_connections is reached: listener=open'
hang_up
send --to "tcp://127.0.0.1:$other" --generate --count 10
daemon_stop
equal "events delivered" "$(ledger stdout delivered)" 20

# A unix socket's peers have no address: a setting that helps nobody is refused.
status=0
"$builddir/src/tapferryd" -t --listen "unix:$dir/s" --output stdout \
	-o 'listeners.*.allow=192.0.2.0/24' >"$dir/t.out" 2>"$dir/t.err" || status=$?
equal "exit status of allow for a unix socket" $status 2
grep -q 'allow' "$dir/t.err" || fail "the setting is not named"

# --- descriptors run out under way: others wait, nobody is lost

daemon --listen "tcp://127.0.0.1:$port" --output stdout
pid=${pids[daemon]}
used=$(find "/proc/$pid/fd" -mindepth 1 | wc -l)
before=$(prlimit --pid "$pid" --nofile --noheadings --output SOFT | tr -d ' ')
prlimit --pid "$pid" --nofile="$((used + 3)):"
for _ in 1 2 3 4 5 6 7 8 9 10; do
	knock "$port"
done
wait_for "$dir/daemon.err" 'INTAKE_ACCEPT_ERROR .*Too many open files'
hang_up
prlimit --pid "$pid" --nofile="$before:"
send --to "tcp://127.0.0.1:$port" --generate --count 1000
daemon_stop
equal "events delivered" "$(ledger stdout delivered)" 1000
