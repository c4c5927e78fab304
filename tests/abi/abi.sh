#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares the shared library with the dump of its ABI in egm.abi. Needs debug information: see the stage `install` of
# tools/test.sh.
# usage: abi.sh LIBRARY INCLUDE...
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/compare.sh"
library=$1
shift
released=$abi_here/egm.abi

if reason=$(absent); then
	skip 'the ABI is that of the dump' "$reason"
	plan
	exit
fi
if ! readelf -S "$library" | grep -q '\.debug_info'; then
	skip 'the ABI is that of the dump' 'the library has no debug information: configure with -Ddebug=true'
	plan
	exit
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

result 'the library can be described' dump "$library" "$work/new.abi" "$@"
soname=$(soname_of "$released")
result "the soname is that of the dump, $soname" [ "$(soname_of "$work/new.abi")" = "$soname" ]
# A broken reader, or a library without types, would give less
result 'the description has functions' [ "$(grep -c '<function-decl name=.egm_' "$work/new.abi")" -gt 100 ]
undescribed() {
	for struct in $(growing "$@"); do
		grep -A 1 "<class-decl name='$struct' .*is-struct" "$work/new.abi" | grep -q '<data-member' || echo "$struct"
	done
}
result 'it has the members of every struct that can grow' empty "$(undescribed "$@")"
result 'programs compiled against the dump run with the library' compatible "$released" "$work/new.abi" "$work"
if [ -s "$work/added" ]; then
	echo '# New since the dump; tools/abi.sh write takes it into the dump at the next release:'
	sed 's/^/#   /' "$work/added"
fi
plan
