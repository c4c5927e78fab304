/* SPDX-License-Identifier: MIT */
/* GELU x Phi(x), its slope Phi + x phi and the slope of that, phi (2 - x^2). Phi is the distribution function of N(0,
 * 1) and phi its density. Phi is computed by the complementary error function, because (1 + erf(x / sqrt 2)) / 2
 * cancels for x < 0. Infinite arguments give the limits. */
#include <graph/unary_impl.h>

#define DENSITY_AT_0 0.39894228040143268 /* 1 / sqrt(2 pi) */

/* Beyond +-100, Phi or phi is 0 in double, and so is its product with x. */
static double within(double x)
{
	return x > 100 ? 100 : x < -100 ? -100 : x;
}

static double distribution(double x)
{
	return erfc(-x * sqrt(0.5)) / 2;
}

static double density(double x)
{
	return DENSITY_AT_0 * exp(-x * x / 2);
}

static double slope(double x)
{
	return distribution(x) + x * density(x);
}

static double curve(double x)
{
	return density(x) * (2 - x * x);
}

/* -x (y + 2 phi) */
static egm__id curve_derivative(egm__graph *g, egm__id x, egm__id y, egm__id ybar)
{
	egm__id bell = egm__exp(g, egm__scale(g, egm__square(g, x), -0.5));
	egm__id factor = egm__mul(g, x, egm__add(g, y, egm__scale(g, bell, 2 * DENSITY_AT_0)));
	return egm__neg(g, egm__mul(g, ybar, factor));
}

EGM__UNARY_OP(gelu_curve, GELU_CURVE, curve(within(x)), curve_derivative(g, x, y, ybar))
EGM__UNARY_OP(gelu_slope, GELU_SLOPE, slope(within(x)), egm__mul(g, ybar, egm__emit_unary(g, &gelu_curve_op, x, 0, 0)))
EGM__UNARY_FUNCTION(egm__gelu, gelu, GELU, (x > 0 ? x : within(x)) * distribution(x),
                    egm__mul(g, ybar, egm__emit_unary(g, &gelu_slope_op, x, 0, 0)))
