/* SPDX-License-Identifier: MIT */
/* Products with windows. A matrix of patches is kh kw times as large as its images, and writing it to memory and
 * reading it again costs as much as a tenth to half of the product. Where nothing else needs it, product and patches
 * become one kernel, which makes the patches of a block of lines when it multiplies them: once for the forward product
 * and once more for the weights' gradient. So does a fold of a product.
 *
 * Programs with fixed slots keep their packed products, which want whole factors. */
#include <compile/kernel_impl.h>
#include <core/size_impl.h>

enum {
	SCRATCH_BYTES = 262144, /* of patches at a time: they and what they are multiplied with stay in the second cache */
	GROUP_BYTES = 256,      /* a line of a window below which it is not worth a product of its own */
	LEAST_BLOCKS = 8,       /* for as many threads to share; no more partial sums either */
	FOLD_IMAGES = 4         /* a fold shares images, not lines, among threads */
};

/* ---- which: l->window of a matrix of patches names them, of a fold its product */

/* The fused patches behind operand `which` of a product. */
egm__id egm__conv_patches(const egm__lower *l, egm__id product, int which)
{
	return l->window[l->g->nodes[product].in[which]];
}

static int is_matrix_of(const egm__node *n, const egm__node *patches)
{
	return n->op == &egm__op_reshape && n->shape.rank == 2 && n->shape.d[1] == patches->shape.d[3];
}

/* Whether node `id` takes patches, or their matrix, by input `which` as a fused product does. */
static int takes(const egm__lower *l, egm__id id, int which, egm__id patches)
{
	const egm__node *n = &l->g->nodes[id];
	egm__id x = n->in[which];
	if (x == patches) return is_matrix_of(n, &l->g->nodes[patches]);
	return n->op == &egm__op_matmul && !n->a[which] && n->in[1 - which] != x;
}

static void mark_patches(egm__lower *l)
{
	const egm__graph *g = l->g;
	for (egm__id id = 0; id < g->n; id++) {
		const egm__node *n = &g->nodes[id];
		if (!l->live[id] || n->op->cls == EGM__CLASS_ALIAS) continue;
		if (n->op == &egm__op_patches && !l->is_output[id]) l->window[id] = id;
		for (int i = 0; i < n->n_in; i++) {
			egm__id p = l->window[n->in[i]];
			if (p == EGM__NONE || l->window[p] == EGM__NONE) continue;
			int matrix = n->op == &egm__op_reshape;
			if (!takes(l, id, i, p) || (matrix && l->is_output[id]))
				l->window[p] = EGM__NONE;
			else if (matrix)
				l->window[id] = p;
		}
	}
	for (egm__id id = 0; id < g->n; id++)
		if (l->window[id] != EGM__NONE && l->window[l->window[id]] == EGM__NONE) l->window[id] = EGM__NONE;
}

/* Two fused operands would be two sets of patches at a time. */
static void mark_pairs(egm__lower *l)
{
	for (egm__id id = 0; id < l->g->n; id++) {
		const egm__node *n = &l->g->nodes[id];
		if (!l->live[id] || n->op != &egm__op_matmul) continue;
		egm__id a = egm__conv_patches(l, id, 0), b = egm__conv_patches(l, id, 1);
		if (a == EGM__NONE || b == EGM__NONE) continue;
		for (egm__id i = 0; i < l->g->n; i++)
			if (l->window[i] == b) l->window[i] = EGM__NONE;
	}
}

static int alone(const egm__lower *l, egm__id id)
{
	return l->uses[id] == 1 && !l->is_output[id] && !l->absorbed[id];
}

static void mark_folds(egm__lower *l)
{
	const egm__graph *g = l->g;
	for (egm__id id = 0; id < g->n; id++) {
		const egm__node *n = &g->nodes[id];
		if (!l->live[id] || n->op != &egm__op_fold || n->shape.d[0] < FOLD_IMAGES) continue;
		egm__id r = n->in[0], m = g->nodes[r].in[0];
		if (g->nodes[r].op != &egm__op_reshape || !alone(l, r) || !alone(l, m)) continue;
		const egm__node *p = &g->nodes[m];
		if (p->op != &egm__op_matmul || p->shape.d[1] != g->nodes[r].shape.d[3] || p->a[0]) continue;
		if (egm__conv_patches(l, m, 0) != EGM__NONE || egm__conv_patches(l, m, 1) != EGM__NONE) continue;
		l->window[id] = m;
		l->absorbed[m] = 1;
	}
}

void egm__conv_mark(egm__lower *l)
{
	if (l->g->fixed) return;
	mark_patches(l);
	mark_pairs(l);
	mark_folds(l);
}

/* ---- how: blocks of lines or images, by sizes alone */

static int64_t at_least(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

egm__gemm egm__conv_block(const egm__kernel *k, int64_t count)
{
	const egm__conv_plan *v = &k->conv;
	egm__gemm p = k->gemm;
	if (v->role == EGM__CONV_RIGHT) {
		p.n = p.ldb = v->width;
		p.k = count * v->rows;
	} else {
		p.m = count * v->rows;
		if (v->role == EGM__CONV_LEFT)
			p.k = p.lda = v->width;
		else
			p.n = p.ldc = v->width;
	}
	return p;
}

static void cut(egm__lower *l, egm__kernel *k, int32_t kernel)
{
	egm__conv_plan *v = &k->conv;
	const egm__image *m = &k->image;
	int64_t line = m->window.kernel[1] * m->c;
	v->groups = line * m->size >= GROUP_BYTES ? m->window.kernel[0] : 1;
	v->width = line * m->window.kernel[0] / v->groups;
	v->rows = v->role == EGM__CONV_FOLD ? m->oh * m->ow : m->ow;
	v->units = v->role == EGM__CONV_FOLD ? m->n : m->n * m->oh;
	int64_t fit = SCRATCH_BYTES / at_least(v->rows * v->width * m->size, 1);
	v->per_block = at_least(egm__least(fit, v->units / LEAST_BLOCKS), 1);
	v->blocks = egm__blocks_of(v->units, v->per_block);
	v->parts = v->role != EGM__CONV_RIGHT ? v->blocks : v->groups > 1 ? v->groups : egm__least(v->blocks, LEAST_BLOCKS);
	v->patches =
	    (v->per_block * v->rows * v->width * m->size + EGM__PACK_ALIGN - 1) / EGM__PACK_ALIGN * EGM__PACK_ALIGN;
	egm__gemm p = egm__conv_block(k, v->per_block);
	v->scratch = v->patches + egm__gemm_serial_scratch(l->p->context, &p);
	if (v->role == EGM__CONV_RIGHT && v->groups == 1 && v->parts > 1)
		v->partial.buffer = egm__buffer_new(l, v->parts * k->gemm.m * k->gemm.n * m->size, kernel);
}

void egm__windows_of(const egm__lower *l, const egm__node *n, const egm__shape *image, egm__image *out)
{
	egm_status st = egm__image_of(n, image, out);
	EGM_INVARIANT(st == EGM_OK); /* as when the node was made */
	(void)st;
	out->size = (int64_t)egm__dtype_size(l->p->dtype);
}

/* The node of the windows; sets the role, and which factor is a plain one. */
static egm__id find_role(egm__lower *l, const egm__draft *d, egm__kernel *k, int *plain)
{
	egm__id left = egm__conv_patches(l, d->matmul, 0), right = egm__conv_patches(l, d->matmul, 1);
	int folds = l->g->nodes[d->node].op == &egm__op_fold && l->window[d->node] == d->matmul;
	k->conv.role = folds ? EGM__CONV_FOLD : left != EGM__NONE ? EGM__CONV_LEFT : EGM__CONV_RIGHT;
	*plain = k->conv.role == EGM__CONV_LEFT;
	return folds ? d->node : left != EGM__NONE ? left : right;
}

void egm__conv_emit(egm__lower *l, int32_t kernel)
{
	const egm__draft *d = &l->drafts[kernel];
	egm__kernel *k = &l->p->kernels[kernel];
	const egm__node *n = &l->g->nodes[d->matmul];
	int plain;
	egm__id w = find_role(l, d, k, &plain);
	const egm__node *windows = &l->g->nodes[w];
	egm__id image = k->conv.role == EGM__CONV_FOLD ? w : windows->in[0];
	egm__windows_of(l, windows, egm__graph_shape(l->g, image), &k->image);
	k->gemm = egm__emit_product(l, d);
	k->a = egm__view_memory(l, k->conv.role == EGM__CONV_FOLD ? n->in[0] : windows->in[0], kernel);
	k->b = egm__view_memory(l, n->in[k->conv.role == EGM__CONV_FOLD ? 1 : plain], kernel);
	k->c = egm__memory(l, d->node, kernel);
	k->conv.partial.buffer = -1;
	cut(l, k, kernel);
}
