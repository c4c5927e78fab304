/* SPDX-License-Identifier: MIT */
/* Writes out each draft as a kernel with its operands. Here are noise, copies, maxima and images. */
#include <compile/passes_impl.h>
#include <string.h>

/* A copy of a view reads its input through the strides of the view, if there are any; else in the input's order. */
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
		k->image = egm__emit_windows(l, n, makes ? &n->shape : &l->g->nodes[x].shape);
	} else if (d->kind == EGM__KERNEL_MAX) {
		k->shape = l->g->nodes[x].shape;
		k->axes = (int32_t)n->a[0];
	} else {
		emit_copy(k, n, &l->g->nodes[x].shape);
	}
}

static void emit_kernel(egm__lower *l, int32_t kernel)
{
	egm__kernel *k = &l->p->kernels[kernel];
	k->kind = l->drafts[kernel].kind;
	k->a.buffer = k->b.buffer = k->c.buffer = k->conv.partial.buffer = -1;
	if (k->kind == EGM__KERNEL_GROUP)
		egm__emit_group(l, kernel);
	else if (k->kind == EGM__KERNEL_GEMM)
		egm__emit_gemm(l, kernel);
	else if (k->kind == EGM__KERNEL_CONV)
		egm__emit_conv(l, kernel);
	else
		emit_other(l, kernel);
}

egm_status egm__pass_emit(egm__lower *l)
{
	egm__program *p = l->p;
	p->kernels = egm__alloc_zero(p->context, (size_t)l->n_drafts + 1, sizeof *p->kernels);
	if (!p->kernels) return egm__fail(EGM_ERR_MEMORY, "no memory for %d kernels", l->n_drafts);
	p->n_kernels = l->n_drafts;
	for (int32_t i = 0; i < l->n_drafts && l->status == EGM_OK; i++) emit_kernel(l, i);
	return l->status;
}
