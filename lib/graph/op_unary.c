/* SPDX-License-Identifier: MIT */
/* Elementary functions and the activations that are short formulas. The others have files of their own: elu, silu and
 * gelu with their slopes, and step, whose derivative is 0. */
#include <graph/unary_impl.h>

EGM__UNARY_FUNCTION(egm__exp, exp, EXP, exp(x), egm__mul(g, ybar, y))
EGM__UNARY_FUNCTION(egm__ln, log, LOG, log(x), egm__mul(g, ybar, egm__recip(g, x)))

/* The derivative goes through recip, which is 0 at 0: the gradient of a norm at the zero vector is then the zero
 * vector, its least subgradient, and never NaN. */
EGM__UNARY_FUNCTION(egm__sqrt, sqrt, SQRT, sqrt(x), egm__scale(g, egm__mul(g, ybar, egm__recip(g, y)), 0.5))
EGM__UNARY_FUNCTION(egm__recip, recip, RECIP, x == 0 ? 0 : 1 / x, egm__neg(g, egm__mul(g, ybar, egm__square(g, y))))

EGM__UNARY_FUNCTION(egm__erf, erf, ERF, erf(x),
                    egm__scale(g, egm__mul(g, ybar, egm__exp(g, egm__neg(g, egm__square(g, x)))), 2 / sqrt(acos(-1.0))))
EGM__UNARY_FUNCTION(egm__tanh, tanh, TANH, tanh(x), egm__mul(g, ybar, egm__logistic(g, x, 4, 2)))
EGM__UNARY_FUNCTION(egm__sigmoid, sigmoid, SIGMOID, 1 / (1 + exp(-x)), egm__mul(g, ybar, egm__logistic(g, x, 1, 1)))

/* log(1 + e^x). Every log-sigmoid of the library is written with it: -log sigmoid(x) = softplus(-x). */
EGM__UNARY_FUNCTION(egm__softplus, softplus, SOFTPLUS, fmax(x, 0) + log1p(exp(-fabs(x))),
                    egm__mul(g, ybar, egm__sigmoid(g, x)))

/* The slopes of sigmoid (a = b = 1) and tanh (a = 4, b = 2), a s(b x) s(-b x) = a e / (1 + e)^2 with e = exp(-|b x|)
 * and s the sigmoid. Computed from the values they would be s (1 - s) and 1 - tanh^2, which are 0 or only
 * rounding errors where s or tanh is nearly 1. */
static double logistic(double x, double a, double b)
{
	double e = exp(-fabs(b * x));
	return a * e / ((1 + e) * (1 + e));
}

/* y' = -b y tanh(b x / 2); for b = 2 this is the tanh whose slope y is. */
static egm__id logistic_derivative(egm__graph *g, egm__id x, egm__id y, egm__id ybar, double b)
{
	egm__id half = egm__tanh(g, b == 2 ? x : egm__scale(g, x, b / 2));
	return egm__scale(g, egm__mul(g, ybar, egm__mul(g, y, half)), -b);
}

EGM__UNARY_OP(logistic, LOGISTIC, logistic(x, c[0], c[1]), logistic_derivative(g, x, y, ybar, c[1]))

egm__id egm__logistic(egm__graph *g, egm__id x, double scale, double rate)
{
	return egm__emit_unary(g, &logistic_op, x, scale, rate);
}

/* x for x > 0, c0 x else. The derivative uses the output, whose sign is that of x for c0 >= 0, so that a program need
 * not keep the input. */
EGM__UNARY_OP(leaky, LEAKY, x > 0 ? x : c[0] * x, egm__mul(g, ybar, egm__step(g, y, c[0])))

egm__id egm__leaky(egm__graph *g, egm__id x, double slope)
{
	if (!(slope >= 0)) return egm__graph_fail(g, EGM_ERR_ARGUMENT, "leaky: slope is %g; must be at least 0", slope);
	return egm__emit_unary(g, &leaky_op, x, slope, 0);
}

egm__id egm__relu(egm__graph *g, egm__id x)
{
	return egm__leaky(g, x, 0);
}
