#!/bin/sh
# The scripts that people start say how they are used: on standard output, from
# their own folder too, before they do anything; and what was wrong with an option.
cd "${srcdir:-.}" || exit 99
bad=0
wrong() {
	echo "help: $*"
	bad=1
}
for script in tests/run.sh tests/bench/run.sh examples/quickstart.sh; do
	text=$(cd "${script%/*}" && "./${script##*/}" --help 2>&1) ||
		wrong "$script --help ended with $?"
	case $text in
	*"	$script"*) ;;
	*) wrong "$script --help says: $text" ;;
	esac
	"$script" --help 2>/dev/null | grep -q "	$script" ||
		wrong "$script --help is not on standard output"
	text=$("$script" --nonsense 2>&1 >/dev/null)
	[ $? -eq 2 ] || wrong "$script --nonsense did not end with 2"
	case $text in
	*--nonsense*) ;;
	*) wrong "$script --nonsense says: $text" ;;
	esac
done
# it is quiet when nobody reads on: how it says things, and that it does so
text=$({ sh -c "$(sed -n '/^trap .*PIPE/,/^}/p' examples/quickstart.sh)
	sleep 0.2; say 1; say 2" 2>&3 | :; } 3>&1)
[ -z "$text" ] || wrong "examples/quickstart.sh | head says: $text"
! grep -q '^echo' examples/quickstart.sh ||
	wrong "examples/quickstart.sh has an echo that is no say"
text=$(examples/quickstart.sh no/such/file 2>&1)
case $text in
"quickstart.sh: no such capture: "*/no/such/file) ;;
*) wrong "quickstart.sh no/such/file says: $text" ;;
esac
[ "$(tests/bench/run.sh --list | grep -c '^[a-z_]* *[0-9]* s at most  [a-zA-Z]')" -ge 15 ] ||
	wrong "tests/bench/run.sh --list: $(tests/bench/run.sh --list)"
exit $bad
