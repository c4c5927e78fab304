#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what libegm needs on Debian, and only what is missing: with everything there it works offline and changes
# nothing.
# usage: tools/setup.sh [build|test|docs|cross|ports|deb]...   default: build test
#   build   the library and the examples
#   test    build, and what tests and benchmark use
#   docs    what makes the site of all pages
#   cross   test, and compilers for other processors and an emulator, see tools/cross.sh
#   ports   test, and compilers for other systems and Wine, see tools/ports.sh
#   deb     test, and what the stages fresh and deb of tools/test.sh use
set -eu
usage() {
	sed -n '/^# usage/,/^[^#]/s/^# //p' "$0"
}

build='gcc libc6-dev binutils meson ninja-build pkg-config libjansson-dev zlib1g-dev librandom123-dev
libopenblas-dev libcairo2-dev fonts-dejavu-core'
test='g++ clang libclang-rt-14-dev clang-format-14 check valgrind python3 python3-numpy python3-venv abigail-tools'
docs='python3-sphinx python3-myst-parser furo libjs-mathjax'
# gcc-multilib would exclude the other compilers, so that i386 has one of its own like them.
cross='gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross
gcc-i686-linux-gnu libc6-dev-i386-cross qemu-user'
ports='musl-tools gcc-mingw-w64-x86-64 wine64 cmake dpkg-dev ca-certificates'
deb='debootstrap'

[ $# -gt 0 ] || set -- build test
wanted=''
for group in "$@"; do
	case $group in
	build) wanted="$wanted $build" ;;
	test) wanted="$wanted $build $test" ;;
	docs) wanted="$wanted $docs" ;;
	cross) wanted="$wanted $build $test $cross" ;;
	ports) wanted="$wanted $build $test $ports" ;;
	deb) wanted="$wanted $build $test $deb" ;;
	-h | --help) usage; exit 0 ;;
	*) echo "setup: no group '$group'" >&2; usage >&2; exit 2 ;;
	esac
done

if ! command -v dpkg-query >/dev/null; then
	echo 'setup: not a Debian system; install what the README lists under Dependencies' >&2
	exit 0
fi

installed() {
	case $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) in *' ok installed') ;; *) return 1 ;; esac
}
missing=''
for package in $wanted; do
	case " $missing " in *" $package "*) continue ;; esac
	installed "$package" || missing="$missing $package"
done
if [ -z "$missing" ]; then
	echo 'setup: all packages are installed'
	exit 0
fi

# Without the rights, the line that somebody who has them can run.
sudo=''
if [ "$(id -u)" != 0 ]; then
	sudo='sudo'
	if ! command -v sudo >/dev/null; then
		echo 'setup: installing packages needs root, and there is no sudo; ask the administrator to run' >&2
		echo "    apt-get update && apt-get install --no-install-recommends$missing" >&2
		exit 1
	fi
fi
echo "setup: installing$missing"
$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
