#!/bin/bash
# The RPM spec: rpmlint finds no error, and packages come out of it with the
# files that it lists, no more and no less.
#
#	tests/package/rpm.sh OUT-FOLDER
#
# OUT-FOLDER is where tests/package/build.sh has been: what it has compiled is
# installed again, by the spec this time.  The macros of other distributions are
# not here, so they are given their values.
set -eu
export LC_ALL=C
out=$(cd "$1" && pwd)
for tool in rpmbuild rpmlint; do
	command -v $tool >/dev/null || { echo "no $tool: tests/install-deps.sh --test"; exit 77; }
done
src=$(ls -d "$out"/tapferry-[0-9]*/)
src=${src%/}
spec=$src/examples/rpm/tapferry.spec
version=${src##*/tapferry-}
bad=0
wrong() {
	echo "WRONG: $*"
	bad=1
}

rpmlint "$spec" || wrong rpmlint
[ "$(rpmspec -q --srpm --qf '%{VERSION}' "$spec")" = "$version" ] ||
	wrong "the spec is of another version than $version"

# the spec builds in the source folder, debian/rules beside it
# shellcheck disable=SC2016 # make's own variables
echo '%: ; $(MAKE) -C debian/build $@' >"$src/GNUmakefile"
build() {
	rpmbuild "$@" --short-circuit --nodeps --nocheck \
		--define "_topdir $out/rpm" --define "_builddir $out" \
		--define '_prefix /usr' --define '_sysconfdir /etc' \
		--define '_localstatedir /var' --define '_sharedstatedir /var/lib' \
		--define '_docdir /usr/share/doc' --define 'debug_package %{nil}' \
		--define '_unitdir /usr/lib/systemd/system' \
		--define '_sysusersdir /usr/lib/sysusers.d' \
		--define '_tmpfilesdir /usr/lib/tmpfiles.d' \
		--define 'tmpfiles_create() :' --define 'systemd_post() :' \
		--define 'systemd_preun() :' --define 'systemd_postun() :' \
		--define 'systemd_postun_with_restart() :' "$spec"
}
rm -rf "$out/rpm"
for stage in -bi -bb; do
	build $stage >"$out/rpm.log" 2>&1 || {
		tail -n 40 "$out/rpm.log"
		exit 1
	}
done
rm "$src/GNUmakefile"

# rights, owner and path of everything but documentation
files_of() {
	rpm -qp --nosignature --qf '[%{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILENAMES}\n]' \
		"$out/rpm/RPMS"/*/"$1"-[0-9]*.rpm | grep -vE '/usr/share/(doc|licenses)|/.build-id' |
		sed 's/\.gz$//'
}
files_of tapferry >"$out/files"
diff - "$out/files" <<'END' || wrong "files of tapferry, > is what there is"
-rw-r--r-- root root /etc/logrotate.d/tapferry
drwxr-x--- root tapferry /etc/tapferry
-rw-r----- root tapferry /etc/tapferry/hec.token
-rw-r----- root tapferry /etc/tapferry/tapferry.conf
-rwxr-xr-x root root /usr/bin/tapferryctl
-rw-r--r-- root root /usr/lib/systemd/system/tapferryd.service
-rw-r--r-- root root /usr/lib/systemd/system/tapferryd.socket
-rw-r--r-- root root /usr/lib/sysusers.d/tapferry.conf
-rw-r--r-- root root /usr/lib/tmpfiles.d/tapferry.conf
-rwxr-xr-x root root /usr/sbin/tapferryd
-rw-r--r-- root root /usr/share/bash-completion/completions/tapferryctl
-rw-r--r-- root root /usr/share/man/man1/tapferryctl.1
-rw-r--r-- root root /usr/share/man/man5/tapferry.conf.5
-rw-r--r-- root root /usr/share/man/man7/tapferry-monitor.7
-rw-r--r-- root root /usr/share/man/man8/tapferryd.8
drwxr-x--- tapferry tapferry /var/lib/tapferry
drwxr-x--- tapferry tapferry /var/log/tapferry
END
files_of tapferry-tools >"$out/files"
diff - "$out/files" <<'END' || wrong "files of tapferry-tools, > is what there is"
-rwxr-xr-x root root /usr/bin/tapferry-load
-rw-r--r-- root root /usr/share/man/man1/tapferry-load.1
END

[ $bad -eq 0 ] || exit 1
echo "rpm: all is well"
