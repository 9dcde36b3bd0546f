#!/bin/sh
# Every header stands alone: it compiles when it is the first one included.
# LINT_CC and LINT_CFLAGS come from the Makefile.
cd "${srcdir:-.}/src" || exit 99
find . -name '*.h' | sort | {
	bad=0
	while read -r header; do
		# shellcheck disable=SC2086 # several flags
		$LINT_CC $LINT_CFLAGS -I. -fsyntax-only -x c \
			-include "$header" /dev/null ||
			{ echo "headers: $header"; bad=1; }
	done
	exit $bad
}
