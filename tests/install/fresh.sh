#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the commands of the README, "Building and installing", on a new Debian system, compiles the program of the README
# as it says, and runs it. Needs root and the network.
# usage: fresh.sh SOURCE ROOT   ROOT: folder for the system, which is made anew
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/../files.sh"
cd "$1" || exit 1
root=$2

made() {
	tools/root.sh remove "$root" && tools/root.sh make "$root" && mkdir "$root/egm" &&
		files '*' | tar -cf - -T - | tar -xf - -C "$root/egm"
}
inside() { # COMMAND: as root, in the folder of the library
	tools/root.sh run "$root" sh -ec "cd /egm && $1"
}
result 'a new system' made
result 'its lists of packages' inside 'apt-get update -q'

# The README's lines, as somebody who is root and says yes.
block() { # the code after the heading
	sed -n '/^## Building and installing/,/^## /p' README.md | sed -n '/^    /,/^[^ ]/p' |
		sed -n 's/^    sudo //p; t; s/^    //p; /^$/q'
}
block >"$root/commands"
result 'the README has its commands' grep -q '^meson install' "$root/commands"
while read -r line <&3; do
	result "$line" inside "$(echo "$line" | sed 's/apt-get install/& -q -y --no-install-recommends/')"
done 3<"$root/commands"
line=$(sed -n 's/.*`\(cc program[.]c [^`]*\)`.*/\1/p' README.md)
result 'the README compiles its program by one line' [ "$(echo "$line" | grep -c '^cc')" = 1 ]
result "$line" inside "cp examples/readme.c program.c && $line"
result './a.out' inside ./a.out
result 'nothing is mounted' empty "$(grep -F "$root/" /proc/self/mountinfo)"
plan
