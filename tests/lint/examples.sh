#!/bin/sh
# Every example configuration loads, and so does every snippet for a DNS server
# whose own checker is at hand.
cd "${srcdir:-.}/examples" || exit 99
tapferryd=${builddir:-..}/src/tapferryd
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
bad=0

echo token >"$tmp/token"
for conf in *.conf package/*.conf; do
	# their secrets, folders and users are on nobody else's machine
	sed -E "/^user = /d; s# (owner|group) = \"[a-z]*\";##g; s#\"/etc/tapferry/[a-z-]*\.(token|pem)\"#\"$tmp/token\"#;
		s#\"(unix:)?/(run|var/(log|spool|lib))/tapferry#\"\\1$tmp#g" "$conf" \
		>"$tmp/${conf##*/}"
	"$tapferryd" -t -c "$tmp/${conf##*/}" </dev/null ||
		{ echo "examples: $conf"; bad=1; }
done

# checked COMMAND ARGUMENT...
PATH=$PATH:/usr/sbin:/sbin
checked() {
	command -v "$1" >/dev/null || { echo "not checked: no $1"; return; }
	"$@" >"$tmp/out" 2>&1 && return
	cat "$tmp/out"
	echo "examples: $*"
	bad=1
}
# AppArmor keeps these programs to their usual folders
cp dns-servers/* "$tmp"
# as its first lines say
{ echo 'options {'; cat dns-servers/bind9.conf; echo '};'; } >"$tmp/bind9.conf"
checked named-checkconf "$tmp/bind9.conf"
checked unbound-checkconf "$tmp/unbound.conf"
checked unbound-checkconf "$tmp/unbound-tcp.conf"
checked unbound-checkconf "$tmp/unbound-tls.conf"
checked nsd-checkconf "$tmp/nsd.conf"
checked knotc -c "$tmp/knot.conf" conf-check
checked dnsdist --check-config -C "$tmp/dnsdist.lua"
exit $bad
