#!/usr/bin/env bash
# The pid file: there while the daemon takes connections, gone after a clean
# end, taken over after a crash, in the way of a second daemon, and never
# written over what is something else.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# run NAME [ARGUMENT...]
run() {
	start "$1" "$builddir/src/tapferryd" --listen "unix:$dir/$1.sock" \
		--output "file:$dir/$1.events" --pid-file "$dir/pid" "${@:2}"
}
# refused PATTERN - another one does not start, and says why
refused() {
	run other
	finished other 1
	grep -Eq "START_FAILED pid_file: $dir/pid$1" "$dir/other.err" ||
		fail "not told: $1"
	[ ! -e "$dir/other.sock" ] || fail "it left a socket"
}

run daemon
wait_for "$dir/daemon.err" ' READY '
equal "the pid file" "$(cat "$dir/pid")" "${pids[daemon]}"
equal "who may read it" "$(stat -c %a "$dir/pid")" 644
refused ": another daemon runs already, process ${pids[daemon]}: "
equal "the pid file, after that" "$(cat "$dir/pid")" "${pids[daemon]}"
kill -HUP "${pids[daemon]}"
wait_for "$dir/daemon.err" ' RELOADED '
equal "the pid file, after a reload" "$(cat "$dir/pid")" "${pids[daemon]}"
daemon_stop
[ ! -e "$dir/pid" ] || fail "the pid file is still there"

# --- after a crash
run daemon
wait_for "$dir/daemon.err" ' READY '
crashed=${pids[daemon]}
stop daemon 137 KILL
equal "what a crash leaves" "$(cat "$dir/pid")" "$crashed"
run daemon
wait_for "$dir/daemon.err" ' READY '
wait_for "$dir/daemon.err" " PID_FILE_STALE .*pid=$crashed"
equal "the pid file, taken over" "$(cat "$dir/pid")" "${pids[daemon]}"
daemon_stop

# --- whoever may read it must not keep the daemon from starting
: >"$dir/pid"
exec 9<"$dir/pid"
flock -n 9 || fail "no lock to be in the way"
run daemon
wait_for "$dir/daemon.err" ' READY '
equal "the pid file, locked by a reader" "$(cat "$dir/pid")" "${pids[daemon]}"
daemon_stop
exec 9<&-

# --- a start that fails leaves none
start daemon "$builddir/src/tapferryd" --listen "unix:$dir/none/sock" \
	--output stdout --pid-file "$dir/pid"
finished daemon 1
[ ! -e "$dir/pid" ] || fail "a start that failed has left the pid file"

# --- something else
echo "root:x:0:0" >"$dir/pid"
refused ' has something else in it than a process id: remove it'
equal "something else" "$(cat "$dir/pid")" "root:x:0:0"
rm "$dir/pid"
mkdir "$dir/pid"
refused ': Is a directory'
rmdir "$dir/pid"
ln -s "$dir/elsewhere" "$dir/pid"
refused ': Too many levels of symbolic links'
[ ! -e "$dir/elsewhere" ] || fail "it followed a link"
rm "$dir/pid"

# --- in a folder that is not the user's it is emptied, and none is made for it,
# which would be the user's
if [ "$(id -u)" = 0 ]; then
	chmod 0711 "$dir"
	start daemon "$builddir/src/tapferryd" --user 4711 --group 4711 \
		--listen "unix:$dir/made/sock" --output stdout \
		--pid-file "$dir/made/pid"
	finished daemon 1
	grep -q "START_FAILED pid_file: $dir/made/pid: No such file or directory" \
		"$dir/daemon.err" || fail "not told that the folder is missing"
	[ ! -e "$dir/made" ] || fail "the user has got the pid file's folder"
	# one for a socket is; who has a name goes by it
	start daemon "$builddir/src/tapferryd" --user nobody \
		--listen "unix:$dir/made/sock" --output stdout --pid-file "$dir/pid"
	wait_for "$dir/daemon.err" ' READY '
	wait_for "$dir/daemon.err" " FOLDER_MADE .*path=$dir/made user=nobody\$"
	wait_for "$dir/daemon.err" \
		" PRIVILEGES .*user=nobody group=$(id -gn nobody)\$"
	daemon_stop
	mkdir "$dir/users"
	chown 4711 "$dir/users"
	start daemon "$builddir/src/tapferryd" --user 4711 --group 4711 \
		--listen "unix:$dir/users/sock" \
		--output "file:$dir/users/events" --pid-file "$dir/pid"
	wait_for "$dir/daemon.err" ' READY '
	equal "the pid file, without root" "$(cat "$dir/pid")" "${pids[daemon]}"
	daemon_stop
	equal "the pid file, emptied" "$(stat -c %s "$dir/pid")" 0
	run daemon
	wait_for "$dir/daemon.err" ' READY '
	equal "the pid file, again" "$(cat "$dir/pid")" "${pids[daemon]}"
	daemon_stop
fi
