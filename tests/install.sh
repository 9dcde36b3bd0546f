#!/bin/sh
# `make install DESTDIR=` puts the programs and their manual pages in place,
# and the installed programs run.
#
#	tests/install.sh BUILD-FOLDER
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
make -C "$1" install DESTDIR="$tmp" prefix=/usr
for program in "$tmp"/usr/sbin/tapferryd "$tmp"/usr/bin/tapferry-load; do
	"$program" --version
	"$program" --help
done
for page in man8/tapferryd.8 man5/tapferry.conf.5 man1/tapferry-load.1; do
	[ -s "$tmp/usr/share/man/$page" ] || { echo "no $page"; exit 1; }
done
for document in event.md counters.md examples/systemd/tapferryd.service; do
	[ -s "$tmp/usr/share/doc/tapferry/$document" ] || { echo "no $document"; exit 1; }
done
make -C "$1" uninstall DESTDIR="$tmp" prefix=/usr
left=$(find "$tmp" -type f)
[ -z "$left" ] || { echo "uninstall left: $left"; exit 1; }
