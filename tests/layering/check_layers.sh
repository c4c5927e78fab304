#!/bin/sh
# SPDX-License-Identifier: MIT
# A file under lib/ sees its own layer and those below it, never sideways or upward. Reads every #include.
# usage: check_layers.sh LIB
set -u
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/order.sh"
lib=$1

# The layer that owns a public header; egm.h itself is above them all.
owner() {
	case $1 in
	status.h | array.h | version.h | context.h | options.h) echo core ;;
	target.h) echo sampler ;;
	data.h) echo io ;;
	trainer.h) echo train ;;
	diagnostics.h | metric.h | mixture.h) echo stats ;;
	model.h | loss.h | sampler.h) echo "${1%.h}" ;;
	*) echo "unknown:$1" ;;
	esac
}

wrong_arrows() { # LAYER
	allowed=" $1 $(may_use "$1") "
	grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' -r "$lib/$1" --include='*.c' --include='*.h' |
		while IFS= read -r line; do
			header=$(echo "$line" | sed 's/.*include[[:space:]]*[<"]\([^>"]*\)[>"].*/\1/')
			case $header in
			egm.h) target='egm.h' ;;
			egm/*) target=$(owner "${header#egm/}") ;;
			*.c) target='a source file' ;;
			*/*) target=${header%%/*} ;;
			*) target=$1 ;; # the system's, or beside the file
			esac
			# sys/stat.h, Random123/philox.h: not of this library
			case $target in egm.h | unknown:* | 'a source file') ;; *) [ -d "$lib/$target" ] || continue ;; esac
			case $allowed in
			*" $target "*) ;;
			*) echo "${line%%:#*}: $1 may not include $header ($target)" ;;
			esac
		done
}

for layer in $(cd "$lib" && find . -mindepth 1 -maxdepth 1 -type d | sed 's|^\./||' | LC_ALL=C sort); do
	if may_use "$layer" >/dev/null; then
		result "$layer includes its own layer and those below" empty "$(wrong_arrows "$layer")"
	else
		result "lib/$layer is a layer of the order" false
	fi
done
plan
