/* SPDX-License-Identifier: MIT */
/* Which windows are never written to memory. A matrix of patches is kh kw times as large as its images, and writing and
 * reading it costs a tenth to half of the time of the product. If only products read it, product and patches become
 * one kernel (KERNEL_CONV), which makes the patches of a block of lines when it multiplies them: once for the forward
 * product and once more for the weights' gradient. A fold and the product that only it reads become one kernel too.
 *
 * A program with fixed slots has packed products instead, which need whole factors. */
#include <compile/passes_impl.h>

enum { FOLD_IMAGES = 4 /* the least number of images: a fold shares images, not lines, among threads */ };

egm__id egm__fused_patches(const egm__lower *l, egm__id product, int which)
{
	return l->window[l->g->nodes[product].in[which]];
}

static int is_matrix_of(const egm__node *n, const egm__node *patches)
{
	return n->op == &egm__op_reshape && n->shape.rank == 2 && n->shape.d[1] == patches->shape.d[3];
}

/* Whether node `id` is the matrix of patches, or a product that can make them as its factor `which`. */
static int can_fuse(const egm__lower *l, egm__id id, int which, egm__id patches)
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
		if (!l->live[id]) continue;
		if (n->op == &egm__op_patches && !l->is_output[id]) l->window[id] = id;
		for (int i = 0; i < n->n_in; i++) {
			egm__id p = l->window[n->in[i]];
			if (p == EGM__NONE || l->window[p] == EGM__NONE) continue;
			int matrix = n->op == &egm__op_reshape;
			if (!can_fuse(l, id, i, p) || (matrix && l->is_output[id]))
				l->window[p] = EGM__NONE;
			else if (matrix)
				l->window[id] = p;
		}
	}
	for (egm__id id = 0; id < g->n; id++)
		if (l->window[id] != EGM__NONE && l->window[l->window[id]] == EGM__NONE) l->window[id] = EGM__NONE;
}

/* A product makes the patches of one factor at most. */
static void mark_pairs(egm__lower *l)
{
	for (egm__id id = 0; id < l->g->n; id++) {
		const egm__node *n = &l->g->nodes[id];
		if (!l->live[id] || n->op != &egm__op_matmul) continue;
		egm__id a = egm__fused_patches(l, id, 0), b = egm__fused_patches(l, id, 1);
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
		if (egm__fused_patches(l, m, 0) != EGM__NONE || egm__fused_patches(l, m, 1) != EGM__NONE) continue;
		l->window[id] = m;
		l->absorbed[m] = 1;
	}
}

egm_status egm__pass_windows(egm__lower *l)
{
	if (l->g->fixed) return EGM_OK;
	mark_patches(l);
	mark_pairs(l);
	mark_folds(l);
	return EGM_OK;
}
