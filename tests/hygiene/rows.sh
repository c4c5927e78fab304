#!/bin/sh
# SPDX-License-Identifier: MIT
# The project has a numbered list of errors in published formulas and code (E1 to E30) and of values known in closed
# form (K1 to K26). Each has a test, whose case has the number as a tag: CK_INCLUDE_TAGS=K13 runs the tests of K13.
# usage: rows.sh TESTS
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"

# Only tags are quoted texts of nothing but such words.
tags=$(grep -rhoE '"([EKRS][0-9]+ ?)+"' "$1" --include='*.c' --include='*.h' | grep -oE '\b[EK][0-9]+\b' | sort -u)
untested() { # LETTER LAST
	for number in $(seq 1 "$2"); do
		echo "$tags" | grep -qx "$1$number" || echo "$1$number"
	done
}
result 'every error E1 to E30 has a test with its tag' empty "$(untested E 30)"
result 'every value K1 to K26 has a test with its tag' empty "$(untested K 26)"
plan
