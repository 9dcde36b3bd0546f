#!/usr/bin/env bash
# The log goes where log.target says, also after a reload: the journal, with
# fields; syslog; standard error, and there too where one of those is missing.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need python3 unshare nsenter
[ "$(id -u)" = 0 ] || skip "a mount namespace needs root"

# config TARGET
config() {
	cat >"$dir/tapferry.conf" <<-END
	log = { target = "$1"; };
	listeners = ( { name = "l"; address = "unix:$dir/tap.sock"; } );
	outputs = ( { name = "file"; type = "file"; path = "$dir/events"; } );
	END
}
# reloaded FILE PATTERN - goes on by another target, and says so there
reloaded() {
	kill -HUP "${pids[daemon]}"
	wait_for "$1" "$2"
}

# nobody else sees these folders
start logs unshare -m --propagation private sh -c "mount -t tmpfs none /run &&
	mount -t tmpfs none /dev && exec python3 '$here/logs.py'"
until_true 10 grep -q '^listening' "$dir/logs.out" ||
	skip "no mount namespace: $(cat "$dir/logs.err")"

config journal
start daemon nsenter -t "${pids[logs]}" -m -- \
	"$builddir/src/tapferryd" -c "$dir/tapferry.conf"
wait_for "$dir/logs.out" '^journal MESSAGE=info READY taking connections: version='
wait_for "$dir/logs.out" '^journal TAPFERRY_LOG_ID=READY$'
wait_for "$dir/logs.out" '^journal TAPFERRY_LISTENERS=1$'
wait_for "$dir/logs.out" "^journal TAPFERRY_ADDRESS=unix:$dir/tap.sock\$"
grep -q '^journal PRIORITY=6$' "$dir/logs.out" || fail "no priority"
grep -q '^journal SYSLOG_IDENTIFIER=tapferryd$' "$dir/logs.out" || fail "no name"
send --to "unix:$dir/tap.sock" --generate --count 100
wait_for "$dir/logs.out" '^journal TAPFERRY_LOG_ID=INTAKE_CLOSED$'
equal "lines on standard error" "$(wc -l <"$dir/daemon.err")" 0

config syslog
reloaded "$dir/logs.out" '^syslog <30>.* tapferryd\[[0-9]+\]: info RELOADED '
send --to "unix:$dir/tap.sock" --generate --count 100
wait_for "$dir/logs.out" '^syslog .* INTAKE_CLOSED '
equal "lines on standard error" "$(wc -l <"$dir/daemon.err")" 0

config stderr
reloaded "$dir/daemon.err" ' RELOADED '

# --- the journal is gone
stop logs 143
config journal
reloaded "$dir/daemon.err" \
	' warning LOG_JOURNAL_MISSING .*socket=/run/systemd/journal/socket'
wait_count ' RELOADED ' "$dir/daemon.err" 2

# --- so is syslog, at a reload
config syslog
reloaded "$dir/daemon.err" ' warning LOG_SYSLOG_MISSING .*socket=/dev/log errno='
wait_count ' RELOADED ' "$dir/daemon.err" 3
send --to "unix:$dir/tap.sock" --generate --count 100
daemon_stop
equal received "$(ledger file received)" 300

# --- and at a start, which fails: the reason is told all the same
start failed unshare -m --propagation private sh -c "mount -t tmpfs none /dev &&
	exec '$builddir/src/tapferryd' -c '$dir/tapferry.conf' --pid-file '$dir/none/pid'"
finished failed 1
equal "syslog is missing" "$(count ' LOG_SYSLOG_MISSING ' "$dir/failed.err")" 1
grep -q " START_FAILED pid_file: $dir/none/pid: " "$dir/failed.err" ||
	fail "not told why it does not start"
