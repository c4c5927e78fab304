#!/bin/sh
# SPDX-License-Identifier: MIT
# The names in the headers of the last release, listed in egm.names, still exist with the same values: functions with
# the names of their parameters, macros, inline functions, enumerators. Needs no debug information and no abidiff.
# usage: names.sh COMPILER INCLUDE...
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/compare.sh"
if ! command -v python3 >/dev/null; then
	skip 'the names of the last release are there' 'python3 is not installed'
	plan
	exit
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

listed() {
	names "$@" >"$work/names"
}
result 'the names of the headers can be listed' listed "$@"
result 'functions, macros and constants are among them' \
	[ "$(grep -c '^egm_.*)$' "$work/names")" -gt 100 -a "$(grep -c ' = ' "$work/names")" -gt 50 -a \
	"$(grep -c '_INIT$' "$work/names")" -gt 10 ]
lost=$(gone "$abi_here/egm.names" "$work/names" "$work")
result 'none of the last release is gone or has another value' empty "$lost"
added=$(gone "$work/names" "$abi_here/egm.names" "$work")
if [ -n "$added" ]; then
	echo '# New since the last release; tools/abi.sh write takes them into egm.names at the next:'
	echo "$added" | sed 's/^/#   /'
fi
plan
