#!/bin/sh
# SPDX-License-Identifier: MIT
# Every public function with a sampler, a target or a trainer must be in test_own_callback.c, and so must egm_data_free;
# the other functions of data only read them, as a training does. Functions that make a handle are excepted, as it has no
# callback yet. Functions of a trainer are also called by the callback that fills rows, in test_data_sources.c.
# usage: own_callback_names.sh SOURCE_ROOT
set -eu
cd "$1"
missing=0
names=$(cat include/egm/*.h | tr '\n' ' ' | tr ';' '\n' |
	grep -oE 'egm_[a-z0-9_]+\([^()]*egm_(sampler|target|trainer|data) \*[^()]*\)' |
	grep -vE '^egm_([a-z]+)_[a-z0-9_]+\(egm_\1 \*\*out' | sed 's/(.*//' | sort -u)
[ "$(echo "$names" | wc -l)" -ge 30 ] || { echo "only $(echo "$names" | wc -l) functions found"; exit 1; }
for name in $names; do
	case $name in
	egm_data_free) ;;
	egm_data_*) continue ;;
	esac
	case $name in
	egm_trainer_*) grep -q "$name(" tests/train/test_data_sources.c || { echo "$name is not tested with rows"; missing=1; } ;;
	esac
	grep -q "$name(" tests/train/test_own_callback.c tests/train/train_support.h || { echo "$name is not tested"; missing=1; }
done
exit $missing
