#!/bin/sh
# The C sources are as clang-format writes them.  Its versions differ in
# details: version 14, Debian 12's, is the one that counts.
clang-format --version 2>/dev/null | grep -q 'version 14\.' ||
	{ echo "clang-format 14 is not installed"; exit 77; }
cd "${srcdir:-.}" || exit 99
find src tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
