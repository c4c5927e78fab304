#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs as the README says, without options, into a root that is thrown away: pkg-config, the loader and the compiler
# must find the library where they look by themselves. dpkg-architecture is absent, as on a new Debian system, where
# meson's own choice would be lib64.
# usage: default_prefix.sh SOURCE WORK MESON   WORK: folder for the build, the root and the program
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
source=$(cd "$1" && pwd)
mkdir -p "$2/programs"
work=$(cd "$2" && pwd)
meson=$3
root=$work/root
rm -rf "$root"
printf '#!/bin/sh\nexit 1\n' >"$work/programs/dpkg-architecture"
chmod +x "$work/programs/dpkg-architecture"

# Less optimisation and one kind of library, because compiling takes most of the time; tests are not installed.
setup() {
	rm -rf "$work/build" && PATH=$work/programs:$PATH "$meson" setup "$work/build" "$source" -Doptimization=1 \
		-Dtests=disabled -Ddefault_library=shared && "$meson" compile -C "$work/build" &&
		"$meson" install -C "$work/build" --no-rebuild --destdir "$root"
}
result 'meson setup, compile and install without options' setup

pc=$(find "$root" -name egm.pc)
library=$(find "$root" -name libegm.so.1)
listed() { # FOLDER LIST: one folder a line
	echo "$2" | grep -qxF "$1" || { echo "$1 is not in"; echo "$2"; return 1; }
}
folder=$(dirname "${pc#"$root"}")
result 'pkg-config looks where egm.pc is' listed "$folder" "$(pkg-config --variable pc_path pkg-config | tr : '\n')"
folder=$(dirname "${library#"$root"}")
ldconfig=$(PATH=$PATH:/usr/sbin:/sbin command -v ldconfig)
result 'the loader looks where libegm.so.1 is' listed "$folder" \
	"$("$ldconfig" -v -N 2>/dev/null | sed -n 's,^\(/[^:]*\):.*,\1,p')"
compiled() {
	# Spaces are quoted in egm.pc, and in what pkg-config prints for a shell.
	prefix=$(echo "$root/usr/local" | sed 's/ /\\ /g')
	flags=$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config "--define-variable=prefix=$prefix" --cflags --libs egm)
	eval "set -- $flags"
	${CC:-cc} -o "$work/readme" "$source/examples/readme.c" "$@" -lm &&
		LD_LIBRARY_PATH=$(dirname "$library") "$work/readme"
}
result 'the program of the README is compiled and runs' compiled
papers() {
	for file in COPYING README.md NEWS.md doc/design.md doc/systems/gan.md doc/systems.png; do
		[ -s "$root/usr/local/share/doc/egm/$file" ] || { echo "$file is not installed"; return 1; }
	done
}
result 'the licence and the pages are installed' papers
plan
