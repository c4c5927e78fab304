#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a new minimal Debian system in a folder, or runs a command in it. Needs root. debootstrap gets the packages once
# and leaves them in build-root/base.tar; `tools/setup.sh deb` installs it.
# usage: tools/root.sh make DIR             DIR must not exist
#        tools/root.sh run DIR COMMAND...   with the network of this machine
set -eu
cd "$(dirname "$0")/.."
usage() {
	sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' tools/root.sh
}
case ${1:-} in
make) [ $# = 2 ] || { usage >&2; exit 2; } ;;
run) [ $# -ge 3 ] || { usage >&2; exit 2; } ;;
-h | --help) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac
verb=$1 root=$2
shift 2

if [ "$verb" = make ]; then
	base=build-root/base
	if [ ! -e $base.tar ]; then
		rm -rf $base
		mkdir -p build-root
		# shellcheck source=/dev/null
		debootstrap --variant=minbase "$(. /etc/os-release && echo "$VERSION_CODENAME")" $base >&2
		tar -C $base -cf $base.part . && mv $base.part $base.tar
		rm -rf $base
	fi
	mkdir -p "$(dirname "$root")" && mkdir "$root"
	tar -C "$root" -xf $base.tar
	cp /etc/resolv.conf "$root/etc/"
	exit
fi
# In a name space of its own, so that nothing remains mounted.
exec unshare --mount sh -c '
	mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp \
		LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$@"' sh "$root" "$@"
