#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a new minimal Debian system in a folder, runs a command in it, or removes it. Needs root. debootstrap gets the
# packages once and leaves them in build-root/base.tar; `tools/setup.sh deb` installs it.
# usage: tools/root.sh make DIR             DIR must not exist
#        tools/root.sh run DIR COMMAND...   with the network of this machine
#        tools/root.sh remove DIR           what is mounted below DIR is unmounted, and stays as it is
set -eu
here=$PWD
cd "$(dirname "$0")/.."
usage() {
	sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' tools/root.sh
}
case ${1:-} in
make | remove) [ $# = 2 ] || { usage >&2; exit 2; } ;;
run) [ $# -ge 3 ] || { usage >&2; exit 2; } ;;
-h | --help) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac
verb=$1 root=$2
shift 2
case $root in '' | /*) ;; *) root=$here/$root ;; esac # not relative to the folder above

# Runs a command in name spaces of its own: no mount is seen outside of them. When this script ends, however it does,
# the kernel ends all processes in them, and with the last one the mounts.
alone() {
	setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child "$@" &
	trap 'exit 1' HUP INT TERM
	wait $!
}
remove() { # DIR
	[ -e "$1" ] || return 0
	folder=$(realpath "$1")
	# The last that was mounted comes first. The kernel writes a space as \040.
	awk -v folder="$(echo "$folder" | sed 's/ /\\\\040/g')/" 'index($5, folder) == 1 { print $5 }' \
		/proc/self/mountinfo | tac | while read -r place; do umount "$(printf '%b' "$place")"; done
	rm -rf --one-file-system "$folder"
}
base() { # the packages, in build-root/base.tar
	made=build-root/base
	mkdir -p build-root
	remove $made
	# shellcheck source=/dev/null
	alone debootstrap --variant=minbase "$(. /etc/os-release && echo "$VERSION_CODENAME")" $made >&2
	tar -C $made -cf $made.part . && mv $made.part $made.tar
	remove $made
}

case $verb in
make)
	[ -e build-root/base.tar ] || base
	mkdir -p "$(dirname "$root")" && mkdir "$root"
	tar -C "$root" -xf build-root/base.tar
	cp /etc/resolv.conf "$root/etc/"
	;;
run)
	[ -d "$root/proc" ] || { echo "root: $root is no system that 'make' has made" >&2; exit 2; }
	# shellcheck disable=SC2016
	alone sh -c 'mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && exec env -i HOME=/tmp LC_ALL=C \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot "$@"' sh "$root" "$@"
	;;
remove) remove "$root" ;;
esac
