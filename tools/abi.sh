#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares the ABI of this tree with that of the last release, or records it for the next release. Builds the library
# with debug information in build-abi.
# usage: tools/abi.sh check|write   write: tests/abi/egm.abi and tests/abi/egm.names, at a release
set -eu
cd "$(dirname "$0")/.."
case ${1:-} in
check | write) ;;
-h | --help) sed -n '/^# usage/s/^# //p' tools/abi.sh; exit 0 ;;
*) sed -n '/^# usage/s/^# //p' tools/abi.sh >&2; exit 2 ;;
esac
. tools/programs.sh
abi_here=tests/abi
. tests/abi/compare.sh

if reason=$(absent); then
	echo "abi: $reason" >&2
	exit 1
fi
if [ "$(uname -m)" != x86_64 ]; then
	echo "abi: the layouts in egm.abi are those of x86-64, this is $(uname -m)" >&2
	exit 1
fi

build=build-abi
CC=gcc configure $build -Dtests=disabled -Ddebug=true -Ddefault_library=shared >/dev/null
"$NINJA" --quiet -C $build
library=$build/lib/libegm.so
if [ "$1" = check ]; then
	sh tests/abi/abi.sh $library include $build/include
	sh tests/abi/names.sh gcc include $build/include
	exit
fi
dump $library tests/abi/egm.abi include $build/include
names gcc include $build/include >tests/abi/egm.names.new
mv tests/abi/egm.names.new tests/abi/egm.names
echo "abi: $(soname_of tests/abi/egm.abi), $(grep -c '<elf-symbol ' tests/abi/egm.abi) functions," \
	"$(wc -l <tests/abi/egm.names) names; git diff tests/abi shows what is new"
