#!/bin/sh
# Every shell script passes shellcheck.
command -v shellcheck >/dev/null || { echo "shellcheck is not installed"; exit 77; }
cd "${srcdir:-.}" || exit 99
find autogen.sh .ci debian/tests examples tests -type f \( -name '*.sh' -o -name run -o -name deliver -o -path '*/bench/connections' \) \
	-exec shellcheck -x -P SCRIPTDIR {} +
