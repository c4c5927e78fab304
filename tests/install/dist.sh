#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the archive of a release by `meson dist`, and uses it as somebody who has nothing else: outside of git, without
# root, in a folder with a space in its name. The files are those of SOURCE, with changes that are not committed.
# usage: dist.sh SOURCE MESON [all]   all: `meson dist` runs all tests of the archive, too
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/../files.sh"
cd "$1" || exit 1
meson=$2
if ! command -v git >/dev/null; then
	skip 'the archive of a release' 'git is not installed'
	plan
	exit
fi

# Neither below a clone nor below a folder that only root may enter.
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
clone="$place/a clone" home="$place/home"
mkdir "$clone" "$home"
files '*' >"$place/list"
tar -cf - -T "$place/list" | tar -xf - -C "$clone"
chmod 755 "$place"
user() { # COMMAND...: as a user who is not root; programs that root alone has installed are not in PATH
	set -- env PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "HOME=$home" "$@"
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}
[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$place"
cd "$clone" || exit 1

committed() {
	user git init -q . && user git add -A &&
		user git -c user.name=test -c user.email=test@localhost commit -q -m 'all: the files of a release'
}
result 'the files are committed' committed
if [ "${3:-}" = all ]; then
	archived() {
		user "$meson" setup 'any name' -Dwerror=true -Dtests=enabled && user "$meson" dist -C 'any name' >"$place/log" 2>&1 ||
			{ tail -n 60 "$place/log"; return 1; }
	}
	result 'meson dist makes the archive, and all of its tests pass' archived
	grep -E '^(Ok|Fail|Skipped): ' "$place/log" >&2
else
	archived() {
		user "$meson" setup 'any name' -Dtests=disabled && user "$meson" dist -C 'any name' --no-tests
	}
	result 'meson dist makes the archive' archived
fi
user mkdir "$place/a folder"
cd "$place/a folder" || exit 1
result 'it is unpacked' user tar -xf "$(find "$clone/any name/meson-dist" -name '*.tar.xz')"
cd egm-* || exit 1
tree=$PWD

# What looks at all files must find them without git, and nothing that a build or a wrap has made.
same() {
	user "$meson" setup output -Dtests=disabled && user mkdir subprojects/jansson-2.14 &&
		user cp lib/core/version.c subprojects/jansson-2.14/ && ! in_git && files '*' | diff "$place/list" -
}
result 'its files are those of the repository' same
passes() { # COMMAND...: prints TAP without a failure
	user "$@" >"$place/tap" 2>"$place/errors"
	! grep -A 20 '^not ok' "$place/tap" && grep '^1[.][.][1-9]' "$place/tap" || { tail -n 20 "$place/errors"; return 1; }
}
result 'hygiene: tree' passes sh tests/hygiene/tree.sh "$tree"
result 'hygiene: vocabulary' passes sh tests/hygiene/vocabulary.sh "$tree"
result 'layering' passes sh tests/layering/check_layers.sh "$tree/lib"
result 'the pages' passes python3 -B tests/docs/pages.py "$tree"
result 'version and owner' passes python3 -B packaging/fields.py
if command -v clang-format-14 >/dev/null; then
	formatted() {
		files '*.c' '*.h' '*.cpp' '*.hpp' | xargs clang-format-14 --dry-run -Werror
	}
	result 'the format' formatted
	echo 'static   int x ;' >>lib/core/version.c
	unformatted() {
		! formatted
	}
	result 'another format is noticed' unformatted
	sed -i '$d' lib/core/version.c
fi
result 'the library is built, installed and used' \
	passes sh tests/install/default_prefix.sh "$tree" "$tree/output 2" "$meson"
plan
