#!/bin/sh
# configure names a missing library together with the packages that have it.
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
srcdir=$(cd "${srcdir:-.}" && pwd)
[ -x "$srcdir/configure" ] || { echo "there is no configure"; exit 77; }
cd "$tmp" || exit 99
unset PKG_CONFIG_PATH CK_CFLAGS CK_LIBS
if PKG_CONFIG_LIBDIR=$tmp "$srcdir/configure" >out 2>&1 </dev/null; then
	echo "configure found libraries where there are none"
	exit 1
fi
grep -q 'ck .*is missing: install libck-dev (Debian, Ubuntu) or ck-devel (Fedora)' out ||
	{ tail -n 5 out; exit 1; }
