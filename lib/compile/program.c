/* SPDX-License-Identifier: MIT */
/* A program as a handle: its arena, its clones, its packed factors. */
#include <compile/kernel_impl.h>

egm_status egm__program_empty(egm__program **out, const egm__graph *g)
{
	egm__program *p = *out = egm__alloc_zero(g->context, 1, sizeof *p);
	if (!p) return egm__fail(EGM_ERR_MEMORY, "no memory for a program");
	p->context = g->context;
	egm__context_retain(p->context);
	p->dtype = g->dtype;
	p->table = egm__kernels_get(p->context->simd, p->dtype);
	return EGM_OK;
}

egm_status egm__program_own(egm__program *p)
{
	p->arena = p->owned = egm__alloc_zero(p->context, p->arena_bytes ? p->arena_bytes : 1, 1);
	return p->owned ? EGM_OK : egm__fail(EGM_ERR_MEMORY, "no memory for an arena of %zu bytes", p->arena_bytes);
}

void egm__program_borrow(egm__program *p, void *arena)
{
	egm__free(p->context, p->owned);
	p->owned = NULL;
	p->arena = arena;
}

egm_status egm__program_clone(egm__program **out, egm__program *p)
{
	*out = NULL;
	egm__program *clone = egm__alloc(p->context, 1, sizeof *clone);
	if (!clone) return egm__fail(EGM_ERR_MEMORY, "no memory for a program");
	*clone = *p;
	clone->origin = p->origin ? p->origin : p;
	egm__context_retain(p->context);
	egm_status st = egm__program_own(clone);
	if (st == EGM_OK)
		*out = clone;
	else
		egm__program_free(clone);
	return st;
}

static void free_kernels(egm__program *p)
{
	egm_context *c = p->context;
	for (int32_t i = 0; i < p->n_kernels; i++) {
		egm__free(c, p->kernels[i].group.instr);
		egm__free(c, p->kernels[i].group.mem);
		egm__free(c, p->kernels[i].group.sums);
	}
	egm__free(c, p->kernels);
	egm__free(c, p->buffers);
	egm__free(c, p->packs);
	egm__free(c, p->packed);
}

void egm__program_free(egm__program *p)
{
	if (!p) return;
	egm_context *c = p->context;
	if (!p->origin) free_kernels(p);
	egm__free(c, p->owned);
	egm__free(c, p);
	egm_context_free(c);
}

size_t egm__program_arena_bytes(const egm__program *p)
{
	return p->arena_bytes;
}

void egm__program_prepare(egm__program *p, void *const bases[EGM__MAX_SLOTS])
{
	for (int32_t i = 0; i < p->n_packs; i++) {
		const egm__pack *f = &p->packs[i];
		const char *b = bases[f->b.slot];
		b += f->b.offset * (int64_t)egm__dtype_size(p->dtype);
		p->table->pack(f->n, f->k, b, f->ldb, f->tb, p->packed + f->at);
	}
}
