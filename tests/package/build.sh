#!/bin/bash
# The Debian packages, made from the release tarball: they build, lintian finds
# no fault, and what is in them is what should be.
#
#	tests/package/build.sh BUILD-FOLDER OUT-FOLDER
#
# The packages stay in OUT-FOLDER, for tests/package/root.sh.
set -eu
export LC_ALL=C
build=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
for tool in dpkg-buildpackage dh lintian; do
	command -v $tool >/dev/null || { echo "no $tool: tests/install-deps.sh --test"; exit 77; }
done
bad=0
wrong() {
	echo "WRONG: $*"
	bad=1
}
# same WHAT FILE: as wanted, on standard input
same() {
	diff - "$2" && return
	wrong "$1, > is what there is"
}

echo "--- tarball"
rm -rf "${out:?}"/*
make -s -C "$build" dist-xz XZ_OPT=-0
version=$(sed -n 's/^VERSION = //p' "$build/Makefile")
tar -C "$out" -xf "$build/tapferry-$version.tar.xz"
rm "$build/tapferry-$version.tar.xz"
src=$out/tapferry-$version

echo "--- packages"
(
	cd "$src"
	# what a package is made with must not come from whoever makes it
	unset CC CFLAGS CPPFLAGS LDFLAGS MAKEFLAGS
	DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc
)
cd "$out"
arch=$(dpkg --print-architecture)
grep -q "^tapferry ($version)" "$src/debian/changelog" ||
	wrong "debian/changelog is of another version than $version"
main=tapferry_${version}_$arch.deb
tools=tapferry-tools_${version}_$arch.deb

echo "--- lintian"
lintian --allow-root --fail-on error,warning -EvI --pedantic ./*.changes \
	>lintian.log 2>&1 || wrong "lintian finds fault"
grep -E '^[EWIP]:' lintian.log || :

echo "--- what is in them"
# mode, owner and path of everything but documentation
files_of() {
	dpkg-deb -c "$1" | awk '$1 !~ /^d/ { print $1, $2, $6 }' |
		grep -v ' ./usr/share/doc/' | sort -k 3
}
files_of "$main" >files
same "files of tapferry" files <<'END'
-rw-r--r-- root/root ./etc/logrotate.d/tapferry
-rw-r--r-- root/root ./etc/tapferry/tapferry.conf
-rw-r--r-- root/root ./lib/systemd/system/tapferryd.service
-rw-r--r-- root/root ./lib/systemd/system/tapferryd.socket
-rwxr-xr-x root/root ./usr/bin/tapferryctl
-rw-r--r-- root/root ./usr/lib/sysusers.d/tapferry.conf
-rw-r--r-- root/root ./usr/lib/tmpfiles.d/tapferry.conf
-rwxr-xr-x root/root ./usr/sbin/tapferryd
-rw-r--r-- root/root ./usr/share/bash-completion/completions/tapferryctl
-rw-r--r-- root/root ./usr/share/man/man1/tapferryctl.1.gz
-rw-r--r-- root/root ./usr/share/man/man5/tapferry.conf.5.gz
-rw-r--r-- root/root ./usr/share/man/man7/tapferry-monitor.7.gz
-rw-r--r-- root/root ./usr/share/man/man8/tapferryd.8.gz
END
files_of "$tools" >files
same "files of tapferry-tools" files <<'END'
-rwxr-xr-x root/root ./usr/bin/tapferry-load
-rw-r--r-- root/root ./usr/share/man/man1/tapferry-load.1.gz
END
dpkg-deb --ctrl-tarfile "$main" | tar -xO ./conffiles >conffiles
same "configuration files" conffiles <<'END'
/etc/logrotate.d/tapferry
/etc/tapferry/tapferry.conf
END

echo "--- what they depend on"
dpkg-deb -f "$main" Depends
dpkg-deb -f "$main" Depends | grep -q 'libcurl3-gnutls' ||
	wrong "not linked with GnuTLS's libcurl"
for p in "$main" "$tools"; do
	! dpkg-deb -f "$p" Depends | grep -qE 'libcurl4|libssl|libnss' ||
		wrong "a second TLS library in $p"
done

echo "--- how they run"
root=$out/root
for p in "$main" "$tools"; do
	dpkg-deb -x "$p" "$root"
done
for program in usr/sbin/tapferryd usr/bin/tapferryctl usr/bin/tapferry-load; do
	"$root/$program" --version | grep -qF "$version" || wrong "version of $program"
	readelf -hWd "$root/$program" >elf
	grep -q 'Type: *DYN' elf || wrong "$program is no PIE"
	grep -q 'BIND_NOW\|Flags:.*NOW' elf || wrong "$program binds late"
done
for unit in service socket; do
	cmp "$src/examples/systemd/tapferryd.$unit" \
		"$root/lib/systemd/system/tapferryd.$unit" || wrong "another unit"
done
# the configuration wants a token, and nothing else
token=$out/hec.token
mkdir -p state
sed -E "/^user = /d; s# (owner|group) = \"[a-z]*\";##g; s|/etc/tapferry/hec.token|$token|; s#/(run|var/lib|var/log)/tapferry#$out/state#g" \
	"$root/etc/tapferry/tapferry.conf" >conf
check() { "$root/usr/sbin/tapferryd" -t -c "$out/conf" </dev/null >check 2>&1; }
(umask 077 && : >"$token")
! check || wrong "a configuration without a token is right"
grep -q "$token is empty: write the token to it" check || wrong "$(cat check)"
echo token >"$token"
check || wrong "$(cat check)"
[ "$(wc -l <check)" -eq 1 ] || wrong "$(cat check)"
if command -v systemd-sysusers >/dev/null; then
	mkdir -p "$root/etc"
	systemd-sysusers --root="$root" tapferry.conf
	cut -d : -f 1,4 "$root/etc/group" >groups
	same groups groups <<'END'
dnstap:tapferry
tapferry:
END
fi

[ $bad -eq 0 ] || exit 1
echo "packages: all is well"
