/* SPDX-License-Identifier: MIT */
/* What a checkpoint holds. */
#ifndef EGM_TRAIN_CHECKPOINT_IMPL_H
#define EGM_TRAIN_CHECKPOINT_IMPL_H

#include <train/state_impl.h>
#include <train/trainer_impl.h>

#define EGM__CHECKPOINT_FORMAT "egm-checkpoint"
#define EGM__CHECKPOINT_VERSION "1"

/* The arrays: "<role>.<tensor>", "<role>.m", "<role>.v", "<role>.average", "state". */
egm_status egm__entries_create(egm__entries *out, const egm_trainer *trainer);

/* "dense 784 512; relu 512 512; ...": kind, inputs, outputs, and the exact number of layers that have one. NULL: no
 * memory. */
char *egm__layers_text(const egm_model *net);

const char *egm__optimizer_name(int32_t optimizer);

/* Metadata keys of net `role`: "<role>.layers", "<role>.moves", "<role>.learning_rate". */
const char *egm__net_key(char buffer[64], const char *role, const char *what);

#endif
