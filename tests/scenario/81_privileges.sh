#!/usr/bin/env bash
# Started as root with `user`: everything that takes root is opened, then no
# thread has any of it.  Events come in and go out, sockets and folders are the
# user's, a reload says which file only root may read, and opens another port
# below 1024.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
[ "$(id -u)" = 0 ] || skip "giving up root needs root"
need curl openssl
user=4711
group=4712
chmod 0711 "$dir" # the user has nothing here, but may pass

# low_port [OTHER] - a port that takes a privilege, and that nobody uses
low_port() {
	local port
	while :; do
		port=$((600 + RANDOM % 400))
		[ $port != "${1:-}" ] || continue
		grep -qi "$(printf ':%04X ' $port)" /proc/net/tcp \
			/proc/net/tcp6 2>/dev/null || break
	done
	echo $port
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-days 2 -subj /CN=tap.example -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$dir/key" -out "$dir/cert" 2>/dev/null
echo s3cret >"$dir/token"
chmod 0600 "$dir/key" "$dir/token"
chmod 0644 "$dir/cert"
first=$(low_port)
second=$(low_port "$first")
monitor=$(free_port)
collect splunk --token s3cret
# config SETTINGS LISTENERS
config() {
	cat >"$dir/tapferry.conf" <<-END
	$1
	listeners = (
	  { name = "own"; address = "unix:$dir/run/tap.sock"; },
	  { name = "given"; address = "unix:$dir/given.sock"; mode = "0620";
	    owner = "4713"; group = "4714"; }, $2
	  { name = "low"; address = "tls://127.0.0.1:$first";
	    tls = { cert = "$dir/cert"; key = "$dir/key"; }; }
	);
	outputs = (
	  { name = "splunk"; type = "hec"; token_file = "$dir/token";
	    backends = ( { url = "$(collect_url splunk)"; } );
	    batch = { linger = "50ms"; };
	    spool = { path = "$dir/spool/splunk"; mode = "always"; };
	    dead_letter = { path = "$dir/log/dead"; }; },
	  { name = "file"; type = "file"; path = "$dir/log/events"; }
	);
	monitor = { address = "127.0.0.1:$monitor"; };
	control = { socket = "$dir/run/control.sock"; };
	END
}
config "user = \"$user\"; group = \"$group\"; pid_file = \"$dir/pid\";" ""
chmod 0644 "$dir/tapferry.conf"

# --- what a start would find, which makes nothing
"$builddir/src/tapferryd" -t -c "$dir/tapferry.conf" >"$dir/t.out" ||
	fail "-t refuses it"
grep -q "^outputs.splunk.token_file: $dir/token cannot be read by user $user, so a reload will fail" \
	"$dir/t.out" || fail "-t has no word about the token: $(cat "$dir/t.out")"
[ ! -e "$dir/run" ] || fail "-t has made a folder"

daemon -c "$dir/tapferry.conf"
# each_thread KEY VALUE - all of its threads have that in their status
each_thread() {
	local bad
	# one that ends meanwhile has none any more
	bad=$(cat /proc/"${pids[daemon]}"/task/*/status 2>/dev/null |
		awk -v key="$1:" -v value="$2" '
		$1 == "Name:" { name = $2 }
		$1 == key { n++; sub(/^[^:]*:[ \t]*/, ""); sub(/[ \t]+$/, "")
			gsub(/[ \t]+/, " ")
			if ($0 != value) print name ": " key " " $0 }
		END { if (n < 8) print n + 0 " threads with " key }') || :
	[ -z "$bad" ] || fail "$bad"
}
given_up() {
	each_thread Uid "$user $user $user $user"
	each_thread Gid "$group $group $group $group"
	each_thread Groups "$group"
	each_thread CapInh 0000000000000000
	each_thread CapPrm 0000000000000400
	each_thread CapEff 0000000000000400
	each_thread CapBnd 0000000000000000
	each_thread CapAmb 0000000000000000
	each_thread NoNewPrivs 1
}
given_up
equal "its own socket" "$(stat -c %u:%g:%a "$dir/run/tap.sock")" $user:$group:660
equal "the control socket" "$(stat -c %u:%g:%a "$dir/run/control.sock")" \
	$user:$group:660
equal "a socket given away" "$(stat -c %u:%g:%a "$dir/given.sock")" 4713:4714:620
equal "its spool" "$(stat -c %u:%g:%a "$dir/spool/splunk")" $user:$group:700
equal "its file" "$(stat -c %u:%g:%a "$dir/log/events")" $user:$group:640
equal "the pid file" "$(cat "$dir/pid")" "${pids[daemon]}"
equal "whose it is" "$(stat -c %u "$dir/pid")" 0
equal "words about the key" "$(count \
	" PRIVILEGES_NOTE .*listeners.low.tls.key: $dir/key cannot be read by user $user" \
	"$dir/daemon.err")" 1

# --- events
send --to "unix:$dir/run/tap.sock" --generate --count 400
send --to "unix:$dir/given.sock" --generate --count 300
send --to "tls://127.0.0.1:$first" --tls-ca "$dir/cert" --generate --count 200
written() { [ "$(wc -l <"$dir/log/events")" -ge "$1" ]; }
until_true 15 written 900 || fail "not all events were written"

# --- a reload that only root could do changes nothing, and says why
kill -HUP "${pids[daemon]}"
wait_for "$dir/daemon.err" "RELOAD_PROBLEM .*$dir/token .*let user $user read it"
wait_for "$dir/daemon.err" "RELOAD_PROBLEM .*$dir/key cannot be read"
wait_for "$dir/daemon.err" ' RELOAD_FAILED '
chgrp $group "$dir/token" "$dir/key"
chmod 0640 "$dir/token" "$dir/key"
config "user = \"nobody\";" \
	"{ name = \"more\"; address = \"tcp://127.0.0.1:$second\"; },"
kill -HUP "${pids[daemon]}"
wait_for "$dir/daemon.err" ' RELOADED '
wait_for "$dir/daemon.err" 'CONFIG_NOTE .*user, group: need a restart'
wait_for "$dir/daemon.err" 'CONFIG_NOTE .*pid_file: needs a restart'
equal "a socket given away, after a reload" \
	"$(stat -c %u:%g:%a "$dir/given.sock")" 4713:4714:620
sed 's/group = "4714"/group = "4715"/' "$dir/tapferry.conf" >"$dir/other.conf"
cp "$dir/tapferry.conf" "$dir/kept.conf"
cp "$dir/other.conf" "$dir/tapferry.conf"
kill -HUP "${pids[daemon]}"
wait_for "$dir/daemon.err" 'RELOAD_PROBLEM .*given.sock: cannot be given to .*group .*4715'
wait_count ' RELOAD_FAILED .*problems=1$' "$dir/daemon.err" 1
equal "a socket that cannot be given to others" \
	"$(stat -c %u:%g:%a "$dir/given.sock")" 4713:4714:620
cp "$dir/kept.conf" "$dir/tapferry.conf"
! grep -q ' INTAKE_CHANGE_FAILED ' "$dir/daemon.err" ||
	fail "a listener could not stay as it was"
send --to "tcp://127.0.0.1:$second" --generate --count 100
send --to "tls://127.0.0.1:$first" --tls-ca "$dir/cert" --generate --count 100
until_true 15 written 1100 || fail "not all events were written after the reload"
curl -fsS "http://127.0.0.1:$monitor/metrics" >"$dir/metrics" || fail metrics
grep -q '^process_open_fds [1-9]' "$dir/metrics" ||
	fail "its descriptors cannot be counted"
given_up

daemon_stop
stop splunk 0 TERM
equal collected "$(collected splunk)" 1100
equal "the pid file, emptied" "$(stat -c %s "$dir/pid")" 0
[ ! -e "$dir/run/tap.sock" ] || fail "its socket is still there"
