/* SPDX-License-Identifier: MIT */
/* a s(b x) s(-b x) = a e / (1 + e)^2, e = exp(-|b x|), s the logistic sigmoid: the slope of s and, with a = 4 and b =
 * 2, of tanh. Both could be had from the values, as s (1 - s) and 1 - tanh^2, which are nearly 0 or nothing but
 * rounding where s or tanh is nearly 1. */
#include <graph/op_impl.h>
#include <math.h>

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = exp(-fabs(e->node->c[1] * e->in[0][i]));
		e->out[i] = e->node->c[0] * x / ((1 + x) * (1 + x));
	}
}

/* y' = -b y tanh(b x / 2), where b = 2 the tanh whose slope it is */
static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	double rate = egm__node_at(g, y)->c[1];
	egm__id x = egm__node_at(g, y)->in[0], side = egm__tanh(g, rate == 2 ? x : egm__scale(g, x, rate / 2));
	return egm__scale(g, egm__mul(g, ybar, egm__mul(g, y, side)), -rate);
}

const egm__op egm__op_logistic = {
    .name = "logistic", .cls = EGM__CLASS_ELEMENTWISE, .tile = EGM__TILE_LOGISTIC, .eval = eval, .adjoint = adjoint};

egm__id egm__logistic(egm__graph *g, egm__id x, double scale, double rate)
{
	return egm__emit_unary(g, &egm__op_logistic, x, scale, rate);
}
