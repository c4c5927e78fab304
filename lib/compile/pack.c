/* SPDX-License-Identifier: MIT */
/* Products whose right factor is in a fixed slot. The program has a packed copy of the factor (product_impl.h), one for
 * each matrix and way of reading it, however many products share it. The packed product reads rows of its left factor,
 * so that a transposed left factor stays with gemm.c; a network's gradient with respect to its input, for which this is
 * made, has none. */
#include <compile/passes_impl.h>
#include <core/size_impl.h>

/* Whether kernel `reader` reads id from a fixed slot. */
static int is_fixed(const egm__lower *l, egm__id id, int32_t reader)
{
	egm__id root = id;
	egm__strides st;
	if (!egm__view_root(l, id, reader, &root, &st) || !egm__is_callers_leaf(l, root, reader)) return 0;
	return l->g->fixed >> l->g->nodes[root].a[0] & 1;
}

static int same_factor(const egm__pack *x, const egm__pack *y)
{
	return x->b.slot == y->b.slot && x->b.offset == y->b.offset && x->n == y->n && x->k == y->k && x->ldb == y->ldb &&
	       x->tb == y->tb;
}

static void grow_packed(egm__lower *l, egm__pack *pack)
{
	int64_t bytes, end, count = l->p->table->packed_count(pack->n, pack->k);
	pack->at = l->p->packed_bytes;
	if (egm__size_mul(count, (int64_t)egm__dtype_size(l->p->dtype), &bytes) ||
	    egm__size_add(bytes, EGM__ALIGN - 1, &bytes) || egm__size_add(pack->at, bytes, &end)) {
		l->status = egm__fail(EGM_ERR_MEMORY, "a factor of %lld x %lld is too large for memory", (long long)pack->k,
		                      (long long)pack->n);
		return;
	}
	l->p->packed_bytes = end - end % EGM__ALIGN;
}

static void pack_right(egm__lower *l, int32_t kernel)
{
	egm__program *p = l->p;
	egm__kernel *k = &p->kernels[kernel];
	const egm__gemm *g = &k->gemm;
	egm__id right = l->g->nodes[l->drafts[kernel].matmul].in[1];
	egm__pack pack = {.b = k->b, .n = g->n, .k = g->k, .ldb = g->ldb, .tb = g->tb};
	if (g->ta || g->alpha == 0 || g->n == 0 || g->k == 0 || !is_fixed(l, right, kernel)) return;
	int32_t i = 0;
	while (i < p->n_packs && !same_factor(&p->packs[i], &pack)) i++;
	if (i == p->n_packs) {
		egm__pack *grown = egm__lower_grow(l, p->packs, &p->cap_packs, p->n_packs, sizeof *grown);
		if (!grown) return;
		p->packs = grown;
		grow_packed(l, &pack);
		p->packs[p->n_packs++] = pack;
	}
	k->kind = EGM__KERNEL_PACKED;
	k->pack = i;
}

egm_status egm__pass_pack(egm__lower *l)
{
	egm__program *p = l->p;
	for (int32_t i = 0; i < p->n_kernels && l->status == EGM_OK; i++)
		if (p->kernels[i].kind == EGM__KERNEL_GEMM) pack_right(l, i);
	if (l->status != EGM_OK || !p->n_packs) return l->status;
	p->packed = egm__alloc_zero(p->context, p->packed_bytes, 1);
	if (!p->packed)
		return egm__fail(EGM_ERR_MEMORY, "no memory for %lld bytes of packed factors", (long long)p->packed_bytes);
	return EGM_OK;
}
