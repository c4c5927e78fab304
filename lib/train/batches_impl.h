/* SPDX-License-Identifier: MIT */
/* Shuffled mini-batches: of the data, and of the rows of a replay buffer. */
#ifndef EGM_TRAIN_BATCHES_IMPL_H
#define EGM_TRAIN_BATCHES_IMPL_H

#include <core/context_impl.h>
#include <egm/data.h>

typedef struct egm__batches {
	egm_context *context;
	uint64_t seed;
	uint32_t stream; /* of the order */
	int64_t batch;   /* rows of a mini-batch */
	int64_t rows;    /* rows that the permutation orders; 0 before the first data */
	int64_t epoch;   /* whose order the permutation holds; -1: none */
	int64_t *permutation;
} egm__batches;

/* Room for the order of `rows` rows; allocates when the number of rows is another. MEMORY leaves all as it was. */
egm_status egm__batches_fit(egm__batches *b, int64_t rows);
/* The rows [batch] of mini-batch `number`, counted from 0 over all epochs. After egm__batches_fit. */
const int64_t *egm__batches_rows(egm__batches *b, int64_t number);
/* The same rows of `data` into out [batch, columns]; what went wrong where they are not in memory. */
egm_status egm__batches_gather(egm__batches *b, const egm_data *data, int64_t number, void *out);
void egm__batches_clear(egm__batches *b);

#endif
