/* SPDX-License-Identifier: MIT */
/* 1/x, and 0 at x = 0, where the callers (norms) want a finite choice. */
#include <graph/op_impl.h>
#include <math.h>

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = e->in[0][i];
		e->out[i] = x == 0 ? 0 : 1 / x;
	}
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__neg(g, egm__mul(g, ybar, egm__square(g, y)));
}

const egm__op egm__op_recip = {
    .name = "recip", .cls = EGM__CLASS_ELEMENTWISE, .tile = EGM__TILE_RECIP, .eval = eval, .adjoint = adjoint};

egm__id egm__recip(egm__graph *g, egm__id x)
{
	return egm__emit_unary(g, &egm__op_recip, x, 0, 0);
}
