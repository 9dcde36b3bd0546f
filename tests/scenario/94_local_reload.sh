#!/usr/bin/env bash
# Outputs for local use are added, changed, paused and removed while events
# flow to a collector; the reader of a pipe stays through all of it.
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=tests/scenario/local.sh
. "$here/local.sh"

collect hec
hec='name = "hec"; type = "hec"; token = "t";
	backends = ( { url = "'"$(collect_url hec)"'"; } );'
pipe() {
	echo 'name = "pipe"; type = "pipe"; path = "'"$dir"'/pipe";'"$1"
}
reload() {
	configure "$@"
	ctl reload >"$dir/reload.out" || fail "reload: $(cat "$dir/reload.out")"
}
mkfifo "$dir/pipe"
configure "$hec"
daemon -c "$dir/tapferry.conf"
play 1000

# --- added: without a reader, and nobody else notices
reload "$hec" "$(pipe 'retry = { max = "1s"; };')"
play 1000
await_now pipe in_memory 1000
await_now hec delivered 2000

# --- changed while it waits: what waits stays
reload "$hec" "$(pipe 'retry = { initial = "20ms"; max = "50ms"; };')"
await_now pipe in_memory 1000
reader() { ctl --json status | jq -r '.outputs[1].reader.there'; }
equal "a reader" "$(reader)" false
read_by one pipe "$dir/pipe"
await_now pipe delivered 1000
equal "a reader" "$(reader)" true
exec 9>"$dir/pipe" # so that the reader sees no end between two outputs

# --- paused and resumed
ctl outputs pause pipe >"$dir/ctl.out"
n=2000 # to the collector; the pipe missed the first 1000
holds() { # what it was waiting for when it was paused it still takes
	play 10
	n=$((n + 10))
	await_now hec delivered $n
	sleep 0.4
	! now_is pipe in_memory 0
}
until_true 20 holds || fail "a paused output goes on"
ctl outputs resume pipe >"$dir/ctl.out"
await_now pipe delivered $((n - 1000))

# --- flushed: an open batch goes at once
reload "$hec" "$(pipe 'batch = { linger = "1h"; };')"
play 10
await_now pipe in_memory 10
ctl outputs flush pipe >"$dir/ctl.out"
await_now pipe delivered $((n - 990)) # counters go on over reloads

# --- changed with its batches: the reader gets what both write
reload "$hec" "$(pipe 'batch = { linger = "10ms"; }; dialect = "native";')"
play 500
await_now pipe delivered $((n - 490))

# --- not to something else
: >"$dir/file"
configure "$hec" 'name = "pipe"; type = "pipe"; path = "'"$dir"'/file";'
ctl reload >"$dir/reload.out" 2>&1 && fail "a file was taken for a pipe"
grep -q 'is no named pipe' "$dir/reload.out" || fail "no word why"
play 500
await_now pipe delivered $((n + 10))

# --- removed
reload "$hec"
play 100
await_now hec delivered $((n + 1110))
exec 9>&-
finished one 0
daemon_stop
stop hec
equal "collected" "$(collected hec)" $((n + 1110))
equal "read" "$(lines one)" \
	"events=$((n + 10)) distinct=$((n + 10)) halves=0"
