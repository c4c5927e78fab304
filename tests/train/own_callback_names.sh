#!/bin/sh
# SPDX-License-Identifier: MIT
# Every public function that takes a sampler, a target, a trainer or data has its place in test_own_callback.c. What only
# makes the handle, or another one of it before there is a callback, is excepted.
# usage: own_callback_names.sh SOURCE_ROOT
set -eu
cd "$1"
excepted='egm_sampler_create egm_target_model egm_target_latent egm_target_callback egm_trainer_create'
excepted="$excepted egm_data_create egm_data_load_csv egm_data_load_idx egm_data_load_npy"
# read-only, and the call that is under way only reads too
excepted="$excepted egm_data_rows egm_data_columns egm_data_dtype egm_data_shape egm_data_values"
missing=0
names=$(cat include/egm/*.h | tr '\n' ' ' | tr ';' '\n' |
	grep -oE 'egm_[a-z0-9_]+\([^()]*egm_(sampler|target|trainer|data) \*[^()]*\)' | sed 's/(.*//' | sort -u)
[ "$(echo "$names" | wc -l)" -ge 30 ] || { echo "only $(echo "$names" | wc -l) functions found"; exit 1; }
for name in $names; do
	case " $excepted " in *" $name "*) continue ;; esac
	grep -q "$name(" tests/train/test_own_callback.c tests/train/train_support.h || { echo "$name is not tested"; missing=1; }
done
exit $missing
