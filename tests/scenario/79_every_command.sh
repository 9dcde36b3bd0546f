#!/usr/bin/env bash
# Each command that `tapferryctl --help` lists, for people and for programs,
# against a daemon under load: what it prints, its exit status, and that not one
# event is lost sight of.  A command that is not tried here fails this test.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need jq

sock=$dir/control.sock
bare() { timeout $((30 * slow)) "$builddir/src/tapferryctl" "$@"; }
ctl() { bare --socket "$sock" "$@"; }

# --- what there is, by the help
bare --help >"$dir/help"
sed -n '/^Commands:/,/^$/s/^  \([a-z].*\)/\1/p' "$dir/help" >"$dir/usage"
sed 's/ \[.*//; s/ [A-Z].*//' "$dir/usage" >"$dir/commands"
sed -n 's/ \[list\].*/ list/p' "$dir/usage" >>"$dir/commands"
[ "$(wc -l <"$dir/commands")" -ge 30 ] || fail "$(cat "$dir/commands")"
# what was promised, word for word
for c in status top ledger connections 'connections list' 'connections close' \
	backends 'backends list' 'backends add' 'backends remove' \
	'backends drain' 'backends enable' 'backends disable' \
	'backends weight' outputs 'outputs list' 'outputs pause' \
	'outputs resume' 'outputs flush' spool 'spool list' 'spool replay' \
	'spool discard' dead-letters 'dead-letters list' \
	'dead-letters replay' log-level reload config shutdown; do
	grep -qx -- "$c" "$dir/commands" || fail "--help has no $c"
done
awk 'length > 80 { print "wide: " $0; bad = 1 } END { exit bad }' \
	"$dir/help" || fail "--help does not fit 80 columns"

# each in the manual, in the completion, and with a help of its own
while read -r group word; do
	bare "$group" --help >"$dir/own"
	grep -Eq "^  $group( \[list\])?${word:+ $word}( |\$)" "$dir/own" ||
		[ "$word" = list ] || fail "$group --help: $(cat "$dir/own")"
	if [ "$word" != list ]; then
		grep -Eq "^\.It Cm .*\b$group${word:+ $word}( |\$)" \
			"$srcdir/doc/tapferryctl.1" ||
			fail "the manual has no $group $word"
	fi
	if [ -n "$word" ]; then
		sed -n "/^	$group)/,/;;/p" \
			"$srcdir/examples/bash-completion/tapferryctl"
	else
		sed -n '/^	"")/,/;;/p' \
			"$srcdir/examples/bash-completion/tapferryctl"
	fi | grep -qw -- "${word:-$group}" ||
		fail "the completion has no $group $word"
done <"$dir/commands"

# --- no daemon: each says so; a wrong command line, likewise
while read -r -a words; do
	case "${words[*]}" in
	'connections close' | 'log-level') words+=(1) ;;
	'spool discard') words+=(o 1) ;;
	'backends weight') words+=(u 1) ;;
	backends\ list) ;;
	backends\ *) words+=(u) ;;
	top) words+=(--once) ;;
	esac
	for how in '' --json; do
		status=0
		ctl "${words[@]}" $how >"$dir/out" 2>"$dir/err" || status=$?
		equal "${words[*]} without a daemon" $status 3
		grep -q 'is tapferryd running' "$dir/err" ||
			fail "${words[*]}: $(cat "$dir/err")"
	done
	status=0
	ctl "${words[@]}" --frobnicate >"$dir/out" 2>"$dir/err" || status=$?
	equal "${words[*]} --frobnicate" $status 2
	status=0
	ctl "${words[@]}" more and more >"$dir/out" 2>"$dir/err" || status=$?
	equal "${words[*]} more and more" $status 2
	[ -s "$dir/err" ] || fail "${words[*]} more and more: silent"
	[ ! -s "$dir/out" ] || fail "${words[*]} more and more: $(cat "$dir/out")"
done <"$dir/commands"

# --- the daemon, a load, dead letters
collect one --faults 400/6/2@every:10
collect two
one=$(collect_url one) two=$(collect_url two)
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "local"; address = "unix:$dir/tap.sock"; } );
outputs = ( { name = "splunk"; type = "hec"; token = "s3cret";
	backends = ( { url = "$one"; } );
	batch = { events = 200; linger = "20ms"; };
	spool = { path = "$dir/spool"; };
	dead_letter = { path = "$dir/dead"; }; },
	{ name = "archive"; type = "file"; path = "$dir/events"; } );
control = { socket = "$sock"; };
END
load() {
	start sender "$builddir/src/tapferry-load" send --quiet \
		--to "unix:$dir/tap.sock" --generate --connections 6 \
		--rate 4000 --reconnect 20ms --duration 10m
	wait_for "$dir/sender.out" '^open connections=6'
}
unload() {
	kill "${pids[sender]}"
	wait "${pids[sender]}" 2>/dev/null || :
	unset 'pids[sender]'
}
daemon -c "$dir/tapferry.conf"
load

# done_with NAME PATTERN FILTER COMMAND -- COMMAND - the first prints the
# pattern; the second, with --json, one line of which the filter is true
: >"$dir/tried"
done_with() {
	local name=$1 pattern=$2 filter=$3 first=()
	shift 3
	while [ "$1" != -- ]; do
		first+=("$1")
		shift
	done
	shift
	echo "$name" >>"$dir/tried"
	ctl "${first[@]}" >"$dir/out" 2>"$dir/err" ||
		fail "${first[*]}: exit status $?: $(cat "$dir/err")"
	[ ! -s "$dir/err" ] || fail "${first[*]} complains: $(cat "$dir/err")"
	grep -Eq -- "$pattern" "$dir/out" ||
		fail "${first[*]} does not print '$pattern': $(cat "$dir/out")"
	ctl "$@" --json >"$dir/out" 2>"$dir/err" ||
		fail "$* --json: exit status $?: $(cat "$dir/err" "$dir/out")"
	[ ! -s "$dir/err" ] || fail "$* --json complains: $(cat "$dir/err")"
	equal "lines of $* --json" "$(wc -l <"$dir/out")" 1
	jq -e "$filter" "$dir/out" >"$dir/jq.out" ||
		fail "$* --json: not '$filter': $(head -c 500 "$dir/out")"
}
# refused PATTERN COMMAND... - exit status 1, and why, in both forms
refused() {
	local pattern=$1 status=0
	shift
	ctl "$@" >"$dir/out" 2>"$dir/err" || status=$?
	equal "exit status of $*" $status 1
	[ ! -s "$dir/out" ] || fail "$* prints: $(cat "$dir/out")"
	grep -Eq -- "^tapferryctl: $pattern" "$dir/err" ||
		fail "$* does not say '$pattern': $(cat "$dir/err")"
	status=0
	ctl "$@" --json >"$dir/out" 2>"$dir/err" || status=$?
	equal "exit status of $* --json" $status 1
	[ ! -s "$dir/err" ] || fail "$* --json complains: $(cat "$dir/err")"
	jq -e '.ok == false and (.error | length) > 0 and (.cure | length) > 0' \
		"$dir/out" >"$dir/jq.out" || fail "$* --json: $(cat "$dir/out")"
}
# is FILTER COMMAND... - what its JSON is, sooner or later
is() {
	local filter=$1
	shift
	ctl "$@" --json 2>/dev/null | jq -e "$filter" >"$dir/jq.out"
}
soon() { until_true 20 is "$@" || fail "never: $*"; }
id() { ctl connections --json | jq ".connections[$1].id"; }

soon '.total == 6' connections
soon '[.outputs[0].list[].event] | length > 0' dead-letters

# --- to look
done_with status '^splunk +hec +on ' '.state == "running" and
	.intake.counters.received > 0 and
	(.outputs | map(.name)) == ["splunk", "archive"]' status -- status
done_with top '^splunk +[0-9]+ ' \
	'(.status.outputs | length) == 2 and (.connections | length) == 6' \
	top --once --interval 0.2 -- top --once
done_with ledger '^splunk +[1-9]' '.outputs | map(.ledger | .received + .recovered >=
	.delivered) | all' ledger -- ledger
for c in connections 'connections list'; do
	# shellcheck disable=SC2086 # words
	done_with "$c" '^ *[0-9]+ +local +pid=' '.total == 6 and .listed == 6 and
		([.connections[].octets] | . == (sort | reverse))' \
		$c --sort rate -- $c --sort octets
done
done_with backends "^splunk +$one +up " \
	'.outputs[0].backends[0].counters.delivered > 0' backends -- backends
done_with 'backends list' "^splunk +$one +up " '.outputs | length == 2' \
	backends list -- backends list
for c in outputs 'outputs list'; do
	# shellcheck disable=SC2086 # words
	done_with "$c" '^archive +file +on +[1-9]' \
		'.outputs | map(.type) == ["hec", "file"]' $c -- $c
done
done_with config '^ *path += "' \
	'.text | contains("archive") and (contains("s3cret") | not)' \
	config -- config
done_with log-level '^debug$' '.level == "warning"' \
	log-level debug -- log-level warning
ctl log-level info >/dev/null
for c in dead-letters 'dead-letters list'; do
	# shellcheck disable=SC2086 # words
	done_with "$c" '^splunk: 1 dead letter' '.outputs[0].list[0] |
		.reason == "refused" and .status == 400 and .event != null' \
		$c --limit 1 -- $c splunk --limit 1
done

# --- to change
done_with 'connections close' '^1 connection closed' '.closed == 0' \
	connections close "$(id 0)" -- connections close --peer 192.0.2.0/24
soon '.total == 6' connections # they connect again
done_with 'backends add' "$two is (up|new)?.*weight 3" '.state != null' \
	backends add "$two" 3 -- backends add "http://127.0.0.1:$(free_port)"
done_with 'backends weight' "$two is up, weight 7" '.weight == 9' \
	backends weight "$two" 7 -- backends weight "$two" 9
soon '.outputs[0].backends | map(.counters.delivered > 0) | .[1]' backends
done_with 'backends drain' "$two is (draining|drained)" \
	'.state == "draining" or .state == "drained"' \
	backends drain "$two" -- backends drain "$two" --output splunk
done_with 'backends enable' "$two is up" '.state == "up"' \
	backends enable "$two" -- backends enable "$two"
done_with 'backends disable' "$two is disabled" '.state == "disabled"' \
	backends disable "$two" -- backends disable "$two"
third=$(ctl backends --json | jq -r '.outputs[0].backends[2].url')
done_with 'backends remove' "$two is removed" '.state == "removed"' \
	backends remove "$two" -- backends remove "$third"
equal "backends left" \
	"$(ctl backends --json | jq -r '.outputs[0].backends | map(.url) | join(" ")')" "$one"
done_with 'outputs pause' 'splunk is paused' '.paused' \
	outputs pause splunk -- outputs pause splunk
soon '.outputs[0].list | map(select(.waits)) | length > 2' spool
for c in spool 'spool list'; do
	# shellcheck disable=SC2086 # words
	done_with "$c" '^splunk: [0-9]+ events in [0-9]+ files, ' \
		'(.outputs[0].list | length) == 2 and .outputs[0].events > 0' \
		$c -- $c splunk --limit 2
done
# a sender may have begun with the first one before the pause
file() { ctl spool --json | jq "[.outputs[0].list[] | select(.waits)][$1].file"; }
done_with 'spool discard' 'output splunk: [1-9][0-9]* events? discarded' \
	'.events > 0' spool discard splunk "$(file 0)" -- spool discard splunk "$(file 1)"
done_with 'spool replay' 'but the output is paused' '.paused' \
	spool replay -- spool replay splunk
done_with 'outputs resume' 'splunk goes on' '.paused == false' \
	outputs resume splunk -- outputs resume splunk
done_with 'outputs flush' 'on its way' '.output == "archive"' \
	outputs flush archive -- outputs flush archive
done_with 'dead-letters replay' 'output splunk: ' '.output == "splunk"' \
	dead-letters replay -- dead-letters replay splunk
done_with reload 'the configuration is in force' '.notes | length == 0' \
	reload -- reload

# --- what cannot be
refused 'there is no connection 999999999: ' connections close 999999999
refused 'which connection is to be closed\? ' connections close
refused 'peer 1.2.3.4/99: ' connections close --peer 1.2.3.4/99
refused 'connections cannot be sorted by size: .*byte_rate' connections --sort size
refused 'limit is no number' connections --limit 1000000
refused 'output splunk has a backend ' backends add "$one"
refused 'weight is no number from 1 to 1000: ' backends add "$two" 1001
refused 'ftp://x is no url' backends add ftp://x
for c in remove drain enable disable; do
	refused 'there is no backend http://x: ' backends $c http://x
done
refused 'there is no backend http://x: ' backends weight http://x 1
for c in pause resume flush; do
	refused 'there are 2 outputs: name one' outputs $c
	refused 'there is no output nobody: ' outputs $c nobody
done
refused 'there is no output archive with a spool: ' spool archive
refused 'there is no output archive with a spool: ' spool replay archive
refused 'what is to be discarded\? ' spool discard splunk
refused 'no file 999999999 waits' spool discard splunk 999999999
refused 'there is no output archive with dead letters: ' dead-letters archive
refused 'there is no output archive with dead' dead-letters replay archive
refused 'loud is no level: give error' log-level loud
cp "$dir/tapferry.conf" "$dir/good.conf"
echo 'oops = 1;' >>"$dir/tapferry.conf"
refused 'the configuration is wrong: ' reload
cp "$dir/good.conf" "$dir/tapferry.conf"

# --- the end, in both forms; what was sent has arrived, whatever was closed
done_with_end() {
	soon '.intake.counters.received > 1000' status
	ctl shutdown "$@" >"$dir/out" 2>"$dir/err" || fail "shutdown $*: exit status $?"
	[ ! -s "$dir/err" ] || fail "shutdown $*: $(cat "$dir/err")"
	[ ! -e "$sock" ] || fail "shutdown $* did not wait"
	finished daemon 0 10
	ledger_check
	unload
	sed -n 's/^sent frames=\([0-9]*\) .*/\1/p' "$dir/sender.out" >"$dir/sent"
	for o in splunk archive; do
		equal "received by $o" "$(total $o received)" "$(cat "$dir/sent")"
	done
}
# total OUTPUT KEY - over the reload's editions
total() {
	awk -v output="output=$1" -v key="$2=" '
	/ LEDGER / && index($0 " ", " " output " ") {
		for (i = 1; i <= NF; i++)
			if (index($i, key) == 1)
				sum += substr($i, length(key) + 1)
	}
	END { print sum + 0 }' "$dir/daemon.err"
}
done_with_end --wait
grep -q 'the daemon has ended' "$dir/out" || fail "shutdown: $(cat "$dir/out")"
[ "$(total splunk dropped)" -gt 0 ] || fail "what was discarded is not counted"
equal "dropped by archive" "$(total archive dropped)" 0
daemon -c "$dir/tapferry.conf"
load
done_with_end --now --wait --json
jq -e 'type == "object" or . == null' "$dir/out" >"$dir/jq.out" ||
	fail "shutdown --json: $(cat "$dir/out")"
echo shutdown >>"$dir/tried"
# what was not delivered waits on disk for the next start
equal "dropped by --now" "$(total splunk dropped_shutdown)" 0
stop one
stop two

sort -u "$dir/tried" >"$dir/tried.sorted"
sort "$dir/commands" | comm -3 - "$dir/tried.sorted" >"$dir/difference"
[ ! -s "$dir/difference" ] ||
	fail "commands that are not tried, or are none: $(cat "$dir/difference")"
