/* SPDX-License-Identifier: MIT */
/* x y, element by element. */
#include <graph/op_impl.h>

static egm__id simplify_number(egm__graph *g, const egm__node *n)
{
	double c;
	if (egm__is_const(g, n->in[0], &c)) return egm__scale(g, n->in[1], c);
	if (egm__is_const(g, n->in[1], &c)) return egm__scale(g, n->in[0], c);
	return EGM__NONE;
}

static egm__id simplify(egm__graph *g, const egm__node *n)
{
	egm__id r = simplify_number(g, n);
	if (r != EGM__NONE) return r;
	double s, t;
	egm__id x = egm__split_scale(g, n->in[0], &s), y = egm__split_scale(g, n->in[1], &t);
	if (s * t != 1 || x != n->in[0]) return egm__scale(g, egm__mul(g, x, y), s * t);
	const egm__node *p = egm__node_at(g, x), *q = egm__node_at(g, y);
	if (p->op == &egm__op_step && q->op == &egm__op_step && p->in[0] == q->in[0])
		return egm__step(g, p->in[0], p->c[0] * q->c[0]);
	return x > y ? egm__mul(g, y, x) : EGM__NONE;
}

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) e->out[i] = e->in[0][i] * e->in[1][i];
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__mul(g, ybar, egm__node_at(g, y)->in[1 - which]);
}

const egm__op egm__op_mul = {.name = "mul",
                             .cls = EGM__CLASS_ELEMENTWISE,
                             .tile = EGM__TILE_MUL_VV,
                             .simplify = simplify,
                             .eval = eval,
                             .adjoint = adjoint};

egm__id egm__mul(egm__graph *g, egm__id a, egm__id b)
{
	return egm__emit_binary(g, &egm__op_mul, a, b);
}

egm__id egm__square(egm__graph *g, egm__id x)
{
	return egm__mul(g, x, x);
}
