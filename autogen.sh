#!/bin/sh
# Make configure and Makefile.in from configure.ac and Makefile.am.
set -eu
cd "$(dirname "$0")"
mkdir -p m4
exec autoreconf --force --install --warnings=all
