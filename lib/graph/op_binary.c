/* SPDX-License-Identifier: MIT */
/* Broadcasts the operands of a binary op to one shape. */
#include <graph/op_impl.h>

egm__id egm__emit_binary(egm__graph *g, const egm__op *op, egm__id a, egm__id b)
{
	if (a < 0 || b < 0 || g->status != EGM_OK) return EGM__NONE;
	egm__shape sa = *egm__graph_shape(g, a), sb = *egm__graph_shape(g, b), s = sa;
	char ta[64], tb[64];
	int fits = sa.rank == sb.rank;
	for (int i = 0; fits && i < sa.rank; i++) {
		fits = sa.d[i] == sb.d[i] || sa.d[i] == 1 || sb.d[i] == 1;
		s.d[i] = sa.d[i] == 1 ? sb.d[i] : sa.d[i];
	}
	if (!fits)
		return egm__graph_fail(g, EGM_ERR_SHAPE,
		                       "%s: the shapes are %s and %s; must have equal sizes, or 1 on one side", op->name,
		                       egm__shape_text(&sa, ta), egm__shape_text(&sb, tb));
	a = egm__broadcast(g, a, s);
	b = egm__broadcast(g, b, s);
	egm__node n = {.op = op, .n_in = 2, .in = {a, b}};
	return egm__emit(g, &n);
}
