/* SPDX-License-Identifier: MIT */
/* A momentum's kick and the drift that follows it, for one T, in one pass over four arrays:
 *   p += a s g,   y = x + b s p.
 * Half of what Langevin and Hamiltonian chains do beside evaluating a target. */

INLINE void FN(leapfrog_at)(int64_t k, T *y, T *p, const T *x, const T *g, const T *s, V a, V b)
{
	V slope = FN(load_k)(g, k), momentum = FN(load_k)(p, k), place = FN(load_k)(x, k);
	if (s) a *= FN(load_k)(s, k), b *= FN(load_k)(s, k);
	momentum = FN(madd)(a, slope, momentum);
	FN(store_k)(p, momentum, k);
	FN(store_k)(y, FN(madd)(b, momentum, place), k);
}

INLINE void FN(leapfrog_over)(int64_t n, T *y, T *p, const T *x, const T *g, const T *s, V a, V b)
{
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) FN(leapfrog_at)(LANES, y + i, p + i, x + i, g + i, s ? s + i : NULL, a, b);
	if (i < n) FN(leapfrog_at)(n - i, y + i, p + i, x + i, g + i, s ? s + i : NULL, a, b);
}

static void FN(leapfrog)(int64_t n, void *y, void *p, const void *x, const void *g, const void *s, double a, double b)
{
	if (s)
		FN(leapfrog_over)(n, y, p, x, g, s, FN(vector)(a), FN(vector)(b));
	else
		FN(leapfrog_over)(n, y, p, x, g, NULL, FN(vector)(a), FN(vector)(b));
}
