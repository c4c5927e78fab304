#!/bin/sh
# SPDX-License-Identifier: MIT
# The text of the repository: marks of unfinished work, paths of one machine, missing licence lines, and documents that
# name functions or files that do not exist.
# usage: tree.sh SOURCE
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/../files.sh"
cd "$1" || exit 1
code=$(files '*.c' '*.h' '*.cpp' '*.hpp')
scripts=$(files '*.sh' '*.py' '*meson.build' '*meson_options.txt' 'tools/hooks/*')
pages=$(files '*.md')
result 'there are sources, scripts and pages to look at' [ -n "$code" -a -n "$scripts" -a -n "$pages" ]

# The marks are spelled in two pieces here, so that this file does not find itself.
mark='\b(TO''DO|FIX''ME|XX''X|HA''CK)\b|^[[:space:]]*#[[:space:]]*if 0\b'
result 'no marks of unfinished work' empty "$(grep -nE "$mark" $code $scripts $pages)"
place='(^|[^A-Za-z0-9_./$}-])/(ho''me|ro''ot|wo''rk|Us''ers)/[A-Za-z0-9]'
result 'no path of one machine' empty "$(grep -nE "$place" $code $scripts $pages)"
result 'no file at the root but the known kinds' empty \
	"$(files '*' | sed 's,^[.]/,,' | grep -vE '/|^([.][a-z-]+|[A-Z]+([.]md)?|meson(_options)?[.](build|txt)|pyproject[.]toml)$')"
result 'every source file starts with its licence' empty \
	"$(for file in $code; do head -n 1 "$file" | grep -q '^/[*] SPDX-License-Identifier: MIT [*]/$' || echo "$file"; done)"
result 'every script starts with its licence' empty \
	"$(for file in $scripts; do head -n 2 "$file" | grep -q '^# SPDX-License-Identifier: MIT$' || echo "$file"; done)"
result 'no source file is longer than 600 lines, no test than 800' empty "$(for file in $code; do
	case $file in tests/*) limit=800 ;; *) limit=600 ;; esac
	lines=$(wc -l <"$file"); [ "$lines" -le "$limit" ] || echo "$file: $lines"; done)"
result 'no test includes a source file' empty "$(grep -nE '#include [<"][^>"]*[.]c[>"]' $code)"

# Words egm_* and egm__* in documents must be names in a header. Names of earlier releases may be in NEWS.md, in tables
# of old and new names and below the newest section.
current() { # PAGE
	case $1 in
	*NEWS.md) awk '/^## / { n++ } n == 1 && !/^[|]/' "$1" ;;
	*) cat "$1" ;;
	esac
}
public=$(cat include/egm/*.h include/egm/*.in lib/*/*.h | grep -oE '\begm_[a-z0-9_]+' | sort -u)
result 'the documents name functions and types that exist' empty "$(for page in $pages; do
	current "$page" | grep -oE '\begm_[a-z0-9_]+[a-z0-9]\b' | sort -u | while read -r word; do
		echo "$public" | grep -qx "$word" || echo "$page: $word"
	done
done)"
# `path/with/slash` in documents must exist. <placeholders>, globs and paths made by the build are skipped.
result 'the documents name files that exist' empty "$(for page in $pages; do
	grep -oE '`(lib|include|tests|tools|doc|examples|bindings|[.]ci)/[A-Za-z0-9_./-]*`' "$page" | tr -d '`' | sort -u |
		while read -r path; do [ -e "$path" ] || echo "$page: $path"; done
done)"
plan
