#!/bin/sh
# SPDX-License-Identifier: MIT
# The words of the field (vocabulary.table) in what a user reads: comments of the public headers, README and NEWS, the
# pages under doc/, and error texts. Code, formulas and names in `back quotes` are passed over. Places where the other
# word is meant are listed in vocabulary.allowed.
# usage: vocabulary.sh SOURCE [FILE...]   FILE, relative to SOURCE: these alone, without asking that every line of
#        vocabulary.allowed is needed
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
cd "$1" || exit 1
shift

# FILE: its prose, each line behind its number and a tab. What is not prose becomes blank, so that numbers stay right.
prose() {
	case $1 in
	*.md) awk '
		/^[[:space:]]*```/ { fenced = !fenced; print NR "\t"; next }
		fenced || /^(    |\t)/ && blank { print NR "\t"; next }
		{ blank = /^[[:space:]]*$/; gsub(/`[^`]*`/, "`"); gsub(/\$[^$]*\$/, "$"); print NR "\t" $0 }' "$1" ;;
	lib/*) awk '
		!/"/ { next }
		{ text = ""; n = split($0, part, "\"")
		  for (i = 2; i <= n; i += 2) text = text " " part[i]
		  print NR "\t" text }' "$1" ;;
	*) awk '
		{ text = ""; line = $0
		  while (line != "") {
			if (inside) {
				at = index(line, "*/")
				text = text (at ? substr(line, 1, at - 1) : line); line = at ? substr(line, at + 2) : ""; inside = !at
			} else {
				block = index(line, "/*"); rest = index(line, "//")
				if (rest && (!block || rest < block)) { text = text " " substr(line, rest + 2); line = "" }
				else if (block) { line = substr(line, block + 2); inside = 1 }
				else line = ""
			} }
		  gsub(/`[^`]*`/, "`", text); print NR "\t" text }' "$1" ;;
	esac
}

# FILE: its lines with a word of the table, as "file:line: word: text".
found() {
	prose "$1" | awk -F '\t' -v file="$1" -v table="$here/vocabulary.table" '
		BEGIN {
			while ((getline row < table) > 0)
				if (row !~ /^#/ && split(row, field, "\t") > 1 && (file !~ /^lib\// || field[3] == "texts")) {
					n++; word[n] = "(^|[^a-z0-9_])(" field[1] ")([^a-z0-9_]|$)"; instead[n] = field[2] }
		}
		{ text = tolower($2)
		  for (i = 1; i <= n; i++) if (match(text, word[i])) {
			bad = substr(text, RSTART, RLENGTH); gsub(/^[^a-z]+|[^a-z]+$/, "", bad)
			print file ":" $1 ": \"" bad "\", write " instead[i] "; " $2 } }'
}

# Of the lines of `found`, those that vocabulary.allowed does not list; with USED, the file in which it notes its lines.
judge() {
	awk -v used="$1" -v allowed="$here/vocabulary.allowed" '
		function matches(name, pattern) {
			gsub(/[.]/, "[.]", pattern); gsub(/[*]/, ".*", pattern)
			return name ~ "^" pattern "$" }
		BEGIN { while ((getline row < allowed) > 0) if (row !~ /^#/ && split(row, field, "\t") > 2) {
			n++; file[n] = field[1]; part[n] = field[2]; line[n] = row } }
		{ name = $0; sub(/:.*/, "", name); ok = 0
		  for (i = 1; i <= n; i++) if (matches(name, file[i]) && index($0, part[i])) { ok = 1; count[i]++ }
		  if (!ok) print }
		END { for (i = 1; i <= n; i++) if (!count[i] && used) print "allows nothing: " line[i] > used }'
}

all() {
	{ find include doc -name '*.h' -o -name '*.hpp' -o -name '*.in' -o -name '*.md'; ls ./*.md lib/*/*.c lib/*/*.h
	} | sed 's,^[.]/,,' | grep -v Doxyfile | sort -u
}

if [ $# -gt 0 ]; then
	result 'the words of the field' empty "$(for file in "$@"; do found "$file"; done | judge '')"
	plan
	exit
fi
useless=$(mktemp)
trap 'rm -f "$useless"' EXIT
result 'the words of the field in headers, documents and error texts' empty \
	"$(for file in $(all); do found "$file"; done | judge "$useless")"
result 'every line of vocabulary.allowed is needed' empty "$(cat "$useless")"

# What the check finds, and what it passes over.
sample=$(mktemp -d)
trap 'rm -rf "$useless" "$sample"' EXIT
printf '/* The law of x. */\nint net; /* a\n * Net */\n' >"$sample/one.h"
printf 'A net.\n\n```c\nnets\n```\nSee `net` and $net$.\n\n    net\n\nTwo nets\n' >"$sample/two.md"
result 'words are found in comments alone' [ "$(found "$sample/one.h" | wc -l)" = 2 ]
result 'code, formulas and names in a page are no prose' [ "$(found "$sample/two.md" | wc -l)" = 2 ]
plan
