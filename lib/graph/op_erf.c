/* SPDX-License-Identifier: MIT */
#include <graph/op_impl.h>
#include <math.h>

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = e->in[0][i];
		e->out[i] = erf(x);
	}
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	egm__id x = egm__node_at(g, y)->in[0];
	return egm__scale(g, egm__mul(g, ybar, egm__exp(g, egm__neg(g, egm__square(g, x)))), 2 / sqrt(acos(-1.0)));
}

const egm__op egm__op_erf = {
    .name = "erf", .cls = EGM__CLASS_ELEMENTWISE, .tile = EGM__TILE_ERF, .eval = eval, .adjoint = adjoint};

egm__id egm__erf(egm__graph *g, egm__id x)
{
	return egm__emit_unary(g, &egm__op_erf, x, 0, 0);
}
