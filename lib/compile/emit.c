/* SPDX-License-Identifier: MIT */
/* Writes out the kernels that lower.c chose: the operands of products, noise, copies and images. Groups, which are
 * programs themselves, are emit_group.c's, products with windows conv.c's. */
#include <compile/kernel_impl.h>
#include <string.h>

/* Leading dimension and whether the memory runs down the columns. */
static int64_t leading(const egm__mem *m, const egm__shape *s, int *flipped)
{
	int down = m->s[1] != 1 && s->d[1] > 1;
	*flipped = down;
	if (down) return s->d[1] > 1 && m->s[1] > 0 ? m->s[1] : s->d[0];
	return s->d[0] > 1 && m->s[0] > 0 ? m->s[0] : s->d[1];
}

egm__gemm egm__emit_product(egm__lower *l, const egm__draft *d)
{
	const egm__node *n = &l->g->nodes[d->matmul];
	const egm__shape *a = egm__graph_shape(l->g, n->in[0]), *b = egm__graph_shape(l->g, n->in[1]);
	egm__gemm p = {.m = n->shape.d[0],
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
	l->p->flops += 2.0 * (double)p.m * (double)p.n * (double)p.k;
	return p;
}

static void emit_gemm(egm__lower *l, int32_t kernel)
{
	const egm__draft *d = &l->drafts[kernel];
	egm__kernel *k = &l->p->kernels[kernel];
	const egm__node *n = &l->g->nodes[d->matmul];
	int fa, fb;
	k->a = egm__view_memory(l, n->in[0], kernel);
	k->b = egm__view_memory(l, n->in[1], kernel);
	k->c = egm__memory(l, d->node, kernel);
	k->gemm = egm__emit_product(l, d);
	k->gemm.lda = leading(&k->a, egm__graph_shape(l->g, n->in[0]), &fa);
	k->gemm.ldb = leading(&k->b, egm__graph_shape(l->g, n->in[1]), &fb);
	k->gemm.ta ^= fa;
	k->gemm.tb ^= fb;
	egm__pack_right(l, kernel, n->in[1]);
}

/* A copy of a view: seen through the view when it has strides of its own, else its input in the input's order. */
static void emit_copy(egm__kernel *k, const egm__node *n, const egm__shape *input)
{
	egm__strides st;
	memcpy(st.s, k->a.s, sizeof st.s);
	st.offset = 0;
	if (n->op->view(n, input, &st)) {
		k->a.offset += st.offset;
		memcpy(k->a.s, st.s, sizeof st.s);
	} else {
		k->shape = *input;
	}
}

static void emit_other(egm__lower *l, int32_t kernel)
{
	const egm__draft *d = &l->drafts[kernel];
	egm__kernel *k = &l->p->kernels[kernel];
	const egm__node *n = &l->g->nodes[d->node];
	k->shape = n->shape;
	if (d->kind == EGM__KERNEL_NOISE) {
		k->stream = (uint32_t)n->a[0];
		k->uniform = (int32_t)n->a[1];
		k->a = egm__memory(l, d->node, kernel);
		return;
	}
	if (n->op == &egm__op_leaf) { /* the caller's memory up to this kernel, the copy behind it */
		k->a = egm__memory(l, d->node, kernel);
		k->b = egm__memory(l, d->node, kernel + 1);
		return;
	}
	egm__id x = n->in[0];
	k->a = egm__view_memory(l, x, kernel);
	k->b = egm__memory(l, d->node, kernel);
	if (n->op->cls == EGM__CLASS_IMAGE) {
		int makes = n->op == &egm__op_fold || n->op == &egm__op_repeat;
		egm__windows_of(l, n, makes ? &n->shape : &l->g->nodes[x].shape, &k->image);
	} else if (d->kind == EGM__KERNEL_MAX) {
		k->shape = l->g->nodes[x].shape;
		k->axes = (int32_t)n->a[0];
	} else {
		emit_copy(k, n, &l->g->nodes[x].shape);
	}
}

egm_status egm__emit_kernels(egm__lower *l)
{
	egm__program *p = l->p;
	p->kernels = egm__alloc_zero(p->context, (size_t)l->n_drafts + 1, sizeof *p->kernels);
	if (!p->kernels) return egm__fail(EGM_ERR_MEMORY, "no memory for %d kernels", l->n_drafts);
	p->n_kernels = l->n_drafts;
	for (egm__id i = 0; i < l->g->n; i++) l->stamp[i] = -1;
	for (int32_t i = 0; i < l->n_drafts && l->status == EGM_OK; i++) {
		p->kernels[i].kind = l->drafts[i].kind;
		p->kernels[i].a.buffer = p->kernels[i].b.buffer = p->kernels[i].c.buffer = -1;
		p->kernels[i].conv.partial.buffer = -1;
		if (l->drafts[i].kind == EGM__KERNEL_GROUP)
			l->status = egm__emit_group(l, i);
		else if (l->drafts[i].kind == EGM__KERNEL_GEMM)
			emit_gemm(l, i);
		else if (l->drafts[i].kind == EGM__KERNEL_CONV)
			egm__conv_emit(l, i);
		else
			emit_other(l, i);
	}
	return l->status;
}
