/* SPDX-License-Identifier: MIT */
/* The loops of a complete group: one long row if its operands allow it, then blocks for the threads. */
#include <compile/passes_impl.h>
#include <core/size_impl.h>
#include <string.h>

static int is_sum(const egm__group *gr, int32_t mem)
{
	int sum = 0;
	for (int32_t i = 0; i < gr->n_sums; i++) sum |= ~gr->sums[i].out == mem;
	return sum;
}

/* One long row, if every operand is contiguous or one number, and every sum is one number. */
static void flatten(egm__group *gr)
{
	static const int64_t none[EGM__MAX_RANK] = {0};
	egm__strides whole = egm__contiguous(&gr->shape);
	for (int32_t i = 0; i < gr->n_sums; i++)
		if (gr->sums[i].axes != EGM__OVER_BOTH) return;
	for (int32_t i = 0; i < gr->n_mem; i++) {
		const int64_t *s = gr->mem[i].s;
		if (!is_sum(gr, i) && !egm__strides_equal(&gr->shape, s, whole.s) && !egm__strides_equal(&gr->shape, s, none))
			return;
	}
	for (int32_t i = 0; i < gr->n_mem; i++) {
		int one = egm__strides_equal(&gr->shape, gr->mem[i].s, none);
		memset(gr->mem[i].s, 0, sizeof gr->mem[i].s);
		gr->mem[i].s[0] = !one;
	}
	gr->flat = 1;
	gr->columns *= gr->rows;
	gr->rows = 1;
	gr->shape = (egm__shape){1, {gr->columns, 1, 1, 1}};
}

/* Few columns, as channels are, would make blocks of so many rows that f32 loses what is added last. */
static int64_t rows_of_block(const egm__group *gr)
{
	enum { MOST_ADDED = 256 };
	int64_t rows = gr->columns >= EGM__BLOCK_SIZE ? 1 : EGM__BLOCK_SIZE / gr->columns;
	for (int32_t i = 0; i < gr->n_sums; i++)
		if (gr->sums[i].axes == EGM__OVER_ROWS && rows > MOST_ADDED) rows = MOST_ADDED;
	return rows;
}

void egm__cut_into_blocks(egm__lower *l, egm__group *gr, int32_t kernel)
{
	flatten(gr);
	int64_t es = (int64_t)egm__dtype_size(l->p->dtype);
	gr->per_block = gr->rows > 1 ? rows_of_block(gr) : EGM__BLOCK_SIZE;
	gr->n_blocks = egm__blocks_of(gr->rows > 1 ? gr->rows : gr->columns, gr->per_block);
	for (int32_t i = 0; i < gr->n_sums; i++) {
		egm__group_sum *c = &gr->sums[i];
		int64_t bytes = c->axes == EGM__OVER_BOTH   ? gr->n_blocks * 8
		                : c->axes == EGM__OVER_ROWS ? gr->n_blocks * gr->columns * es
		                                            : 0;
		if (bytes) c->partial.buffer = egm__buffer_new(l, bytes, kernel);
	}
}
