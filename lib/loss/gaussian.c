/* SPDX-License-Identifier: MIT */
/* With v = log variance and sums over the dimensions:
 *
 *  -log q(x)  = sum 1/2 [(x - m)^2 exp(-v) + v + log 2 pi],                        q = N(m, exp v)
 *  KL(q || r) = sum 1/2 [exp(v - w) + (m - n)^2 exp(-w) - 1 - v + w],              r = N(n, exp w) */
#include <loss/gaussian_impl.h>
#include <math.h>

static const double log_two_pi = 1.83787706640934548356;

egm__gaussian egm__gaussian_split(egm__graph *g, egm__id output)
{
	int64_t n = egm__graph_shape(g, output)->d[1] / 2;
	egm__id mean = egm__slice(g, output, 1, 0, n), log_variance = egm__slice(g, output, 1, n, n);
	return (egm__gaussian){mean, log_variance};
}

egm__gaussian egm__gaussian_fixed(egm__graph *g, egm__id mean, double sigma)
{
	return (egm__gaussian){mean, egm__const(g, 2 * log(sigma), *egm__graph_shape(g, mean))};
}

egm__id egm__gaussian_draw(egm__graph *g, const egm__gaussian *q, uint32_t stream)
{
	egm__id n = egm__normal(g, stream, *egm__graph_shape(g, q->mean));
	return egm__add(g, q->mean, egm__mul(g, n, egm__exp(g, egm__scale(g, q->log_variance, 0.5))));
}

/* (a - b)^2 exp(-v) */
static egm__id scaled_square(egm__graph *g, egm__id a, egm__id b, egm__id v)
{
	egm__id precision = egm__exp(g, egm__neg(g, v));
	return egm__mul(g, egm__square(g, egm__sub(g, a, b)), precision);
}

static egm__id half_row_sum(egm__graph *g, egm__id x)
{
	return egm__scale(g, egm__row_sum(g, x), 0.5);
}

egm__id egm__gaussian_nll(egm__graph *g, const egm__gaussian *q, egm__id x)
{
	egm__id square = scaled_square(g, x, q->mean, q->log_variance);
	return half_row_sum(g, egm__add(g, square, egm__affine(g, q->log_variance, 1, log_two_pi)));
}

egm__id egm__gaussian_kl(egm__graph *g, const egm__gaussian *q, const egm__gaussian *r)
{
	egm__id v = q->log_variance, square, ratio = v;
	if (r) {
		square = scaled_square(g, q->mean, r->mean, r->log_variance);
		ratio = egm__sub(g, v, r->log_variance);
	} else {
		square = egm__square(g, q->mean);
	}
	egm__id spread = egm__affine(g, egm__sub(g, egm__exp(g, ratio), ratio), 1, -1);
	return half_row_sum(g, egm__add(g, square, spread));
}
