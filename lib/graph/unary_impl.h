/* SPDX-License-Identifier: MIT */
/* Elementwise ops of one input, each written as a row: its name, its kernel, its value and its adjoint. c is the
 * constants of the node. In the value, x is a number. In the adjoint, x is the input, y the node itself and ybar its
 * adjoint. */
#ifndef EGM_GRAPH_UNARY_IMPL_H
#define EGM_GRAPH_UNARY_IMPL_H

#include <graph/op_impl.h>
#include <math.h>

#define EGM__UNARY_OP(NAME, TILE, VALUE, ADJOINT)                                    \
	static void NAME##_eval(const egm__eval *e)                                      \
	{                                                                                \
		const double *c = e->node->c;                                                \
		int64_t n = egm__shape_count(&e->node->shape);                               \
		(void)c;                                                                     \
		for (int64_t i = 0; i < n; i++) {                                            \
			double x = e->in[0][i];                                                  \
			e->out[i] = VALUE;                                                       \
		}                                                                            \
	}                                                                                \
	static egm__id NAME##_adjoint(egm__graph *g, egm__id y, egm__id ybar, int which) \
	{                                                                                \
		egm__id x = egm__node_at(g, y)->in[0];                                       \
		double c[2] = {egm__node_at(g, y)->c[0], egm__node_at(g, y)->c[1]};          \
		(void)x, (void)c;                                                            \
		return ADJOINT;                                                              \
	}                                                                                \
	static const egm__op NAME##_op = {.name = #NAME,                                 \
	                                  .cls = EGM__CLASS_ELEMENTWISE,                 \
	                                  .tile = EGM__TILE_##TILE,                      \
	                                  .eval = NAME##_eval,                           \
	                                  .adjoint = NAME##_adjoint};

/* The same with the builder function of an op that has no constants. */
#define EGM__UNARY_FUNCTION(BUILDER, NAME, TILE, VALUE, ADJOINT) \
	EGM__UNARY_OP(NAME, TILE, VALUE, ADJOINT)                    \
	egm__id BUILDER(egm__graph *g, egm__id x)                    \
	{                                                            \
		return egm__emit_unary(g, &NAME##_op, x, 0, 0);          \
	}

#endif
