/* SPDX-License-Identifier: MIT */
/* Coverage of known modes: counts by hand, and the divergence of a perfect sampler. */
#include "metric_support.h"

static egm_mode_coverage_options options;

static void start(void)
{
	setup();
	options = (egm_mode_coverage_options)EGM_MODE_COVERAGE_OPTIONS_INIT;
}

static egm_mode_coverage cover(const double *x, int64_t rows, int64_t columns, const double *centers, int64_t modes,
                               double sigma)
{
	egm_mode_coverage c = EGM_MODE_COVERAGE_INIT;
	assert_ok(egm_metric_mode_coverage(context, egm_f64(x, rows, columns), egm_f64(centers, modes, columns), sigma,
	                                   &options, &c));
	return c;
}

/* Centres 0, 10, 20 and sigma 1/2: within 1.5 is near. Five points, 0.4 and 1.5 near 0, 1.6 not; 12 far from 10; 20. */
START_TEST(test_modes__by_hand)
{
	const double x[5] = {0.4, 1.5, 1.6, 12, 20}, centers[3] = {0, 10, 20};
	egm_mode_coverage c = cover(x, 5, 1, centers, 3, 0.5);
	ck_assert_int_eq(c.covered, 2);
	assert_close(c.high_quality, 3 / 5.0, 1e-15);
	assert_close(c.reverse_kl, 0.6 * log(0.6 * 3) + 2 * 0.2 * log(0.2 * 3), 1e-15);
	assert_close(c.kl_floor, 2 / 10.0, 1e-16);
	options.least_points = 2;
	ck_assert_int_eq(cover(x, 5, 1, centers, 3, 0.5).covered, 1);
	options.radius = 4; /* 2: all but the 20 and the 12 belong to 0 */
	ck_assert_int_eq(cover(x, 5, 1, centers, 3, 0.5).covered, 1);
	assert_close(cover(x, 5, 1, centers, 3, 0.5).high_quality, 1, 1e-15);
}
END_TEST

START_TEST(test_modes__weights)
{
	const double x[4] = {0, 1, 9, 11}, centers[3] = {0, 10, 100}, weights[3] = {0.25, 0.5, 0.25},
	             one[3] = {0, 0.5, 0.5};
	options.weights = weights;
	assert_close(cover(x, 4, 1, centers, 3, 1).reverse_kl, 0.5 * log(2) + 0.5 * log(1), 1e-15);
	options.weights = one;
	ck_assert(cover(x, 4, 1, centers, 3, 1).reverse_kl == INFINITY);
	ck_assert(cover(x + 2, 2, 1, centers, 3, 1).reverse_kl == log(2));
}
END_TEST

/* 10,000 points on two centers of a plane: a mode counts from 20 of them, at 5,000 from 10; with few points from 1. */
START_TEST(test_modes__twenty_of_ten_thousand)
{
	enum { N = 10000 };
	static double x[N][2];
	const double centers[4] = {0, 0, 3, 4};
	static const struct {
		int rows, there, covered;
	} cases[] = {{N, 19, 1}, {N, 20, 2}, {N / 2, 9, 1}, {N / 2, 10, 2}, {40, 0, 1}, {40, 1, 2}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		memset(x, 0, sizeof x);
		for (int k = 0; k < cases[i].there; k++) x[7 * k][0] = 3, x[7 * k][1] = 4;
		egm_mode_coverage c = cover(x[0], cases[i].rows, 2, centers, 2, 0.1);
		ck_assert_int_eq(c.covered, cases[i].covered);
		assert_close(c.high_quality, 1, 1e-12);
	}
}
END_TEST

/* Of two equal centers the first is the nearest, and a mode without near rows contributes 0. */
START_TEST(test_modes__equally_near_centres)
{
	const double x[2] = {1, 1}, centers[3] = {0, 2, 2};
	egm_mode_coverage c = cover(x, 2, 1, centers, 3, 1);
	ck_assert_int_eq(c.covered, 1);
	assert_close(c.reverse_kl, log(3), 1e-15);
}
END_TEST

/* K22. 26,000 rows on 1000 modes, the stacked digits: .0192. And rows drawn from the weights: 2 N KL has mean
 * K - 1 + (K^2 - 1) / (6 N) to second order in 1 / N, variance 2 (K - 1); the bound is 5 standard deviations. */
START_TEST(test_modes__floor_of_the_divergence)
{
	enum { K = 25, N = 500, ROUNDS = 400 };
	static double many[26000];
	double centers[1000], x[N], sum = 0;
	for (int i = 0; i < 1000; i++) centers[i] = i;
	assert_close(cover(many, 26000, 1, centers, 1000, 0.1).kl_floor, 0.0192, 5e-5);
	uint64_t state = 22;
	egm_mode_coverage c;
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < N; i++) x[i] = floor(uniform(&state) * K);
		c = cover(x, N, 1, centers, K, 0.1);
		sum += c.reverse_kl / ROUNDS;
	}
	assert_close(c.kl_floor, (K - 1) / (2.0 * N), 1e-17);
	assert_close(sum, c.kl_floor + (K * K - 1) / (12.0 * N * N), 5 * sqrt(2 * (K - 1) / (double)ROUNDS) / (2 * N));
}
END_TEST

START_TEST(test_modes__rejections)
{
	const double x[4] = {0, 1, 2, 4}, low[2] = {0.5, 0.4}, negative[2] = {1.5, -0.5}, none[2] = {0, NAN};
	const float narrow[4] = {0, 1, 2, 4};
	const egm_array a = egm_f64(x, 2, 2), centers = egm_f64(x, 2, 2);
	egm_mode_coverage_options o = EGM_MODE_COVERAGE_OPTIONS_INIT;
	egm_mode_coverage r = EGM_MODE_COVERAGE_INIT;
#define REJECTED(code, text, ...)                                  \
	ck_assert_int_eq(egm_metric_mode_coverage(__VA_ARGS__), code); \
	ck_assert_str_eq(egm_last_error(), "egm_metric_mode_coverage: " text)
	REJECTED(EGM_ERR_ARGUMENT, "context is NULL", NULL, a, centers, 1, NULL, &r);
	REJECTED(EGM_ERR_ARGUMENT, "coverage is NULL", context, a, centers, 1, NULL, NULL);
	REJECTED(EGM_ERR_ARGUMENT, "x is NULL", context, egm_no_array(), centers, 1, NULL, &r);
	REJECTED(EGM_ERR_ARGUMENT, "centers is NULL", context, a, egm_no_array(), 1, NULL, &r);
	REJECTED(EGM_ERR_DTYPE, "centers is f32, must be f64", context, a, egm_f32(narrow, 2, 2), 1, NULL, &r);
	REJECTED(EGM_ERR_SHAPE, "centers has 1 columns, must have 2", context, a, egm_f64(x, 4, 1), 1, NULL, &r);
	REJECTED(EGM_ERR_ARGUMENT, "centers has 0 rows of 2 numbers, must have at least 1 of each", context, a,
	         egm_f64(x, 0, 2), 1, NULL, &r);
	REJECTED(EGM_ERR_NONFINITE, "row 0, column 1 (from 0) of centers is nan, must be finite", context, a,
	         egm_f64(none, 1, 2), 1, NULL, &r);
	REJECTED(EGM_ERR_ARGUMENT, "sigma is 0, must be above 0 and finite", context, a, centers, 0, NULL, &r);
	REJECTED(EGM_ERR_ARGUMENT, "sigma is nan, must be above 0 and finite", context, a, centers, NAN, NULL, &r);
	o.radius = -1;
	REJECTED(EGM_ERR_ARGUMENT, "radius is -1, must be above 0 and finite", context, a, centers, 1, &o, &r);
	o.radius = 0; /* the default */
	o.least_points = -1;
	REJECTED(EGM_ERR_ARGUMENT, "least_points is -1, must be at least 0", context, a, centers, 1, &o, &r);
	o.least_points = 0;
	o.weights = low;
	REJECTED(EGM_ERR_ARGUMENT, "the sum of weights is 0.9, must be 1", context, a, centers, 1, &o, &r);
	o.weights = negative;
	REJECTED(EGM_ERR_ARGUMENT, "weights[1] is -0.5, must be at least 0", context, a, centers, 1, &o, &r);
#undef REJECTED
	ck_assert(r.struct_size == sizeof r && r.covered == 0 && r.high_quality == 0);
	o.weights = NULL;
	assert_ok(egm_metric_mode_coverage(context, a, centers, 1, &o, &r));
	ck_assert(r.covered == 2);
	r.struct_size = 3;
	ck_assert_int_eq(egm_metric_mode_coverage(context, a, centers, 1, &o, &r), EGM_ERR_ARGUMENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metric");
	TCase *tc = tcase_create("modes");
	tcase_set_tags(tc, "K22");
	tcase_add_checked_fixture(tc, start, teardown);
	tcase_add_test(tc, test_modes__by_hand);
	tcase_add_test(tc, test_modes__weights);
	tcase_add_test(tc, test_modes__twenty_of_ten_thousand);
	tcase_add_test(tc, test_modes__equally_near_centres);
	tcase_add_test(tc, test_modes__floor_of_the_divergence);
	tcase_add_test(tc, test_modes__rejections);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
