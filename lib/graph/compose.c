/* SPDX-License-Identifier: MIT */
/* Formulas made of ops. They need no rules: their derivatives follow from those of the ops. */
#include <graph/op_impl.h>

egm__id egm__div(egm__graph *g, egm__id a, egm__id b)
{
	return egm__mul(g, a, egm__recip(g, b));
}

egm__id egm__mean(egm__graph *g, egm__id x)
{
	double n = (double)egm__shape_count(egm__graph_shape(g, x));
	return egm__scale(g, egm__sum(g, x, 15), 1 / n);
}

egm__id egm__row_sum(egm__graph *g, egm__id x)
{
	return egm__sum(g, x, 14);
}

egm__id egm__row_norm(egm__graph *g, egm__id x)
{
	return egm__sqrt(g, egm__row_sum(g, egm__square(g, x)));
}

egm__id egm__mean_square_norm(egm__graph *g, egm__id x)
{
	return egm__mean(g, egm__row_sum(g, egm__square(g, x)));
}

egm__id egm__log_sum_exp(egm__graph *g, egm__id x, uint32_t axes)
{
	egm__id top = egm__max(g, x, axes);
	return egm__add(g, top, egm__ln(g, egm__sum(g, egm__exp(g, egm__sub(g, x, top)), axes)));
}

egm__id egm__log_softmax(egm__graph *g, egm__id x, uint32_t axes)
{
	egm__id below = egm__sub(g, x, egm__max(g, x, axes));
	return egm__sub(g, below, egm__ln(g, egm__sum(g, egm__exp(g, below), axes)));
}

egm__id egm__linear(egm__graph *g, egm__id x, egm__id weight, egm__id bias)
{
	return egm__add(g, egm__matmul(g, x, weight, 0, 1), bias);
}
