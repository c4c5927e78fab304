/* SPDX-License-Identifier: MIT */
/* Shuffled mini-batches, of the data and of a replay buffer. */
#ifndef EGM_TRAIN_BATCHES_IMPL_H
#define EGM_TRAIN_BATCHES_IMPL_H

#include <core/context_impl.h>
#include <egm/data.h>

typedef struct egm__batches {
	egm_context *context;
	uint64_t seed;
	uint32_t stream; /* of the order */
	int64_t batch;   /* rows of a mini-batch */
	int64_t rows;    /* rows of the data; 0 before the first data */
	int64_t epoch;   /* epoch of the permutation; -1: none */
	int64_t *permutation;
} egm__batches;

/* Prepares for data with `rows` rows; allocates if the number has changed. EGM_ERR_MEMORY changes nothing. */
egm_status egm__batches_fit(egm__batches *b, int64_t rows);
/* The indices [batch] of the rows of mini-batch `number`, counted from 0 over all epochs. Needs egm__batches_fit. */
const int64_t *egm__batches_rows(egm__batches *b, int64_t number);
/* Copies these rows of `data` to out [batch, columns]. Fails as egm__data_rows. */
egm_status egm__batches_gather(egm__batches *b, const egm_data *data, int64_t number, void *out);
void egm__batches_clear(egm__batches *b);

#endif
