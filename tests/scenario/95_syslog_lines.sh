#!/usr/bin/env bash
# format = "syslog" on every output that has it: each event of the captures is
# a message of RFC 5424 with the JSON object in it.
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=tests/scenario/local.sh
. "$here/local.sh"

configure \
	'name = "file"; type = "file"; path = "'"$dir"'/file.got";
	format = "syslog"; syslog = { facility = "daemon"; severity = "notice";
	hostname = "ns1.example.net"; app_name = "dns"; procid = "-"; };' \
	'name = "json"; type = "file"; path = "'"$dir"'/json.got";' \
	'name = "stdout"; type = "stdout"; format = "syslog"; dialect = "cim";' \
	'name = "pipe"; type = "pipe"; path = "'"$dir"'/pipe"; format = "syslog";
	syslog = { msgid = "DNS"; };'
read_pipe() { read_by pipe pipe "$dir/pipe"; }
daemon -c "$dir/tapferry.conf"
read_pipe
play 2000
send --to "unix:$dir/tap.sock" --capture "$srcdir/$sample"
n=$((2000 + $(sent)))
await_now pipe delivered $n
daemon_stop
finished pipe 0
for name in file json pipe; do
	equal "lines of $name" "$(wc -l <"$dir/$name.got")" $n
done
equal "lines on standard output" "$(count '^<134>1 ' "$dir/daemon.out")" $n
equal "headers of the file" $n \
	"$(count '^<29>1 [0-9T:.-]+Z ns1\.example\.net dns - [A-Z_]+ - \{"@' \
		"$dir/file.got")"
equal "headers of the pipe" $n "$(count '^<134>1 [^ ]+ [^ ]+ tapferry [0-9]+ DNS - \{"@' \
	"$dir/pipe.got")"
# behind the header is what the other output has, event by event
sed 's/^[^{]*//' "$dir/file.got" | sort >"$dir/stripped"
sort "$dir/json.got" | cmp - "$dir/stripped" || fail "other objects"
head -n 2000 "$dir/file.got" >"$dir/first.got"
equal "the grammar" "$(lines --syslog first)" "events=2000 distinct=2000 halves=0"

# --- a real receiver of datagrams takes them apart as we do
command -v syslog-ng >/dev/null || { echo "not tried: no syslog-ng" && exit 0; }
cat >"$dir/syslog-ng.conf" <<END
@version: $(syslog-ng --version | sed -n 's/^Config version: //p')
options { keep-hostname(yes); };
source s { unix-dgram("$dir/ng.sock" flags(syslog-protocol)); };
destination d { file("$dir/ng.got"
	template("\$PRI \$HOST \$PROGRAM \$PID \$MSGID \$MSG\n")); };
log { source(s); destination(d); };
END
start ng syslog-ng -F -f "$dir/syslog-ng.conf" -R "$dir/ng.persist" \
	-p "$dir/ng.pid" -c "$dir/ng.ctl"
until_true 20 test -S "$dir/ng.sock" || fail "syslog-ng does not start"
configure 'name = "ng"; type = "socket"; path = "'"$dir"'/ng.sock";
	socket_type = "datagram"; format = "syslog"; syslog = { hostname = "ns1";
	facility = "local7"; severity = "debug"; procid = "p"; };'
daemon -c "$dir/tapferry.conf"
play 1000
written() { [ "$(count '^191 ns1 tapferry p [A-Z_]+ \{"@.*\}$' "$dir/ng.got")" -eq 1000 ]; }
until_true 20 written || fail "syslog-ng wrote: $(head -n 2 "$dir/ng.got")"
daemon_stop
stop ng
