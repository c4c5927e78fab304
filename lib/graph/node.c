/* SPDX-License-Identifier: MIT */
/* Makes a node in three steps: the shape rule of its op, simplification, sharing. */
#include <graph/op_impl.h>

/* An elementwise op of constants is a constant. */
static egm__id simplify_constants(egm__graph *g, const egm__node *n)
{
	double v[EGM__MAX_INPUTS], y;
	if (n->op->cls != EGM__CLASS_ELEMENTWISE && n->op->cls != EGM__CLASS_CHEAP) return EGM__NONE;
	egm__node one = *n;
	one.shape = (egm__shape){1, {1, 1, 1, 1}};
	egm__eval e = {.node = &one, .out = &y};
	for (int i = 0; i < n->n_in; i++) {
		if (!egm__is_const(g, n->in[i], &v[i])) return EGM__NONE;
		e.in[i] = &v[i];
		e.in_shape[i] = &one.shape;
	}
	n->op->eval(&e);
	return egm__const(g, y, n->shape);
}

static egm_status find_shape(const egm__graph *g, egm__node *n)
{
	if (n->op->shape) {
		egm_status st = n->op->shape(g, n);
		if (st != EGM_OK) return st;
	} else if (n->n_in > 0) {
		n->shape = g->nodes[n->in[0]].shape;
	}
	return egm__complete_shape(n);
}

egm__id egm__emit_shaped(egm__graph *g, const egm__node *n)
{
	if (g->status != EGM_OK) return EGM__NONE;
	if (g->simplify) {
		egm__id simpler = simplify_constants(g, n);
		if (simpler == EGM__NONE && n->op->simplify) simpler = n->op->simplify(g, n);
		if (simpler != EGM__NONE || g->status != EGM_OK) return simpler;
	}
	return egm__share(g, n);
}

egm__id egm__emit(egm__graph *g, const egm__node *proto)
{
	if (g->status != EGM_OK) return EGM__NONE;
	egm__node n = *proto;
	for (int i = 0; i < n.n_in; i++)
		if (n.in[i] < 0) return EGM__NONE;
	egm_status st = find_shape(g, &n);
	if (st != EGM_OK) return egm__graph_fail(g, st, "%s", egm__last_text());
	return egm__emit_shaped(g, &n);
}

egm__id egm__emit_unary(egm__graph *g, const egm__op *op, egm__id x, double c0, double c1)
{
	egm__node n = {.op = op, .n_in = 1, .in = {x}, .c = {c0, c1}};
	return egm__emit(g, &n);
}

egm__id egm__emit_like(egm__graph *g, const egm__node *n, egm__id x)
{
	egm__node like = *n;
	like.in[0] = x;
	return egm__emit(g, &like);
}
