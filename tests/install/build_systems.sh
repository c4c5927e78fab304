#!/bin/sh
# SPDX-License-Identifier: MIT
# Uses the library from projects of CMake (the installed one) and of meson (as a subproject, which gets jansson and
# Random123 by its wraps). If Debian's mirror is reached, the archive of jansson is from there; it is kept beside WORK.
# usage: build_systems.sh SOURCE PREFIX WORK MESON
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
source=$(cd "$1" && pwd)
prefix=$(cd "$2" && pwd)
rm -rf "$3"
mkdir -p "$3"
work=$(cd "$3" && pwd)
meson=$4

mkdir "$work/cmake" "$work/meson" "$work/meson/subprojects"
cp "$source/examples/readme.c" "$work/cmake/program.c"
cp "$source/examples/readme.c" "$work/meson/program.c"
cat >"$work/cmake/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.16)
project(program C)
find_package(egm ${WANTED} REQUIRED)
add_executable(program program.c)
target_link_libraries(program egm::egm m)
add_executable(program_static program.c)
target_link_libraries(program_static egm::static)
END
cat >"$work/meson/meson.build" <<'END'
project('program', 'c')
egm_dep = dependency('egm', version: '>=0.5', fallback: 'egm')
executable('program', 'program.c', dependencies: [egm_dep, meson.get_compiler('c').find_library('m', required: false)])
END
ln -s "$source" "$work/meson/subprojects/egm"

with_cmake() {
	"$cmake" -S "$work/cmake" -B "$work/cmake/build" "-DCMAKE_PREFIX_PATH=$prefix" -DWANTED=0.5 &&
		"$cmake" --build "$work/cmake/build" && "$work/cmake/build/program" && "$work/cmake/build/program_static" &&
		readelf -d "$work/cmake/build/program" | grep -q 'NEEDED.*libegm' &&
		! readelf -d "$work/cmake/build/program_static" | grep -q 'NEEDED.*libegm'
}
later() { # find_package rejects a version that is not there yet
	! text=$("$cmake" -S "$work/cmake" -B "$work/cmake/later" "-DCMAKE_PREFIX_PATH=$prefix" -DWANTED=99 2>&1) || return 1
	case $text in *'not accepted'*'egmConfig.cmake, version: '*) ;; *) echo "$text"; return 1 ;; esac
}
# The first in PATH may be a version manager's wrapper: see tools/programs.sh.
cmake=/usr/bin/cmake
[ -x $cmake ] || cmake=cmake
if "$cmake" --version >/dev/null 2>&1; then
	result 'find_package of CMake finds the shared library and the archive' with_cmake
	result 'and rejects a later version' later
else
	skip 'find_package of CMake' 'CMake is not installed'
fi

# ---- recipes that get Random123 by themselves, because their distribution does not have it
same_archive() {
	for key in source_url source_hash; do
		value=$(sed -n "s/^$key = //p" "$source/subprojects/random123.wrap")
		for recipe in conda-forge/meta.yaml homebrew/egm.rb nix/default.nix; do
			grep -qF "$value" "$source/packaging/$recipe" || { echo "$recipe: no $value"; return 1; }
		done
	done
}
result 'the recipes have the address and the checksum of random123.wrap' same_archive

# ---- meson, with the dependencies of subprojects/*.wrap where their archives can be had without leaving Debian
cache=$work/meson/subprojects/packagecache
mkdir "$cache"
field() { # NAME: its value in jansson.wrap
	sed -n "s/^$1 = //p" "$source/subprojects/jansson.wrap"
}
# The archive that jansson.wrap names is also Debian's. Debian's sources are not among those of most machines, so that
# apt has lists of its own here.
get_jansson() {
	kept=$work/../$(field source_filename)
	if [ ! -s "$kept" ]; then
		apt=$work/apt
		mkdir -p "$apt/lists/partial" "$apt/parts" &&
			sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >"$apt/parts/d.sources" || return 1
		set -- -q -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$apt/parts" -o "Dir::State::Lists=$apt/lists" \
			-o "Dir::Cache=$apt" -o APT::Sandbox::User=root
		apt-get "$@" update && (cd "$apt" && apt-get "$@" source --download-only jansson) &&
			mv "$apt"/jansson_2.14.orig.tar.gz "$kept" || return 1
	fi
	cp "$kept" "$cache/"
}
# That of Random123 is not: Debian leaves files out. The headers of the system take its place, and a wrap with their
# checksum that of the library; the rest of both is the same.
get_random123() {
	headers=$(echo '#include <Random123/philox.h>' | ${CC:-cc} -E - |
		sed -n '/philox.h/s,^# 1 "\(.*\)/Random123/.*,\1,p' | head -n 1)
	[ -n "$headers" ] && mkdir -p "$work/random123-1.14.0/include" &&
		cp -r "$headers/Random123" "$work/random123-1.14.0/include/" &&
		tar -C "$work" -czf "$cache/random123-1.14.0.tar.gz" random123-1.14.0 &&
		sum=$(sha256sum <"$cache/random123-1.14.0.tar.gz") &&
		sed "s/^source_hash = .*/source_hash = ${sum%% *}/" "$source/subprojects/random123.wrap" \
			>"$work/meson/subprojects/random123.wrap" &&
		ln -s "$source/subprojects/packagefiles" "$work/meson/subprojects/"
}
wraps=''
get_jansson >"$work/fetch.log" 2>&1 && get_random123 >>"$work/fetch.log" 2>&1 && wraps=jansson,random123

# Tests belong to the library's own builds.
as_subproject() {
	env PKG_CONFIG_PATH= "$meson" setup "$work/meson/build" "$work/meson" -Doptimization=1 \
		${wraps:+"--force-fallback-for=$wraps"} && "$meson" compile -C "$work/meson/build" &&
		"$work/meson/build/program" && [ ! -e "$work/meson/build/subprojects/egm/tests" ]
}
result 'a project of meson has it as a subproject' as_subproject
from_wraps() {
	library=$(find "$work/meson/build/subprojects" -name libegm.so)
	archive=$(find "$work/meson/build/subprojects" -name libegm.a)
	! readelf -d "$library" | grep 'NEEDED.*jansson' && nm "$archive" | grep -q ' T json_loadb$' &&
		! nm -D --defined-only "$library" | grep ' json_' && grep -q random123-1.14.0/include "$work/meson/build/build.ninja"
}
if [ -n "$wraps" ]; then
	result 'its wraps bring jansson, as a part of the library, and Random123' from_wraps
else
	skip 'its wraps bring jansson and Random123' "their archives could not be made: $(tail -n 1 "$work/fetch.log")"
fi
plan
