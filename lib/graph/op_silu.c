/* SPDX-License-Identifier: MIT */
/* SiLU x s(x), its slope s + x q and the slope of that, q (2 - x tanh(x/2)), with s the logistic sigmoid and
 * q = s (1 - s). They are ops, not products of x and s, for three reasons: such a product is NaN where x is infinite;
 * it is 0 where s underflows although x s does not; and its derivative multiplies x by the adjoint before q makes that
 * small. Infinite arguments give the limits. */
#include <graph/unary_impl.h>

/* Beyond +-1e4, s or q is 0 in double, and so is its product with x. */
static double within(double x)
{
	return x > 1e4 ? 1e4 : x < -1e4 ? -1e4 : x;
}

static double sigmoid(double x)
{
	return x > 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static double slope(double x)
{
	return sigmoid(x) * (1 + x * sigmoid(-x));
}

static double curve(double x)
{
	return sigmoid(x) * sigmoid(-x) * (2 - x * tanh(x / 2));
}

/* With t = tanh(x/2): q' = -q t and t' = 2 q, so the derivative of the curve is q (x (t^2 - 2 q) - 3 t). */
static egm__id curve_derivative(egm__graph *g, egm__id x, egm__id ybar)
{
	egm__id q = egm__logistic(g, x, 1, 1), t = egm__tanh(g, egm__scale(g, x, 0.5));
	egm__id twice = egm__scale(g, q, 2), difference = egm__sub(g, egm__square(g, t), twice);
	egm__id far = egm__mul(g, egm__mul(g, x, q), difference);
	return egm__mul(g, ybar, egm__sub(g, far, egm__scale(g, egm__mul(g, q, t), 3)));
}

EGM__UNARY_OP(silu_curve, SILU_CURVE, curve(within(x)), curve_derivative(g, x, ybar))
EGM__UNARY_OP(silu_slope, SILU_SLOPE, slope(within(x)), egm__mul(g, ybar, egm__emit_unary(g, &silu_curve_op, x, 0, 0)))
EGM__UNARY_FUNCTION(egm__silu, silu, SILU, (x > 0 ? x : within(x)) * sigmoid(x),
                    egm__mul(g, ybar, egm__emit_unary(g, &silu_slope_op, x, 0, 0)))
