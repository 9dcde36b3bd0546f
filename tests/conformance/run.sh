#!/bin/sh
# Corpus conformance: captures against reference decodings, then the hostile
# corpus against decoder and daemon.  builddir: where the binaries are.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${builddir:=.}"
export builddir

command -v zstd >/dev/null || {
	echo 'skipped: no zstd (tests/install-deps.sh installs it)'
	exit 77
}
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
python3 "$here/compare.py" || exit
python3 "$here/hostile.py"
