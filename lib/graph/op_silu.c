/* SPDX-License-Identifier: MIT */
/* x s(x), s the logistic sigmoid, with its slope s + x q and the slope of that, q (2 - x tanh(x/2)), q = s (1 - s). Ops
 * of their own, because a product of x and s is NaN where x is infinite, 0 where s is 0 in the number type and x s is
 * not, and because its derivative multiplies x by what comes from above before q makes that small. Infinite arguments
 * give the limits. */
#include <graph/op_impl.h>
#include <math.h>

/* s and q vanish in double where the product with x does. */
static double within(double x)
{
	return x > 1e4 ? 1e4 : x < -1e4 ? -1e4 : x;
}

static double sigmoid(double x)
{
	return x > 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = e->in[0][i];
		e->out[i] = x > 0 ? x * sigmoid(x) : within(x) * sigmoid(x);
	}
}

static void eval_slope(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = within(e->in[0][i]), s = sigmoid(x), t = sigmoid(-x);
		e->out[i] = s * (1 + x * t);
	}
}

static void eval_curve(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = within(e->in[0][i]), q = sigmoid(x) * sigmoid(-x);
		e->out[i] = q * (2 - x * tanh(x / 2));
	}
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__mul(g, ybar, egm__emit_unary(g, &egm__op_silu_slope, egm__node_at(g, y)->in[0], 0, 0));
}

static egm__id adjoint_slope(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__mul(g, ybar, egm__emit_unary(g, &egm__op_silu_curve, egm__node_at(g, y)->in[0], 0, 0));
}

/* q' = -q t with t = tanh(x/2), and t' = 2 q: q (x (t^2 - 2 q) - 3 t) */
static egm__id adjoint_curve(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	egm__id x = egm__node_at(g, y)->in[0], q = egm__logistic(g, x, 1, 1), t = egm__tanh(g, egm__scale(g, x, 0.5));
	egm__id far = egm__mul(g, egm__mul(g, x, q), egm__sub(g, egm__square(g, t), egm__scale(g, q, 2)));
	return egm__mul(g, ybar, egm__sub(g, far, egm__scale(g, egm__mul(g, q, t), 3)));
}

const egm__op egm__op_silu = {
    .name = "silu", .cls = EGM__CLASS_ELEMENTWISE, .tile = EGM__TILE_SILU, .eval = eval, .adjoint = adjoint};
const egm__op egm__op_silu_slope = {.name = "silu_slope",
                                    .cls = EGM__CLASS_ELEMENTWISE,
                                    .tile = EGM__TILE_SILU_SLOPE,
                                    .eval = eval_slope,
                                    .adjoint = adjoint_slope};
const egm__op egm__op_silu_curve = {.name = "silu_curve",
                                    .cls = EGM__CLASS_ELEMENTWISE,
                                    .tile = EGM__TILE_SILU_CURVE,
                                    .eval = eval_curve,
                                    .adjoint = adjoint_curve};

egm__id egm__silu(egm__graph *g, egm__id x)
{
	return egm__emit_unary(g, &egm__op_silu, x, 0, 0);
}
