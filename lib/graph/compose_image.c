/* SPDX-License-Identifier: MIT */
/* Convolutions, pooling and upsampling, made of ops that move pixels and the product of matrices. */
#include <graph/op_impl.h>

static egm__id flat(egm__graph *g, egm__id x)
{
	egm__shape s = *egm__graph_shape(g, x);
	return egm__reshape(g, x, egm__shape2(s.d[0] * s.d[1] * s.d[2], s.d[3]));
}

egm__id egm__conv(egm__graph *g, egm__id x, egm__id weight, const egm__window *w)
{
	egm__id p = egm__patches(g, x, w);
	return p < 0 ? EGM__NONE : egm__matmul(g, flat(g, p), weight, 0, 1);
}

egm__id egm__conv_transpose(egm__graph *g, egm__id x, egm__id weight, const egm__window *w, int64_t height,
                            int64_t width)
{
	egm__shape s = *egm__graph_shape(g, x);
	char text[64];
	if (x < 0) return EGM__NONE;
	if (s.rank != 4)
		return egm__graph_fail(g, EGM_ERR_SHAPE,
		                       "conv_transpose: the shape of the input is %s; must be [n, height, width, channels]",
		                       egm__shape_text(&s, text));
	s.d[3] = egm__graph_shape(g, weight)->d[1];
	return egm__fold(g, egm__reshape(g, egm__matmul(g, flat(g, x), weight, 0, 0), s), w, height, width);
}

egm__id egm__average_pool(egm__graph *g, egm__id x, int64_t size)
{
	return egm__scale(g, egm__block_sum(g, x, size, size), 1 / ((double)size * (double)size));
}

egm__id egm__upsample(egm__graph *g, egm__id x, int64_t factor)
{
	return egm__repeat(g, x, factor, factor);
}
