/* SPDX-License-Identifier: MIT */
/* Optimiser steps, for one T: one pass over weights, gradient and moments, limited by memory bandwidth. Constants are
 * computed in double before the pass.
 *
 * Adam is algorithm 1 of Kingma and Ba 2015 with the bias corrections moved out of the loop, as in their section 2:
 *   lr (m / c1) / (sqrt(v / c2) + eps) = (lr sqrt(c2) / c1) m / (sqrt(v) + eps sqrt(c2)). */

INLINE void FN(adam_at)(int64_t k, T *w, const T *g, T *m, T *v, const V c[7])
{
	V gradient = c[0] * FN(load_k)(g, k);
	V first = c[1] * FN(load_k)(m, k) + c[2] * gradient;
	V second = c[3] * FN(load_k)(v, k) + c[4] * gradient * gradient;
	FN(store_k)(m, first, k);
	FN(store_k)(v, second, k);
	FN(store_k)(w, FN(load_k)(w, k) - c[5] * first / (FN(v_sqrt)(second) + c[6]), k);
}

static void FN(adam)(int64_t n, void *w, const void *g, void *m, void *v, const egm__adam *p)
{
	double root = sqrt(p->correction2);
	const V c[7] = {FN(vector)(p->gradient_scale), FN(vector)(p->beta1),
	                FN(vector)(1 - p->beta1),      FN(vector)(p->beta2),
	                FN(vector)(1 - p->beta2),      FN(vector)(p->learning_rate * root / p->correction1),
	                FN(vector)(p->epsilon * root)};
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) FN(adam_at)(LANES, (T *)w + i, (const T *)g + i, (T *)m + i, (T *)v + i, c);
	if (i < n) FN(adam_at)(n - i, (T *)w + i, (const T *)g + i, (T *)m + i, (T *)v + i, c);
}

INLINE void FN(rmsprop_at)(int64_t k, T *w, const T *g, T *v, const V c[5])
{
	V gradient = c[0] * FN(load_k)(g, k);
	V second = c[1] * FN(load_k)(v, k) + c[2] * gradient * gradient;
	FN(store_k)(v, second, k);
	FN(store_k)(w, FN(load_k)(w, k) - c[3] * gradient / (FN(v_sqrt)(second) + c[4]), k);
}

static void FN(rmsprop)(int64_t n, void *w, const void *g, void *v, const egm__adam *p)
{
	const V c[5] = {FN(vector)(p->gradient_scale), FN(vector)(p->beta2), FN(vector)(1 - p->beta2),
	                FN(vector)(p->learning_rate), FN(vector)(p->epsilon)};
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) FN(rmsprop_at)(LANES, (T *)w + i, (const T *)g + i, (T *)v + i, c);
	if (i < n) FN(rmsprop_at)(n - i, (T *)w + i, (const T *)g + i, (T *)v + i, c);
}

INLINE void FN(sgd_at)(int64_t k, T *w, const T *g, T *b, const V c[3])
{
	V momentum = c[1] * FN(load_k)(b, k) + c[0] * FN(load_k)(g, k);
	FN(store_k)(b, momentum, k);
	FN(store_k)(w, FN(load_k)(w, k) - c[2] * momentum, k);
}

static void FN(sgd)(int64_t n, void *w, const void *g, void *b, const egm__adam *p)
{
	const V c[3] = {FN(vector)(p->gradient_scale), FN(vector)(p->beta1), FN(vector)(p->learning_rate)};
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) FN(sgd_at)(LANES, (T *)w + i, (const T *)g + i, (T *)b + i, c);
	if (i < n) FN(sgd_at)(n - i, (T *)w + i, (const T *)g + i, (T *)b + i, c);
}

INLINE V FN(average_op)(V a, V b, const V *c)
{
	return c[0] * a + c[1] * b;
}

static void FN(average)(int64_t n, void *y, const void *w, double decay)
{
	const double c[2] = {decay, 1 - decay};
	FN(map)(n, y, y, w, c, INPUT_ARRAY, 2, FN(average_op));
}
