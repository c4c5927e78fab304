#!/bin/sh
# SPDX-License-Identifier: MIT
# Uses the library from projects of CMake (the installed one) and of meson (as a subproject).
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

# Tests belong to the library's own builds.
as_subproject() {
	env PKG_CONFIG_PATH= "$meson" setup "$work/meson/build" "$work/meson" -Doptimization=1 &&
		"$meson" compile -C "$work/meson/build" && "$work/meson/build/program" &&
		[ ! -e "$work/meson/build/subprojects/egm/tests" ]
}
result 'a project of meson has it as a subproject' as_subproject
plan
