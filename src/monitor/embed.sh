#!/bin/sh
# A file as a C array:  embed.sh NAME FILE
#
# Defines `const unsigned char NAME[]` and `const size_t NAME_len`.
set -eu
name=$1
file=$2
[ -s "$file" ] || { echo "embed.sh: $file is missing or empty" >&2; exit 1; }

echo "/* made by embed.sh from ${file##*/} */"
echo "#include <stddef.h>"
echo "extern const unsigned char ${name}[];"
echo "extern const size_t ${name}_len;"
echo "const unsigned char ${name}[] = {"
od -An -v -tu1 "$file" | sed 's/  */ /g; s/^ //; s/ *$//; s/ /,/g; s/$/,/'
echo "};"
echo "const size_t ${name}_len = sizeof($name);"
