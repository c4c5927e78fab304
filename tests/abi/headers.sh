#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, as C99 and as C++, with every compiler that is installed, and its structs can grow.
# usage: headers.sh DIRECTORY...   the include directories, source and build tree
set -u
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/compare.sh"

# Both compilers look there as with -I; a folder may have a space in its name.
CPATH=$(IFS=:; echo "$*")
export CPATH
headers=$(for directory in "$@"; do (cd "$directory" && find . -name '*.h'); done | sed 's|^\./||' | LC_ALL=C sort)
warnings='-pedantic -Wall -Wextra -Wundef -Wshadow -Werror -fsyntax-only'

compile_all() { # COMPILER LANGUAGE STANDARD
	for header in $headers; do
		echo "#include <$header>" | $1 -x "$2" -std="$3" $warnings - || { echo "$header fails"; return 1; }
	done
}

result 'there are headers' [ -n "$headers" ]
for row in gcc:c:c99 gcc:c:c17 clang:c:c99 clang:c:c17 g++:c++:c++98 g++:c++:c++17 clang++:c++:c++98 clang++:c++:c++17; do
	compiler=${row%%:*}
	language=${row#*:}
	language=${language%:*}
	standard=${row##*:}
	name="each header alone as $standard by $compiler"
	if command -v "$compiler" >/dev/null; then
		result "$name" compile_all "$compiler" "$language" "$standard"
	else
		skip "$name" "$compiler is not installed"
	fi
done

untested() {
	for struct in $(growing "$@"); do
		name=${struct#egm_}
		[ "$name" = progress ] || grep -qE "LOSS\\(${name%_options},|X\\(([A-Z_]+, ${name%_options}|$name)," \
			"$abi_here/structs.h" "$abi_here/../any_loss.h" "$abi_here/../any_kernel.h" || echo "$struct"
	done
}
result 'every struct that can grow is a line of structs.h' empty "$(untested "$@")"

# Members are appended to structs with struct_size. An older program counts padding in struct_size but does not set it,
# so no member may ever be put there: a member `reserved` replaces padding. Other structs never grow. The compiler names
# the line that ends the struct.
padded() {
	echo '#include <egm.h>' | gcc -Wpadded -fsyntax-only -x c - 2>&1 |
		sed -n 's/^\([^:]*\):\([0-9]*\):.*padding struct size.*/\1 \2/p' | while read -r file line; do
		struct=$(sed -n "${line}s/^} \(.*\);/\1/p" "$file")
		growing "$@" | grep -x "$struct"
	done
}
if command -v gcc >/dev/null; then
	result 'no struct that can grow has padding' empty "$(padded "$@")"
else
	skip 'no struct that can grow has padding' 'gcc is not installed'
fi
plan
