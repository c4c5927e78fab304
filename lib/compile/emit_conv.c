/* SPDX-License-Identifier: MIT */
/* Writes out a product with windows that are not in memory. */
#include <compile/passes_impl.h>

egm__image egm__emit_windows(const egm__lower *l, const egm__node *n, const egm__shape *image)
{
	egm__image windows;
	egm_status st = egm__image_of(n, image, &windows);
	EGM_INVARIANT(st == EGM_OK); /* as when the node was made */
	(void)st;
	windows.size = (int64_t)egm__dtype_size(l->p->dtype);
	return windows;
}

/* The parts of such a product: the node with the windows, and what operands a and b of the kernel are. */
typedef struct parts {
	egm__id windows, image, a, b;
} parts;

static parts find_parts(const egm__lower *l, const egm__draft *d, egm__kernel *k)
{
	const egm__node *product = &l->g->nodes[d->matmul];
	egm__id left = egm__fused_patches(l, d->matmul, 0), right = egm__fused_patches(l, d->matmul, 1);
	if (l->window[d->node] == d->matmul) {
		k->conv.role = EGM__CONV_FOLD;
		return (parts){d->node, d->node, product->in[0], product->in[1]};
	}
	k->conv.role = left != EGM__NONE ? EGM__CONV_LEFT : EGM__CONV_RIGHT;
	egm__id w = left != EGM__NONE ? left : right, image = l->g->nodes[w].in[0];
	return (parts){w, image, image, product->in[left != EGM__NONE]};
}

void egm__emit_conv(egm__lower *l, int32_t kernel)
{
	const egm__draft *d = &l->drafts[kernel];
	egm__kernel *k = &l->p->kernels[kernel];
	parts x = find_parts(l, d, k);
	k->image = egm__emit_windows(l, &l->g->nodes[x.windows], egm__graph_shape(l->g, x.image));
	k->gemm = egm__emit_product(l, d);
	k->a = egm__view_memory(l, x.a, kernel);
	k->b = egm__view_memory(l, x.b, kernel);
	k->c = egm__memory(l, d->node, kernel);
	int64_t bytes = egm__conv_plan_cut(l->p->context, k);
	if (bytes) k->conv.partial.buffer = egm__buffer_new(l, bytes, kernel);
}
