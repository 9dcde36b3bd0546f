#!/usr/bin/env bash
# Who gets in through a TLS listener: two clients' libraries, two versions,
# listeners that want no, an optional and a certain certificate, and clients
# with none, a good one, another's, one by another authority, and one that has
# expired.  Sessions go on from tickets.  Files that do not fit keep the daemon
# from starting, and change nothing in one that runs.
# shellcheck source=tests/scenario/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
need openssl gnutls-cli certtool

# certificate NAME COMMON-NAME AUTHORITY [EXPIRY]; AUTHORITY "": its own
certificate() {
	cat >"$dir/template" <<-END
	cn = "$2"
	activation_date = "2020-01-01 00:00:00 UTC"
	expiration_date = "${4:-2099-01-01 00:00:00 UTC}"
	signing_key
	END
	if [ -n "$3" ]; then
		printf 'tls_www_server\ntls_www_client\n' >>"$dir/template"
		set -- "$1" --generate-certificate \
			--load-ca-certificate "$dir/$3.pem" \
			--load-ca-privkey "$dir/$3.key"
	else
		printf 'ca\ncert_signing_key\n' >>"$dir/template"
		set -- "$1" --generate-self-signed
	fi
	certtool --generate-privkey --ecc --outfile "$dir/$1.key" 2>/dev/null
	certtool "${@:2}" --load-privkey "$dir/$1.key" \
		--template "$dir/template" --outfile "$dir/$1.pem.new" 2>/dev/null
	mv "$dir/$1.pem.new" "$dir/$1.pem"
}

certificate good "the authority" ""
certificate other "another authority" ""
certificate server tap.example good
certificate known resolver1.example good
certificate unknown nobody.example good
certificate stranger resolver1.example other
certificate expired resolver1.example good "2021-01-01 00:00:00 UTC"

declare -A ports
for l in none optional required; do
	ports[$l]=$(free_port)
done
files="cert = \"$dir/server.pem\"; key = \"$dir/server.key\""
strict="$files; client_ca = \"$dir/good.pem\"; names = \"resolver1.example\""
cat >"$dir/tapferry.conf" <<END
listeners = (
  { name = "none"; address = "tls://127.0.0.1:${ports[none]}";
    tls = { $files; }; },
  { name = "optional"; address = "tls://127.0.0.1:${ports[optional]}";
    tls = { $strict; client_auth = "optional"; }; },
  { name = "required"; address = "tls://127.0.0.1:${ports[required]}";
    tls = { $strict; }; }
);
outputs = (
  { name = "file"; type = "file"; path = "$dir/events"; batch = { linger = "1ms"; }; }
);
END
daemon -c "$dir/tapferry.conf"

# START, a query for example., STOP
printf '\0\0\0\0\0\0\0\42\0\0\0\2\0\0\0\1\0\0\0\26protobuf:dnstap.Dnstap' >"$dir/stream"
printf '\0\0\0\41\162\35\10\5\122\31\0\1\1\0\0\1\0\0\0\0\0\0' >>"$dir/stream"
printf '\7example\0\0\1\0\1\170\1\0\0\0\0\0\0\0\4\0\0\0\3' >>"$dir/stream"

# openssl_client VERSION LISTENER [CERTIFICATE]
openssl_client() {
	local show=()
	[ -z "${3:-}" ] || show=(-cert "$dir/$3.pem" -key "$dir/$3.key")
	timeout $((10 * slow)) openssl s_client -quiet "-tls${1/./_}" \
		-connect "127.0.0.1:${ports[$2]}" -CAfile "$dir/good.pem" \
		-verify_return_error -verify_hostname tap.example \
		"${show[@]}" <"$dir/stream" >"$dir/client.out" 2>&1 || :
}
# gnutls_client VERSION LISTENER [CERTIFICATE]
gnutls_client() {
	local show=()
	[ -z "${3:-}" ] || show=(--x509certfile "$dir/$3.pem"
		--x509keyfile "$dir/$3.key")
	timeout $((10 * slow)) gnutls-cli --logfile "$dir/gnutls.log" \
		--priority "NORMAL:-VERS-ALL:+VERS-TLS$1" \
		--x509cafile "$dir/good.pem" --verify-hostname tap.example \
		"${show[@]}" -p "${ports[$2]}" 127.0.0.1 \
		<"$dir/stream" >"$dir/client.out" 2>&1 || :
}

events=0
cases=0
# who gets in: with nothing, known, unknown, stranger, expired
declare -A in=(
	[none]="yes yes yes yes yes"
	[optional]="yes yes no no no"
	[required]="no yes no no no"
)
shown=("" known unknown stranger expired)
for listener in none optional required; do
	read -r -a expected <<<"${in[$listener]}"
	for i in 0 1 2 3 4; do
		for client in openssl_client gnutls_client; do
			for version in 1.2 1.3; do
				what="$client with TLS $version, certificate '${shown[i]}', at $listener"
				$client $version $listener "${shown[i]}"
				cases=$((cases + 1))
				[ "${expected[i]}" = no ] || events=$((events + 1))
				until_true 5 at_least . "$dir/events" $events ||
					fail "not let in: $what"
				equal "events ($what)" "$(count . "$dir/events")" $events
			done
		done
	done
done
echo "$cases combinations"

# --- tickets

resumed() { count 'INTAKE_TLS_OPEN .*resumed=yes.*resolver1' "$dir/daemon.err"; }
# resume NAME COMMAND... - one session more goes on from a ticket
resume() {
	local name=$1 before
	shift
	before=$(resumed)
	timeout $((10 * slow)) "$@" >"$dir/client.out" 2>&1 </dev/null || :
	until_true 5 test "$(resumed)" -gt "$before" ||
		fail "no session of $name was resumed"
}
sleep 1 # log lines are limited
for version in 1_2 1_3; do
	# it waits for a ticket until it is told to leave
	(sleep 0.5; echo Q) | timeout $((10 * slow)) openssl s_client \
		-connect "127.0.0.1:${ports[required]}" -tls$version \
		-cert "$dir/known.pem" -key "$dir/known.key" \
		-sess_out "$dir/session" >"$dir/client.out" 2>&1 || :
	resume "openssl's TLS $version" openssl s_client -tls$version \
		-connect "127.0.0.1:${ports[required]}" \
		-cert "$dir/known.pem" -key "$dir/known.key" \
		-sess_in "$dir/session"
done
for version in 1.2 1.3; do
	resume "gnutls-cli's TLS $version" gnutls-cli --resume --waitresumption \
		--priority "NORMAL:-VERS-ALL:+VERS-TLS$version" \
		--x509cafile "$dir/good.pem" --verify-hostname tap.example \
		--x509certfile "$dir/known.pem" --x509keyfile "$dir/known.key" \
		-p "${ports[required]}" 127.0.0.1
done

# --- files that do not fit

# broken WORDS - it does not start, and it goes on
broken() {
	local status=0 before
	"$builddir/src/tapferryd" -t -c "$dir/tapferry.conf" \
		>"$dir/t.out" 2>&1 || status=$?
	equal "exit status of -t with a file that $1" $status 2
	grep -q "server\.\(pem\|key\).* $1" "$dir/t.out" ||
		fail "-t has no word about a file that $1: $(cat "$dir/t.out")"
	before=$(count 'TLS_RELOAD_FAILED' "$dir/daemon.err")
	kill -HUP "${pids[daemon]}"
	until_true 10 at_least 'TLS_RELOAD_FAILED' "$dir/daemon.err" \
		$((before + 3)) || fail "no word in the log about a file that $1"
	grep 'TLS_RELOAD_FAILED' "$dir/daemon.err" | tail -n 1 | grep -q "$1" ||
		fail "another word in the log about a file that $1"
	openssl_client 1.3 required known
	events=$((events + 1))
	until_true 5 at_least . "$dir/events" $events ||
		fail "nobody is let in after a file that $1"
}
cp "$dir/server.pem" "$dir/kept.pem"
cp "$dir/server.key" "$dir/kept.key"
cp "$dir/known.key" "$dir/server.key"
broken 'does not belong to tls.cert'
rm "$dir/server.key"
broken 'cannot be read: No such file'
cp "$dir/expired.key" "$dir/server.key"
cp "$dir/expired.pem" "$dir/server.pem"
broken 'has expired on 2021'
echo nonsense >"$dir/server.pem"
broken 'has no certificate in PEM form'
cp "$dir/kept.pem" "$dir/server.pem"
cp "$dir/kept.key" "$dir/server.key"
kill -HUP "${pids[daemon]}"
until_true 10 at_least 'TLS_RELOADED' "$dir/daemon.err" 3 ||
	fail "the right files were not taken again"
openssl_client 1.3 required known
daemon_stop
equal "events" "$(ledger file delivered)" $((events + 1))
