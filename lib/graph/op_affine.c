/* SPDX-License-Identifier: MIT */
/* a x + b for numbers a, b. The simplification of linear ops (mul, matmul, sum, shape ops) moves factors from their
 * inputs to their outputs. Chains of nodes that differ only by a factor, as those of the mean of an energy and of its
 * penalty do, are then equal and shared. */
#include <graph/op_impl.h>

static egm__id simplify(egm__graph *g, const egm__node *n)
{
	double a = n->c[0], b = n->c[1];
	const egm__node *x = egm__node_at(g, n->in[0]);
	if (a == 1 && b == 0) return n->in[0];
	if (a == 0) return egm__const(g, b, n->shape);
	if (x->op == &egm__op_affine) return egm__affine(g, x->in[0], a * x->c[0], a * x->c[1] + b);
	return EGM__NONE;
}

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) e->out[i] = e->node->c[0] * e->in[0][i] + e->node->c[1];
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__scale(g, ybar, egm__node_at(g, y)->c[0]);
}

const egm__op egm__op_affine = {.name = "affine",
                                .cls = EGM__CLASS_CHEAP,
                                .tile = EGM__TILE_AFFINE,
                                .simplify = simplify,
                                .eval = eval,
                                .adjoint = adjoint};

egm__id egm__affine(egm__graph *g, egm__id x, double scale, double shift)
{
	return egm__emit_unary(g, &egm__op_affine, x, scale, shift);
}

egm__id egm__scale(egm__graph *g, egm__id x, double scale)
{
	return egm__affine(g, x, scale, 0);
}

egm__id egm__neg(egm__graph *g, egm__id x)
{
	return egm__affine(g, x, -1, 0);
}

egm__id egm__split_scale(const egm__graph *g, egm__id x, double *scale)
{
	const egm__node *n = &g->nodes[x];
	*scale = 1;
	if (n->op != &egm__op_affine || n->c[1] != 0) return x;
	*scale = n->c[0];
	return n->in[0];
}
