/* SPDX-License-Identifier: MIT */
/* Contents of a checkpoint. */
#ifndef EGM_TRAIN_CHECKPOINT_IMPL_H
#define EGM_TRAIN_CHECKPOINT_IMPL_H

#include <train/sampler_stage_impl.h>
#include <train/state_impl.h>
#include <train/trainer_impl.h>

#define EGM__CHECKPOINT_FORMAT "egm-checkpoint"
#define EGM__CHECKPOINT_VERSION "1"

/* Its arrays: "<role>.<tensor>", "<role>.m", "<role>.v", "<role>.average", "state", and for negatives
 * "negatives.buffer", "negatives.watch" and "negatives." with the names of sampler_stage.c. */
typedef struct egm__checkpoint {
	egm__entries entries;      /* the list is owned; the numbers are in the trainer or the stage */
	egm__sampler_stage chains; /* of the negatives; unused without them */
} egm__checkpoint;

egm_status egm__checkpoint_create(egm__checkpoint *out, const egm_trainer *trainer);
void egm__checkpoint_clear(egm__checkpoint *c, const egm_trainer *trainer);
/* "pcd ula" with negatives, else "". */
const char *egm__negatives_text(char buffer[64], const egm_trainer *trainer);

/* "dense 784 512; leaky_relu 512 512 0x...; ...": kind, inputs, outputs and other parameters, exactly. NULL: out of
 * memory. */
char *egm__layers_text(const egm_model *net);

/* 0x<integer>p<exponent>: like %a, but without its radix character, which depends on the locale. */
void egm__exact_text(char *buffer, size_t size, double x);

/* Metadata key of network `role`: "<role>.layers", "<role>.moves", "<role>.learning_rate". */
const char *egm__net_key(char buffer[64], const char *role, const char *what);

#endif
