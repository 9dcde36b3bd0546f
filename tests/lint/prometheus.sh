#!/bin/sh
# The Prometheus examples and the dashboard: what promtool says of them, which
# alerts fire on what, and every metric they name is in the daemon's table.
src=$(cd "${srcdir:-.}" && pwd) || exit 99
build=${builddir:-.}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
bad=0

cp "$src"/examples/prometheus/*.yml "$src/tests/data/alerts_test.yml" "$tmp"
if command -v promtool >/dev/null; then
	(cd "$tmp" && promtool check config scrape.yml &&
		promtool check rules recording.yml alerts.yml &&
		promtool test rules alerts_test.yml) >"$tmp/out" 2>&1 ||
		{ cat "$tmp/out"; bad=1; }
else
	echo "not checked: no promtool"
fi

"$build/doc/tables" metrics | sed -n 's/^\.It Li //p' | sort >"$tmp/table"
cat "$src"/examples/prometheus/*.yml "$src/examples/grafana/tapferry.json" |
	grep -oE '(tapferry|process)_[a-z0-9_]+|tapferry:[a-z0-9_:]+' |
	sed -E 's/_(bucket|sum|count)$//' | sort -u >"$tmp/named"
grep -v : "$tmp/named" | comm -13 "$tmp/table" - >"$tmp/unknown"
grep : "$tmp/named" | while read -r record; do
	grep -q "record: $record\$" "$src/examples/prometheus/recording.yml" ||
		echo "$record"
done >>"$tmp/unknown"
if [ -s "$tmp/unknown" ]; then
	echo "no such metric:"
	cat "$tmp/unknown"
	bad=1
fi
[ "$(wc -l <"$tmp/named")" -ge 40 ] || { echo "too few names found"; bad=1; }
exit $bad
