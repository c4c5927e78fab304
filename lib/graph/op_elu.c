/* SPDX-License-Identifier: MIT */
/* x > 0 ? x : alpha (e^x - 1), and its slope x > 0 ? 1 : alpha e^x, which is alpha at 0. Neither is computed from the
 * other: e^x - 1 loses all digits for small x, and so does value + alpha for large negative x. */
#include <graph/unary_impl.h>

/* The derivative of the slope is the slope itself, or 0 for x > 0. */
EGM__UNARY_OP(elu_slope, ELU_SLOPE, x > 0 ? 1 : c[0] * exp(x),
              egm__mul(g, ybar, egm__mul(g, y, egm__affine(g, egm__step(g, x, 0), -1, 1))))
EGM__UNARY_OP(elu, ELU, x > 0 ? x : c[0] * expm1(x), egm__mul(g, ybar, egm__emit_unary(g, &elu_slope_op, x, c[0], 0)))

egm__id egm__elu(egm__graph *g, egm__id x, double alpha)
{
	return egm__emit_unary(g, &elu_op, x, alpha, 0);
}
