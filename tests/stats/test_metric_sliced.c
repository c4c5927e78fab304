/* SPDX-License-Identifier: MIT */
/* Sliced Wasserstein distance: by hand, against repeated rows, and for shifts, whose mean distance is known. */
#include "metric_support.h"

static double sliced(const double *x, int64_t n, const double *y, int64_t m, int64_t columns, int32_t power,
                     int64_t projections, uint64_t seed)
{
	egm_sliced_options o;
	double out = NAN;
	o = (egm_sliced_options)EGM_SLICED_OPTIONS_INIT;
	o.power = power;
	o.projections = projections;
	o.seed = seed;
	assert_ok(egm_metric_sliced(context, egm_f64(x, n, columns), egm_f64(y, m, columns), &o, &out, NULL, NULL));
	return out;
}

/* Quantiles of {0, 1} and {0, 0, 1} differ by 1 for u in [1/2, 2/3). */
START_TEST(test_sliced__unequal_counts_by_hand)
{
	const double x[2] = {1, 0}, y[3] = {0, 1, 0};
	assert_close(sliced(x, 2, y, 3, 1, 1, 1, 0), 1 / 6.0, 1e-16);
	assert_close(sliced(y, 3, x, 2, 1, 1, 1, 0), 1 / 6.0, 1e-16);
	assert_close(sliced(x, 2, y, 3, 1, 2, 1, 0), sqrt(1 / 6.0), 1e-15);
	assert_close(sliced(x, 1, y, 3, 1, 1, 5, 0), 2 / 3.0, 1e-16); /* a point: the mean distance to it */
}
END_TEST

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Every point of x m times, of y n times: equal counts, and sorted pairs. 1e-13: sums of 600 terms below 20. */
START_TEST(test_sliced__unequal_counts_are_repeated_rows)
{
	enum { MOST = 30 };
	for (int64_t n = 1; n < MOST; n += 4)
		for (int64_t m = 1; m < MOST; m += 3) {
			double x[MOST], y[MOST], u[MOST * MOST], v[MOST * MOST], cost[3] = {0};
			normals((uint64_t)(n * MOST + m), 0, n, x);
			normals((uint64_t)(n * MOST + m) + 5000, 0.5, m, y);
			for (int64_t i = 0; i < n * m; i++) u[i] = x[i / m], v[i] = y[i / n];
			qsort(u, (size_t)(n * m), sizeof *u, by_value);
			qsort(v, (size_t)(n * m), sizeof *v, by_value);
			for (int64_t i = 0; i < n * m; i++)
				for (int p = 1; p <= 2; p++) cost[p] += pow(fabs(u[i] - v[i]), p) / (double)(n * m);
			assert_close(sliced(x, n, y, m, 1, 1, 1, 0), cost[1], 1e-13);
			assert_close(pow(sliced(x, n, y, m, 1, 2, 1, 0), 2), cost[2], 1e-13);
		}
}
END_TEST

/* A sample moved by s: W_p along t is |t.s|. With t uniform on the sphere (t.s)^2 has mean |s|^2/d and variance
 * 2 (d-1) |s|^4 / (d^2 (d+2)); |t.s| has mean |s| Gamma(d/2) / (sqrt(pi) Gamma((d+1)/2)) and the second moment |s|^2/d.
 * The bounds are 5 standard deviations of the mean over the directions. s lies along each axis, and between. Over the
 * axes the squares of W_2 sum to 3^2 exactly, as the squares of t do to 1. */
START_TEST(test_sliced__of_a_shift)
{
	enum { N = 40, D = 4, PROJECTIONS = 4000 };
	double x[N * D], y[N * D], d = _i, axes = 0;
	normals(1, 0, N * _i, x);
	for (int axis = 0; axis <= _i; axis++) {
		double length = axis == _i ? 3 * sqrt(d) : 3;
		for (int i = 0; i < N * _i; i++) y[i] = x[i] + (axis == _i || i % _i == axis ? 3 : 0);
		double w1 = sliced(x, N, y, N, _i, 1, PROJECTIONS, 9), w2 = sliced(x, N, y, N, _i, 2, PROJECTIONS, 9);
		double square = length * length, mean = length * tgamma(d / 2) / (sqrt(M_PI) * tgamma((d + 1) / 2));
		double sd2 = sqrt(2 * (d - 1) / (d * d * (d + 2)) / PROJECTIONS) * square;
		double sd1 = sqrt(fmax(square / d - mean * mean, 0) / PROJECTIONS);
		if (axis < _i) axes += w2 * w2;
		assert_close(w2 * w2, square / d, 5 * sd2 + 1e-12);
		assert_close(w1, mean, 5 * sd1 + 1e-12);
	}
	assert_close(axes, 9, 1e-12);
}
END_TEST

START_TEST(test_sliced__invariances)
{
	enum { N = 60, M = 45, D = 3 };
	double x[N * D], y[M * D], moved[N * D], other[M * D], twice[2 * N * D];
	normals(2, 0, N * D, x);
	normals(3, 0.4, M * D, y);
	for (int i = 0; i < N; i++)
		for (int k = 0; k < D; k++) moved[i * D + k] = x[(i * 37 % N) * D + k] + 100;
	for (int i = 0; i < M * D; i++) other[i] = y[i] + 100;
	for (int i = 0; i < 2 * N; i++) memcpy(twice + i * D, x + i / 2 * D, D * sizeof *x);
	for (int32_t p = 1; p <= 2; p++) {
		double w = sliced(x, N, y, M, D, p, 50, 4);
		ck_assert(w > 0.1);
		ck_assert(sliced(x, N, y, M, D, p, 50, 4) == w);
		ck_assert(fabs(sliced(x, N, y, M, D, p, 50, 5) - w) > 1e-6); /* other directions */
		assert_close(sliced(y, M, x, N, D, p, 50, 4), w, 1e-14);
		assert_close(sliced(twice, 2 * N, y, M, D, p, 50, 4), w, 1e-14);
		assert_close(sliced(moved, N, other, M, D, p, 50, 4), w, 1e-12); /* 100 * 1.1e-16, and the root */
		ck_assert(sliced(x, N, twice, 2 * N, D, p, 50, 4) == 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metric");
	TCase *tc = tcase_create("sliced");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_sliced__unequal_counts_by_hand);
	tcase_add_test(tc, test_sliced__unequal_counts_are_repeated_rows);
	tcase_add_loop_test(tc, test_sliced__of_a_shift, 1, 5);
	tcase_add_test(tc, test_sliced__invariances);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
