/* SPDX-License-Identifier: MIT */
/* MMD, energy distance and the median distance: by hand, against naive sums, and for distributions with known values.
 */
#include "metric_support.h"

static double mmd(const double *x, int64_t n, const double *y, int64_t m, int64_t columns, double bandwidth,
                  int32_t estimator)
{
	egm_mmd_options o;
	double out = NAN;
	o = (egm_mmd_options)EGM_MMD_OPTIONS_INIT;
	o.bandwidths = &bandwidth;
	o.bandwidth_count = 1;
	o.estimator = estimator;
	assert_ok(egm_metric_mmd(context, egm_f64(x, n, columns), egm_f64(y, m, columns), &o, &out, NULL, NULL));
	return out;
}

static double energy(const double *x, int64_t n, const double *y, int64_t m, int64_t columns, int32_t estimator)
{
	double out = NAN;
	assert_ok(egm_metric_energy(context, egm_f64(x, n, columns), egm_f64(y, m, columns), estimator, &out, NULL, NULL));
	return out;
}

static double median(const double *x, int64_t n, const double *y, int64_t m, int64_t columns)
{
	double out = NAN;
	assert_ok(egm_metric_median(context, egm_f64(x, n, columns), egm_f64(y, m, columns), &out));
	return out;
}

/* ---- by hand */

/* x = {0, 1}, y = {2, 4}, h = 1. 1e-15: a few roundings of numbers below 1. */
START_TEST(test_mmd__by_hand)
{
	const double x[2] = {0, 1}, y[2] = {2, 4}, xx = exp(-0.5), yy = exp(-2);
	const double xy = (exp(-2) + exp(-8) + exp(-0.5) + exp(-4.5)) / 4;
	assert_close(mmd(x, 2, y, 2, 1, 1, EGM_ESTIMATOR_UNBIASED), xx + yy - 2 * xy, 1e-15);
	assert_close(mmd(x, 2, y, 2, 1, 1, EGM_ESTIMATOR_BIASED), (1 + xx) / 2 + (1 + yy) / 2 - 2 * xy, 1e-15);
	/* one point each: 2 - 2 k */
	assert_close(mmd(x, 1, y + 1, 1, 1, 2, EGM_ESTIMATOR_BIASED), 2 - 2 * exp(-2), 1e-15);
}
END_TEST

/* Two points 5 apart: 2 * 5. x = {0, 1}, y = {2, 4}: E|x - y| = 5/2, E|x - x'| = 1 or 1/2, E|y - y'| = 2 or 1. */
START_TEST(test_energy__by_hand)
{
	const double a[2] = {1, 1}, b[2] = {4, 5}, x[2] = {0, 1}, y[2] = {2, 4};
	assert_close(energy(a, 1, b, 1, 2, EGM_ESTIMATOR_BIASED), 10, 1e-14);
	assert_close(energy(x, 2, y, 2, 1, EGM_ESTIMATOR_UNBIASED), 5 - 1 - 2, 1e-15);
	assert_close(energy(x, 2, y, 2, 1, EGM_ESTIMATOR_BIASED), 5 - 0.5 - 1, 1e-15);
}
END_TEST

/* ---- against other formulas */

static double r_of(const double *a, const double *b, int64_t columns)
{
	double sum = 0;
	for (int64_t k = 0; k < columns; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
	return sqrt(sum);
}

/* Mean of f over all pairs, with or without i = j. h = 0: r itself, else the mean of kernels of widths h and 3 h. */
static double naive_mean(const double *a, int64_t n, const double *b, int64_t m, int64_t columns, double h, int apart)
{
	double sum = 0, count = 0;
	for (int64_t i = 0; i < n; i++)
		for (int64_t j = 0; j < m; j++) {
			if (apart && i == j) continue;
			double r = r_of(a + i * columns, b + j * columns, columns);
			sum += h == 0 ? r : (exp(-r * r / (2 * h * h)) + exp(-r * r / (18 * h * h))) / 2;
			count++;
		}
	return sum / count;
}

static double naive(const double *x, int64_t n, const double *y, int64_t m, int64_t columns, double h, int apart)
{
	return naive_mean(x, n, x, n, columns, h, apart) + naive_mean(y, m, y, m, columns, h, apart) -
	       2 * naive_mean(x, n, y, m, columns, h, 0);
}

static const struct {
	int64_t n, m, columns;
} sizes[] = {{2, 2, 1}, {2, 65, 3}, {64, 64, 2}, {63, 129, 7}, {65, 64, 1}, {130, 33, 40}, {1, 3, 2}, {200, 1, 3}};

/* Sizes around the tiles of 64 rows. 1e-13: up to 4e4 terms, summed by rows and blocks, so that an error of 1e-16 of
 * the mean for each level of that and a few units of exp are left; distances are below 20, whence the 20. */
START_TEST(test_pairs__agree_with_naive_sums)
{
	static double x[200 * 40], y[200 * 40];
	int64_t n = sizes[_i].n, m = sizes[_i].m, columns = sizes[_i].columns;
	double widths[2] = {0.8, 2.4}, out;
	normals(1, 0, n * columns, x);
	normals(2, 0.3, m * columns, y);
	egm_mmd_options o = EGM_MMD_OPTIONS_INIT;
	o.bandwidths = widths;
	o.bandwidth_count = 2;
	for (int32_t e = n < 2 || m < 2 ? 2 : 1; e <= 2; e++) {
		int apart = e == EGM_ESTIMATOR_UNBIASED;
		o.estimator = e;
		assert_ok(egm_metric_mmd(context, egm_f64(x, n, columns), egm_f64(y, m, columns), &o, &out, NULL, NULL));
		assert_close(out, naive(x, n, y, m, columns, 0.8, apart), 1e-13);
		assert_close(energy(x, n, y, m, columns, e), -naive(x, n, y, m, columns, 0, apart), 20 * 1e-13);
	}
}
END_TEST

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* On a line the energy distance of two distributions is 2 integral (F - G)^2 (Szekely and Rizzo 2013): here of steps.
 * 1e-13 as above. */
START_TEST(test_energy__is_the_distance_of_distribution_functions)
{
	enum { N = 90, M = 70 };
	double x[N], y[M], all[N + M], integral = 0;
	normals(4, 0, N, x);
	normals(5, 0.5, M, y);
	memcpy(all, x, sizeof x);
	memcpy(all + N, y, sizeof y);
	qsort(all, N + M, sizeof *all, by_value);
	for (int i = 0; i + 1 < N + M; i++) {
		double f = 0, g = 0;
		for (int k = 0; k < N; k++) f += x[k] <= all[i];
		for (int k = 0; k < M; k++) g += y[k] <= all[i];
		integral += (f / N - g / M) * (f / N - g / M) * (all[i + 1] - all[i]);
	}
	assert_close(energy(x, N, y, M, 1, EGM_ESTIMATOR_BIASED), 2 * integral, 1e-13);
}
END_TEST

/* ---- what may not change them. 1e-13 as above; the shift costs 100 * 1.1e-16 of each distance more, and the sums
 * differ in order. */

START_TEST(test_pairs__invariances)
{
	enum { N = 100, M = 80, D = 3 };
	static double x[N * D], y[M * D], moved[N * D], other[M * D], twice[2 * N * D];
	normals(6, 0, N * D, x);
	normals(7, 0.2, M * D, y);
	for (int i = 0; i < N; i++)
		for (int k = 0; k < D; k++) moved[i * D + k] = x[(i * 37 % N) * D + k] + 100;
	for (int i = 0; i < M * D; i++) other[i] = y[i] + 100;
	memcpy(twice, x, sizeof x);
	memcpy(twice + N * D, x, sizeof x);
	for (int32_t e = 1; e <= 2; e++) {
		double k = mmd(x, N, y, M, D, 1, e), r = energy(x, N, y, M, D, e);
		assert_close(mmd(y, M, x, N, D, 1, e), k, 1e-13);
		assert_close(mmd(moved, N, other, M, D, 1, e), k, 1e-12);
		assert_close(energy(y, M, x, N, D, e), r, 1e-12);
		assert_close(energy(moved, N, other, M, D, e), r, 1e-12);
	}
	assert_close(mmd(twice, 2 * N, y, M, D, 1, EGM_ESTIMATOR_BIASED), mmd(x, N, y, M, D, 1, EGM_ESTIMATOR_BIASED),
	             1e-13);
	assert_close(energy(twice, 2 * N, y, M, D, EGM_ESTIMATOR_BIASED), energy(x, N, y, M, D, EGM_ESTIMATOR_BIASED),
	             1e-12);
	ck_assert(mmd(x, N, twice, 2 * N, D, 1, EGM_ESTIMATOR_BIASED) <= 1e-13);
	ck_assert(energy(x, N, x, N, D, EGM_ESTIMATOR_BIASED) <= 1e-12);
}
END_TEST

/* Numbers so far apart that r^2 overflows: k is 0, and the mean of r between x and y 1e200, within x 1e200 too. More in
 * test_metric_scale.c. */
START_TEST(test_pairs__far_points)
{
	const double x[2] = {-1e200, 1e200}, y[2] = {0, 0}, near[2] = {0, 1e100};
	assert_close(mmd(x, 2, y, 2, 1, 1, EGM_ESTIMATOR_UNBIASED), 1, 1e-15);
	assert_close(mmd(near, 2, y, 2, 1, 1e-100, EGM_ESTIMATOR_UNBIASED), 1 - 2 * 0.5, 1e-15);
	assert_close(energy(x, 2, y, 2, 1, EGM_ESTIMATOR_BIASED), 1e200, 1e200 * 1e-15);
}
END_TEST

/* ---- known distributions. All draws are N(0, 1) on a line and h = 1:
 *     E k = h / sqrt(h^2 + 2),  E k^2 = h / sqrt(h^2 + 4),
 *     E (E k(x, x')|x)^2 = h^2 / sqrt((h^2 + 1) (h^2 + 3)),
 * and c = E k^2 - 2 E (E k|x)^2 + (E k)^2 is the variance of the centred kernel. For equal distributions the terms of
 * the unbiased MMD^2 of n and m rows are uncorrelated, so its variance is c (2/(n (n-1)) + 2/(m (m-1)) + 4/(n m)). */

enum { ROUNDS = 2000, ROWS_X = 12, ROWS_Y = 20 };

static double mean_mmd(double shift, int32_t estimator, double *error)
{
	double sum = 0, squares = 0;
	for (uint64_t r = 0; r < ROUNDS; r++) {
		double x[ROWS_X], y[ROWS_Y];
		normals(2 * r * 1000003, 0, ROWS_X, x);
		normals((2 * r + 1) * 1000003, shift, ROWS_Y, y);
		double value = mmd(x, ROWS_X, y, ROWS_Y, 1, 1, estimator);
		sum += value / ROUNDS;
		squares += value * value / ROUNDS;
	}
	*error = sqrt((squares - sum * sum) / ROUNDS);
	return sum;
}

START_TEST(test_mmd__unbiased_is_zero_on_average_at_equal_laws)
{
	const double c = 1 / sqrt(5) - 2 / sqrt(8) + 1.0 / 3, n = ROWS_X, m = ROWS_Y;
	double sd = sqrt(c * (2 / (n * (n - 1)) + 2 / (m * (m - 1)) + 4 / (n * m)) / ROUNDS), measured;
	assert_close(mean_mmd(0, EGM_ESTIMATOR_UNBIASED, &measured), 0, 5 * sd);
	ck_assert(fabs(measured / sd - 1) <= 0.2); /* the derivation is right: 2000 rounds give a skewed variance to 10 % */
	/* each sample's diagonal adds (1 - E k) / n */
	double bias = (1 / n + 1 / m) * (1 - 1 / sqrt(3));
	assert_close(mean_mmd(0, EGM_ESTIMATOR_BIASED, &measured), bias, 5 * measured);
}
END_TEST

/* N(s, 1): MMD^2 = 2 h / sqrt(h^2 + 2) (1 - exp(-s^2 / (2 (h^2 + 2)))). */
START_TEST(test_mmd__unbiased_finds_the_distance_of_two_normal_laws)
{
	double measured, mean = mean_mmd(1, EGM_ESTIMATOR_UNBIASED, &measured);
	assert_close(mean, 2 / sqrt(3) * (1 - exp(-1 / 6.0)), 5 * measured);
}
END_TEST

/* ---- the median distance */

START_TEST(test_median__by_hand)
{
	const double x[3] = {0, 1, 3}, y[2] = {0, 4}, pair[4] = {0, 0, 3, 4};
	assert_close(median(x, 3, NULL, 0, 1), 2, 0);          /* 1 2 3 */
	assert_close(median(x, 2, y, 2, 1), (1 + 3) / 2.0, 0); /* 0 1 1 3 4 4 */
	assert_close(median(pair, 2, NULL, 0, 2), 5, 1e-15);
}
END_TEST

/* Of U(0, 1) it is 1 - 1/sqrt(2). 20,000 rows in order, of which 500 evenly spaced ones are a grid of step 1/500. */
START_TEST(test_median__of_many_rows_in_order)
{
	enum { N = 20000 };
	static double x[N];
	for (int i = 0; i < N; i++) x[i] = (i + 0.5) / N;
	assert_close(median(x, N, NULL, 0, 1), 1 - M_SQRT1_2, 1.0 / 500);
	assert_close(median(x, N, x, N, 1), 1 - M_SQRT1_2, 1.0 / 500);
}
END_TEST

/* The share of all pairs of x [n, columns] that are nearer than r. */
static double level(const double *x, int64_t n, int64_t columns, double r)
{
	double below = 0;
	for (int64_t i = 1; i < n; i++)
		for (int64_t j = 0; j < i; j++) below += r_of(x + i * columns, x + j * columns, columns) < r;
	return below / ((double)n * (double)(n - 1) / 2);
}

/* Of 1300 rows 500 are used, so its level is 1/2 with a standard deviation of at most 1/sqrt(1000) = .0316, from one
 * sample to another: over 40 samples the root mean square may be 1 + 4/sqrt(80) times that. It is a third of it here;
 * an eighth would mean that more rows are used. */
START_TEST(test_median__of_a_part_of_the_rows_is_near)
{
	enum { N = 1300, SAMPLES = 40 };
	static double x[N];
	double square = 0, bound = 1 / sqrt(1000);
	for (int s = 0; s < SAMPLES; s++) {
		normals((uint64_t)(100 + s), 0, N, x);
		double off = level(x, N, 1, median(x, N, NULL, 0, 1)) - .5;
		square += off * off / SAMPLES;
	}
	ck_assert_msg(sqrt(square) <= bound * (1 + 4 / sqrt(2 * SAMPLES)), "%g", sqrt(square));
	ck_assert_msg(sqrt(square) >= bound / 8, "%g", sqrt(square));
	/* 500 rows are all used */
	ck_assert(fabs(level(x, 500, 1, median(x, 500, NULL, 0, 1)) - .5) <= 1e-5);
}
END_TEST

START_TEST(test_median__is_the_bandwidth_that_mmd_takes)
{
	double x[30], y[20], out;
	normals(8, 0, 30, x);
	normals(9, 1, 20, y);
	assert_ok(egm_metric_mmd(context, egm_f64(x, 15, 2), egm_f64(y, 10, 2), NULL, &out, NULL, NULL));
	ck_assert(out == mmd(x, 15, y, 10, 2, median(x, 15, y, 10, 2), EGM_ESTIMATOR_UNBIASED));
}
END_TEST

START_TEST(test_median__of_one_point_many_times_is_rejected)
{
	const double x[5] = {1, 1, 1, 1, 2};
	double out = 7;
	ck_assert_int_eq(egm_metric_median(context, egm_f64(x, 5, 1), egm_no_array(), &out), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(
	    egm_last_error(),
	    "egm_metric_median: the median distance of 5 rows is 0, must be above 0: half of their pairs are equal");
	ck_assert_int_eq(egm_metric_median(context, egm_f64(x, 1, 1), egm_no_array(), &out), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_metric_median: x has 1 rows, must have at least 2");
	ck_assert(out == 7);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metric");
	TCase *tc = tcase_create("pairs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_mmd__by_hand);
	tcase_add_test(tc, test_energy__by_hand);
	tcase_add_loop_test(tc, test_pairs__agree_with_naive_sums, 0, sizeof sizes / sizeof *sizes);
	tcase_add_test(tc, test_energy__is_the_distance_of_distribution_functions);
	tcase_add_test(tc, test_pairs__invariances);
	tcase_add_test(tc, test_pairs__far_points);
	tcase_add_test(tc, test_mmd__unbiased_is_zero_on_average_at_equal_laws);
	tcase_add_test(tc, test_mmd__unbiased_finds_the_distance_of_two_normal_laws);
	tcase_add_test(tc, test_median__by_hand);
	tcase_add_test(tc, test_median__of_many_rows_in_order);
	tcase_add_test(tc, test_median__of_a_part_of_the_rows_is_near);
	tcase_add_test(tc, test_median__is_the_bandwidth_that_mmd_takes);
	tcase_add_test(tc, test_median__of_one_point_many_times_is_rejected);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
