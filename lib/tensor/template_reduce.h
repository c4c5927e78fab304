/* SPDX-License-Identifier: MIT */
/* Reductions, for one T. Sums are in double for floats too: next to the loads, converting costs nothing, and the error
 * is that of rounding the result. Four vectors of partial sums hide the latency of an addition. */

/* The sum of all lanes, added pairwise. */
#ifndef TEMPLATE_ADD_LANES
#define TEMPLATE_ADD_LANES
INLINE double add_lanes(vd x)
{
#if VECTOR_BYTES == 64
	vd_half y = __builtin_shufflevector(x, x, 0, 1, 2, 3) + __builtin_shufflevector(x, x, 4, 5, 6, 7);
#elif VECTOR_BYTES == 32
	vd y = x;
#endif
#if VECTOR_BYTES >= 32
	vd_pair z = __builtin_shufflevector(y, y, 0, 1) + __builtin_shufflevector(y, y, 2, 3);
#else
	vd z = x;
#endif
	return z[0] + z[1];
}

INLINE vd first_of(vd x, vd y)
{
	(void)y;
	return x;
}

INLINE vd product_of(vd x, vd y)
{
	return x * y;
}
#endif

INLINE double FN(sum_of)(int64_t n, const T *a, const T *b, vd (*f)(vd, vd))
{
	enum { D = F64_LANES };
	vd s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
	int64_t i = 0;
	for (; i + 4 * D <= n; i += 4 * D) {
		s0 += f(FN(load_wide)(a + i), FN(load_wide)(b + i));
		s1 += f(FN(load_wide)(a + i + D), FN(load_wide)(b + i + D));
		s2 += f(FN(load_wide)(a + i + 2 * D), FN(load_wide)(b + i + 2 * D));
		s3 += f(FN(load_wide)(a + i + 3 * D), FN(load_wide)(b + i + 3 * D));
	}
	for (; i + D <= n; i += D) s0 += f(FN(load_wide)(a + i), FN(load_wide)(b + i));
	if (i < n) s1 += f(FN(load_wide_part)(a + i, n - i), FN(load_wide_part)(b + i, n - i));
	return add_lanes((s0 + s1) + (s2 + s3));
}

static double FN(sum)(int64_t n, const void *a)
{
	return FN(sum_of)(n, a, a, first_of);
}

static double FN(sum_squares)(int64_t n, const void *a)
{
	return FN(sum_of)(n, a, a, product_of);
}

static double FN(dot)(int64_t n, const void *a, const void *b)
{
	return FN(sum_of)(n, a, b, product_of);
}

/* A comparison with NaN is false, so NaN is looked for separately. */
static double FN(max)(int64_t n, const void *va)
{
	const T *a = va;
	V top = FN(vector)(a[0]), x;
	B nan = {0};
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		x = FN(load)(a + i);
		nan |= x != x;
		top = FN(select)(x > top, x, top);
	}
	T m = a[0];
	for (int64_t j = i; j < n; j++) m = a[j] > m || a[j] != a[j] ? a[j] : m;
	for (int j = 0; j < LANES; j++) {
		if (nan[j]) return NAN;
		m = top[j] > m ? top[j] : m;
	}
	return m;
}

INLINE int FN(all_zero)(V x)
{
	B zeros = x == (V){0};
	int all = 1;
	for (int j = 0; j < LANES; j++) all &= zeros[j] != 0;
	return all;
}

/* 0 x is 0 if x is finite, else NaN. This is exact and takes one instruction for a vector. */
static int FN(all_finite)(int64_t n, const void *va)
{
	const T *a = va;
	const V zero = {0};
	V x0 = zero, x1 = zero, x2 = zero, x3 = zero;
	int64_t i = 0;
	for (; i + 4 * LANES <= n; i += 4 * LANES) {
		x0 = FN(madd)(FN(load)(a + i), zero, x0);
		x1 = FN(madd)(FN(load)(a + i + LANES), zero, x1);
		x2 = FN(madd)(FN(load)(a + i + 2 * LANES), zero, x2);
		x3 = FN(madd)(FN(load)(a + i + 3 * LANES), zero, x3);
	}
	for (; i + LANES <= n; i += LANES) x0 = FN(madd)(FN(load)(a + i), zero, x0);
	if (i < n) x1 = FN(madd)(FN(load_part)(a + i, n - i), zero, x1);
	return FN(all_zero)((x0 + x1) + (x2 + x3));
}
