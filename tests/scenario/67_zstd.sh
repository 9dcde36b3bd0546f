#!/usr/bin/env bash
# Bodies compressed with zstd: every event arrives once, in less bytes; a backend
# that refuses the encoding gets plain bodies from then on; and where zstd cannot
# be had, the check of the configuration says why, and the cure.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need curl

# output NAME TYPE SETTINGS - on lines 3 and 4 of the file, if it is the only one
output() {
	cat <<-END
	{ name = "$1"; type = "$2"; token = "t"; overflow = "block"; $3
	compression = "zstd"; backends = ( { url = "$(collect_url "$1")"; } ); }
	END
}
# config PORT OUTPUT...
config() {
	local port=$1
	shift
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; address = "unix:$dir/tap.sock"; } );
	outputs = (
	$(IFS=,; echo "$*") );
	monitor = { address = "127.0.0.1:$port"; };
	END
}
# refused MESSAGE - tapferryd -t says so, behind the name of the file
refused() {
	local status=0
	"$builddir/src/tapferryd" -t -c "$dir/tapferry.conf" \
		>"$dir/refused" 2>&1 || status=$?
	equal "exit status of -t" $status 2
	grep -qF -- "$dir/tapferry.conf:$1" "$dir/refused" ||
		fail "-t says: $(cat "$dir/refused")"
}
bytes_sent() {
	awk -F '[ "]' -v o="$1" '/^tapferry_output_sent_bytes_total/ && $2 == o {
		print $NF }' "$dir/metrics"
}

port=$(free_port)
collect takes --any-path --ids "$dir/takes.ids"
collect refuses --any-path --ids "$dir/refuses.ids" --faults 415@zstd
config "$port" "$(output takes hec '')"
refused '4: outputs.takes.compression: Splunk takes no zstd: set it to "gzip" or "none"'
config "$port" "$(output takes http '')" \
	"$(output refuses http 'compression_level = 9;')"
if ! has_zstd; then
	refused '4: outputs.takes.compression: this tapferryd was built without libzstd: set it to "gzip" or "none"'
	stop takes
	stop refuses
	exit 0
fi
daemon -c "$dir/tapferry.conf"
declare -A tenths # times smaller than the text
n=20000
send --to "unix:$dir/tap.sock" --generate --count $n --number --connections 4
equal "frames sent" "$(sent)" $n
settled() {
	curl -s -m 10 "http://127.0.0.1:$port/metrics" >"$dir/metrics" || return 1
	[ "$(awk '/^tapferry_events_delivered_total/ { n += $2 }
		END { print n + 0 }' "$dir/metrics")" -ge $((2 * n)) ]
}
until_true 20 settled || fail "not everything is delivered"
daemon_stop
for c in takes refuses; do
	stop $c
	equal "delivered to $c" "$(ledger $c delivered)" $n
	equal "collected by $c" "$(collected $c)" $n
	equal "ids of $c" "$("$builddir/src/tapferry-load" ids "$dir/$c.ids" |
		sed -n 's/^ids run=[^ ]* //p')" \
		"numbered=$n taken=$n missing=0 duplicated=0 extra=0"
	decoded=$(sed -n 's/^collected .* bytes=\([0-9]*\) .*/\1/p' "$dir/$c.out")
	tenths[$c]=$((decoded * 10 / $(bytes_sent $c)))
done
# that they were zstd, and announced, is told by the events it found in them
[ "${tenths[takes]}" -ge 30 ] || fail "zstd bodies are ${tenths[takes]} tenths times smaller"
grep -q 'DELIVER_BACKEND_PLAIN .* output=refuses .* compression=zstd' \
	"$dir/daemon.err" || fail "the refusal is not in the log"
equal "backends told to be plain" "$(count DELIVER_BACKEND_PLAIN "$dir/daemon.err")" 1
[ "${tenths[refuses]}" -le 10 ] || fail "plain bodies are smaller than their text"
