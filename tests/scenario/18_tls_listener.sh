#!/usr/bin/env bash
# TLS listeners with the peers they are for: Unbound, openssl and gnutls-cli.
# Who may come in does, and every message arrives; who may not (no certificate,
# another authority's, another name; or it does not trust ours) is told in the
# log and counts nothing.  A renewed certificate is taken while connections
# stay, a broken one changes nothing, and Unbound finds a restarted daemon.
# shellcheck source=tests/scenario/dns.sh
. "${BASH_SOURCE[0]%/*}/dns.sh"
need unbound dnsperf dig openssl gnutls-cli certtool

# authority NAME
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 2 -subj "/CN=authority $1" \
		-keyout "$dir/$1.key" -out "$dir/$1.pem" 2>/dev/null
}

# certificate NAME COMMON-NAME AUTHORITY - by certtool, put in place at once
certificate() {
	cat >"$dir/template" <<-END
	cn = "$2"
	dns_name = "$2"
	expiration_days = 2
	signing_key
	tls_www_server
	tls_www_client
	END
	certtool --generate-privkey --ecc --outfile "$dir/$1.key.new" 2>/dev/null
	certtool --generate-certificate --load-privkey "$dir/$1.key.new" \
		--load-ca-certificate "$dir/$3.pem" \
		--load-ca-privkey "$dir/$3.key" --template "$dir/template" \
		--outfile "$dir/$1.pem.new" 2>/dev/null
	mv "$dir/$1.key.new" "$dir/$1.key"
	mv "$dir/$1.pem.new" "$dir/$1.pem"
}

authority good
authority other
certificate server tap.example good
certificate resolver resolver1.example good
certificate nobody nobody.example good
certificate stranger resolver1.example other

open_port=$(free_port)
strict_port=$(free_port)
cat >"$dir/tapferry.conf" <<END
listeners = (
  { name = "open"; address = "tls://127.0.0.1:$open_port";
    tls = { cert = "$dir/server.pem"; key = "$dir/server.key"; }; },
  { name = "strict"; address = "tls://127.0.0.1:$strict_port";
    tls = { cert = "$dir/server.pem"; key = "$dir/server.key";
            client_ca = "$dir/good.pem";
            names = "resolver1.example resolver2.example"; }; }
);
outputs = (
  { name = "file"; type = "file"; path = "$dir/events"; batch = { linger = "50ms"; }; }
);
END
daemon -c "$dir/tapferry.conf"

events=0

# all_arrived WHAT N - N more events than before
all_arrived() {
	events=$((events + $2))
	until_true 10 at_least . "$dir/events" $events || :
	equal "events after $1" "$(count . "$dir/events")" $events
}

# --- a recorded stream from two other programs

# s_client PORT ARGUMENT... - plays the capture
s_client() {
	local to=127.0.0.1:$1
	shift
	timeout $((10 * slow)) openssl s_client -connect "$to" -quiet \
		-CAfile "$dir/good.pem" "$@" <"$srcdir/$sample" \
		>"$dir/s_client.out" 2>&1 || :
}
# refused REASON - within the log
refused() {
	wait_for "$dir/daemon.err" "INTAKE_TLS_FAILED .*$1"
}

s_client "$open_port" -verify_return_error -verify_hostname tap.example
until_true 10 at_least . "$dir/events" 1 || fail "nothing came from s_client"
wait_for "$dir/daemon.err" 'INTAKE_CLOSED.*finished=yes'
frames=$(count . "$dir/events")
[ "$frames" -gt 100 ] || fail "only $frames events of the capture came"
events=$frames
for version in -tls1_2 -tls1_3; do
	s_client "$strict_port" $version \
		-cert "$dir/resolver.pem" -key "$dir/resolver.key"
	all_arrived "s_client $version" "$frames"
done
wait_for "$dir/daemon.err" 'INTAKE_TLS_OPEN.*version=TLS1.2.*subject="CN=resolver1.example"'
timeout $((10 * slow)) gnutls-cli --x509cafile "$dir/good.pem" \
	--verify-hostname tap.example --x509certfile "$dir/resolver.pem" \
	--x509keyfile "$dir/resolver.key" -p "$strict_port" 127.0.0.1 \
	<"$srcdir/$sample" >"$dir/gnutls-cli.out" 2>&1 || :
all_arrived gnutls-cli "$frames"

s_client "$strict_port"
refused 'showed no certificate'
s_client "$strict_port" -cert "$dir/nobody.pem" -key "$dir/nobody.key"
refused 'tls.names'
s_client "$strict_port" -cert "$dir/stranger.pem" -key "$dir/stranger.key"
refused 'NOT trusted'
s_client "$open_port" -tls1_1 -cipher DEFAULT@SECLEVEL=0
refused 'version'
all_arrived "those that were refused" 0

# --- Unbound

# unbound_start NAME PORT SERVER-NAME TRUSTED [CLIENT-CERTIFICATE]
unbound_start() {
	port=$(free_port)
	cat >"$dir/$1.conf" <<-END
	server:
	    interface: 127.0.0.1
	    port: $port
	    num-threads: 1
	    username: ""
	    chroot: ""
	    directory: "$dir"
	    pidfile: "$dir/unbound.pid"
	    use-syslog: no
	    module-config: "iterator"
	    so-rcvbuf: 0
	    ip-ratelimit: 0
	    local-zone: "example." redirect
	    local-data: "example. 300 IN SOA ns.example. hostmaster.example. 1 2 3 4 5"
	    local-data: "example. 300 IN A 192.0.2.1"
	    local-data: "example. 300 IN AAAA 2001:db8::1"
	    local-data: "example. 300 IN TXT text"
	remote-control:
	    control-enable: no
	dnstap:
	    dnstap-enable: yes
	    dnstap-ip: "127.0.0.1@$2"
	    dnstap-tls: yes
	    dnstap-tls-server-name: "$3"
	    dnstap-tls-cert-bundle: "$dir/$4.pem"
	    ${5:+dnstap-tls-client-key-file: "$dir/$5.key"}
	    ${5:+dnstap-tls-client-cert-file: "$dir/$5.pem"}
	    dnstap-log-client-query-messages: yes
	    dnstap-log-client-response-messages: yes
	END
	start "$1" "$dir/unbound" -d -c "$dir/$1.conf"
	wait_answers "$1" "$port"
}
program unbound >/dev/null

# refused_unbound REASON ARGUMENT... - it never gets its messages through
refused_unbound() {
	local reason=$1 before
	shift
	before=$(count "INTAKE_TLS_FAILED .*$reason" "$dir/daemon.err")
	unbound_start unbound "$@"
	until_true 10 at_least "INTAKE_TLS_FAILED .*$reason" \
		"$dir/daemon.err" $((before + 1)) ||
		fail "no word about an Unbound that $reason"
	stop unbound 0 TERM 5
	equal "events after '$reason'" "$(count . "$dir/events")" $events
}

refused_unbound "the peer's alert" "$open_port" tap.example other
refused_unbound "the peer's alert" "$open_port" elsewhere.example good
refused_unbound 'showed no certificate' "$strict_port" tap.example good
refused_unbound 'NOT trusted' "$strict_port" tap.example good stranger
refused_unbound 'tls.names' "$strict_port" tap.example good nobody

unbound_start unbound "$strict_port" tap.example good resolver
ask "$port" 0 1000 2000
arrived 1000 CLIENT_QUERY CLIENT_RESPONSE

# --- a renewed certificate: new sessions get it, Unbound's stays as it is

opened() { count 'INTAKE_TLS_OPEN.*listener=strict' "$dir/daemon.err"; }
before=$(opened)
# shown - the name in the certificate that the daemon shows
shown() {
	openssl s_client -connect "127.0.0.1:$open_port" </dev/null 2>/dev/null |
		openssl x509 -noout -subject | sed 's/.*= *//'
}
equal "the name shown" "$(shown)" tap.example
certificate server renewed.example good
wait_for "$dir/daemon.err" 'TLS_RELOADED.*listener=strict' 15
equal "the name shown after the renewal" "$(shown)" renewed.example
echo nonsense >"$dir/server.pem"
kill -HUP "${pids[daemon]}"
wait_for "$dir/daemon.err" 'TLS_RELOAD_FAILED.*server.pem' 15
equal "the name shown after a broken renewal" "$(shown)" renewed.example
ask "$port" 1000 1000 2000
arrived 2000 CLIENT_QUERY CLIENT_RESPONSE
equal "Unbound's sessions" "$(opened)" "$before"

# --- the daemon starts anew; what it cannot use keeps it from starting

daemon_stop
status=0
"$builddir/src/tapferryd" -c "$dir/tapferry.conf" 2>"$dir/start.err" || status=$?
equal "exit status with a broken certificate" $status 2
grep -q 'server.pem has no certificate' "$dir/start.err" ||
	fail "no word about the broken certificate"
certificate server tap.example good
daemon -c "$dir/tapferry.conf"
wait_for "$dir/daemon.err" 'INTAKE_TLS_OPEN.*subject="CN=resolver1.example"' 15
ask "$port" 2000 200 2000
arrived 2200 CLIENT_QUERY CLIENT_RESPONSE
stop unbound 0 TERM 5
daemon_stop
