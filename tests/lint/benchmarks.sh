#!/bin/sh
# doc/benchmarks.md, its plots and the README's figures are what
# doc/benchmarks.json makes of the texts, and no figure of the texts is missing.
command -v python3 >/dev/null || { echo "python3 is not installed"; exit 77; }
cd "${srcdir:-.}" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 tests/bench/report.py check doc/benchmarks.json doc
