/* SPDX-License-Identifier: MIT */
/* Sums, maxima, the test for finite numbers, accumulation, and the updates of chains, on every code path. */
#include "paths.h"

static void fill(egm_dtype type, void *a, int64_t n, uint64_t seed)
{
	for (int64_t i = 0; i < n; i++) {
		double scale = i % 7 == 0 ? 1e6 : 1;
		egm_test_set(type, a, i, scale * (2 * egm_test_random(&seed) - 1));
	}
}

static int64_t next_size(int64_t n)
{
	return n == 70 ? 512 : n + 1;
}

/* Sums run in double, f32 too: n - 1 additions in any order are within n u sum |x|, 2u = DBL_EPSILON; a square rounds
 * once more. The oracle's own error, of long double, is smaller by 2^11. */
static void check_sums(const egm__kernels *k, egm_dtype type, const void *a, int64_t n)
{
	long double sum = 0, magnitudes = 0, squares = 0, top = -INFINITY;
	for (int64_t i = 0; i < n; i++) {
		long double x = egm_test_get(type, a, i);
		sum += x;
		magnitudes += fabsl(x);
		squares += x * x;
		top = x > top ? x : top;
	}
	long double unit = (long double)n * DBL_EPSILON / 2 * 1.001L;
	ck_assert(fabsl(k->sum(n, a) - sum) <= unit * magnitudes);
	ck_assert(fabsl(k->sum_squares(n, a) - squares) <= unit * squares + DBL_EPSILON * squares);
	ck_assert(k->dot(n, a, a) == k->sum_squares(n, a));
	ck_assert(k->max(n, a) == top);
	ck_assert_int_eq(k->all_finite(n, a), 1);
}

/* As above; a product rounds once more. */
static void check_dot(const egm__kernels *k, egm_dtype type, const void *a, int64_t n)
{
	double b[516];
	long double sum = 0, magnitudes = 0;
	fill(type, b, n, 3);
	for (int64_t i = 0; i < n; i++) {
		long double product = egm_test_get(type, a, i) * egm_test_get(type, b, i);
		sum += product;
		magnitudes += fabsl(product);
	}
	ck_assert(fabsl(k->dot(n, a, b) - sum) <= (long double)(n + 1) * DBL_EPSILON / 2 * 1.001L * magnitudes);
	ck_assert(k->dot(n, a, b) == k->dot(n, b, a));
}

/* The result does not depend on addresses. */
static void check_shifted(const egm__kernels *k, egm_dtype type, const char *a, int64_t n)
{
	size_t size = egm__dtype_size(type);
	char *moved = malloc((size_t)(n + 3) * size);
	ck_assert_ptr_nonnull(moved);
	memcpy(moved + 3 * size, a, (size_t)n * size);
	ck_assert(k->sum(n, moved + 3 * size) == k->sum(n, a));
	ck_assert(k->sum_squares(n, moved + 3 * size) == k->sum_squares(n, a));
	free(moved);
}

START_TEST(test_reductions__match_long_double)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		for (int64_t n = 1; n <= 513; n = next_size(n)) {
			double a[516];
			char *first = (char *)a + (size_t)(n % 3) * egm__dtype_size(types[p]);
			fill(types[p], first, n, (uint64_t)n);
			check_sums(tables[p], types[p], first, n);
			check_dot(tables[p], types[p], first, n);
			check_shifted(tables[p], types[p], first, n);
		}
	}
}
END_TEST

/* A sum of floats that would be wrong in float: 2^24 + 1 + 1 + ... */
START_TEST(test_reductions__float_sums_run_in_double)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		double a[100];
		for (int i = 0; i < 100; i++) egm_test_set(types[p], a, i, i ? 1 : 0x1p24);
		ck_assert(tables[p]->sum(100, a) == 0x1p24 + 99);
		egm_test_set(types[p], a, 50, types[p] == EGM_F32 ? 1e30 : 1e150);
		ck_assert(isfinite(tables[p]->sum_squares(100, a)));
	}
}
END_TEST

static void check_one_bad(const egm__kernels *k, egm_dtype type, int64_t n, int64_t at)
{
	double a[70];
	for (int64_t i = 0; i < n; i++) egm_test_set(type, a, i, i == at ? NAN : -1 - (double)i);
	ck_assert(isnan(k->sum(n, a)) && isnan(k->sum_squares(n, a)) && isnan(k->max(n, a)) && isnan(k->dot(n, a, a)));
	ck_assert_int_eq(k->all_finite(n, a), 0);
	egm_test_set(type, a, at, -INFINITY);
	ck_assert(k->sum(n, a) == -INFINITY && k->sum_squares(n, a) == INFINITY);
	ck_assert(k->max(n, a) == (n == 1 ? -INFINITY : at == 0 ? -2 : -1));
	ck_assert_int_eq(k->all_finite(n, a), 0);
	egm_test_set(type, a, at, INFINITY);
	ck_assert(k->max(n, a) == INFINITY);
	ck_assert_int_eq(k->all_finite(n, a), 0);
	egm_test_set(type, a, at, type == EGM_F64 ? -DBL_MAX : -FLT_MAX);
	ck_assert_int_eq(k->all_finite(n, a), 1);
}

START_TEST(test_reductions__one_bad_element_anywhere)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		for (int64_t n = 1; n <= 70; n++) {
			for (int64_t at = 0; at < n; at++) check_one_bad(tables[p], types[p], n, at);
		}
	}
}
END_TEST

START_TEST(test_reductions__accumulate_adds)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		for (int64_t n = 1; n <= 513; n = next_size(n)) {
			double a[514], y[514], before[514];
			fill(types[p], a, n + 1, 1);
			fill(types[p], y, n + 1, 2);
			memcpy(before, y, sizeof y);
			tables[p]->accumulate(n, y, a);
			for (int64_t i = 0; i < n; i++) {
				/* One rounding: the sum of two floats or doubles is exact in neither long double case by more. */
				long double want = egm_test_get(types[p], before, i) + egm_test_get(types[p], a, i);
				long double error = fabsl(egm_test_get(types[p], y, i) - want);
				ck_assert(error <= egm_test_epsilon(types[p]) / 2 * 1.001L * fabsl(want));
			}
			ck_assert(egm_test_same(types[p], y, n, before, n));
		}
	}
}
END_TEST

START_TEST(test_shape__count_equal_text)
{
	char text[64];
	egm__shape s = egm__shape2(64, 784), cube = {3, {2, 3, 4, 1}}, huge = {4, {1 << 30, 1 << 30, 1 << 30, 8}};
	egm__shape none = {4, {1 << 30, 1 << 30, 1 << 30, 0}}, widest = {4, {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX}};
	ck_assert_int_eq(egm__shape_count(&s), 64 * 784);
	ck_assert_int_eq(egm__shape_count(&cube), 24);
	ck_assert_int_eq(egm__shape_count(&huge), INT64_MAX);
	ck_assert_int_eq(egm__shape_count(&none), 0);
	ck_assert_str_eq(egm__shape_text(&s, text), "[64, 784]");
	ck_assert_str_eq(egm__shape_text(&cube, text), "[2, 3, 4]");
	ck_assert_uint_lt(strlen(egm__shape_text(&widest, text)), 64);
	egm__shape t = s;
	ck_assert(egm__shape_equal(&s, &t));
	t.d[1]++;
	ck_assert(!egm__shape_equal(&s, &t));
	ck_assert(!egm__shape_equal(&s, &cube));
	ck_assert_uint_eq(egm__dtype_size(EGM_F32), 4);
	ck_assert_uint_eq(egm__dtype_size(EGM_F64), 8);
	ck_assert_str_eq(egm__dtype_name(EGM_F32), "f32");
	ck_assert_str_eq(egm__dtype_name(EGM_F64), "f64");
	ck_assert_str_eq(egm__dtype_name((egm_dtype)0), "?");
}
END_TEST

/* p += a s g has the product's roundings (two, with s) and the sum's, y = x + b s p as many and what p had. */
static void check_leapfrog(const egm__kernels *k, egm_dtype type, int64_t n, int scaled)
{
	const double a = -0.37, b = 1.21;
	double x[514] = {0}, p[514] = {0}, g[514] = {0}, s[514] = {0}, y[514], q[514];
	fill(type, x, n + 1, 11);
	fill(type, p, n + 1, 12);
	fill(type, g, n + 1, 13);
	fill(type, s, n + 1, 14);
	memcpy(q, p, sizeof p);
	memcpy(y, x, sizeof x);
	k->leapfrog(n, y, q, y, g, scaled ? s : NULL, a, b);
	long double eps = egm_test_epsilon(type) / 2 * 1.001L;
	long double ka = type == EGM_F32 ? (float)a : a, kb = type == EGM_F32 ? (float)b : b;
	for (int64_t i = 0; i < n; i++) {
		long double scale = scaled ? egm_test_get(type, s, i) : 1, kick = ka * scale * egm_test_get(type, g, i);
		long double before = egm_test_get(type, p, i), momentum = before + kick;
		long double drift = kb * scale * momentum, place = egm_test_get(type, x, i) + drift;
		long double off = eps * (3 * fabsl(kick) + fabsl(momentum));
		ck_assert(fabsl(egm_test_get(type, q, i) - momentum) <= off);
		off = 1.001L * fabsl(kb * scale) * off + eps * (3 * fabsl(drift) + fabsl(place));
		ck_assert(fabsl(egm_test_get(type, y, i) - place) <= off);
	}
	ck_assert(egm_test_same(type, y, n, x, n) && egm_test_same(type, q, n, p, n));
	memcpy(q, p, sizeof p);
	double apart[514] = {0};
	k->leapfrog(n, apart, q, x, g, scaled ? s : NULL, a, b);
	for (int64_t i = 0; i < n; i++) ck_assert(egm_test_same(type, apart, i, y, i));
}

START_TEST(test_reductions__leapfrog_updates_momentum_and_position)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++) {
		for (int64_t n = 1; n <= 513; n = next_size(n)) {
			check_leapfrog(tables[p], types[p], n, 0);
			check_leapfrog(tables[p], types[p], n, 1);
		}
	}
}
END_TEST

/* The bits of the two kernels that it replaces, for any length and position in the stream. Neighbours are unchanged. */
static void check_langevin(const egm__kernels *k, egm_dtype type, int64_t n)
{
	const double a = -0.37, b = 1.21;
	const egm__rng rng = {.seed = 5, .step = 6, .stream = 7};
	double x[514] = {0}, g[514] = {0}, p[514] = {0}, want[514] = {0}, y[514];
	fill(type, x, n + 1, 11);
	fill(type, g, n + 1, 13);
	memcpy(y, x, sizeof x);
	k->normal(n, p, &rng, 4 * n);
	k->leapfrog(n, want, p, x, g, NULL, a, b);
	ck_assert_int_eq(k->langevin(n, y, x, g, &rng, 4 * n, a, b), 1);
	for (int64_t i = 0; i < n; i++) ck_assert(egm_test_same(type, y, i, want, i));
	ck_assert(egm_test_same(type, y, n, x, n));
	for (int64_t i = 0; i < n; i++) {
		double was = egm_test_get(type, g, i);
		egm_test_set(type, g, i, i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY);
		ck_assert_int_eq(k->langevin(n, y, x, g, &rng, 4 * n, a, b), 0);
		egm_test_set(type, g, i, was);
	}
}

START_TEST(test_reductions__langevin_is_normals_and_leapfrog)
{
	const egm__kernels *tables[6];
	egm_dtype types[6];
	int count = egm_test_paths(tables, types);
	for (int p = 0; p < count; p++)
		for (int64_t n = 1; n <= 513; n = next_size(n)) check_langevin(tables[p], types[p], n);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reductions");
	TCase *tc = tcase_create("reductions");
	tcase_set_timeout(tc, 60);
	tcase_set_tags(tc, "R16 R24");
	tcase_add_test(tc, test_reductions__match_long_double);
	tcase_add_test(tc, test_reductions__float_sums_run_in_double);
	tcase_add_test(tc, test_reductions__one_bad_element_anywhere);
	tcase_add_test(tc, test_reductions__accumulate_adds);
	tcase_add_test(tc, test_shape__count_equal_text);
	tcase_add_test(tc, test_reductions__leapfrog_updates_momentum_and_position);
	tcase_add_test(tc, test_reductions__langevin_is_normals_and_leapfrog);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
