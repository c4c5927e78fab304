/* SPDX-License-Identifier: MIT */
/* Products whose right factor lies in a fixed slot: the program holds a packed copy of it (product_impl.h), one for
 * each matrix and way of reading it, however many products share it. A left factor that is transposed stays with
 * gemm.c: the packed product reads rows, and the gradients by a net's input, for which all this is, have no other. */
#include <compile/kernel_impl.h>
#include <core/size_impl.h>

/* Whether kernel `reader` finds id in memory of a fixed slot. */
static int is_fixed(const egm__lower *l, egm__id id, int32_t reader)
{
	egm__id root = id;
	egm__strides st;
	if (!egm__resolve(l, id, reader, &root, &st)) return 0;
	const egm__node *n = &l->g->nodes[root];
	int original = n->op == &egm__op_leaf && (l->at[root] < 0 || reader <= l->at[root]);
	return original && (l->g->fixed >> n->a[0] & 1);
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
	    egm__size_add(bytes, EGM__PACK_ALIGN - 1, &bytes) || egm__size_add(pack->at, bytes, &end)) {
		l->status = egm__fail(EGM_ERR_MEMORY, "a factor of %lld x %lld is too large for memory", (long long)pack->k,
		                      (long long)pack->n);
		return;
	}
	l->p->packed_bytes = end - end % EGM__PACK_ALIGN;
}

void egm__pack_right(egm__lower *l, int32_t kernel, egm__id right)
{
	egm__program *p = l->p;
	egm__kernel *k = &p->kernels[kernel];
	const egm__gemm *g = &k->gemm;
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

egm_status egm__pack_memory(egm__program *p)
{
	if (!p->n_packs) return EGM_OK;
	p->packed = egm__alloc_zero(p->context, p->packed_bytes, 1);
	if (!p->packed)
		return egm__fail(EGM_ERR_MEMORY, "no memory for %lld bytes of packed factors", (long long)p->packed_bytes);
	return EGM_OK;
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
