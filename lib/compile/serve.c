/* SPDX-License-Identifier: MIT */
/* Which outputs each kernel works for, so that a run can leave out the kernels that only unwanted outputs need:
 * Langevin steps need gradients of the energy and not the energy. From the last kernel to the first, a kernel works for
 * the slots that it writes, and for what later kernels work for that read what it wrote. A buffer or slot counts as a
 * whole: at worst a kernel is run in vain. */
#include <compile/passes_impl.h>

_Static_assert(EGM__MAX_SLOTS <= 32, "a slot is a bit of a word");

typedef struct serve {
	uint32_t slot[EGM__MAX_SLOTS]; /* the outputs that a value in it works for */
	uint32_t *buffer;
} serve;

static uint32_t *place_of(serve *s, const egm__mem *m)
{
	return m->buffer >= 0 ? &s->buffer[m->buffer] : &s->slot[m->slot];
}

static int group_writes(const egm__group *g, int32_t ref)
{
	int writes = 0;
	for (int32_t i = 0; i < g->n_instr; i++) writes |= g->instr[i].y == ref;
	for (int32_t i = 0; i < g->n_sums; i++) writes |= g->sums[i].out == ref;
	return writes;
}

static int group_reads(const egm__group *g, int32_t ref)
{
	int reads = 0;
	for (int32_t i = 0; i < g->n_instr; i++) reads |= g->instr[i].a == ref || g->instr[i].b == ref;
	for (int32_t i = 0; i < g->n_sums; i++) reads |= g->sums[i].source == ref;
	return reads;
}

static void mark_group(serve *s, egm__kernel *k)
{
	egm__group *g = &k->group;
	for (int32_t i = 0; i < g->n_mem; i++)
		if (group_writes(g, ~i)) k->serves |= *place_of(s, &g->mem[i]);
	for (int32_t i = 0; i < g->n_mem; i++)
		if (group_reads(g, ~i)) *place_of(s, &g->mem[i]) |= k->serves;
}

/* A kernel that writes `out` and reads the first n of a and b. */
static void mark_operands(serve *s, egm__kernel *k, const egm__mem *out, int n)
{
	k->serves |= *place_of(s, out);
	if (n > 0) *place_of(s, &k->a) |= k->serves;
	if (n > 1) *place_of(s, &k->b) |= k->serves;
}

static void mark(serve *s, egm__kernel *k)
{
	switch (k->kind) {
	case EGM__KERNEL_GROUP:
		mark_group(s, k);
		break;
	case EGM__KERNEL_GEMM:
	case EGM__KERNEL_PACKED:
	case EGM__KERNEL_CONV:
		mark_operands(s, k, &k->c, 2);
		break;
	case EGM__KERNEL_NOISE:
		mark_operands(s, k, &k->a, 0);
		break;
	default:
		mark_operands(s, k, &k->b, 1);
		break;
	}
}

egm_status egm__pass_serve(egm__lower *l)
{
	egm__program *p = l->p;
	serve s = {.buffer = egm__alloc_zero(p->context, (size_t)p->n_buffers + 1, sizeof *s.buffer)};
	if (!s.buffer) return egm__fail(EGM_ERR_MEMORY, "no memory for %d buffers", p->n_buffers);
	for (int i = 1; i < EGM__MAX_SLOTS; i++) s.slot[i] = UINT32_C(1) << i;
	for (int32_t i = p->n_kernels - 1; i >= 0; i--) mark(&s, &p->kernels[i]);
	egm__free(p->context, s.buffer);
	return EGM_OK;
}
