#!/bin/sh
# SPDX-License-Identifier: MIT
# The shared library exports what the headers declare. names.sh and abi.sh compare it with the last release.
# usage: exports.sh LIBRARY INCLUDE...
set -u
export LC_ALL=C
here=$(dirname "$0")
. "$here/../tap.sh"
library=$1
shift

exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | sort)
versions=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | grep -v '@@EGM_[0-9][0-9_]*$')
declared=$(find "$@" -name '*.h' -exec sed -n 's/^EGM_API [^(]*\(egm_[a-z0-9_]*\)(.*/\1/p' {} + | sort -u)

# only_in A B: the lines of A that are not in B
only_in() {
	echo "$1" >"$work/a"
	echo "$2" >"$work/b"
	comm -23 "$work/a" "$work/b"
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

result 'the headers declare something' [ -n "$declared" ]
result 'every declared function is in the library' empty "$(only_in "$declared" "$exported")"
result 'the library exports nothing else' empty "$(only_in "$exported" "$declared")"
result 'every export has a version node' empty "$versions"
soname=$(sed -n "s/^<abi-corpus .*soname='\([^']*\)'.*/\1/p" "$here/egm.abi")
result "the soname is that of the last dump, $soname" sh -c "readelf -d '$library' | grep -qF 'SONAME' &&
	readelf -d '$library' | grep -qF '[$soname]'"
plan
