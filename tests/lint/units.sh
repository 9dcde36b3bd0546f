#!/bin/sh
# The systemd units: they are understood, what they leave open is little, and
# their filter of system calls has every call that the daemon makes: those of
# its own filter (src/control/syscalls.def), which scenarios try.
cd "${srcdir:-.}" || exit 99
command -v systemd-analyze >/dev/null ||
	{ echo "skipped: no systemd-analyze (package systemd)"; exit 77; }
tapferryd=$(realpath "${builddir:-.}/src/tapferryd") || exit 99
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
bad=0
SYSTEMD_PAGER=
export SYSTEMD_PAGER
complain() {
	echo "units: $*"
	bad=1
}

# units name a program that is installed, so ours takes its place
for u in tapferryd.service tapferryd.socket; do
	sed "s|^\(Exec[A-Za-z]*=\)/usr/sbin/tapferryd|\1$tapferryd|" \
		"examples/systemd/$u" >"$tmp/$u" || exit 99
done
cd "$tmp" || exit 99
# an unknown key is told on standard error, and no error
if ! systemd-analyze verify --man=no ./tapferryd.service ./tapferryd.socket \
	>said 2>&1 || [ -s said ]; then
	cat said
	complain "systemd-analyze verify"
fi
if ! systemd-analyze security --offline=yes --threshold=20 ./tapferryd.service \
	>said 2>&1; then
	grep -v '^✓' said
	complain "the exposure is 2.0 or more"
fi

# group NAME - its calls, those of groups within it too
group() {
	systemd-analyze syscall-filter "$1" 2>/dev/null |
		sed -n 's/^ *\([@a-z_][a-z0-9_-]*\)$/\1/p' >"$tmp/$1.group"
	while read -r member; do
		case $member in
		"$1") ;;
		@*) group "$member" ;;
		*) echo "$member" ;;
		esac
	done <"$tmp/$1.group"
}
sed -n 's/^SystemCallFilter=//p' tapferryd.service | tr ' ' '\n' >filter
while read -r word; do
	case $word in
	~*) complain "this test does not know what $word leaves" ;;
	@*) group "$word" ;;
	*) echo "$word" ;;
	esac
done <filter | sort -u >allowed
# not libseccomp's own names, nor calls newer than this systemd, which it has in
# no group but that of all
systemd-analyze syscall-filter 2>/dev/null |
	awk '/^@/ { group = $1 } group != "@known" && /^ *[a-z_0-9]+$/ { print $1 }' |
	sort -u >known
sed -n 's/^CALL[A-Z_]*(\([a-z0-9_]*\).*/\1/p' \
	"$OLDPWD/src/control/syscalls.def" | sort -u >made
[ "$(wc -l <made)" -gt 100 ] || complain "no system calls in syscalls.def"
[ "$(wc -l <allowed)" -gt 200 ] || complain "no system calls in the unit's filter"
for call in $(comm -23 made allowed | comm -12 - known) \
	$(for c in seccomp prctl landlock_restrict_self; do
		grep -qx $c allowed || echo $c
	done); do
	complain "SystemCallFilter= does not let $call through"
done
exit $bad
