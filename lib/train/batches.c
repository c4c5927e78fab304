/* SPDX-License-Identifier: MIT */
/* Mini-batch k of B rows from data with R rows: epoch e = k / (R / B), position p = k mod (R / B), rows
 * perm_e[p B .. p B + B - 1]. The order perm_e is drawn from (seed, e), so that a batch is a function of its number,
 * and a resumed training needs only this number. */
#include <core/rng_impl.h>
#include <core/status_impl.h>
#include <io/data_impl.h>
#include <string.h>
#include <train/batches_impl.h>

egm_status egm__batches_fit(egm__batches *b, int64_t rows)
{
	egm_status st = EGM_OK;
	int64_t *permutation;
	if (rows == b->rows) goto out;
	permutation = egm__alloc(b->context, rows, sizeof *permutation);
	if (!permutation) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for the order of %lld rows", (long long)rows);
	egm__free(b->context, b->permutation);
	b->permutation = permutation;
	b->rows = rows;
	b->epoch = -1;
out:
	return st;
}

const int64_t *egm__batches_rows(egm__batches *b, int64_t number)
{
	int64_t per_epoch = b->rows / b->batch;
	int64_t epoch = number / per_epoch;
	if (epoch != b->epoch) {
		egm__rng rng = {.seed = b->seed, .step = (uint64_t)epoch, .stream = b->stream};
		egm__rng_permutation(&rng, b->rows, b->permutation);
		b->epoch = epoch;
	}
	return b->permutation + (number % per_epoch) * b->batch;
}

egm_status egm__batches_gather(egm__batches *b, const egm_data *data, int64_t number, void *out)
{
	return egm__data_rows(data, egm__batches_rows(b, number), b->batch, out);
}

void egm__batches_clear(egm__batches *b)
{
	egm__free(b->context, b->permutation);
	memset(b, 0, sizeof *b);
}
