/* SPDX-License-Identifier: MIT */
/* Chooses the kernels. Nodes are visited in order, by a function for each class of op. Each product starts a kernel;
 * each elementwise node goes into a group (fuse.c). Views and cheap nodes (factors, masks) get no kernel: whoever reads
 * them addresses or computes them. */
#include <compile/passes_impl.h>

static void lower_concat(egm__lower *l, egm__id id)
{
	const egm__node *n = &l->g->nodes[id];
	int64_t axis = n->a[0], from = 0;
	egm__strides whole = egm__contiguous(&n->shape);
	for (int i = 0; i < n->n_in; i++) {
		const egm__shape *s = egm__graph_shape(l->g, n->in[i]);
		egm__strides part = whole;
		part.offset = from * whole.s[axis];
		egm__store_into(l, n->in[i], s, (egm__store){n->in[i], id, part, 0}, 0);
		from += s->d[axis];
	}
	l->stored[id] = 1;
}

static void lower_pad(egm__lower *l, egm__id id)
{
	const egm__node *n = &l->g->nodes[id];
	egm__strides whole = egm__contiguous(&n->shape), part = whole;
	egm__store_into(l, EGM__NONE, &n->shape, (egm__store){EGM__NONE, id, whole, 0}, l->n_drafts);
	part.offset = n->a[1] * whole.s[n->a[0]];
	egm__id x = n->in[0];
	egm__store_into(l, x, egm__graph_shape(l->g, x), (egm__store){x, id, part, 0}, l->n_drafts);
	l->stored[id] = 1;
}

static void lower_max(egm__lower *l, egm__id id)
{
	egm__ensure_memory(l, l->g->nodes[id].in[0], EGM__LAYOUT_TILES);
	egm__draft_alone(l, EGM__KERNEL_MAX, id);
}

static egm__kernel_kind image_kernel(const egm__op *op)
{
	if (op == &egm__op_patches) return EGM__KERNEL_PATCHES;
	if (op == &egm__op_fold) return EGM__KERNEL_FOLD;
	return op == &egm__op_block_sum ? EGM__KERNEL_BLOCK_SUM : EGM__KERNEL_REPEAT;
}

static void lower_image(egm__lower *l, egm__id id)
{
	const egm__node *n = &l->g->nodes[id];
	egm__id product = l->window[id];
	if (product == id) return; /* patches, made where they are multiplied */
	if (product == EGM__NONE) {
		egm__ensure_memory(l, n->in[0], EGM__LAYOUT_CONTIGUOUS);
		egm__draft_alone(l, image_kernel(n->op), id);
	} else {
		egm__draft *d;
		for (int i = 0; i < 2; i++) egm__ensure_memory(l, l->g->nodes[product].in[i], EGM__LAYOUT_CONTIGUOUS);
		if (!(d = egm__draft_alone(l, EGM__KERNEL_CONV, id))) return;
		d->matmul = product;
		d->alpha = 1;
	}
}

/* Both factors of a product, of windows their images. Whether there are windows. */
static int factors_in_memory(egm__lower *l, const egm__node *n, egm__id id)
{
	egm__id p[2] = {egm__fused_patches(l, id, 0), egm__fused_patches(l, id, 1)};
	int conv = p[0] != EGM__NONE || p[1] != EGM__NONE;
	for (int i = 0; i < 2; i++) {
		egm__id x = p[i] != EGM__NONE ? l->g->nodes[p[i]].in[0] : n->in[i];
		egm__ensure_memory(l, x, conv ? EGM__LAYOUT_CONTIGUOUS : EGM__LAYOUT_PRODUCT);
	}
	return conv;
}

/* A sum of products is one run of accumulating products: the first overwrites, the others add. */
static void lower_products(egm__lower *l, egm__id root, egm__id id, double alpha)
{
	const egm__node *n = &l->g->nodes[id];
	if (n->op == &egm__op_affine) {
		lower_products(l, root, n->in[0], alpha * n->c[0]);
	} else if (n->op == &egm__op_add) {
		for (int i = 0; i < 2; i++) lower_products(l, root, n->in[i], alpha);
	} else {
		int conv = factors_in_memory(l, n, id), start = l->at[root] < 0;
		egm__draft *d = egm__draft_new(l, conv ? EGM__KERNEL_CONV : EGM__KERNEL_GEMM, root);
		if (!d) return;
		d->matmul = id;
		d->alpha = alpha;
		d->beta = start ? 0 : 1;
		l->at[root] = l->n_drafts - 1;
		if (start) l->first[root] = l->at[root];
	}
	l->stored[root] = 1;
}

static void lower_node(egm__lower *l, egm__id id)
{
	const egm__node *n = &l->g->nodes[id];
	if (l->sum[id]) {
		if (!l->absorbed[id]) lower_products(l, id, id, 1);
		return;
	}
	switch (n->op->cls) {
	case EGM__CLASS_NOISE:
		egm__draft_alone(l, EGM__KERNEL_NOISE, id);
		break;
	case EGM__CLASS_ELEMENTWISE:
		egm__into_group(l, id, &n->shape);
		break;
	case EGM__CLASS_REDUCE:
		if (n->op->is_max)
			lower_max(l, id);
		else
			egm__into_group(l, id, egm__graph_shape(l->g, n->in[0]));
		l->stored[id] = 1;
		break;
	case EGM__CLASS_CONCAT:
		lower_concat(l, id);
		break;
	case EGM__CLASS_PAD:
		lower_pad(l, id);
		break;
	case EGM__CLASS_IMAGE:
		lower_image(l, id);
		break;
	default:
		break;
	}
}

egm_status egm__pass_lower(egm__lower *l)
{
	for (egm__id id = 0; id < l->g->n && l->status == EGM_OK; id++)
		if (l->live[id]) lower_node(l, id);
	return l->status;
}
