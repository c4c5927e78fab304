#!/bin/sh
# SPDX-License-Identifier: MIT
# The hooks of tools/hooks, tried on a copy of the repository: what they accept and what they reject.
# usage: hooks.sh SOURCE
set -u
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/../files.sh"
cd "$1" || exit 1
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

subject() { # TEXT: the hook's verdict on a commit with this message
	printf '%b\n' "$1" >"$copy/message" && sh tools/hooks/commit-msg "$copy/message"
}
rejected() { # WORD COMMAND...: fails, and says why with this word
	word=$1
	shift
	if text=$("$@" 2>&1); then
		echo "accepted: $*"
		return 1
	fi
	case $text in *"$word"*) ;; *) echo "no '$word' in: $text"; return 1 ;; esac
}
long=$(printf 'io: %069d' 0)
result 'a subject of the form "part: reason"' subject 'io: reject a header above 100 MB'
result 'a subject of 72 characters' subject "${long%?}"
result 'a body after an empty line' subject 'io: a reason\n\nThe body.'
result 'a merge has its own subject' subject "Merge branch 'a'"
result 'a subject of 73 characters is rejected' rejected '73' subject "$long"
result 'a subject without a part is rejected' rejected 'part: reason' subject 'update'
result 'a body without an empty line is rejected' rejected 'empty' subject 'io: a reason\nThe body.'

if ! command -v git >/dev/null; then
	skip 'what pre-commit rejects' 'git is not installed'
	plan
	exit
fi
files '*' | tar -cf - -T - | tar -xf - -C "$copy"
cd "$copy" || exit 1
rm -f message
git init -q . && git add -A
# The whole copy would be looked at; a commit of everything comes first, and then one change at a time.
git -c user.name=test -c user.email=test@localhost -c core.hooksPath=/dev/null commit -q -m 'all: the copy'
change() { # FILE TEXT: appends, and asks the hook about a commit with that alone
	git reset -q --hard && printf '%b\n' "$2" >>"$1" && git add -A && sh tools/hooks/pre-commit
}
result 'a good change' change lib/core/version.c '/* The version. */'
if command -v clang-format-14 >/dev/null; then
	result 'another format is rejected' rejected 'format' change lib/core/version.c 'static   int x ;'
fi
result 'an include of a layer above is rejected' rejected 'layering' \
	change lib/core/version.c '#include <model/model_impl.h>'
result 'a word that is not of the field is rejected' rejected 'vocabulary' change README.md 'The l''aw of the samples.'
result 'a path of a machine is rejected' rejected 'one machine' change README.md 'See /ho''me/somebody.'
plan
