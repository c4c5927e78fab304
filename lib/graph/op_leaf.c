/* SPDX-License-Identifier: MIT */
/* The sources of a graph: memory given at run time, constants and noise. */
#include <graph/op_impl.h>

static void eval_const(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) e->out[i] = e->node->c[0];
}

const egm__op egm__op_leaf = {.name = "leaf", .cls = EGM__CLASS_LEAF};
const egm__op egm__op_const = {.name = "const", .cls = EGM__CLASS_CONST, .eval = eval_const};
const egm__op egm__op_noise = {.name = "noise", .cls = EGM__CLASS_NOISE};

/* Without inputs and rules there is nothing to simplify. egm__emit itself makes constants, by egm__const. */
static egm__id emit_leaf(egm__graph *g, egm__node n)
{
	if (g->status != EGM_OK) return EGM__NONE;
	egm_status st = egm__complete_shape(&n);
	return st == EGM_OK ? egm__share(g, &n) : egm__graph_fail(g, st, "%s", egm__last_text());
}

egm__id egm__leaf(egm__graph *g, int32_t slot, int64_t offset, egm__shape shape)
{
	return emit_leaf(g, (egm__node){.op = &egm__op_leaf, .shape = shape, .a = {slot, offset}});
}

egm__id egm__const(egm__graph *g, double value, egm__shape shape)
{
	return emit_leaf(g, (egm__node){.op = &egm__op_const, .shape = shape, .c = {value}});
}

egm__id egm__normal(egm__graph *g, uint32_t stream, egm__shape shape)
{
	return emit_leaf(g, (egm__node){.op = &egm__op_noise, .shape = shape, .a = {stream, 0}});
}

egm__id egm__uniform(egm__graph *g, uint32_t stream, egm__shape shape)
{
	return emit_leaf(g, (egm__node){.op = &egm__op_noise, .shape = shape, .a = {stream, 1}});
}

int egm__is_const(const egm__graph *g, egm__id x, double *value)
{
	if (g->nodes[x].op != &egm__op_const) return 0;
	*value = g->nodes[x].c[0];
	return 1;
}
