/* SPDX-License-Identifier: MIT */
/* Two ops that return their input and only matter to derivatives: variable is what derivatives are taken by, stop is
 * constant for them.
 *
 * Why variable is needed: simplification builds a formula on the inputs of its input where that is shorter. A reshape
 * of a reshape, for example, is built on the input of the inner one. A formula of a computed point would then bypass
 * the point, and its derivative by the point would be zero or miss a path. No rule looks below a variable. The first
 * pass of the compiler removes aliases and simplifies what they separated. */
#include <graph/op_impl.h>
#include <string.h>

static void eval(const egm__eval *e)
{
	memcpy(e->out, e->in[0], (size_t)egm__shape_count(&e->node->shape) * sizeof *e->out);
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return ybar;
}

static const egm__op variable = {.name = "variable", .cls = EGM__CLASS_ALIAS, .eval = eval, .adjoint = adjoint};

int egm__is_variable(const egm__graph *g, egm__id x)
{
	const egm__op *op = egm__node_at(g, x)->op;
	return op == &variable || op->cls == EGM__CLASS_LEAF || op->cls == EGM__CLASS_NOISE;
}

egm__id egm__variable(egm__graph *g, egm__id x)
{
	if (x == EGM__NONE || egm__is_variable(g, x)) return x;
	return egm__emit_unary(g, &variable, x, 0, 0);
}

static const egm__op stop = {.name = "stop", .cls = EGM__CLASS_ALIAS, .eval = eval};

egm__id egm__stop(egm__graph *g, egm__id x)
{
	return egm__emit_unary(g, &stop, x, 0, 0);
}
