#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes the listings into lib/compile/README.md: what is between the lines
#     <!-- after: lower -->
#     <!-- end -->
# is replaced by what passes, the program, prints for that pass. With --check nothing is written, and the test fails if
# the page is not as it would be written, or does not show a pass of the table in compile.c.
# usage: readme.sh [--check] PASSES README
set -u
. "$(dirname "$0")/../tap.sh"
check=
[ "$1" = --check ] && check=1 && shift
passes=$1
page=$2

made=$(mktemp)
trap 'rm -f "$made"' EXIT
while IFS= read -r line; do
	case $line in
	'<!-- after: '*)
		echo "$line"
		name=${line#'<!-- after: '}
		echo '```'
		"$passes" "${name%' -->'}" || echo "no listing of ${name%' -->'}"
		echo '```'
		while IFS= read -r line && [ "$line" != '<!-- end -->' ]; do :; done
		;;
	esac
	printf '%s\n' "$line"
done <"$page" >"$made"

if [ -z "$check" ]; then
	cat "$made" >"$page"
	exit
fi
result 'the listings in lib/compile/README.md are those of the compiler: if not, run tests/compile/readme.sh' \
	diff "$page" "$made"
missing=
for name in $(sed -n 's/.*{"\([a-z]*\)", egm__pass_.*/\1/p; s/.*}, {"\([a-z]*\)", egm__pass_.*/\1/p' \
	"$(dirname "$page")/compile.c"); do
	grep -q "<!-- after: $name -->" "$page" || missing="$missing $name"
done
result 'the page shows each pass' empty "$missing"
plan
