#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the examples of the reference and of the how-to pages: each prints something, and ends with status 0.
# usage: reference.sh SOURCE WORK PROGRAM...
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
source=$1
work=$2
shift 2
mkdir -p "$work"
cp "$source/tests/io/torch/rows.safetensors" "$work" # weights that PyTorch wrote, for howto_restore

runs() { # PROGRAM
	case $1 in /*) program=$1 ;; *) program=$PWD/$1 ;; esac
	(cd "$work" && "$program" >"$name.txt") && [ -s "$work/$name.txt" ]
}
for program in "$@"; do
	name=$(basename "$program")
	result "the example $(echo "$name" | tr _ /) runs" runs "$program"
done
result 'weights of PyTorch give the numbers of PyTorch' grep -q '^here 1[.]9160,' "$work/howto_restore.txt"
plan
