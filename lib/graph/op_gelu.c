/* SPDX-License-Identifier: MIT */
/* x Phi(x), with its slope Phi + x phi and the slope of that, phi (2 - x^2): Phi the distribution function of N(0, 1),
 * phi its density. By the complementary error function where x < 0: 1/2 + erf(x / sqrt 2) / 2 cancels there. Infinite
 * arguments give the limits. */
#include <graph/op_impl.h>
#include <math.h>

#define DENSITY_AT_0 0.39894228040143268 /* 1 / sqrt(2 pi) */

/* Phi and phi vanish in double where the products with x do. */
static double within(double x)
{
	return x > 100 ? 100 : x < -100 ? -100 : x;
}

static double share_below(double x)
{
	return erfc(-x * sqrt(0.5)) / 2;
}

static double density(double x)
{
	return DENSITY_AT_0 * exp(-x * x / 2);
}

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = e->in[0][i];
		e->out[i] = x > 0 ? x * share_below(x) : within(x) * share_below(x);
	}
}

static void eval_slope(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = within(e->in[0][i]);
		e->out[i] = share_below(x) + x * density(x);
	}
}

static void eval_curve(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = within(e->in[0][i]);
		e->out[i] = density(x) * (2 - x * x);
	}
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__mul(g, ybar, egm__emit_unary(g, &egm__op_gelu_slope, egm__node_at(g, y)->in[0], 0, 0));
}

static egm__id adjoint_slope(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__mul(g, ybar, egm__emit_unary(g, &egm__op_gelu_curve, egm__node_at(g, y)->in[0], 0, 0));
}

/* -x (y + 2 phi) */
static egm__id adjoint_curve(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	egm__id x = egm__node_at(g, y)->in[0];
	egm__id bell = egm__exp(g, egm__scale(g, egm__square(g, x), -0.5));
	egm__id factor = egm__mul(g, x, egm__add(g, y, egm__scale(g, bell, 2 * DENSITY_AT_0)));
	return egm__neg(g, egm__mul(g, ybar, factor));
}

const egm__op egm__op_gelu = {
    .name = "gelu", .cls = EGM__CLASS_ELEMENTWISE, .tile = EGM__TILE_GELU, .eval = eval, .adjoint = adjoint};
const egm__op egm__op_gelu_slope = {.name = "gelu_slope",
                                    .cls = EGM__CLASS_ELEMENTWISE,
                                    .tile = EGM__TILE_GELU_SLOPE,
                                    .eval = eval_slope,
                                    .adjoint = adjoint_slope};
const egm__op egm__op_gelu_curve = {.name = "gelu_curve",
                                    .cls = EGM__CLASS_ELEMENTWISE,
                                    .tile = EGM__TILE_GELU_CURVE,
                                    .eval = eval_curve,
                                    .adjoint = adjoint_curve};

egm__id egm__gelu(egm__graph *g, egm__id x)
{
	return egm__emit_unary(g, &egm__op_gelu, x, 0, 0);
}
