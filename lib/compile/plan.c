/* SPDX-License-Identifier: MIT */
/* Places the buffers of a program in one arena, and makes every operand an address. Two buffers share memory if no
 * kernel needs both values. The largest buffer is placed first, each at the lowest place that is free: simple, and on
 * the programs of this library within a few percent of the most that is needed at once. */
#include <compile/passes_impl.h>
#include <core/size_impl.h>
#include <string.h>

static int meet(const egm__buffer *x, const egm__buffer *y)
{
	return x->first <= y->last && y->first <= x->last;
}

/* The lowest offset at which b overlaps none of the n buffers of `placed`, which are sorted by offset. */
static int64_t find_place(const egm__buffer *all, const int32_t *placed, int32_t n, const egm__buffer *b)
{
	int64_t at = 0;
	for (int32_t i = 0; i < n; i++) {
		const egm__buffer *o = &all[placed[i]];
		if (!meet(o, b)) continue;
		if (at + egm__aligned(b->bytes) <= o->offset) break;
		if (o->offset + egm__aligned(o->bytes) > at) at = o->offset + egm__aligned(o->bytes);
	}
	return at;
}

static int32_t largest_left(const egm__program *p, const unsigned char *done)
{
	int32_t best = -1;
	for (int32_t i = 0; i < p->n_buffers; i++)
		if (!done[i] && (best < 0 || p->buffers[i].bytes > p->buffers[best].bytes)) best = i;
	return best;
}

static egm_status place_buffers(egm__program *p)
{
	size_t n = (size_t)p->n_buffers + 1;
	int32_t *placed = egm__alloc(p->context, n, sizeof *placed);
	unsigned char *done = egm__alloc_zero(p->context, n, 1);
	egm_status st = placed && done ? EGM_OK : egm__fail(EGM_ERR_MEMORY, "no memory for the plan of a program");
	for (int32_t k = 0; st == EGM_OK && k < p->n_buffers; k++) {
		int32_t i = largest_left(p, done), at = k;
		egm__buffer *b = &p->buffers[i];
		b->offset = find_place(p->buffers, placed, k, b);
		while (at > 0 && p->buffers[placed[at - 1]].offset > b->offset) {
			placed[at] = placed[at - 1];
			at--;
		}
		placed[at] = i;
		done[i] = 1;
		int64_t end = b->offset + egm__aligned(b->bytes);
		if (end > p->scratch_at) p->scratch_at = end;
	}
	egm__free(p->context, placed);
	egm__free(p->context, done);
	return st;
}

/* The offset becomes bytes, and that of a buffer an offset in the arena. */
static void fix(const egm__program *p, egm__mem *m)
{
	m->offset *= (int64_t)egm__dtype_size(p->dtype);
	if (m->buffer < 0) return;
	m->slot = EGM__SLOT_ARENA;
	m->offset += p->buffers[m->buffer].offset;
}

static void fix_kernel(const egm__program *p, egm__kernel *k)
{
	if (k->kind != EGM__KERNEL_GROUP) {
		fix(p, &k->a);
		fix(p, &k->b);
		fix(p, &k->c);
	}
	if (k->kind == EGM__KERNEL_CONV) fix(p, &k->conv.partial);
	for (int32_t i = 0; i < k->group.n_mem; i++) fix(p, &k->group.mem[i]);
	for (int32_t i = 0; i < k->group.n_sums; i++) fix(p, &k->group.sums[i].partial);
}

/* The scratch memory of a kernel, in bytes for each thread. */
static int64_t scratch_of(const egm__program *p, const egm__kernel *k)
{
	int64_t threads = p->context->threads;
	switch (k->kind) {
	case EGM__KERNEL_GROUP:
		return (int64_t)k->group.n_regs * EGM__TILE_SIZE * (int64_t)egm__dtype_size(p->dtype);
	case EGM__KERNEL_GEMM:
		return (egm__gemm_scratch(p->context, &k->gemm) + threads - 1) / threads;
	case EGM__KERNEL_CONV:
		return k->conv.scratch;
	default:
		return 0;
	}
}

egm_status egm__pass_plan(egm__lower *l)
{
	egm__program *p = l->p;
	egm_status st = place_buffers(p);
	if (st != EGM_OK) return st;
	for (int32_t i = 0; i < p->n_kernels; i++) {
		fix_kernel(p, &p->kernels[i]);
		int64_t bytes = egm__aligned(scratch_of(p, &p->kernels[i]));
		if (bytes > p->scratch_bytes) p->scratch_bytes = bytes;
	}
	p->arena_bytes = egm__size_of(p->scratch_at + p->scratch_bytes * p->context->threads);
	return EGM_OK;
}
