#!/bin/bash
# SPDX-License-Identifier: MIT
# Prepares a build for another system: compiles the libraries for that system, and writes a cross file for meson.
# usage: tools/ports.sh musl|windows|macos_arm64|macos_x86_64    prints the name of the cross file
#
# `tools/setup.sh ports` installs the compilers. jansson, zlib and Check are compiled from the sources that Debian has
# of them, as static libraries, in build-cross/SYSTEM. apt has lists of its own here, in which sources are listed
# whether or not the machine lists them; those of the machine are not changed. The compiler for macOS is the clang of
# `zig cc`, which brings headers and libraries of macOS with it: pip installs it into build-cross/zig, with a meson that
# knows its linker.
set -eu
cd "$(dirname "$0")/.."
. tools/programs.sh

port=${1:-}
case $port in
musl) system=linux cmake_system=Linux family=x86_64 compiler=musl-gcc ar=ar strip=strip ;;
windows) system=windows cmake_system=Windows family=x86_64 compiler=x86_64-w64-mingw32-gcc ar=x86_64-w64-mingw32-ar strip=x86_64-w64-mingw32-strip ;;
macos_arm64) system=darwin cmake_system=Darwin family=aarch64 target=aarch64-macos ;;
macos_x86_64) system=darwin cmake_system=Darwin family=x86_64 target=x86_64-macos ;;
-h | --help) sed -n '/^# usage/s/^# //p' "$0"; exit 0 ;;
*) sed -n '/^# usage/s/^# //p' "$0" >&2; exit 2 ;;
esac
cmake=$(pick cmake)
base=$PWD/build-cross
root=$base/$port
mkdir -p "$root"

# sources: unpacks what `apt-get source` downloads into build-cross/sources.
sources() {
	local folder=$base/sources apt
	[ -f "$folder/complete" ] && return
	rm -rf "$folder"
	mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial" "$folder/apt/parts"
	cat >"$folder/apt/parts/debian.sources" <<-END
		Types: deb-src
		URIs: http://deb.debian.org/debian
		Suites: $(. /etc/os-release && echo "$VERSION_CODENAME")
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	END
	apt=(-o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$folder/apt/parts"
		-o "Dir::State::Lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt" -o APT::Sandbox::User=root -q)
	apt-get "${apt[@]}" update && (cd "$folder" && apt-get "${apt[@]}" source jansson zlib check) || return
	rm -rf "$folder/apt"
	: >"$folder/complete"
}

# library NAME OPTION...: compiles one library and installs it into $root/usr.
library() {
	local name=$1 folder
	shift
	folder=$(echo "$base/sources/$name"-*/)
	rm -rf "$root/$name"
	"$cmake" -S "$folder" -B "$root/$name" -G Ninja "-DCMAKE_MAKE_PROGRAM=$NINJA" -DCMAKE_BUILD_TYPE=Release -DCMAKE_POLICY_VERSION_MINIMUM=3.5 "-DCMAKE_INSTALL_PREFIX=$root/usr" \
		-DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_SYSTEM_NAME=$cmake_system -DCMAKE_SYSTEM_PROCESSOR=$family \
		"-DCMAKE_C_COMPILER=$compiler" -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
		"-DCMAKE_FIND_ROOT_PATH=$root/usr" -DBUILD_SHARED_LIBS=OFF "${options[@]}" "$@" &&
		"$cmake" --build "$root/$name" && "$cmake" --install "$root/$name" && rm -rf "${root:?}/$name"
}

# zlib is compiled without its build files: those for Windows are not among Debian's sources.
zlib() {
	local file objects=()
	mkdir -p "$root/zlib" "$root/usr/lib/pkgconfig" && cp "$base"/sources/zlib-*/*.[ch] "$root/zlib/" || return
	for file in "$root"/zlib/*.c; do
		"$compiler" -O3 -DHAVE_UNISTD_H -Dfdopen=fdopen -c "$file" -o "${file%.c}.o" || return
		objects+=("${file%.c}.o")
	done
	"$ar" rcs "$root/usr/lib/libz.a" "${objects[@]}" && cp "$root/zlib/zlib.h" "$root/zlib/zconf.h" "$root/usr/include/" &&
		rm -rf "$root/zlib" || return
	cat >"$root/usr/lib/pkgconfig/zlib.pc" <<-END
		Name: zlib
		Description: compression
		Version: $(sed -n 's/^#define ZLIB_VERSION "\(.*\)"/\1/p' "$root/usr/include/zlib.h")
		Libs: -L$root/usr/lib -lz
		Cflags: -I$root/usr/include
	END
}

zig() {
	[ -x "$base/zig/bin/meson" ] || { python3 -m venv "$base/zig" && "$base/zig/bin/pip" install -q ziglang meson; } || return
	compiler=$root/cc ar=$root/ar strip=true
	local tool
	for tool in cc ar ranlib; do
		printf '#!/bin/sh\nexec "%s" -m ziglang %s "$@"\n' "$base/zig/bin/python" \
			"$tool$([ $tool != cc ] || echo " -target $target")" >"$root/$tool"
		chmod +x "$root/$tool"
	done
	# Check includes this header of macOS, which zig has not, and uses nothing of it.
	mkdir -p "$root/empty/CoreServices" && : >"$root/empty/CoreServices/CoreServices.h"
	options=("-DCMAKE_C_FLAGS=-isystem $root/empty" "-DCMAKE_AR=$root/ar" "-DCMAKE_RANLIB=$root/ranlib" -DCMAKE_INSTALL_NAME_TOOL=true -DCMAKE_OSX_SYSROOT=)
}

prepare() {
	sources || return
	mkdir -p "$root/usr/include" && cp -r /usr/include/Random123 "$root/usr/include/" &&
		library jansson -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_EXAMPLES=OFF &&
		zlib && library check -DCHECK_ENABLE_TESTS=OFF -DCHECK_ENABLE_SUBUNIT=OFF &&
		sed -i 's/-lcheck_pic/-lcheck/; s/-lrt//' "$root/usr/lib/pkgconfig/check.pc" || return
	rm -f "$root"/usr/lib/*.dll.a
	# The printf of C11, not that of msvcrt.dll.
	[ $port != windows ] || sed -i 's/CK_ATTRIBUTE_FORMAT(printf/CK_ATTRIBUTE_FORMAT(gnu_printf/' "$root/usr/include/check.h"
}

options=()
[ $port != windows ] || options=(-DCMAKE_C_FLAGS=-D__USE_MINGW_ANSI_STDIO=1)
log=$root/log
case $port in macos_*) zig >"$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; } ;; esac
if [ ! -f "$root/complete" ]; then
	prepare >"$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }
	: >"$root/complete"
fi

# macOS on arm64 has no long double beyond double, so that constants of the tests underflow.
# Static programs need no DLL beside them; on musl the tests open libraries, which only dynamic programs can.
wrapper='' link='' arguments=''
case $port in
windows) wrapper="exe_wrapper = '/usr/lib/wine/wine64'" link="'-static'" ;;
macos_*) arguments=", '-Wno-literal-range'" ;;
esac
cat >"$root/cross.ini" <<END
[binaries]
c = '$compiler'
ar = '$ar'
strip = '$strip'
pkgconfig = 'pkg-config'
$wrapper

[properties]
pkg_config_libdir = '$root/usr/lib/pkgconfig'
needs_exe_wrapper = $([ $port = musl ] && echo false || echo true)

[built-in options]
c_args = ['-isystem', '$root/usr/include'$arguments]
c_link_args = [$link]

[host_machine]
system = '$system'
cpu_family = '$family'
cpu = '$family'
endian = 'little'
END
echo "build-cross/$port/cross.ini"
