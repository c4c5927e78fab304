#!/bin/bash
# SPDX-License-Identifier: MIT
# Prepares a build for another processor: gets the libraries of that processor, and writes a cross file for meson.
# usage: tools/cross.sh arm64|s390x|i386    prints the name of the cross file
#
# `tools/setup.sh cross` installs the compilers and the emulator. The libraries of the target (jansson, zlib, Check) are
# Debian packages of that architecture, which are unpacked into build-cross/ARCH and not installed. `dpkg
# --add-architecture` is not used: it needs each library in exactly the version of the machine, so that it would upgrade
# half of a machine that is a week old, and fails while a mirror is being updated. apt has lists of its own here; those
# of the machine are not changed.
set -eu
cd "$(dirname "$0")/.."

case ${1:-} in
arm64) triplet=aarch64-linux-gnu loader=ld-linux-aarch64.so.1 emulator=qemu-aarch64 family=aarch64 endian=little ;;
s390x) triplet=s390x-linux-gnu loader=ld64.so.1 emulator=qemu-s390x family=s390x endian=big ;;
i386) triplet=i686-linux-gnu loader=ld-linux.so.2 emulator='' family=x86 endian=little ;;
-h | --help) sed -n '/^# usage/s/^# //p' "tools/cross.sh"; exit 0 ;;
*) sed -n '/^# usage/s/^# //p' "tools/cross.sh" >&2; exit 2 ;;
esac
arch=$1
# Programs for i386 are compiled for i686; Debian calls their directory i386-linux-gnu.
libraries=${triplet/i686/i386}
packages='libjansson4 libjansson-dev zlib1g zlib1g-dev check libsubunit0 libsubunit-dev'
root=$PWD/build-cross/$arch

if [ ! -f "$root/complete" ]; then
	rm -rf "$root"
	mkdir -p "$root/apt/lists/partial" "$root/apt/archives/partial"
	: >"$root/apt/status"
	apt=(-o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o "Dir::State::Lists=$root/apt/lists"
		-o "Dir::State::Status=$root/apt/status" -o "Dir::Cache=$root/apt" -o APT::Sandbox::User=root -q)
	# An update that fails is no error yet: it only matters whether the packages can be downloaded.
	apt-get "${apt[@]}" update >"$root/apt/log" 2>&1 || true
	# shellcheck disable=SC2086
	if ! (cd "$root/apt/archives" && apt-get "${apt[@]}" download $packages) >>"$root/apt/log" 2>&1; then
		tail -n 20 "$root/apt/log" >&2
		exit 1
	fi
	for package in "$root"/apt/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
	# Absolute links, such as libz.so, must point into this folder.
	find "$root" -type l -lname '/*' | while read -r link; do ln -sfn "$root$(readlink "$link")" "$link"; done
	rm -rf "$root/apt"
	: >"$root/complete"
fi

# Every program contains the paths of its loader and libraries, so that qemu needs no option and i386 no emulator.
wrapper=''
[ -z "$emulator" ] || wrapper="exe_wrapper = '$emulator'"
cat >"$root/cross.ini" <<END
[binaries]
c = '$triplet-gcc'
ar = '$triplet-ar'
strip = '$triplet-strip'
pkgconfig = 'pkg-config'
$wrapper

[properties]
sys_root = '$root'
pkg_config_libdir = '$root/usr/lib/$libraries/pkgconfig'
needs_exe_wrapper = $([ -n "$emulator" ] && echo true || echo false)

[built-in options]
c_link_args = ['-Wl,--dynamic-linker=/usr/$triplet/lib/$loader', '-Wl,-rpath,/usr/$triplet/lib',
               '-Wl,-rpath,$root/usr/lib/$libraries', '-Wl,-rpath,$root/lib/$libraries']

[host_machine]
system = 'linux'
cpu_family = '$family'
cpu = '${triplet%%-*}'
endian = '$endian'
END
echo "build-cross/$arch/cross.ini"
