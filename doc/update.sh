#!/bin/sh
# Bring the tables in the documents up to date with the program's.
#
#   doc/update.sh SRCDIR TABLES           write them (`make update-doc`)
#   doc/update.sh SRCDIR TABLES --check   tell which ones are not current
#
# TABLES is the program doc/tables.
set -eu
src=$1
tables=$2
check=${3:-}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

"$tables" counters >"$tmp/counters.md"
"$tables" settings >"$tmp/settings"
"$tables" metrics >"$tmp/metrics"
# fill_in WHAT PAGE: what stands between the two marks is ours
fill_in() {
	awk -v what="$1" -v table="$tmp/$1" '
	/^\.\\" end of the table/ { inside = 0 }
	!inside { print }
	index($0, ".\\\" the table of " what) == 1 {
		while ((getline line < table) > 0)
			print line
		inside = 1
	}' "$src/doc/$2" >"$tmp/$2"
}
fill_in settings tapferry.conf.5
fill_in metrics tapferry-monitor.7

for page in counters.md tapferry.conf.5 tapferry-monitor.7; do
	cmp -s "$tmp/$page" "$src/doc/$page" && continue
	if [ "$check" = --check ]; then
		echo "doc/$page is not current: make update-doc"
		status=1
	else
		cp "$tmp/$page" "$src/doc/$page"
		echo "doc/$page brought up to date"
	fi
done
exit $status
