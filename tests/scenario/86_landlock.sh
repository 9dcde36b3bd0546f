#!/usr/bin/env bash
# Landlock: the daemon does its work, renewed certificates and rotation
# included, and gets at nothing else.  A reload that would need more is refused
# whole, with the path's name; one within what was left open is taken up; a
# restart takes up what was refused.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need openssl

ctl() { "$builddir/src/tapferryctl" --socket "$dir/run/control.sock" "$@"; }
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 2 -subj "/CN=$1" \
		-addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
		-keyout "$dir/tls/key.new" -out "$dir/tls/cert.new" 2>/dev/null
	mv "$dir/tls/key.new" "$dir/tls/key.pem"
	mv "$dir/tls/cert.new" "$dir/tls/cert.pem"
}

mkdir "$dir"/{etc,included,tls,run,log,var,later,elsewhere}
echo '# nothing to see here' >"$dir/included/more.conf"
umask 027
echo token >"$dir/etc/token"
echo token >"$dir/elsewhere/token"
certificate first
collect hec
tls=$(free_port)

# configure LANDLOCK [OUTPUT [TOKEN-FILE [LISTENER]]]
configure() {
	cat >"$dir/etc/tapferry.conf" <<-END
	@include "$dir/included/more.conf"
	sandbox = { landlock = "$1"; write = "$dir/later"; };
	control = { socket = "$dir/run/control.sock"; };
	listeners = (
	  { name = "l"; type = "dnstap"; address = "unix:$dir/run/tap.sock"; },
	  { name = "t"; type = "dnstap"; address = "tls://127.0.0.1:$tls";
	    tls = { cert = "$dir/tls/cert.pem"; key = "$dir/tls/key.pem"; }; }${4:-}
	);
	outputs = (
	  { name = "hec"; type = "hec"; token_file = "${3:-$dir/etc/token}";
	    batch = { events = 100; linger = "20ms"; };
	    backends = ( { url = "$(collect_url hec | sed s/127.0.0.1/localhost/)"; } );
	    dead_letter = { path = "$dir/var/dead.ndjson"; };
	    spool = { path = "$dir/var/spool"; mode = "always"; }; },
	  { name = "file"; type = "file"; path = "$dir/log/events"; rotate = { gzip = true; }; }${2:-}
	);
	END
}
# output NAME PATH
output() { echo ", { name = \"$1\"; type = \"file\"; path = \"$2\"; }"; }

configure required
start daemon "$builddir/src/tapferryd" -c "$dir/etc/tapferry.conf"
until_true 10 grep -q ' READY ' "$dir/daemon.err" || {
	! grep -q 'the kernel has no Landlock' "$dir/daemon.err" ||
		skip "this kernel has no Landlock"
	fail "the daemon did not start"
}
grep -q " SANDBOX_LANDLOCK .*write=\"[^\"]*$dir/var/spool" "$dir/daemon.err" ||
	fail "the log does not say what may be written"

send --to "unix:$dir/run/tap.sock" --generate --count 1000
send --to "tls://localhost:$tls" --tls-ca "$dir/tls/cert.pem" --generate --count 1000
until_true 10 at_least . "$dir/log/events" 2000 || fail "no events in the file"
kill -USR1 "${pids[daemon]}"
until_true 10 test -s "$dir/log/events.1.gz" || fail "the file was not rotated"

# --- a certificate is renewed by renaming another to its name
certificate second
wait_for "$dir/daemon.err" ' TLS_RELOADED ' 10
send --to "tls://localhost:$tls" --tls-ca "$dir/tls/cert.pem" --generate --count 1000

# --- what is unchanged is taken up, a file of comments elsewhere too
ctl reload >"$dir/ctl.out" 2>&1 || fail "unchanged: $(cat "$dir/ctl.out")"

# --- refused, each with the path's name, and nothing else of it taken up
refused=0
# is_refused PATH
is_refused() {
	refused=$((refused + 1))
	if ctl reload >"$dir/ctl.out" 2>&1; then
		fail "the reload was not refused: $1"
	fi
	grep -q "$1 is outside of what .* restart it" "$dir/ctl.out" ||
		fail "$1 is not named: $(cat "$dir/ctl.out")"
	wait_count ' RELOAD_FAILED ' "$dir/daemon.err" $refused
}
configure required "$(output within "$dir/later/within")$(output more "$dir/elsewhere/events")"
is_refused "$dir/elsewhere/events"
[ ! -e "$dir/later/within" ] || fail "half of a refused reload was taken up"
configure required '' "$dir/elsewhere/token"
is_refused "$dir/elsewhere/token"
configure required '' '' ", { name = \"e\"; type = \"dnstap\"; address = \"unix:$dir/elsewhere/tap.sock\"; }"
is_refused "$dir/elsewhere/tap.sock"
grep -q "with its folder in sandbox.write" "$dir/ctl.out" ||
	fail "the other cure is not named: $(cat "$dir/ctl.out")"
! grep 'RELOAD_FAILED' "$dir/daemon.err" | grep -v 'problems=1$' ||
	fail "RELOAD_FAILED does not say how many problems"
# the kernel itself: root may read this file, the daemon may not
configure required
echo 'stats_interval = "30s";' >"$dir/elsewhere/stats.conf"
echo "@include \"$dir/elsewhere/stats.conf\"" >>"$dir/etc/tapferry.conf"
if ctl reload >"$dir/ctl.out" 2>&1; then
	fail "the daemon can read what is out of reach"
fi
grep -q "$dir/elsewhere/stats.conf: check .*(or let it in by sandbox.read" \
	"$dir/ctl.out" || fail "the file is not named: $(cat "$dir/ctl.out")"
"$builddir/src/tapferryd" -t -c "$dir/etc/tapferry.conf" >/dev/null ||
	fail "nobody can read it"

# --- the unit's reload: it fails as that of the daemon does, and where there is
# no control socket it is a signal
unit_reload() {
	local line
	line=$(sed -n "s|^ExecReload=/bin/sh -c '\(.*\)'\$|\1|p" \
		"$srcdir/examples/systemd/tapferryd.service" |
		sed "s|/usr/bin/tapferryctl|$builddir/src/tapferryctl|; s|\\\$\\\$|\\\$|g")
	[ -n "$line" ] || fail "no ExecReload= of a shell in the unit"
	MAINPID=${pids[daemon]} TAPFERRY_SOCKET=$1 sh -c "$line" >"$dir/unit.out" 2>&1
}
configure required "$(output more "$dir/elsewhere/events")"
! unit_reload "$dir/run/control.sock" || fail "the unit's reload was not refused"
grep -q "$dir/elsewhere/events is outside of" "$dir/unit.out" ||
	fail "the unit's reload does not say why: $(cat "$dir/unit.out")"
reloads=$(count ' RELOADED ' "$dir/daemon.err")
configure required
unit_reload "$dir/run/control.sock" || fail "the unit's reload: $(cat "$dir/unit.out")"
wait_count ' RELOADED ' "$dir/daemon.err" $((reloads += 1))
unit_reload "$dir/nowhere" || fail "the unit's signal: $(cat "$dir/unit.out")"
wait_count ' RELOADED ' "$dir/daemon.err" $((reloads += 1))

# --- within reach
configure off "$(output within "$dir/later/within")" '' \
	", { name = \"e\"; type = \"dnstap\"; address = \"unix:$dir/later/tap.sock\"; }"
sed -i 's| write = "[^"]*";| read = "/etc";|' "$dir/etc/tapferry.conf"
ctl reload >"$dir/ctl.out" || fail "the reload was refused: $(cat "$dir/ctl.out")"
for key in 'sandbox.landlock: needs' 'sandbox.read, sandbox.write: need'; do
	grep -q "$key a restart" "$dir/ctl.out" ||
		fail "not said: $key a restart: $(cat "$dir/ctl.out")"
done
ctl config >"$dir/ctl.out"
grep -Eq "^ *write *= \"$dir/later\"" "$dir/ctl.out" ||
	fail "not what is in force: $(grep -A5 '^sandbox' "$dir/ctl.out")"
! grep -Eq '^ *(read *= "/etc"|landlock *= "off")' "$dir/ctl.out" ||
	fail "not what is in force: $(grep -A5 '^sandbox' "$dir/ctl.out")"
send --to "unix:$dir/later/tap.sock" --generate --count 1000
daemon_stop
equal "delivered" "$(ledger hec delivered)" 4000
equal "written where it was left open" "$(count . "$dir/later/within")" 1000
[ ! -e "$dir/run/tap.sock" ] || fail "the socket was left behind"

# --- a restart takes up what was refused
configure auto "$(output more "$dir/elsewhere/events")" "$dir/elsewhere/token"
daemon -c "$dir/etc/tapferry.conf"
send --to "unix:$dir/run/tap.sock" --generate --count 1000
daemon_stop
equal "written elsewhere" "$(count . "$dir/elsewhere/events")" 1000
stop hec
equal "at the collector" "$(collected hec)" 5000
