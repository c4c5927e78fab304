/* SPDX-License-Identifier: MIT */
/* Where numbers enter the graph: memory given at run time, constants, noise. */
#include <graph/op_impl.h>

static void eval_const(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) e->out[i] = e->node->c[0];
}

const egm__op egm__op_leaf = {.name = "leaf", .cls = EGM__CLASS_LEAF};
const egm__op egm__op_const = {.name = "const", .cls = EGM__CLASS_CONST, .eval = eval_const};
const egm__op egm__op_noise = {.name = "noise", .cls = EGM__CLASS_NOISE};

egm__id egm__leaf(egm__graph *g, int32_t slot, int64_t offset, egm__shape shape)
{
	egm__node n = {.op = &egm__op_leaf, .shape = shape, .a = {slot, offset}};
	return egm__emit(g, &n);
}

egm__id egm__const(egm__graph *g, double value, egm__shape shape)
{
	egm__node n = {.op = &egm__op_const, .shape = shape, .c = {value}};
	return egm__emit(g, &n);
}

egm__id egm__normal(egm__graph *g, uint32_t stream, egm__shape shape)
{
	egm__node n = {.op = &egm__op_noise, .shape = shape, .a = {stream, 0}};
	return egm__emit(g, &n);
}

egm__id egm__uniform(egm__graph *g, uint32_t stream, egm__shape shape)
{
	egm__node n = {.op = &egm__op_noise, .shape = shape, .a = {stream, 1}};
	return egm__emit(g, &n);
}
