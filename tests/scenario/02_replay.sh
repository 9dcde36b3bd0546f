#!/usr/bin/env bash
# Every capture of the corpus, played by the reference implementation's
# fstrm_replay over unix socket and TCP, ends up whole in a file.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need fstrm_replay
[ -e "$corpus/captures/MANIFEST.tsv" ] ||
	skip "no captures at $corpus (set TAPFERRY_CORPUS)"

port=$(free_port)
daemon --listen "unix:$dir/tap.sock" --listen "tcp://127.0.0.1:$port" \
	--output "file:$dir/events"
wanted=0
while IFS=$(printf '\t') read -r file _ messages _; do
	[ "$file" != file ] || continue
	fstrm_replay -t protobuf:dnstap.Dnstap -r "$corpus/captures/$file" \
		-u "$dir/tap.sock" || fail "fstrm_replay of $file"
	fstrm_replay -t protobuf:dnstap.Dnstap -r "$corpus/captures/$file" \
		-a 127.0.0.1 -p "$port" || fail "fstrm_replay of $file over TCP"
	wanted=$((wanted + 2 * messages))
done <"$corpus/captures/MANIFEST.tsv"
wait_count . "$dir/events" $wanted 20
daemon_stop
equal "received" "$(ledger file received)" $wanted
equal "delivered" "$(ledger file delivered)" $wanted
