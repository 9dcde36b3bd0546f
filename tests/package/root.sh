#!/bin/bash
# The Debian packages in a clean root: installed, set up and used as an operator
# would, upgraded, removed, installed again, purged.
#
#	tests/package/root.sh OUT-FOLDER
#
# OUT-FOLDER is where tests/package/build.sh has left the packages.  The root is
# Debian's smallest, from where this machine gets its packages.  Whatever runs in
# it has a mount, a process and, once installed, a network namespace of its own.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
root=$out/clean
skip() {
	echo "$*"
	exit 77
}
chrooted() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root chroot "$root" "$@"; }

# Called again in the namespaces, with whose end every mount and process goes.
if [ "${2:-}" = inside ]; then
	mount -t proc proc "$root/proc"
	echo "--- apt-get install"
	install() {
		chrooted apt-get -q -y -o APT::Sandbox::User=root "$@" \
			--no-install-recommends install /test/tapferry.deb \
			/test/tapferry-tools.deb curl logrotate unbound
	}
	install --simulate >/dev/null
	install --download-only >/dev/null || skip "what the packages depend on cannot be had"
	install
	export -f chrooted
	export root
	exec unshare --net bash -c \
		'ip link set lo up && chrooted /bin/bash /test/life.sh'
fi

[ "$(id -u)" -eq 0 ] || skip "a clean root takes root"
for tool in mmdebstrap unshare ip dpkg-deb; do
	command -v $tool >/dev/null || skip "no $tool: tests/install-deps.sh --test"
done
unshare --mount --pid --net --fork true || skip "no namespaces here"
# shellcheck disable=SC2016 # apt's own variables
apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
	'Created-By: Packages' 'Origin: Debian' | sort -u >"$out/sources"
[ -s "$out/sources" ] || skip "apt has no lists of Debian's packages"
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)

echo "--- a clean root"
rm -rf --one-file-system "$root"
# its mounts of /dev and /sys are left out: /dev has the nodes it needs
unshare --mount mmdebstrap --quiet --mode=root --variant=minbase \
	--skip=chroot/mount/dev,chroot/mount/sys,cleanup/apt/lists \
	--dpkgopt=path-exclude=/usr/share/doc/* "$codename" "$root" \
	<"$out/sources" || skip "no clean root: mmdebstrap failed, see above"
du -sh "$root"

mkdir "$root/test"
cp "$here/life.sh" "$out"/tapferry-[0-9]*/debian/tests/deliver "$root/test"
for p in tapferry tapferry-tools; do
	cp "$out/$p"_[0-9]*.deb "$root/test/$p.deb"
done
# the next version: another comment in each configuration file
dpkg-deb -R "$root/test/tapferry.deb" "$out/next"
sed -i 's/^Version: .*/&+next/' "$out/next/DEBIAN/control"
for conf in tapferry/tapferry.conf logrotate.d/tapferry; do
	echo "# of the next version" >>"$out/next/etc/$conf"
done
dpkg-deb --root-owner-group -Znone -b "$out/next" "$root/test/next.deb"
rm -r "$out/next"

unshare --mount --pid --fork --kill-child "$0" "$out" inside
rm -rf --one-file-system "$root"
echo "packages in a clean root: all is well"
