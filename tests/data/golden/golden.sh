#!/bin/sh
# The events of some small captures are, octet for octet, those of the files
# beside this script: CAPTURE.DIALECT.ENVELOPE.
#
#	golden.sh            compare (make check)
#	golden.sh --update   write them anew; look at the difference before you
#	                     commit it.  Needs builddir in the environment.
set -u
srcdir=${srcdir:-.}
builddir=${builddir:-.}
data=$srcdir/tests/data
failed=0
events=$(mktemp) || exit 99
trap 'rm -f "$events"' EXIT INT TERM

check() # CAPTURE DIALECT ENVELOPE
{
	golden=$data/golden/$1.$2.$3
	"$builddir/tests/decode_capture" --dialect "$2" --envelope "$3" \
		--raw malformed "$data/captures/$1" >"$events" || exit 99
	if [ "${update:-}" ]; then
		cp "$events" "$golden" || exit 99
	elif ! cmp "$golden" "$events"; then
		diff "$golden" "$events" | head -n 4 | cut -c 1-2000
		failed=1
	fi
}

[ "${1:-}" = --update ] && update=yes
for capture in alpha-kdig-axfr.dnstap alpha-kdig-https.dnstap \
	alpha-kdig-mixed.dnstap alpha-kdig-noanswer.dnstap \
	alpha-kdig-tls.dnstap addr-lengths.fstrm dns-empty.fstrm \
	dns-odd-values.fstrm dns-opt.fstrm dns-rdata-inside.fstrm \
	dns-rdlength.fstrm dns-zone.fstrm pb-enums.fstrm \
	pb-policy-http.fstrm pb-times.fstrm; do
	check $capture native ndjson
	check $capture cim ndjson
done
check alpha-kdig-https.dnstap native syslog
check alpha-kdig-https.dnstap native hec
check alpha-kdig-https.dnstap cim hec
exit $failed
