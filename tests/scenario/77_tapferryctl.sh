#!/usr/bin/env bash
# Every command of tapferryctl against a daemon under load, and the ledger
# closes over all of it.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need jq python3

collect one
collect two
one=$(collect_url one) two=$(collect_url two)
sock=$dir/control.sock port=$(free_port)
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "local"; address = "unix:$dir/tap.sock"; },
	{ name = "lan"; address = "tcp://127.0.0.1:$port"; } );
outputs = ( { name = "splunk"; type = "hec"; token = "s3cret";
	backends = ( { url = "$one"; } );
	batch = { events = 500; linger = "50ms"; };
	spool = { path = "$dir/spool"; };
	dead_letter = { path = "$dir/dead"; }; },
	{ name = "archive"; type = "file"; path = "$dir/events";
	batch = { linger = "10m"; }; } );
control = { socket = "$sock"; mode = "0600"; };
END
daemon -c "$dir/tapferry.conf"
equal "the socket's mode" "$(stat -c %a "$sock")" 600

ctl() { timeout 30 "$builddir/src/tapferryctl" --socket "$sock" "$@"; }
# json FILTER COMMAND... - what jq finds in its result
json() {
	local filter=$1
	shift
	ctl "$@" --json | jq -r "$filter"
}
# wrong STATUS PATTERN COMMAND... - it is not done, and says so
wrong() {
	local want=$1 pattern=$2 status=0
	shift 2
	ctl "$@" >"$dir/wrong.out" 2>"$dir/wrong.err" || status=$?
	equal "exit status of $*" $status "$want"
	grep -Eq -- "$pattern" "$dir/wrong.err" ||
		fail "$* does not say '$pattern': $(cat "$dir/wrong.err")"
}
# says PATTERN COMMAND... - it is done, and that is in what it prints
says() {
	local pattern=$1
	shift
	ctl "$@" >"$dir/says.out" || return 1
	grep -Eq -- "$pattern" "$dir/says.out"
}
splunk='.outputs[] | select(.name == "splunk")'
archive='.outputs[] | select(.name == "archive")'
# is FILTER WANTED COMMAND... - true if that is what jq finds
is() {
	local filter=$1 wanted=$2
	shift 2
	[ "$(json "$filter" "$@")" = "$wanted" ]
}

# nothing was delivered: there is no delay
says '^archive .* - +on *$' top --once --interval 0.1 ||
	fail "top before the first event: $(cat "$dir/says.out")"

start sender "$builddir/src/tapferry-load" send --quiet \
	--to "unix:$dir/tap.sock" --generate --connections 5 --rate 5000 \
	--count 100000000
until_true 10 is '.total' 5 connections || fail "no five connections"

# --- looking
equal state "$(json .state status)" running
equal alive "$(json .alive status)" true
says '^splunk ' status || fail "no outputs in status"
says '^archive .*[0-9]' ledger || fail "no ledger"
equal "what the ledger has" \
	"$(json '.outputs | map(keys | join(",")) | unique | join(" ")' ledger)" \
	"ledger,name"
equal outputs "$(json '.outputs | map(.type) | join(" ")' outputs list)" \
	"hec file"
ctl connections --limit 2 >"$dir/list"
equal "lines of a short list" "$(wc -l <"$dir/list")" 4
grep -q '^2 of 5' "$dir/list" || fail "no word of the others"
equal "the busiest first" "$(json '.connections | map(.messages) |
	. == (sort | reverse)' connections --sort messages)" true
says 'EVENTS/S' top --once --interval 0.5 || fail top
says '^ *socket  *= "' config || fail "no settings in force"
grep -q s3cret "$dir/says.out" && fail "a secret in config"
TAPFERRY_SOCKET=$sock "$builddir/src/tapferryctl" status >"$dir/env.out" ||
	fail "TAPFERRY_SOCKET"

# --- connections
id=$(json '.connections[0].id' connections)
says '^1 connection' connections close "$id" || fail close
until_true 10 is "[.connections[] | select(.id == $id)] | length" 0 \
	connections || fail "connection $id is still there"
wrong 1 'no connection 999999999' connections close 999999999
exec 7<>"/dev/tcp/127.0.0.1/$port"
until_true 10 is '[.connections[] | select(.listener == "lan")] | length' 1 \
	connections || fail "the one over TCP is not listed"
equal "closed of a network" \
	"$(json .closed connections close --peer 127.0.0.0/8)" 1
exec 7>&-
wrong 1 'peer 127.0.0.0/99' connections close --peer 127.0.0.0/99
wrong 1 'which connection' connections close

# --- backends
url() { json "[$splunk | .backends[] | select(.url == \"$two\")][0] | $1" \
	backends; }
equal "no second" "$(url .state)" null
says splunk backends add "$two" 3 || fail add
equal weight "$(url .weight)" 3
wrong 1 'has a backend' backends add "$two"
sent_to_two() { [ "$(url .counters.delivered)" -gt 0 ]; }
until_true 15 sent_to_two || fail "nothing goes to the second"
ctl backends weight "$two" 7 >/dev/null
equal "other weight" "$(url .weight)" 7
two_is() { [ "$(url .state)" = "$1" ]; }
for verb in drain disable; do
	ctl backends $verb "$two" >/dev/null
	case $verb in drain) state=drained ;; *) state=disabled ;; esac
	until_true 10 two_is $state || fail "$verb: $(url .state)"
	ctl backends enable "$two" >/dev/null
	equal "after $verb" "$(url .state)" up
done
# however it is named: as in the configuration, or as requests have it
for name in "$two/" "$two/services/collector/event" "${two#http://}"; do
	equal "disabled as $name" "$(json .url backends disable "$name")" "$two"
	equal "state as $name" "$(url .state)" disabled
	ctl backends enable "$name" --output splunk >/dev/null
	wrong 1 'has a backend' backends add "http://${name#http://}"
done
# the last one that may be used
ctl backends disable "$two" >/dev/null
left='output splunk has no backend left that may be used: its events wait in'
says "$left memory and spool" backends drain "$one" || fail "no word of the last"
says '^splunk +hec +waits .* 0 of 2' outputs || fail "it does not wait"
says '^splunk .* waits *$' top --once --interval 0.1 ||
	fail "top does not tell that it waits: $(cat "$dir/says.out")"
equal "a warning" "$(json .warning backends disable "$two")" \
	"$left memory and spool"
equal "no warning" "$(json .warning backends enable "$one")" null
says '^splunk +hec +on ' outputs || fail "it still waits"
ctl backends remove "$two" >/dev/null
equal "removed" "$(url .state)" null
wrong 1 'no backend' backends remove "$two"
wrong 1 'no url' backends add ftp://nowhere
wrong 1 'no url.*output splunk' backends add http://u:s3cret@nowhere
! grep -q s3cret "$dir/wrong.err" || fail "it quotes a password"
wrong 1 'outputs with backends|no output' backends add http://x --output archive

# --- outputs
held() { is "($archive | .ledger.delivered) > $1" true outputs; }
before=$(json "$archive | .ledger.delivered" outputs)
ctl outputs flush archive >/dev/null
until_true 10 held "$before" || fail "a flush with a linger of 10 min"
says paused outputs pause splunk || fail pause
equal paused "$(json "$splunk | .paused" outputs)" true
until_true 20 is '.outputs[0].events > 1000' true spool ||
	fail "nothing of a paused output goes to the spool"
now=$(json "$splunk | .ledger.delivered" outputs)
sleep 1
equal "delivered while paused" "$(json "$splunk | .ledger.delivered" outputs)" \
	"$now"
wrong 1 'name one' outputs pause
wrong 1 'no output nobody' outputs flush nobody

# --- spool, while it is paused
ctl spool --limit 3 >"$dir/list"
grep -q '^splunk: [1-9]' "$dir/list" || fail "spool list"
equal "files listed" "$(json '.outputs[0].list | length' spool --limit 3)" 3
file=$(json '[.outputs[0].list[] | select(.waits)][0].file' spool)
events=$(json "[.outputs[0].list[] | select(.file == $file)][0].events" spool)
equal "events discarded" \
	"$(json .events spool discard splunk "$file")" "$events"
equal "counted" "$(json "$splunk | .counters.dropped_spool_discarded" status)" \
	"$events"
wrong 1 "no file $file waits" spool discard splunk "$file"
wrong 1 'what is to be discarded.* or --all' spool discard splunk
wrong 1 'no output archive with a spool' spool discard archive --all
says 'but the output is paused' spool replay || fail "spool replay"
says 'goes on' outputs resume splunk || fail resume
drained() { is '.outputs[0].events' 0 spool; }
until_true 30 drained || fail "the spool is not replayed"

# --- dead letters: there are none
says '^splunk: 0 dead letters' dead-letters || fail dead-letters
says 'there are no dead letters' dead-letters replay splunk ||
	fail "dead-letters replay"

# --- log level
equal level "$(ctl log-level)" info
ctl log-level debug >/dev/null
equal "other level" "$(json .level log-level)" debug
wrong 1 'no level' log-level loud
ctl log-level info >/dev/null

# --- who changed what, at the log; no password is
wrong 1 'is no url' backends add https://me:hidden@localhost:8088 --output splunk
asked() {
	grep -Eq "CONTROL_COMMAND [^=]*: command=$1 uid=$(id -u) pid=[0-9]+$2\$" \
		"$dir/daemon.err" || fail "the log has no $1 $2"
}
asked 'outputs.resume output=splunk' ''
asked outputs.pause ' reason="there are 2 outputs"'
asked 'outputs.flush output=nobody' ' reason="there is no output nobody"'
asked "spool.discard output=splunk file=$file" ''
asked 'backends.add output=splunk' ' reason="the url has a user or password"'
grep -q hidden "$dir/daemon.err" && fail "the log has a password"
asked 'log-level level=debug' ''
asked 'log-level level=loud' ' reason="loud is no level"'
grep -q 'command=log-level uid' "$dir/daemon.err" && fail "a question is logged"

# --- reload: a wrong file is told to whoever asks
sed -i 's/linger = "50ms"/linger = "50mm"/' "$dir/tapferry.conf"
wrong 1 'the configuration is wrong' reload
grep -q 'tapferry.conf:5: .*linger' "$dir/wrong.err" ||
	fail "reload does not say where: $(cat "$dir/wrong.err")"
status=0
ctl reload --json >"$dir/reload.json" || status=$?
equal "reload --json" $status 1
equal "problems" "$(jq '.problems | length' "$dir/reload.json")" 1
sed -i 's/linger = "50mm"/linger = "20ms"/; s/0600/0660/' "$dir/tapferry.conf"
ctl reload >/dev/null || fail reload
says 'linger  *= "20ms"' config || fail "not what was loaded"
equal "the socket's new mode" "$(stat -c %a "$sock")" 660
now=$(json "$splunk | .ledger.delivered" outputs)
until_true 10 is "$splunk | .ledger.delivered > $now" true outputs ||
	fail "nothing delivered after the reload"

# --- and takes back what was done to backends at run time
third=http://127.0.0.1:$(free_port)
urls() { json "$splunk | .backends | map(.url) | join(\" \")" backends; }
# the former output may still be finishing its requests
until_true 10 ctl backends add "$third" >/dev/null 2>&1 ||
	fail "the output is not started anew"
ctl backends remove "$one" >/dev/null
equal "at run time" "$(urls)" "$third"
says "^# .*output splunk: $third, added at run time" config ||
	fail "config does not tell what was added"
says "^# .*output splunk: $one, removed at run time" config ||
	fail "config does not tell what was removed"
ctl reload >"$dir/taken" || fail "reload takes nothing back"
grep -q "^taken back: output splunk: $third, added" "$dir/taken" ||
	fail "not said: $(cat "$dir/taken")"
grep -q "^taken back: output splunk: $one, removed" "$dir/taken" ||
	fail "not said: $(cat "$dir/taken")"
equal "after a reload" "$(urls)" "$one"
says 'at run time' config && fail "config tells what is over"
ctl backends disable "$one" >/dev/null
ctl backends weight "$one" 5 >/dev/null
kill -HUP "${pids[daemon]}"
as_configured() {
	is "[$splunk | .backends[] | [.state, .weight]] | tostring" \
		'[["up",1]]' backends
}
until_true 10 as_configured || fail "HUP does not take it back"
grep -q "CONFIG_NOTE .*taken back: output splunk: $one, disabled" \
	"$dir/daemon.err" || fail "nothing in the log"

# --- and while an output finishes its requests, another one is refused
kill -STOP "${pids[one]}"
asks() { is "[$splunk | .backends[].in_flight] | add > 0" true backends; }
until_true 10 asks || fail "no request under way"
sed -i 's/token = "s3cret"/request_timeout = "29s"; &/' "$dir/tapferry.conf"
ctl reload >/dev/null || fail "reload with a request under way"
wrong 1 'last reload is still under way.*try again' reload
equal "lines of it" "$(wc -l <"$dir/wrong.err")" 1
grep -q ' RELOAD_REFUSED ' "$dir/daemon.err" || fail "not in the log"
kill -CONT "${pids[one]}"
until_true 20 ctl reload >/dev/null 2>&1 || fail "still refused"

# --- usage
wrong 2 'did you mean status' statsu
wrong 2 'did you mean remove' backends remoev
wrong 2 'takes no --limit' status --limit 5
wrong 2 'url is missing' backends add
wrong 2 'too much' reload now
wrong 2 'is no number' connections close x
wrong 2 'unknown option' status --frobnicate
wrong 2 'needs a terminal' top </dev/null
wrong 3 'control.sock: No such file' --socket "$dir/no/control.sock" status

# --- the end
start top python3 -c '
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
	"$builddir/src/tapferryctl" --socket "$sock" top --interval 0.2
wait_for "$dir/top.out" '^splunk '
kill "${pids[sender]}"
says 'shutting down' shutdown --wait || fail shutdown
finished daemon 0 10
ledger_check
[ ! -e "$sock" ] || fail "the socket is still there"
# behind what goes back to the terminal's other screen
finished top 3
sed 's/.*\[?1049l//' "$dir/top.out" | tail -n 1 >"$dir/top.last"
grep -q '^tapferryctl: the daemon has closed the connection' \
	"$dir/top.last" || fail "top ends without a word: $(cat -v "$dir/top.last")"
wrong 3 'No such file' status
wait "${pids[sender]}" 2>/dev/null || :
unset 'pids[sender]'
stop one
stop two
[ "$(collected two)" -gt 0 ] || fail "the second backend got nothing"
