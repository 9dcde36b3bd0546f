#!/usr/bin/env bash
# Backends that want to know who comes: each its own credentials, a header, a
# client certificate, and a server name that is not the host's.  What is not as
# they want it gets nothing through, and nothing is lost by it.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need openssl python3

# authority NAME; cert NAME AUTHORITY SUBJECT EXTENSION
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-days 2 -subj "/CN=$1" -keyout "$dir/$1.key" -out "$dir/$1.pem" 2>/dev/null
}
cert() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-subj "/CN=$3" -keyout "$dir/$1.key" -out "$dir/$1.csr" 2>/dev/null
	openssl x509 -req -in "$dir/$1.csr" -CA "$dir/$2.pem" -CAkey "$dir/$2.key" \
		-CAcreateserial -days 2 -extfile <(echo "$4") -out "$dir/$1.pem" \
		2>/dev/null
}
authority trusted
authority other
cert server trusted splunk subjectAltName=DNS:splunk.example
cert tap trusted tapferry-1 extendedKeyUsage=clientAuth
cert stranger other tapferry-1 extendedKeyUsage=clientAuth
echo 'pass word' >"$dir/password"
echo 't0ken' >"$dir/token"
chmod 600 "$dir/password" "$dir/token"

# vault NAME ARGUMENT...
vault() {
	start "$1" python3 "$srcdir/tests/scenario/vault.py" "${@:2}"
	wait_for "$dir/$1.out" '^listening on ' 10
}
took() { sed -n 's/^collected events=\([0-9]*\) .*/\1/p' "$dir/$1.out"; }
at() { sed -n "s|^listening on |$2://|p" "$dir/$1.out"; }

# tapferry OUTPUT-SETTINGS BACKENDS - 1,000 events, and no patience at the end
tapferry() {
	cat >"$dir/tapferry.conf" <<-END
	listeners = ( { name = "l"; type = "dnstap"; address = "unix:$dir/tap.sock"; } );
	shutdown = { drain = "3s"; };
	outputs = (
	  { name = "hec"; type = "hec"; compression = "none";
	    health = { enabled = false; };
	    batch = { events = 20; linger = "50ms"; }; retry = { hold = "100ms"; };
	    $1
	    backends = ( $2 ); }
	);
	END
	daemon -c "$dir/tapferry.conf"
	send --to "unix:$dir/tap.sock" --generate --count 1000
	daemon_stop
}

# Two backends, each with its own way to say who we are.
basic="Basic $(printf 'tap:pass word' | base64)"
vault one --authorization 'Splunk t0ken' --header 'X-Tenant=dns'
vault two --authorization "$basic" --header 'X-Tenant=other'
tapferry "token_file = \"$dir/token\"; headers = [\"X-Tenant: dns\"];" "
	{ url = \"$(at one http)\"; },
	{ url = \"$(at two http)\"; user = \"tap\"; password_file = \"$dir/password\";
	  headers = [\"X-Tenant: other\"]; }"
stop one
stop two
equal "held backends" "$(count DELIVER_BACKEND_HELD "$dir/daemon.err")" 0
equal "taken by both" $(($(took one) + $(took two))) 1000
[ $(($(took one) * $(took two))) -gt 0 ] || fail 'one took nothing'
"$builddir/src/tapferryd" -c "$dir/tapferry.conf" --print-config >"$dir/printed"
! grep -Eq 't0ken|pass word|: dns|: other' "$dir/printed" ||
	fail 'a secret is printed'

# tls SETTINGS - how many events a backend takes that wants a certificate
tls() {
	vault one --cert "$dir/server" --client-ca "$dir/trusted"
	tapferry "token = \"t\"; tls = { ca = \"$dir/trusted.pem\"; $1 };" "
		{ url = \"$(at one https)\"; ${2:-} }"
	stop one
	# what the end cut off half way may be in both
	[ $(($(took one) + $(ledger hec dropped_shutdown))) -ge 1000 ] ||
		fail "events are neither taken nor dropped"
}
key="cert = \"$dir/tap.pem\"; key = \"$dir/tap.key\";"
tls "server_name = \"splunk.example\"; $key"
equal "taken, all as it should be" "$(took one)" 1000
equal "who came" "$(sed -n 's/.* names=//p' "$dir/one.out")" tapferry-1
tls "server_name = \"splunk.example\";" "tls = { $key }; http2 = true;"
equal "taken, the certificate said by the backend" "$(took one)" 1000
tls 'server_name = "splunk.example";'
equal "taken without a certificate" "$(took one)" 0
tls "server_name = \"elsewhere.example\"; $key"
equal "taken under another name" "$(took one)" 0
tls "server_name = \"splunk.example\"; cert = \"$dir/stranger.pem\"; key = \"$dir/stranger.key\";"
equal "taken from a stranger" "$(took one)" 0
tls "insecure = true; $key"
equal "taken without looking" "$(took one)" 1000
grep -q 'CONFIG_NOTE.*tls.insecure' "$dir/daemon.err" || fail 'insecure is silent'
