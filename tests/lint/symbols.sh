#!/bin/sh
# Two rooms must not define the same function: everything is one archive, and
# the linker would silently take whichever member it met first.
lib="${builddir:-.}/src/libtapferry.a"
if ! command -v nm >/dev/null; then
	echo "symbols: nm is missing (binutils)"
	exit 77
fi
twice=$(nm -g --defined-only "$lib" | awk '$2 ~ /^[TDBR]$/ { print $3 }' |
	grep -v '^__' | sort | uniq -d)
[ -z "$twice" ] || {
	echo "symbols: defined in more than one file of $lib:"
	echo "$twice"
	exit 1
}
