/* SPDX-License-Identifier: MIT */
/* What a checkpoint holds. Writing and reading go through one list of arrays, so that they cannot disagree. */
#ifndef EGM_TRAIN_CHECKPOINT_IMPL_H
#define EGM_TRAIN_CHECKPOINT_IMPL_H

#include <io/safetensors_impl.h>
#include <train/trainer_impl.h>

#define EGM__CHECKPOINT_FORMAT "egm-checkpoint"
#define EGM__CHECKPOINT_VERSION "1"

/* An array of the trainer and its name in the file: "<role>.<tensor>", "<role>.m", "<role>.v", "<role>.average",
 * "state". */
typedef struct egm__entry {
	char name[64];
	void *values;
	int64_t shape[4];
	int32_t rank;
	int64_t count;
	int32_t not_negative; /* second moments: their root is taken */
} egm__entry;

typedef struct egm__entries {
	int32_t n;
	egm__entry *list;
} egm__entries;

egm_status egm__entries_create(egm__entries *out, const egm_trainer *trainer);

/* Index of the first number that cannot stand there, -1 if all can. */
int64_t egm__entry_flaw(const egm_trainer *trainer, const egm__entry *entry, const void *values);

/* "dense 784 512; relu 512 512; ...": kind, inputs, outputs, and the exact number of layers that have one. NULL: no
 * memory. */
char *egm__layers_text(const egm_model *net);

const char *egm__optimizer_name(int32_t optimizer);

/* Metadata keys of net `role`: "<role>.layers", "<role>.moves", "<role>.learning_rate". */
const char *egm__net_key(char buffer[64], const char *role, const char *what);

#endif
