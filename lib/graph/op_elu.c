/* SPDX-License-Identifier: MIT */
/* x > 0 ? x : alpha (e^x - 1), and its slope x > 0 ? 1 : alpha e^x, which is alpha at 0. Neither is made of the other:
 * e^x - 1 has no digit left for small x, nor has value + alpha for large negative ones. */
#include <graph/op_impl.h>
#include <math.h>

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = e->in[0][i];
		e->out[i] = x > 0 ? x : e->node->c[0] * expm1(x);
	}
}

static void eval_slope(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = e->in[0][i];
		e->out[i] = x > 0 ? 1 : e->node->c[0] * exp(x);
	}
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	const egm__node *n = egm__node_at(g, y);
	return egm__mul(g, ybar, egm__emit_unary(g, &egm__op_elu_slope, n->in[0], n->c[0], 0));
}

/* the slope itself, or 0 for x > 0 */
static egm__id adjoint_slope(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	egm__id above = egm__step(g, egm__node_at(g, y)->in[0], 0);
	return egm__mul(g, ybar, egm__mul(g, y, egm__affine(g, above, -1, 1)));
}

const egm__op egm__op_elu = {
    .name = "elu", .cls = EGM__CLASS_ELEMENTWISE, .tile = EGM__TILE_ELU, .eval = eval, .adjoint = adjoint};
const egm__op egm__op_elu_slope = {.name = "elu_slope",
                                   .cls = EGM__CLASS_ELEMENTWISE,
                                   .tile = EGM__TILE_ELU_SLOPE,
                                   .eval = eval_slope,
                                   .adjoint = adjoint_slope};

egm__id egm__elu(egm__graph *g, egm__id x, double alpha)
{
	return egm__emit_unary(g, &egm__op_elu, x, alpha, 0);
}
