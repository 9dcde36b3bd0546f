#!/bin/sh
# Every relative link of a Markdown page leads to something that is there.
cd "${srcdir:-.}" || exit 99
find . -path './build*' -prune -o -path './tapferry-*' -prune -o \
	-name '*.md' -type f -print | while read -r page; do
	# shellcheck disable=SC2016 # what is quoted is no shell
	sed '/^```/,/^```/d' "$page" |
		grep -oE '(\]\(|src(set)?=")[^)" ]+' |
		sed -E 's/^(\]\(|src(set)?=")//; s/#.*//' |
		grep -vE '^([a-z]+:|$)' | while read -r link; do
		[ -e "${page%/*}/$link" ] || echo "$page: no $link"
	done
done | {
	! grep .
}
