#!/bin/sh
# The manual pages: well-formed, their tables current, every option and every
# log id in them and none that is gone.
src=$(cd "${srcdir:-.}" && pwd) || exit 99
build=${builddir:-.}
page=$src/doc/tapferryd.8
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
bad=0

if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$src"/doc/*.[1578] || bad=1
else
	echo "not checked: no mandoc"
fi
"$src/doc/update.sh" "$src" "$build/doc/tables" --check || bad=1

# same WHAT: the two lists of words must be the same
same() {
	diff "$tmp/program" "$tmp/page" >"$tmp/diff" && return
	sed -n "s/^</manual: $1 not in tapferryd.8:/p; \
		s/^>/manual: $1 in tapferryd.8 only:/p" "$tmp/diff"
	bad=1
}

"$build/src/tapferryd" --help </dev/null | grep -oE -- ' --[a-z-]+' |
	sort -u >"$tmp/program"
grep -E '^\.It Fl' "$page" | grep -oE ' -[a-z-]{2,}' | sed 's/ -/ --/' |
	sort -u >"$tmp/page"
same "options"

# the id is the first word of log_warn() and its like, and stands behind the
# level in log_limited()
for f in "$src"/src/*/*.c "$src"/src/*.c; do
	case $f in
	*/src/load/* | */src/ctl/*) continue ;;
	esac
	tr '\n\t' '  ' <"$f" | grep -oE \
		'log_(error|warn|info|debug|limited|at|always)(_limited)?\( *((LOG_[A-Z_]+|level), *((NULL|[a-z&][a-z_&]*), *)?)?[A-Z][A-Z_]+,'
done | grep -oE '[A-Z][A-Z_]+,$' | tr -d , | sort -u >"$tmp/program"
sed -n '/^\.Ss Log/,/^\.Ss The ledger/s/^\.It Li //p' "$page" |
	grep -oE '[A-Z_]+' | sort -u >"$tmp/page"
same "log ids"
exit $bad
