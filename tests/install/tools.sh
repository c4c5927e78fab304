#!/bin/sh
# SPDX-License-Identifier: MIT
# --help and wrong arguments of the scripts in tools/ are answered before anything is installed or built, and setup.sh
# names the command for the administrator where it cannot install.
# usage: tools.sh SOURCE
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
cd "$1" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The only programs in PATH: those that read, and substitutes that note that they were called.
mkdir "$work/bin"
for program in sh bash sed grep dirname cat tr; do ln -s "$(command -v $program)" "$work/bin/"; done
for program in apt-get dpkg-query meson ninja cc gcc mkdir sudo; do
	printf '#!/bin/sh\necho "%s $*" >>"%s/called"\nexit 1\n' $program "$work" >"$work/bin/$program"
	chmod +x "$work/bin/$program"
done
answers() { # STATUS SCRIPT ARGUMENT...: this status, a usage line, and nothing was called
	status=$1
	shift
	rm -f "$work/called"
	text=$(PATH=$work/bin "$@" 2>&1)
	got=$?
	[ $got = "$status" ] || { echo "$*: status $got, must be $status: $text"; return 1; }
	case $text in *'usage: tools/'*) ;; *) echo "no usage in: $text"; return 1 ;; esac
	[ ! -e "$work/called" ] || { cat "$work/called"; return 1; }
}
both() {
	answers 0 "$1" --help && answers 2 "$1" nonsense && answers 2 "$1" --nonsense
}
for script in tools/*.sh; do
	[ "$script" = tools/programs.sh ] || result "$script explains itself" both "$script"
done
result 'tools/test.sh rejects a stage behind a right one' answers 2 tools/test.sh gcc nonsense
result 'tools/setup.sh rejects a group behind a right one' answers 2 tools/setup.sh build nonsense
result 'tools/demo.sh rejects a time that is no number' answers 2 tools/demo.sh --minutes x
result 'tools/demo.sh rejects a folder that is absent' answers 2 tools/demo.sh --data "$work/absent"

# Debian's programs, as somebody sees them who is not root, with no package installed.
printf '#!/bin/sh\necho 1000\n' >"$work/bin/id"
chmod +x "$work/bin/id"
rm "$work/bin/sudo"
administrator() {
	text=$(PATH=$work/bin tools/setup.sh build 2>&1)
	got=$?
	[ $got = 1 ] || { echo "status $got: $text"; return 1; }
	! grep -q apt-get "$work/called" || { cat "$work/called"; return 1; }
	case $text in *'apt-get update && apt-get install --no-install-recommends gcc libc6-dev'*libjansson-dev*) ;;
	*) echo "$text"; return 1 ;;
	esac
}
result 'tools/setup.sh without root and sudo prints the command' administrator
plan
