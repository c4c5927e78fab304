/* SPDX-License-Identifier: MIT */
/* log(1 + exp x), the form in which every log-sigmoid of the library is written: -log sigmoid(l) = softplus(-l). */
#include <graph/op_impl.h>
#include <math.h>

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) {
		double x = e->in[0][i];
		e->out[i] = fmax(x, 0) + log1p(exp(-fabs(x)));
	}
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__mul(g, ybar, egm__sigmoid(g, egm__node_at(g, y)->in[0]));
}

const egm__op egm__op_softplus = {
    .name = "softplus", .cls = EGM__CLASS_ELEMENTWISE, .tile = EGM__TILE_SOFTPLUS, .eval = eval, .adjoint = adjoint};

egm__id egm__softplus(egm__graph *g, egm__id x)
{
	return egm__emit_unary(g, &egm__op_softplus, x, 0, 0);
}
