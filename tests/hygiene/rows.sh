#!/bin/sh
# SPDX-License-Identifier: MIT
# The project keeps a numbered list of errors in published formulas and code (E1 to E30) and of values known in closed
# form (K1 to K25). Each has a test whose case carries the number as a tag: CK_INCLUDE_TAGS=K13 runs those of one.
# usage: rows.sh TESTS
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"

# Tags are the only texts in quotes that consist of such words alone.
tags=$(grep -rhoE '"([EKRS][0-9]+ ?)+"' "$1" --include='*.c' --include='*.h' | grep -oE '\b[EK][0-9]+\b' | sort -u)
untested() { # LETTER LAST
	for number in $(seq 1 "$2"); do
		echo "$tags" | grep -qx "$1$number" || echo "$1$number"
	done
}
result 'every error E1 to E30 has a test with its tag' empty "$(untested E 30)"
result 'every value K1 to K25 has a test with its tag' empty "$(untested K 25)"
plan
