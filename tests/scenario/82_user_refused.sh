#!/usr/bin/env bash
# Users and groups that cannot be, places that the user may not write to, and
# who is not root: each is refused by name with a cure, at a start and by -t.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
[ "$(id -u)" = 0 ] || skip "giving up root needs root"
need setpriv
chmod 0711 "$dir"
mkdir -p "$dir/roots/spool" "$dir/users"
chown 4711 "$dir/users"

# config SETTINGS [OUTPUT]
config() {
	cat >"$dir/tapferry.conf" <<-END
	$1
	listeners = ( { name = "l"; address = "unix:$dir/users/tap.sock"; } );
	outputs = ( { name = "out"; ${2:-type = \"stdout\";} } );
	END
	chmod 0644 "$dir/tapferry.conf"
}

# refused PATTERN [COMMAND...] - neither a start nor -t does it
refused() {
	local pattern=$1 status=0
	shift
	"$@" timeout -s KILL $((20 * slow)) "$builddir/src/tapferryd" -c "$dir/tapferry.conf" \
		>"$dir/daemon.out" 2>"$dir/daemon.err" || status=$?
	equal "exit status" $status 1
	grep -Eq -- "START_FAILED $pattern" "$dir/daemon.err" ||
		fail "a start does not say: $pattern"
	status=0
	"$@" "$builddir/src/tapferryd" -t -c "$dir/tapferry.conf" \
		>"$dir/daemon.out" 2>"$dir/daemon.err" || status=$?
	equal "exit status of -t" $status 1
	grep -Eq -- "^$pattern" "$dir/daemon.err" ||
		fail "-t does not say: $pattern"
	[ ! -e "$dir/users/tap.sock" ] || fail "the socket is still there"
}

config 'user = "no-such-user-here";'
refused 'user: there is no user "no-such-user-here": create it'
config 'user = "4711"; group = "no-such-group-here";'
refused 'group: there is no group "no-such-group-here": create it'
config 'user = "4711";'
refused 'user: 4711 is not in the user database: give group'
config 'user = "root"; group = "4712";'
refused 'group: user root keeps its group'

# --- without root
config 'user = "4711"; group = "4712";'
as() { setpriv --reuid="$1" --regid="$2" --clear-groups "${@:3}"; }
refused 'user: only root can become 4711:4712, and this is user 4713, group 4712' \
	as 4713 4712
refused 'user: only root can become 4711:4712, and this is user 4711, group 4713' \
	as 4711 4713
# root without its capabilities, as in a container
refused 'user: cannot become user 4711, group 4712: .*in some containers' \
	setpriv --bounding-set=-setuid

# with just those that the change takes
config 'user = "4711"; group = "4712";' "type = \"file\"; path = \"$dir/users/events\";"
setpriv --bounding-set=-all,+setuid,+setgid,+chown,+fowner,+dac_override \
	"$builddir/src/tapferryd" -t -c "$dir/tapferry.conf" >"$dir/t.out" ||
	fail "-t wants more capabilities than it takes"

# --- places
config 'user = "4711"; group = "4712";' \
	"type = \"file\"; path = \"$dir/roots/events\";"
refused "output out: file $dir/roots/events cannot be used: Permission denied: .*user 4711"
config 'user = "4711"; group = "4712";' \
	"type = \"hec\"; token = \"t\"; backends = ( { url = \"http://127.0.0.1:1\"; } );
	 spool = { path = \"$dir/roots/spool\"; };"
refused "output out: spool $dir/roots/spool cannot be used: Permission denied"
config 'user = "4711"; group = "4712";' \
	"type = \"file\"; path = \"$dir/far/too/deep/events\";"
refused "output out: file $dir/far/too/deep/events cannot be used: No such file"
echo none >"$dir/ca"
chmod 0600 "$dir/ca"
config 'user = "4711"; group = "4712";' \
	"type = \"hec\"; token = \"t\"; backends = ( { url = \"https://127.0.0.1:1\"; } );
	 tls = { ca = \"$dir/ca\"; };"
refused "outputs.out.tls.ca: $dir/ca cannot be read by user 4711: Permission denied: chgrp 4712"
config 'group = "4712";'
"$builddir/src/tapferryd" -t -c "$dir/tapferry.conf" 2>"$dir/t.err" &&
	fail "group without user"
grep -q 'group: goes with user' "$dir/t.err" || fail "no word about group alone"

# --- who is that user already needs no root
config 'user = "4711"; group = "4712";' \
	"type = \"file\"; path = \"$dir/users/events\";"
as 4711 4712 "$builddir/src/tapferryd" -t -c "$dir/tapferry.conf" >"$dir/t.out" ||
	fail "-t refuses the user itself"
start daemon setpriv --reuid=4711 --regid=4712 --clear-groups \
	"$builddir/src/tapferryd" -c "$dir/tapferry.conf"
wait_for "$dir/daemon.err" ' READY '
daemon_stop
start given setpriv --reuid=4711 --regid=4712 --clear-groups \
	"$builddir/src/tapferryd" \
	--listen "unix:$dir/users/tap.sock" -o 'listeners.*.group=4714' --output stdout
finished given 1
grep -q 'cannot give it to group "4714": ' "$dir/given.err" ||
	fail "no word about the group: $(cat "$dir/given.err")"

# --- root that stays root is told how to change that, once
config "" "type = \"file\"; path = \"$dir/users/events\";"
daemon -c "$dir/tapferry.conf"
kill -HUP "${pids[daemon]}"
wait_for "$dir/daemon.err" ' RELOADED '
equal "warnings" "$(count 'warning RUNS_AS_ROOT .*set user' "$dir/daemon.err")" 1
daemon_stop
config 'user = "root";' "type = \"file\"; path = \"$dir/users/events\";"
daemon -c "$dir/tapferry.conf"
! grep -q RUNS_AS_ROOT "$dir/daemon.err" || fail "root was asked for"
daemon_stop
