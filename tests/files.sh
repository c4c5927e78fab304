# SPDX-License-Identifier: MIT
# Sourced by scripts that look at the files of the repository, in a clone and in an unpacked archive.

# in_git: true at the root of a clone. An archive that is unpacked inside of a clone (as meson dist does) is none.
in_git() {
	git rev-parse --is-inside-work-tree >/dev/null 2>&1 && [ -z "$(git rev-parse --show-prefix)" ]
}

# files PATTERN...: the files of the current folder and those below it that match, where * also matches slashes: those
# that git tracks, or in an archive all but those in folders that builds have made or that wraps have unpacked.
files() {
	if in_git; then
		git ls-files -- "$@"
	else
		for pattern; do
			find . -type d \( -name 'build*' -o -name __pycache__ -o -name .git -o -exec test -d '{}/meson-private' \; -o \
				-path './subprojects/*' ! -path './subprojects/packagefiles*' \) -prune -o -type f -path "./$pattern" -print
		done | sed 's,^[.]/,,'
	fi | sort -u
}
