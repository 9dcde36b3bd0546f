#!/usr/bin/env bash
# The completion of bash: what the daemon tells is offered as text, quoted, and
# never run, however it is named.
completion=${srcdir:-.}/examples/bash-completion/tapferryctl
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
bad=0

# in place of the program: tables as a daemon's would be
cat >"$tmp/tapferryctl" <<'END'
#!/bin/sh
[ "$1" != --socket ] || { echo "$2" >"$RAN.socket"; shift 2; }
case $1 in
outputs) printf 'OUTPUT  TYPE\nsplunk  hec\nspare  http\n' ;;
backends)
	printf 'OUTPUT  URL\n'
	for u in 'http://127.0.0.1:9/$(touch${IFS}$RAN)' \
		'http://127.0.0.1:9/`touch${IFS}$RAN`' \
		'http://127.0.0.1:9/a&b;touch${IFS}$RAN' \
		"http://127.0.0.1:9/it's?a=b" 'https://[::1]:8088' '*' '~'; do
		printf 'splunk  %s  up\n' "$u"
	done
	;;
esac
END
chmod 0755 "$tmp/tapferryctl"
export RAN=$tmp/ran
PATH=$tmp:$PATH
# shellcheck source=examples/bash-completion/tapferryctl
. "$completion"

# offered TAIL WORD... - for that line; TAIL is what readline holds to be its
# last word, the words are bash's, and a _ stands before each that a blank is
# before
offered() {
	local tail=$1 w
	shift
	COMP_LINE='' COMP_WORDS=()
	for w; do
		COMP_LINE+=${w/#_/ }
		COMP_WORDS+=("${w#_}")
	done
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_POINT=${#COMP_LINE}
	_tapferryctl tapferryctl "$tail" ''
	[ ! -e "$RAN" ] || { echo "'$COMP_LINE' ran a command"; exit 1; }
}
# is WORD... - what was offered is that
is() {
	[ "${COMPREPLY[*]}" = "$*" ] && return
	printf "completion: '%s' has '%s', not '%s'\n" "$COMP_LINE" \
		"${COMPREPLY[*]}" "$*"
	bad=1
}

offered st tapferryctl _st
is status
offered s tapferryctl _outputs _pause _s
is spare splunk
offered s tapferryctl _-s _/a/socket _outputs _pause _s
[ "$(cat "$RAN.socket")" = /a/socket ] || { echo "another socket"; bad=1; }
offered --o tapferryctl _backends _add _http : //x _--o
is --output

# each URL is offered, and means itself to the shell
urls=$("$tmp/tapferryctl" backends | awk 'NR > 1 { print $2 }' | LC_ALL=C sort)
offered '' tapferryctl _backends _drain _
for w in "${COMPREPLY[@]}"; do
	case $w in
	--*) ;;
	*) eval "printf '%s\n' $w" ;;
	esac
done | LC_ALL=C sort >"$tmp/meant"
[ ! -e "$RAN" ] || { echo "what is offered runs a command"; bad=1; }
[ "$(cat "$tmp/meant")" = "$urls" ] ||
	{ echo "not the URLs:"; cat "$tmp/meant"; bad=1; }

# and goes on behind what bash holds to be a word of its own
offered '' tapferryctl _backends _drain _https :
is '//\[::1\]:8088'
offered '//127' tapferryctl _backends _drain _http : //127
[ ${#COMPREPLY[@]} = 4 ] || { echo "${COMPREPLY[*]}"; bad=1; }
case ${COMPREPLY[0]} in
//127.0.0.1:9/*) ;;
*) echo "not the rest: ${COMPREPLY[0]}"; bad=1 ;;
esac
exit $bad
