#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the programs of the tutorial one after the other, because later ones read what earlier ones wrote, and compares
# them and their output with the pages.
# usage: tutorial.sh SOURCE WORK PYTHON PROGRAM...
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
source=$1
work=$2
python=$3
shift 3
rm -rf "$work"
mkdir -p "$work"

runs() { # PROGRAM
	case $1 in /*) program=$1 ;; *) program=$PWD/$1 ;; esac
	(cd "$work" && "$program" >"$(basename "$1").txt") && [ -s "$work/$(basename "$1").txt" ]
}
for program in "$@"; do
	result "doc/tutorial/$(basename "$program").c runs" runs "$program"
done
result 'the pages show these programs and their output' "$python" "$source/doc/shown.py" "$source/doc" "$work"
plan
