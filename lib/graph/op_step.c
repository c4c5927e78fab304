/* SPDX-License-Identifier: MIT */
/* x > 0 ? 1 : below. Its derivative is zero, so second derivatives of piecewise linear networks are never built. */
#include <graph/op_impl.h>
#include <math.h>

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = e->in[0][i];
		e->out[i] = isnan(x) ? x : x > 0 ? 1 : e->node->c[0];
	}
}

const egm__op egm__op_step = {.name = "step", .cls = EGM__CLASS_CHEAP, .tile = EGM__TILE_STEP, .eval = eval};

egm__id egm__step(egm__graph *g, egm__id x, double below)
{
	return egm__emit_unary(g, &egm__op_step, x, below, 0);
}
