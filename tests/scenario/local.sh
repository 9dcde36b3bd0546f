# What the scenarios of outputs for local use share.
# shellcheck shell=bash
# shellcheck source=tests/scenario/lib.sh
. "$here/lib.sh"
need python3 jq

# configure OUTPUT... - each a group of settings without its braces
configure() {
	local output all=
	for output; do
		all+="${all:+,$'\n'}  { $output }"
	done
	cat >"$dir/tapferry.conf" <<END
listeners = ( { name = "l"; address = "unix:$dir/tap.sock"; } );
outputs = (
$all );
shutdown = { drain = "1h"; };
control = { socket = "$dir/control.sock"; };
END
}

ctl() { "$builddir/src/tapferryctl" --socket "$dir/control.sock" "$@"; }

play() {
	send --to "unix:$dir/tap.sock" --generate --number --count "$@"
}

# now OUTPUT KEY - of the ledger of the running daemon
now() {
	ctl --json ledger |
		jq ".outputs[] | select(.name == \"$1\") | .ledger.$2"
}
now_is() { [ "$(now "$1" "$2")" = "$3" ]; }
await_now() {
	until_true 20 now_is "$@" || fail "$1 $2: $(now "$1" "$2"), not $3"
}

# read_by NAME KIND PATH OPTION... - a reader in the background, into NAME.got
read_by() {
	start "$1" "$here/reader.py" "$2" "$3" "$dir/$1.got" "${@:4}"
	wait_for "$dir/$1.out" '^reading$'
}

# lines [--syslog | --counted] NAME...
lines() {
	local mode=()
	case $1 in --*) mode=("$1") && shift ;; esac
	local files=("${@/#/$dir/}")
	"$here/lines.py" "${mode[@]}" "${files[@]/%/.got}" ||
		fail "not all that was read is events"
}
