#!/bin/sh
# SPDX-License-Identifier: MIT
# What leaves the shared library: the map, the headers and the library agree. What a release had is compared
# by names.sh and abi.sh.
# usage: exports.sh LIBRARY MAP INCLUDE...
set -u
export LC_ALL=C
here=$(dirname "$0")
. "$here/../tap.sh"
library=$1
map=$2
shift 2

exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | sort)
versions=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | grep -v '@@EGM_[0-9][0-9_]*$')
listed=$(sed -n 's/^[[:space:]]*\(egm_[a-z0-9_]*\);$/\1/p' "$map" | sort)
declared=$(find "$@" -name '*.h' | sort -u | xargs sed -n 's/^EGM_API [^(]*\(egm_[a-z0-9_]*\)(.*/\1/p' | sort -u)

# only_in A B: the lines of A that B lacks
only_in() {
	echo "$1" >"$work/a"
	echo "$2" >"$work/b"
	comm -23 "$work/a" "$work/b"
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

result 'the headers declare something' [ -n "$declared" ]
result 'every declared function stands in the map' empty "$(only_in "$declared" "$listed")"
result 'every function of the map is declared' empty "$(only_in "$listed" "$declared")"
result 'every function of the map is in the library' empty "$(only_in "$listed" "$exported")"
result 'the library exports nothing else' empty "$(only_in "$exported" "$listed")"
result 'every export has a version node' empty "$versions"
result 'the map is sorted within its nodes' empty "$(awk '/^\t(egm_)/ { if ($1 < last) print; last = $1 } /[{]/ { last = "" }' "$map")"
soname=$(sed -n "s/^<abi-corpus .*soname='\([^']*\)'.*/\1/p" "$here/egm.abi")
result "the soname is that of the last dump, $soname" sh -c "readelf -d '$library' | grep -qF 'SONAME' &&
	readelf -d '$library' | grep -qF '[$soname]'"
plan
