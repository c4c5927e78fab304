/* SPDX-License-Identifier: MIT */
/* Histograms, and divergences of masses: values by hand, bounds, and direct sums in long double. */
#include "metric_support.h"

static double kl(const double *p, const double *q, int64_t n)
{
	double out = NAN;
	assert_ok(egm_metric_kl(egm_f64(p, n, 1), egm_f64(q, n, 1), &out));
	return out;
}

static double jeffreys(const double *p, const double *q, int64_t n)
{
	double out = NAN;
	assert_ok(egm_metric_jeffreys(egm_f64(p, n, 1), egm_f64(q, n, 1), &out));
	return out;
}

static double js(const double *p, const double *q, int64_t n)
{
	double out = NAN;
	assert_ok(egm_metric_js(egm_f64(p, n, 1), egm_f64(q, n, 1), &out));
	return out;
}

/* E20: what texts call JS, half of Jeffreys' divergence, is infinite here. .035974 is printed to 5e-7. */
START_TEST(test_masses__js_is_finite_where_jeffreys_is_not)
{
	const double p[2] = {0.1, 0.9}, q[2] = {0, 1};
	assert_close(js(p, q, 2), 0.035974, 5e-7);
	assert_close(js(p, q, 2), 0.5 * (0.1 * log(2) + 0.9 * log(0.9 / 0.95)) + 0.5 * log(1 / 0.95), 1e-16);
	assert_close(js(q, p, 2), js(p, q, 2), 1e-17);
	ck_assert(kl(p, q, 2) == INFINITY);
	assert_close(kl(q, p, 2), log(1 / 0.9), 1e-16);
	ck_assert(jeffreys(p, q, 2) == INFINITY && jeffreys(q, p, 2) == INFINITY);
}
END_TEST

START_TEST(test_masses__limits)
{
	const double a[3] = {1, 0, 0}, b[3] = {0, 0.25, 0.75}, tiny[3] = {5e-324, 1, 0}, none[3] = {0, 1, 0};
	ck_assert(js(a, b, 3) == M_LN2 && kl(a, b, 3) == INFINITY);
	ck_assert(js(b, b, 3) == 0 && kl(b, b, 3) == 0 && jeffreys(b, b, 3) == 0);
	ck_assert(js(tiny, none, 3) >= 0 && js(tiny, none, 3) <= 1e-300); /* p/2 is 0 here */
	ck_assert(kl((double[]){1}, (double[]){1}, 1) == 0);
}
END_TEST

static void random_masses(uint64_t *state, int n, double *p)
{
	double sum = 0;
	for (int i = 0; i < n; i++) sum += p[i] = uniform(state) < 0.2 ? 0 : pow(uniform(state), 4);
	for (int i = 0; i < n; i++) p[i] /= sum;
}

static double square_sum(const double *p, int n)
{
	double sum = 0;
	for (int i = 0; i < n; i++) sum += p[i] * p[i];
	return sum;
}

/* 1e-14: n = 40 terms below 1 in absolute value, each with a few roundings of 1.1e-16; the sums of the masses are off 1
 * by less. */
START_TEST(test_masses__agree_with_direct_sums)
{
	enum { N = 40 };
	uint64_t state = 3;
	for (int round = 0; round < 200; round++) {
		double p[N], q[N];
		long double forth = 0, back = 0, mixed = 0;
		random_masses(&state, N, p);
		random_masses(&state, N, q);
		if (round % 2) /* zeros in the same places: everything is finite */
			for (int i = 0; i < N; i++) q[i] = (p[i] + p[i] * p[i]) / (1 + square_sum(p, N));
		for (int i = 0; i < N; i++) {
			long double m = ((long double)p[i] + q[i]) / 2;
			if (p[i] > 0) forth += p[i] * logl((long double)p[i] / q[i]), mixed += p[i] * logl(p[i] / m) / 2;
			if (q[i] > 0) back += q[i] * logl((long double)q[i] / p[i]), mixed += q[i] * logl(q[i] / m) / 2;
		}
		ck_assert(isinf((double)forth) != round % 2);
		assert_close(js(p, q, N), (double)mixed, 1e-14);
		ck_assert(js(p, q, N) >= 0 && js(p, q, N) <= M_LN2);
		if (isinf((double)forth))
			ck_assert(kl(p, q, N) == INFINITY);
		else
			assert_close(kl(p, q, N), (double)forth, 1e-14);
		if (isinf((double)(forth + back)))
			ck_assert(jeffreys(p, q, N) == INFINITY);
		else
			assert_close(jeffreys(p, q, N), (double)(forth + back), 2e-14);
	}
}
END_TEST

/* Laws that differ by d = 1e-9 in two cells of mass 1/4: KL = d^2 (4 + 4)/2 + O(d^3) = 4e-18, below the rounding of a
 * term, 2.8e-17. It must not come out negative. */
START_TEST(test_masses__rounding_leaves_no_negative_divergence)
{
	const double p[4] = {0.25, 0.25, 0.25, 0.25}, q[4] = {0.25 + 1e-9, 0.25 - 1e-9, 0.25, 0.25};
	ck_assert(kl(p, q, 4) >= 0 && kl(p, q, 4) <= 1e-16);
	ck_assert(kl(q, p, 4) >= 0 && kl(q, p, 4) <= 1e-16);
	ck_assert(js(p, q, 4) >= 0 && js(p, q, 4) <= 1e-16);
}
END_TEST

/* ---- histograms */

/* Cells [0, 1), [1, 2), [2, 3), [3, 4] and the rest. */
START_TEST(test_histogram__ends_of_cells)
{
	const double x[8] = {0, 1, 1.999, 4, -1e-9, 4.0001, 3, 0.5}, lower = 0, upper = 4;
	const double want[5] = {2 / 8.0, 2 / 8.0, 0, 2 / 8.0, 2 / 8.0};
	const int64_t bins = 4;
	double masses[5];
	assert_ok(egm_metric_histogram(egm_f64(x, 8, 1), &lower, &upper, &bins, egm_f64_out(masses, 5, 1)));
	for (int i = 0; i < 5; i++) ck_assert(masses[i] == want[i]);
}
END_TEST

/* A point in the middle of cell (a, b, c), taken a + 2 b + 3 c times, of a grid that differs in every column. */
START_TEST(test_histogram__three_columns)
{
	const double lower[3] = {-1, 10, 0}, upper[3] = {1, 13, 0.5};
	const int64_t bins[3] = {2, 3, 5};
	double masses[31], weights[31] = {0};
	static float x[1000][3];
	int64_t rows = 0;
	for (int a = 0; a < 2; a++)
		for (int b = 0; b < 3; b++)
			for (int c = 0; c < 5; c++)
				for (int n = a + 2 * b + 3 * c; n > 0; n--, rows++, weights[(a * 3 + b) * 5 + c]++) {
					x[rows][0] = (float)(a - 0.5);
					x[rows][1] = (float)(b + 10.5);
					x[rows][2] = (float)(0.1 * c + 0.05);
				}
	for (int k = 0; k < 3; k++, rows++, weights[30]++) /* outside in one column is outside */
		for (int l = 0; l < 3; l++) x[rows][l] = l == k ? 50 : (float)lower[l];
	assert_ok(egm_metric_histogram(egm_f32(x[0], rows, 3), lower, upper, bins, egm_f64_out(masses, 31, 1)));
	for (int i = 0; i < 31; i++) assert_close(masses[i], weights[i] / (double)rows, 1e-16);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metric");
	TCase *tc = tcase_create("masses");
	tcase_set_tags(tc, "E20 K4");
	tcase_add_test(tc, test_masses__js_is_finite_where_jeffreys_is_not);
	tcase_add_test(tc, test_masses__limits);
	tcase_add_test(tc, test_masses__agree_with_direct_sums);
	tcase_add_test(tc, test_masses__rounding_leaves_no_negative_divergence);
	tcase_add_test(tc, test_histogram__ends_of_cells);
	tcase_add_test(tc, test_histogram__three_columns);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
