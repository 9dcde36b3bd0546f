#!/usr/bin/env bash
# Splunk HEC with three backends, one of them down, plain and compressed: every
# event arrives once, with the token, and both live backends get their share.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need jq

down=$(free_port)
for c in plain1 plain2 gzip1 gzip2; do
	collect $c --token s3cret --write "$dir/$c.events"
done
hec() {
	cat <<-END
	{ name = "$1"; type = "hec"; token = "s3cret"; compression = "$2";
	  index = "dns"; sourcetype = "dnstap";
	  batch = { events = 100; linger = "100ms"; };
	  backends = ( { url = "$(collect_url "${1}1")"; },
	    { url = "http://127.0.0.1:$down"; },
	    { url = "$(collect_url "${1}2")/services/collector/event"; } ); }
	END
}
cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
outputs = ( $(hec plain none), $(hec gzip gzip) );
END
daemon -c "$dir/tapferry.conf"
n=20000
send --to "unix:$dir/tap.sock" --generate --count $n --connections 4
equal "frames sent" "$(sent)" $n
daemon_stop
for c in plain1 plain2 gzip1 gzip2; do
	stop $c
	[ "$(collected $c)" -gt 0 ] || fail "backend $c got nothing"
done
for o in plain gzip; do
	equal "received by $o" "$(ledger $o received)" $n
	equal "delivered by $o" "$(ledger $o delivered)" $n
	equal "events at the collectors of $o" \
		$(($(collected ${o}1) + $(collected ${o}2))) $n
done
equal "envelopes with time, index and event" "$(jq -c \
	'select(.time > 1e9 and .index == "dns" and .sourcetype == "dnstap" and
		.event.dnstap.operation != null)' \
	"$dir"/gzip[12].events | wc -l)" $n
! grep -q s3cret "$dir/daemon.err" || fail "the token is in the log"
