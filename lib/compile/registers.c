/* SPDX-License-Identifier: MIT */
/* What is done to a group once all its instructions and operands are known: one long row of it where the memory allows,
 * blocks for the threads, few registers. */
#include <compile/kernel_impl.h>
#include <core/size_impl.h>
#include <string.h>

/* One long row, if all operands are contiguous or one number and no sum keeps rows or columns apart. */
static void flatten(egm__group *gr)
{
	egm__strides full = egm__contiguous(&gr->shape);
	for (int32_t i = 0; i < gr->n_closer; i++)
		if (gr->closer[i].kind != 3) return;
	for (int32_t i = 0; i < gr->n_mem; i++) {
		int closer_out = 0, whole = 1, one = 1;
		for (int32_t j = 0; j < gr->n_closer; j++) closer_out |= ~gr->closer[j].out == i;
		for (int a = 0; a < gr->shape.rank; a++) {
			if (gr->shape.d[a] == 1) continue;
			whole = whole && gr->mem[i].s[a] == full.s[a];
			one = one && gr->mem[i].s[a] == 0;
		}
		if (!closer_out && !whole && !one) return;
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
	for (int32_t i = 0; i < gr->n_closer; i++)
		if (gr->closer[i].kind == 1 && rows > MOST_ADDED) rows = MOST_ADDED;
	return rows;
}

static void cut_into_blocks(egm__lower *l, egm__group *gr, int32_t kernel)
{
	int64_t es = (int64_t)egm__dtype_size(l->p->dtype);
	gr->per_block = gr->rows > 1 ? rows_of_block(gr) : EGM__BLOCK_SIZE;
	gr->n_blocks = egm__blocks_of(gr->rows > 1 ? gr->rows : gr->columns, gr->per_block);
	for (int32_t i = 0; i < gr->n_closer; i++) {
		egm__closer *c = &gr->closer[i];
		int64_t bytes = c->kind == 3 ? gr->n_blocks * 8 : c->kind == 1 ? gr->n_blocks * gr->columns * es : 0;
		if (bytes) c->partial.buffer = egm__buffer_new(l, bytes, kernel);
	}
}

/* last[r]: the last instruction that reads register r; n_instr, if a sum does. */
static void find_last_readers(const egm__group *gr, int32_t *last)
{
	for (int32_t i = 0; i < gr->n_instr; i++) {
		const egm__instr *in = &gr->instr[i];
		if (in->a >= 0) last[in->a] = i;
		if (in->b >= 0) last[in->b] = i;
	}
	for (int32_t i = 0; i < gr->n_closer; i++)
		if (gr->closer[i].source >= 0) last[gr->closer[i].source] = gr->n_instr;
}

/* Each register gets the lowest free number, which is free again after its last reader. Returns how many it takes. */
static int32_t rename_registers(egm__group *gr, const int32_t *last, int32_t *real, unsigned char *busy)
{
	int32_t used = 0;
	for (int32_t i = 0; i < gr->n_instr; i++) {
		egm__instr *in = &gr->instr[i];
		int32_t a = in->a, b = in->b;
		if (a >= 0) in->a = real[a];
		if (b >= 0) in->b = real[b];
		if (in->y >= 0) {
			int32_t r = 0;
			while (busy[r]) r++;
			busy[r] = 1;
			real[in->y] = r;
			if (r + 1 > used) used = r + 1;
			in->y = r;
		}
		if (a >= 0 && last[a] == i) busy[real[a]] = 0;
		if (b >= 0 && last[b] == i) busy[real[b]] = 0;
	}
	for (int32_t i = 0; i < gr->n_closer; i++)
		if (gr->closer[i].source >= 0) gr->closer[i].source = real[gr->closer[i].source];
	return used;
}

/* As many registers as values become few. */
static egm_status assign_registers(egm__lower *l, egm__group *gr)
{
	if (!gr->n_regs) return EGM_OK;
	egm_status st = EGM_OK;
	int32_t n = gr->n_regs;
	int32_t *last = egm__alloc_zero(l->p->context, (size_t)n * 2 + 1, sizeof *last);
	unsigned char *busy = egm__alloc_zero(l->p->context, n, 1);
	if (last && busy) {
		find_last_readers(gr, last);
		gr->n_regs = rename_registers(gr, last, last + n, busy);
	} else {
		st = egm__fail(EGM_ERR_MEMORY, "no memory for %d registers", n);
	}
	egm__free(l->p->context, last);
	egm__free(l->p->context, busy);
	return st;
}

egm_status egm__finish_group(egm__lower *l, int32_t kernel)
{
	egm__group *gr = &l->p->kernels[kernel].group;
	flatten(gr);
	cut_into_blocks(l, gr, kernel);
	return l->status == EGM_OK ? assign_registers(l, gr) : l->status;
}
