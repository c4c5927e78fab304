/* SPDX-License-Identifier: MIT */
/* x for x > 0, slope x else. The derivative looks at the output, whose sign is that of x for slope >= 0: the input need
 * not be kept. */
#include <graph/op_impl.h>

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) e->out[i] = e->in[0][i] > 0 ? e->in[0][i] : e->node->c[0] * e->in[0][i];
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return egm__mul(g, ybar, egm__step(g, y, egm__node_at(g, y)->c[0]));
}

const egm__op egm__op_leaky = {
    .name = "leaky", .cls = EGM__CLASS_ELEMENTWISE, .tile = EGM__TILE_LEAKY, .eval = eval, .adjoint = adjoint};

egm__id egm__leaky(egm__graph *g, egm__id x, double slope)
{
	if (!(slope >= 0)) return egm__graph_fail(g, EGM_ERR_ARGUMENT, "leaky: slope %g is not >= 0", slope);
	return egm__emit_unary(g, &egm__op_leaky, x, slope, 0);
}

egm__id egm__relu(egm__graph *g, egm__id x)
{
	return egm__leaky(g, x, 0);
}
