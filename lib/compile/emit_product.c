/* SPDX-License-Identifier: MIT */
/* Writes out a product of matrices that are in memory. */
#include <compile/passes_impl.h>

egm__gemm egm__emit_product(const egm__lower *l, const egm__draft *d)
{
	const egm__node *n = &l->g->nodes[d->matmul];
	const egm__shape *a = egm__graph_shape(l->g, n->in[0]), *b = egm__graph_shape(l->g, n->in[1]);
	return (egm__gemm){.m = n->shape.d[0],
	                   .n = n->shape.d[1],
	                   .k = a->d[!n->a[0]],
	                   .lda = a->d[1],
	                   .ldb = b->d[1],
	                   .ldc = n->shape.d[1],
	                   .alpha = d->alpha,
	                   .beta = d->beta,
	                   .dtype = (int32_t)l->p->dtype,
	                   .ta = (int32_t)n->a[0],
	                   .tb = (int32_t)n->a[1]};
}

/* The leading dimension; flipped: neighbours in memory are those of a column. */
static int64_t leading(const egm__mem *m, const egm__shape *s, int *flipped)
{
	*flipped = m->s[1] != 1 && s->d[1] > 1;
	if (*flipped) return m->s[1] > 0 ? m->s[1] : s->d[0];
	return s->d[0] > 1 && m->s[0] > 0 ? m->s[0] : s->d[1];
}

void egm__emit_gemm(egm__lower *l, int32_t kernel)
{
	const egm__draft *d = &l->drafts[kernel];
	egm__kernel *k = &l->p->kernels[kernel];
	const egm__node *n = &l->g->nodes[d->matmul];
	int flip_a, flip_b;
	k->a = egm__view_memory(l, n->in[0], kernel);
	k->b = egm__view_memory(l, n->in[1], kernel);
	k->c = egm__memory(l, d->node, kernel);
	k->gemm = egm__emit_product(l, d);
	k->gemm.lda = leading(&k->a, egm__graph_shape(l->g, n->in[0]), &flip_a);
	k->gemm.ldb = leading(&k->b, egm__graph_shape(l->g, n->in[1]), &flip_b);
	k->gemm.ta ^= flip_a;
	k->gemm.tb ^= flip_b;
}
