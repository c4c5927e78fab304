#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the examples of the reference: each prints something, and ends with status 0.
# usage: reference.sh WORK PROGRAM...
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
work=$1
shift
mkdir -p "$work"

runs() { # PROGRAM
	case $1 in /*) program=$1 ;; *) program=$PWD/$1 ;; esac
	text=$(cd "$work" && "$program") && [ -n "$text" ] && echo "$text"
}
for program in "$@"; do
	name=$(basename "$program")
	result "doc/reference/${name#reference_}.c runs" runs "$program"
done
plan
