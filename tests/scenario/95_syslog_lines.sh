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
