/* SPDX-License-Identifier: MIT */
/* The derivative 1/(2 sqrt x) goes through recip, which is 0 at 0: the gradient of a norm at the zero vector is then
 * the zero vector, its least subgradient, and never NaN. */
#include <graph/op_impl.h>
#include <math.h>

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = e->in[0][i];
		e->out[i] = sqrt(x);
	}
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__scale(g, egm__mul(g, ybar, egm__recip(g, y)), 0.5);
}

const egm__op egm__op_sqrt = {
    .name = "sqrt", .cls = EGM__CLASS_ELEMENTWISE, .tile = EGM__TILE_SQRT, .eval = eval, .adjoint = adjoint};

egm__id egm__sqrt(egm__graph *g, egm__id x)
{
	return egm__emit_unary(g, &egm__op_sqrt, x, 0, 0);
}
