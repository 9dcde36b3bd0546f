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
# what stands between the two marks is ours
awk -v table="$tmp/settings" '
	/^\.\\" end of the table/ { inside = 0 }
	!inside { print }
	/^\.\\" the table of settings/ {
		while ((getline line < table) > 0)
			print line
		inside = 1
	}' "$src/doc/tapferry.conf.5" >"$tmp/tapferry.conf.5"

for page in counters.md tapferry.conf.5; do
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
