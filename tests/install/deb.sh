#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the Debian packages on a new system that has only what debian/control names, asks lintian, builds them again
# elsewhere and compares every bit, without documentation, and for arm64; then installs them on another new system and
# runs the tests of debian/tests there. Needs root and the network.
# usage: deb.sh SOURCE WORK   WORK: folder for the systems and the logs of the builds, which is made anew
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/../files.sh"
cd "$1" || exit 1
work=$2
tools/root.sh remove "$work"
mkdir -p "$work/logs"
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)
tree=egm-$version

logged() { # NAME COMMAND...: the end of the output explains a failure
	log=$work/logs/$1.log
	shift
	"$@" >"$log" 2>&1 || { tail -n 30 "$log"; return 1; }
}
inside() { # NAME SYSTEM COMMAND
	logged "$1" tools/root.sh run "$work/$2" sh -ec "$3"
}
install='apt-get install -q -y --no-install-recommends'

# ---- building
# The archive has no debian/: dpkg-source adds it.
unpack() { # SYSTEM FOLDER
	mkdir -p "$work/$1/$2/$tree" && files '*' | tar -cf - -T - | tar -xf - -C "$work/$1/$2/$tree" &&
		tar -C "$work/$1/$2" --exclude="$tree/debian" --sort=name --mtime=@0 --owner=0 --group=0 \
			-czf "$work/$1/$2/egm_$version.orig.tar.gz" "$tree"
}
builder() {
	tools/root.sh make "$work/builder" && unpack builder build && unpack builder other/longer/place &&
		unpack builder nodoc && unpack builder cross
}
result 'a new system for building' logged builder builder
# A program that has the disk of the new system below this folder is one that runs in it.
stopped() {
	tools/root.sh run "$work/builder" sh -c 'touch /started; sleep 100000' >"$work/logs/stopped.log" 2>&1 &
	timeout 60 sh -c 'until [ -e "$1/started" ]; do sleep 0.1; done' sh "$work/builder" || return 1
	kill -KILL $!
	timeout 60 sh -c 'while readlink /proc/[0-9]*/root | grep -qxF "$1"; do sleep 0.1; done' \
		sh "$(realpath "$work/builder")"
}
result 'a command ends with the script that runs it, however that ends' stopped
result 'it gets what debian/control names' inside depends builder \
	"apt-get update -q; $install build-essential lintian
	cd /build/$tree; apt-get build-dep -q -y --no-install-recommends ./"
result 'the packages are built and tested' inside build builder "cd /build/$tree; nice dpkg-buildpackage -us -uc"
lint() {
	inside lintian builder 'cd /build; lintian --allow-root -I --pedantic egm_*.changes' && empty "$(cat "$log")"
}
result 'lintian -I --pedantic is silent' lint
result 'they are built again, elsewhere' inside again builder "cd /other/longer/place/$tree; umask 002
	export TZ=Asia/Tokyo LC_ALL=C.UTF-8 DEB_BUILD_OPTIONS=nocheck; nice dpkg-buildpackage -us -uc -b"
same() {
	count=0
	for package in "$work"/builder/build/*.deb; do
		cmp "$package" "$work/builder/other/longer/place/${package##*/}" || return 1
		count=$((count + 1))
	done
	[ $count -ge 6 ] || { echo "$count packages, must be at least 6"; return 1; }
}
result 'with the same bits' same
result 'they are built without documentation and tests' inside nodoc builder \
	"cd /nodoc/$tree; DEB_BUILD_OPTIONS='nocheck nodoc' nice dpkg-buildpackage -us -uc -b -Pnocheck,nodoc"
result 'and have none' empty "$(ls "$work"/builder/nodoc/*doc*.deb 2>/dev/null)"
# As the builders of Debian do it: without what Build-Depends-Indep lists. That of this system is hidden.
foreign() {
	inside cross builder "dpkg --add-architecture arm64; apt-get update -q; $install crossbuild-essential-arm64
		cd /cross/$tree; apt-get build-dep -q -y --no-install-recommends -a arm64 -P nocheck --arch-only ./
		for hidden in /usr/share/perl5/Debian/Debhelper/Sequence/sphinxdoc.pm /usr/share/sphinx/scripts/python3/*; do
			mount --bind /dev/null \"\$hidden\"
		done
		DEB_BUILD_OPTIONS=nocheck nice dpkg-buildpackage -us -uc -B -a arm64 -Pnocheck" &&
		dpkg-deb -f "$work/builder/cross/libegm1_$version"-*_arm64.deb Architecture
}
result 'they are built for arm64' foreign

# ---- using
user() {
	tools/root.sh make "$work/user" && mkdir "$work/user/packages" "$work/user/$tree" &&
		cp "$work"/builder/build/*.deb "$work/user/packages/" && rm "$work"/user/packages/*dbgsym* &&
		files '*' | tar -cf - -T - | tar -xf - -C "$work/user/$tree"
}
result 'a new system for using' logged user user
result 'it gets the packages' inside packages user "apt-get update -q; $install ./packages/*.deb"
# As Debian runs them: a test may use the packages that it names, and fails if it writes errors unless it may.
# Status 2 would be a test that is skipped.
result 'debian/tests pass' inside tests user "$install autopkgtest; autopkgtest -B packages/*.deb ./$tree -- null"
passed() { # TEST
	grep "^$1 *PASS" "$work/logs/tests.log" || { echo 'not in logs/tests.log'; return 1; }
}
for test in $(sed -n 's/^Tests: //p' debian/tests/control); do result "debian/tests/$test" passed "$test"; done
names=$(sed -n 's/^Package: //p' debian/control | tr '\n' ' ')
result 'the packages can be removed' inside remove user \
	"apt-get purge -q -y $names
	! find /usr -name egm -o -name 'egm[.-]*' -o -name 'libegm*' -o -name 'python3-egm*' | grep ."
result 'nothing is mounted' empty "$(grep -F "$work/" /proc/self/mountinfo)"
plan
