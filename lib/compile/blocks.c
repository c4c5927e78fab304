/* SPDX-License-Identifier: MIT */
/* The loops of a complete group: one long row if its operands allow it, then blocks for the threads. */
#include <compile/passes_impl.h>
#include <core/size_impl.h>
#include <string.h>

/* One long row, if all operands are contiguous or one number and no sum keeps rows or columns apart. */
static void flatten(egm__group *gr)
{
	egm__strides full = egm__contiguous(&gr->shape);
	for (int32_t i = 0; i < gr->n_sums; i++)
		if (gr->sums[i].axes != EGM__OVER_BOTH) return;
	for (int32_t i = 0; i < gr->n_mem; i++) {
		int is_sum = 0, whole = 1, one = 1;
		for (int32_t j = 0; j < gr->n_sums; j++) is_sum |= ~gr->sums[j].out == i;
		for (int a = 0; a < gr->shape.rank; a++) {
			if (gr->shape.d[a] == 1) continue;
			whole = whole && gr->mem[i].s[a] == full.s[a];
			one = one && gr->mem[i].s[a] == 0;
		}
		if (!is_sum && !whole && !one) return;
		/* one number for a row would have been splat; what stays a vector must be whole */
	}
	for (int32_t i = 0; i < gr->n_mem; i++) {
		int one = 1;
		for (int a = 0; a < gr->shape.rank; a++)
			if (gr->shape.d[a] > 1 && gr->mem[i].s[a] != 0) one = 0;
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
