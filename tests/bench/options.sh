#!/bin/sh
# SPDX-License-Identifier: MIT
# egm-bench rejects options that it would ignore: its figures would be those of another measurement than the one asked for.
# usage: options.sh EGM-BENCH
set -u
export LC_ALL=C
. "$(dirname "$0")/../tap.sh"
bench=$1

# refused TEXT ARGUMENT...: exit code 2, the text on stderr, nothing on stdout.
refused() {
	text=$1
	shift
	out=$("$bench" "$@" 2>&1 >/dev/null)
	code=$?
	[ "$code" = 2 ] || { echo "exit code $code: $out"; return 1; }
	case $out in *"$text"*) ;; *) echo "$out"; return 1 ;; esac
	empty "$("$bench" "$@" 2>/dev/null)"
}

result 'no workload' refused 'usage' --threads 1
result 'an unknown workload' refused "no workload 'toy_mag'" --work toy_mag
for work in toy_meg latent_mala langevin_gauss; do
	result "$work reads no chains" refused "$work reads no --chains" --work "$work" --chains 8
done
result 'mala has no trajectories' refused 'gauss100_mala reads no --leapfrogs' --work gauss100_mala --leapfrogs 5
result 'nets of fixed width' refused 'dcgan28 reads no --width' --work dcgan28 --width 5
result 'nets of fixed batch' refused 'dcgan28 reads no --batch' --work dcgan28 --batch 5
result 'a number with something behind it' refused "--threads: expected an integer from 1 on, got '2x'" \
	--work toy_meg --threads 2x
result 'a number beyond int' refused "--iters: expected an integer from 1 on, got '4294967297'" \
	--work toy_meg --iters 4294967297
result 'no rounds' refused "--warmup: expected an integer from 0 on, got '-1'" --work toy_meg --warmup -1
result 'half precision' refused "--dtype: expected f32 or f64, got 'f16'" --work toy_meg --dtype f16
result 'a loop by hand is one chain' refused 'gauss100_lean_mala is one chain of f64' \
	--work gauss100_lean_mala --dtype f64 --chains 2
plan
