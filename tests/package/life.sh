#!/bin/bash
# The life of the packages; tests/package/root.sh runs it in a clean root, where
# they have just been installed.
set -eu
conf=/etc/tapferry/tapferry.conf
token=/etc/tapferry/hec.token
fail() {
	echo "life: $*" >&2
	exit 1
}
# equal WHAT IS WANTED
equal() { [ "$2" = "$3" ] || fail "$1 is '$2', not '$3'"; }
# rights PATH MODE OWNER:GROUP
rights() { equal "$1" "$(stat -c '%a %U:%G' "$1")" "$2 $3"; }
within() {
	local tries=300
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}
# the base system has no pgrep
running() { grep -qsx tapferryd /proc/[0-9]*/comm; }
up() { within tapferryctl status >/dev/null 2>&1 || fail "$(tail /test/daemon.log)"; }
# as the unit would
start() {
	# shellcheck disable=SC2046 # the words of a command
	setpriv --reuid=tapferry --regid=tapferry --init-groups -- \
		$(sed -n 's/^ExecStart=//p' /lib/systemd/system/tapferryd.service) \
		>>/test/daemon.log 2>&1 &
	daemon=$!
	up
}
stop() {
	kill $daemon
	wait $daemon || fail "exit status $?: $(tail /test/daemon.log)"
	grep 'LEDGER .*closed=yes' /test/daemon.log | tail -n 1
}

echo "--- installed"
! running || fail "the installation has started a daemon"
! ls /etc/systemd/system/*.wants/tapferry* 2>/dev/null ||
	fail "the installation has enabled a unit"
rights /etc/tapferry 750 root:tapferry
rights $conf 644 root:root
rights $token 640 root:tapferry
rights /run/tapferry 755 tapferry:tapferry
rights /var/lib/tapferry 750 tapferry:tapferry
rights /var/log/tapferry 750 tapferry:tapferry
equal "tapferry's groups" "$(id -nG tapferry)" "tapferry dnstap"
equal "tapferry's shell" "$(getent passwd tapferry | cut -d : -f 7)" \
	/usr/sbin/nologin

echo "--- debian/tests/deliver"
/test/deliver

echo "--- a DNS server in front, a file behind it, logrotate"
cat >/etc/unbound/unbound.conf <<'END'
server:
	interface: 127.0.0.1
	chroot: ""
	use-syslog: no
	do-daemonize: no
	module-config: "iterator"
	local-data: "www.example.test. A 192.0.2.7"
dnstap:
	dnstap-enable: yes
	dnstap-socket-path: "/run/tapferry/dnstap.sock"
	dnstap-log-client-response-messages: yes
END
usermod -aG dnstap unbound
echo s3cret >$token
sed -i 's|^  #, \({ name = "archive"\)|  , \1|' $conf
grep -q '^  , { name = "archive"' $conf || fail "no file output in $conf"
start
unbound >/test/unbound.log 2>&1 &
unbound=$!
# asks for www.example.test A until there is something in FILE
ask_until() {
	local tries=300
	until [ -s "$1" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "no events in $1: $(cat /test/unbound.log)"
		printf '\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x04test\x00\x00\x01\x00\x01' \
			2>/dev/null >/dev/udp/127.0.0.1/53 || :
		sleep 0.1
	done
}
file=/var/log/tapferry/dns.ndjson
ask_until $file
grep -q '"qname":"www.example.test"' $file || fail "$(cat $file)"
rights $file 640 tapferry:tapferry
# no service manager here: what logrotate asks of it, done
mkdir -p /run/systemd/system /usr/local/bin
cat >/usr/local/bin/systemctl <<'END'
#!/bin/sh
[ "$*" = "kill --kill-who=main --signal=USR1 tapferryd.service" ] || exit 1
read -r pid </test/daemon.pid
kill -USR1 "$pid"
END
chmod +x /usr/local/bin/systemctl
echo $daemon >/test/daemon.pid
PATH=/usr/local/bin:$PATH logrotate --force /etc/logrotate.d/tapferry
rm -r /run/systemd/system /usr/local/bin/systemctl
[ -s $file.1 ] || fail "nothing rotated: $(ls /var/log/tapferry)"
ask_until $file
rights $file 640 tapferry:tapferry
kill $unbound
wait $unbound || fail "unbound: exit status $?"
stop
# Splunk was away all the time: its events are in the spool
[ -n "$(find /var/lib/tapferry/splunk -type f -size +0)" ] || fail "nothing in the spool"

echo "--- upgraded: what the administrator changed stays, the rest is new"
chmod 0700 /etc/tapferry
cp $conf /test/edited.conf
dpkg --force-confdef --force-confold -i /test/next.deb
cmp $conf /test/edited.conf || fail "the upgrade has changed $conf"
grep -q 'next version' $conf.dpkg-dist || fail "no word of the next $conf"
grep -q 'next version' /etc/logrotate.d/tapferry ||
	fail "an unchanged configuration file is still the old one"
equal token "$(cat $token)" s3cret
rights $token 640 root:tapferry
rights /etc/tapferry 700 root:tapferry
! running || fail "the upgrade has started a daemon"
rm $conf.dpkg-dist
chmod 0750 /etc/tapferry
start
stop

echo "--- removed: what it has written stays"
dpkg -r tapferry
! ls /usr/sbin/tapferryd /usr/bin/tapferryctl 2>/dev/null || fail "a program is left"
cmp $conf /test/edited.conf || fail "$conf is gone"
equal token "$(cat $token)" s3cret
[ -s $file.1 ] || fail "output files are gone"
[ -n "$(find /var/lib/tapferry/splunk -type f)" ] || fail "the spool is gone"

echo "--- installed again: it goes on"
dpkg -i /test/next.deb
cmp $conf /test/edited.conf || fail "$conf has changed"
# by hand, this time
tapferryd >>/test/daemon.log 2>&1 &
daemon=$!
up
equal "the user it runs as" "$(stat -c %U /proc/$daemon)" tapferry
tapferryctl ledger
stop

echo "--- purged"
dpkg -P tapferry tapferry-tools
left=$(find / -xdev -path /proc -prune -o -path /test -prune -o \
	-path '/var/log/*' -prune -o -name '*tapferry*' -print)
[ -z "$left" ] || fail "the purge has left $left"
[ ! -e /var/log/tapferry ] || fail "the purge has left output files"
# the user stays, locked: nobody knows what else it owns
getent shadow tapferry | grep -q '^tapferry:!' || fail "the user can log in"
echo "life: all is well"
