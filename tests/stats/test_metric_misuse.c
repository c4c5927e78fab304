/* SPDX-License-Identifier: MIT */
/* What the metrics share: rejections with their messages, both dtypes, threads, options of other sizes, and failing
 * allocations. */
#include "metric_support.h"
#include <stddef.h>
#include <stdio.h>

/* One call of each, in a common form. */
typedef egm_status measure(egm_context *c, egm_array x, egm_array y, double *out);

static egm_mmd_options mmd_options;
static egm_sliced_options sliced_options;

static void start(void)
{
	setup();
	mmd_options = (egm_mmd_options)EGM_MMD_OPTIONS_INIT;
	sliced_options = (egm_sliced_options)EGM_SLICED_OPTIONS_INIT;
}

static egm_status mmd(egm_context *c, egm_array x, egm_array y, double *out)
{
	return egm_metric_mmd(c, x, y, &mmd_options, out, NULL, NULL);
}

static egm_status energy(egm_context *c, egm_array x, egm_array y, double *out)
{
	return egm_metric_energy(c, x, y, EGM_ESTIMATOR_UNBIASED, out, NULL, NULL);
}

static egm_status sliced(egm_context *c, egm_array x, egm_array y, double *out)
{
	return egm_metric_sliced(c, x, y, &sliced_options, out, NULL, NULL);
}

static egm_status frechet(egm_context *c, egm_array x, egm_array y, double *out)
{
	return egm_metric_frechet(c, x, y, out, NULL, NULL);
}

static egm_status median(egm_context *c, egm_array x, egm_array y, double *out)
{
	return egm_metric_median(c, x, y, out);
}

static egm_status coverage(egm_context *c, egm_array x, egm_array y, double *out)
{
	const double centers[20] = {0};
	egm_mode_coverage r = EGM_MODE_COVERAGE_INIT;
	(void)y;
	egm_status st = egm_metric_mode_coverage(c, x, egm_f64(centers, 1, x.columns), 1, NULL, &r);
	if (st == EGM_OK) *out = r.high_quality;
	return st;
}

static egm_status ranking(egm_context *c, egm_array x, egm_array y, double *out)
{
	static uint8_t positive[1000] = {1};
	egm_ranking r = EGM_RANKING_INIT;
	x.columns = 1;
	(void)y;
	egm_status st = egm_metric_ranking(c, x, positive, 0.1, &r);
	if (st == EGM_OK) *out = r.auroc;
	return st;
}

static const struct kind {
	const char *name;
	measure *run;
	int64_t least;
} kinds[] = {{"egm_metric_mmd", mmd, 2},        {"egm_metric_energy", energy, 2},
             {"egm_metric_sliced", sliced, 1},  {"egm_metric_frechet", frechet, 2},
             {"egm_metric_median", median, 1},  {"egm_metric_mode_coverage", coverage, 1},
             {"egm_metric_ranking", ranking, 1}};
enum { PAIRED = 5, KINDS = 7 }; /* the first ones compare two samples */

/* ---- arguments */

static void rejected(const struct kind *k, egm_status got, egm_status code, const char *text)
{
	char want[200];
	snprintf(want, sizeof want, "%s: %s", k->name, text);
	ck_assert_int_eq(got, code);
	ck_assert_str_eq(egm_last_error(), want);
}

START_TEST(test_metric__rejects_what_is_no_sample)
{
	const struct kind *k = &kinds[_i];
	const double x[6] = {0, 1, 2, 3, 4, 5};
	const float narrow[6] = {1, 5, 2, 0, 3, 3};
	const egm_array a = egm_f64(x, 3, 2);
	double out = 7;
	char text[200];
	rejected(k, k->run(NULL, a, a, &out), EGM_ERR_ARGUMENT, "context is NULL");
	rejected(k, k->run(context, a, a, NULL), EGM_ERR_ARGUMENT, "out is NULL");
	rejected(k, k->run(context, egm_no_array(), a, &out), EGM_ERR_ARGUMENT, "x is NULL");
	if (k->run != median) rejected(k, k->run(context, a, egm_no_array(), &out), EGM_ERR_ARGUMENT, "y is NULL");
	rejected(k, k->run(context, egm_array_of((egm_dtype)3, x, 3, 2), a, &out), EGM_ERR_ARGUMENT,
	         "x has dtype 3, must be EGM_F32 or EGM_F64");
	rejected(k, k->run(context, a, egm_f32(narrow, 3, 2), &out), EGM_ERR_DTYPE, "y is f32, must be f64");
	rejected(k, k->run(context, egm_f32(narrow, 3, 2), a, &out), EGM_ERR_DTYPE, "y is f64, must be f32");
	rejected(k, k->run(context, a, egm_f64(x, 2, 3), &out), EGM_ERR_SHAPE, "y has 3 columns, must have 2");
	for (int64_t rows = -1; rows < k->least; rows++) {
		const egm_array few = egm_f64(x, rows, 2);
		snprintf(text, sizeof text,
		         rows < 1 ? "x has %lld rows of 2 numbers, must have at least 1 of each"
		                  : "x has %lld rows, must have at least 2",
		         (long long)rows);
		rejected(k, k->run(context, few, a, &out), EGM_ERR_ARGUMENT, text);
		text[0] = 'y';
		rejected(k, k->run(context, a, few, &out), EGM_ERR_ARGUMENT, text);
	}
	rejected(k, k->run(context, egm_f64(x, 3, 0), a, &out), EGM_ERR_ARGUMENT,
	         "x has 3 rows of 0 numbers, must have at least 1 of each");
	rejected(k, k->run(context, egm_f64(x, INT64_MAX / 2, 2), a, &out), EGM_ERR_ARGUMENT,
	         "x has 4611686018427387903 rows of 2 numbers, must fit in memory");
	rejected(k, k->run(context, a, egm_f64(x, 3, INT64_MAX), &out), EGM_ERR_ARGUMENT,
	         "y has 3 rows of 9223372036854775807 numbers, must fit in memory");
	ck_assert(out == 7);
}
END_TEST

/* The median of one sample: of two rows at least. */
START_TEST(test_median__needs_two_rows_in_all)
{
	const double x[2] = {0, 3};
	const struct kind k = {"egm_metric_median", NULL, 0};
	double out = 7;
	rejected(&k, egm_metric_median(context, egm_f64(x, 1, 2), egm_no_array(), &out), EGM_ERR_ARGUMENT,
	         "x has 1 rows, must have at least 2");
	ck_assert(out == 7);
	assert_ok(egm_metric_median(context, egm_f64(x, 2, 1), egm_no_array(), &out));
	ck_assert(out == 3);
	assert_ok(egm_metric_median(context, egm_f64(x, 1, 1), egm_f64(x + 1, 1, 1), &out));
	ck_assert(out == 3);
}
END_TEST

START_TEST(test_metric__rejects_what_is_not_finite)
{
	const struct kind *k = &kinds[_i];
	double x[6] = {0, 1, 2, NAN, 4, 5}, y[6] = {1, 5, 2, 0, -INFINITY, 3}, out = 7;
	const egm_array a = egm_f64(x, 3, 2), b = egm_f64(y, 3, 2);
	float narrow[6] = {0, 1, 2, 3, INFINITY, 5};
	rejected(k, k->run(context, a, b, &out), EGM_ERR_NONFINITE, "row 1, column 1 (from 0) of x is nan, must be finite");
	x[3] = copysign(NAN, -1); /* the one that arithmetic on x86 makes */
	rejected(k, k->run(context, a, b, &out), EGM_ERR_NONFINITE, "row 1, column 1 (from 0) of x is nan, must be finite");
	x[3] = 3;
	rejected(k, k->run(context, a, b, &out), EGM_ERR_NONFINITE,
	         "row 2, column 0 (from 0) of y is -inf, must be finite");
	rejected(k, k->run(context, egm_f32(narrow, 2, 2), egm_f32(narrow, 3, 2), &out), EGM_ERR_NONFINITE,
	         "row 2, column 0 (from 0) of y is inf, must be finite");
	ck_assert(out == 7);
}
END_TEST

START_TEST(test_metric__rejects_options_by_name)
{
	const double x[4] = {0, 1, 2, 4}, zero[2] = {1, 0}, none[2] = {NAN, 1};
	const egm_array a = egm_f64(x, 2, 2);
	double out = 7;
	const struct kind *m = &kinds[0], *e = &kinds[1], *s = &kinds[2];
#define TRY_ONE(kind, setting, text)                                        \
	setting;                                                                \
	rejected(kind, kind->run(context, a, a, &out), EGM_ERR_ARGUMENT, text); \
	teardown();                                                             \
	start()
	TRY_ONE(m, mmd_options.estimator = -1,
	        "estimator is -1, must be EGM_ESTIMATOR_UNBIASED (1) or EGM_ESTIMATOR_BIASED (2)");
	TRY_ONE(m, mmd_options.estimator = 3,
	        "estimator is 3, must be EGM_ESTIMATOR_UNBIASED (1) or EGM_ESTIMATOR_BIASED (2)");
	TRY_ONE(m, mmd_options.reserved = 1, "reserved is 1, must be 0");
	TRY_ONE(m, mmd_options.bandwidth_count = 1, "bandwidths is NULL and bandwidth_count is 1, must be given together");
	TRY_ONE(m, mmd_options.bandwidths = zero, "bandwidths is given and bandwidth_count is 0, must be given together");
	TRY_ONE(m, (mmd_options.bandwidth_count = -1, mmd_options.bandwidths = zero),
	        "bandwidth_count is -1, must be at least 0");
	TRY_ONE(m, (mmd_options.bandwidth_count = 2, mmd_options.bandwidths = zero),
	        "bandwidths[1] is 0, must be above 0 and finite");
	TRY_ONE(m, (mmd_options.bandwidth_count = 2, mmd_options.bandwidths = none),
	        "bandwidths[0] is nan, must be above 0 and finite");
	TRY_ONE(s, sliced_options.projections = -1, "projections is -1, must be in [1, 2147483647]");
	TRY_ONE(s, sliced_options.projections = INT64_MAX,
	        "projections is 9223372036854775807, must be in [1, 2147483647]");
	TRY_ONE(s, sliced_options.power = 3, "power is 3, must be in [1, 2]");
	TRY_ONE(s, sliced_options.reserved = 1, "reserved is 1, must be 0");
#undef TRY_ONE
	rejected(e, egm_metric_energy(context, a, a, 0, &out, NULL, NULL), EGM_ERR_ARGUMENT,
	         "estimator is 0, must be EGM_ESTIMATOR_UNBIASED (1) or EGM_ESTIMATOR_BIASED (2)");
	ck_assert(out == 7);
}
END_TEST

/* What a program leaves at 0 is the default. */
START_TEST(test_metric__zeros_are_the_defaults)
{
	const double x[12] = {0, 1, 2, 4, 3, 3, 9, 8, 7, 1, 0, 2};
	const egm_array a = egm_f64(x, 3, 2), b = egm_f64(x + 6, 3, 2);
	const struct kind *k = &kinds[_i];
	double defaults = 7, zeros = 8;
	assert_ok(k->run(context, a, b, &defaults));
	mmd_options = (egm_mmd_options){.struct_size = sizeof mmd_options};
	sliced_options = (egm_sliced_options){.struct_size = sizeof sliced_options};
	assert_ok(k->run(context, a, b, &zeros));
	ck_assert(zeros == defaults);
}
END_TEST

START_TEST(test_metric__rejects_what_are_no_masses)
{
	const double p[2] = {0.5, 0.5}, low[2] = {0.5, 0.4999}, negative[2] = {1.5, -0.5}, none[2] = {NAN, 1};
	const float narrow[2] = {0.5f, 0.5f};
	static const char *const names[3] = {"egm_metric_kl", "egm_metric_jeffreys", "egm_metric_js"};
	egm_status (*const run[3])(egm_array, egm_array, double *) = {egm_metric_kl, egm_metric_jeffreys, egm_metric_js};
	const struct kind k = {names[_i], NULL, 0};
	const egm_array good = egm_f64(p, 2, 1);
	double out = 7;
	rejected(&k, run[_i](good, good, NULL), EGM_ERR_ARGUMENT, "out is NULL");
	rejected(&k, run[_i](egm_no_array(), good, &out), EGM_ERR_ARGUMENT, "p is NULL");
	rejected(&k, run[_i](good, egm_no_array(), &out), EGM_ERR_ARGUMENT, "q is NULL");
	rejected(&k, run[_i](egm_f64(p, 0, 1), good, &out), EGM_ERR_ARGUMENT,
	         "p has 0 rows of 1 numbers, must have at least 1 of each");
	rejected(&k, run[_i](egm_f32(narrow, 2, 1), good, &out), EGM_ERR_DTYPE, "p is f32, must be f64");
	rejected(&k, run[_i](good, egm_f32(narrow, 2, 1), &out), EGM_ERR_DTYPE, "q is f32, must be f64");
	rejected(&k, run[_i](good, egm_f64(p, 1, 1), &out), EGM_ERR_SHAPE, "q has 1 x 1 numbers, must have 2");
	rejected(&k, run[_i](good, egm_f64(low, 2, 1), &out), EGM_ERR_ARGUMENT, "the sum of q is 0.9999, must be 1");
	rejected(&k, run[_i](egm_f64(negative, 2, 1), good, &out), EGM_ERR_ARGUMENT, "p[1] is -0.5, must be at least 0");
	rejected(&k, run[_i](good, egm_f64(none, 2, 1), &out), EGM_ERR_NONFINITE, "q[0] is nan, must be finite");
	ck_assert(out == 7);
}
END_TEST

START_TEST(test_histogram__rejections)
{
	const double x[4] = {0, 1, 2, NAN}, lower[4] = {0, 0, 0, 0}, upper[4] = {1, 1, 0, NAN};
	const int64_t bins[4] = {2, 3, 0, 1}, large[2] = {INT64_MAX, 2};
	const struct kind k = {"egm_metric_histogram", NULL, 0};
	double m[7] = {7, 7, 7, 7, 7, 7, 7};
	float narrow[7];
	const egm_out masses = egm_f64_out(m, 7, 1);
#define REJECTED(code, text, ...) rejected(&k, egm_metric_histogram(__VA_ARGS__), code, text)
	REJECTED(EGM_ERR_ARGUMENT, "x is NULL", egm_no_array(), lower, upper, bins, masses);
	REJECTED(EGM_ERR_ARGUMENT, "lower is NULL", egm_f64(x, 1, 2), NULL, upper, bins, masses);
	REJECTED(EGM_ERR_ARGUMENT, "upper is NULL", egm_f64(x, 1, 2), lower, NULL, bins, masses);
	REJECTED(EGM_ERR_ARGUMENT, "bins is NULL", egm_f64(x, 1, 2), lower, upper, NULL, masses);
	REJECTED(EGM_ERR_ARGUMENT, "masses is NULL", egm_f64(x, 1, 2), lower, upper, bins, egm_no_out());
	REJECTED(EGM_ERR_ARGUMENT, "x has 4 columns, must have 1 to 3", egm_f64(x, 1, 4), lower, upper, bins, masses);
	REJECTED(EGM_ERR_ARGUMENT, "bins[0] is 0, must be at least 1", egm_f64(x, 1, 1), lower, upper, bins + 2, masses);
	REJECTED(EGM_ERR_ARGUMENT, "bins[1] is 2, must be smaller: there are more cells than memory can hold",
	         egm_f64(x, 1, 2), lower, upper, large, masses);
	REJECTED(EGM_ERR_SHAPE, "masses has room for 7 x 1 numbers, must have room for 9223372036854775807 x 1",
	         egm_f64(x, 1, 1), lower, upper, large, masses);
	REJECTED(EGM_ERR_ARGUMENT, "column 0 has bins from 0 to 0, lower must be below upper, both finite",
	         egm_f64(x, 1, 1), lower, upper + 2, bins, masses);
	REJECTED(EGM_ERR_ARGUMENT, "column 0 has bins from 0 to nan, lower must be below upper, both finite",
	         egm_f64(x, 1, 1), lower, upper + 3, bins, masses);
	REJECTED(EGM_ERR_SHAPE, "masses has room for 6 x 1 numbers, must have room for 7 x 1", egm_f64(x, 1, 2), lower,
	         upper, bins, egm_f64_out(m, 6, 1));
	REJECTED(EGM_ERR_DTYPE, "masses is f32, must be f64", egm_f64(x, 1, 2), lower, upper, bins,
	         egm_f32_out(narrow, 7, 1));
	REJECTED(EGM_ERR_NONFINITE, "row 1, column 1 (from 0) of x is nan, must be finite", egm_f64(x, 2, 2), lower, upper,
	         bins, masses);
#undef REJECTED
	for (int i = 0; i < 7; i++) ck_assert(m[i] == 7);
}
END_TEST

START_TEST(test_metric__defaults_are_those_of_the_header)
{
	egm_mode_coverage_options modes = EGM_MODE_COVERAGE_OPTIONS_INIT;
	ck_assert_int_eq(mmd_options.estimator, EGM_ESTIMATOR_UNBIASED);
	ck_assert(!mmd_options.bandwidths && mmd_options.bandwidth_count == 0 && mmd_options.reserved == 0);
	ck_assert(sliced_options.seed == 0 && sliced_options.projections == 128 && sliced_options.power == 2);
	ck_assert(!modes.weights && modes.radius == 3 && modes.least_points == 0);
}
END_TEST

/* A program with an older header has a shorter struct: nothing is written beyond it. */
START_TEST(test_ranking__a_shorter_struct_is_filled_as_far_as_it_goes)
{
	const double scores[3] = {1, 2, 3};
	const uint8_t positive[3] = {0, 0, 1};
	egm_ranking r;
	size_t size = offsetof(egm_ranking, best_f1);
	memset(&r, 0x5a, sizeof r);
	r.struct_size = size;
	assert_ok(egm_metric_ranking(context, egm_f64(scores, 3, 1), positive, 0, &r));
	ck_assert_uint_eq(r.struct_size, size);
	ck_assert(r.auroc == 1);
	for (size_t i = size; i < sizeof r; i++) ck_assert_int_eq(((unsigned char *)&r)[i], 0x5a);
}
END_TEST

/* ---- the same result */

enum { N = 150, M = 90, D = 5 };
static double x[N * D], y[M * D];

static void make_samples(void)
{
	normals(1, 0, N * D, x);
	normals(2, 0.5, M * D, y);
}

static double value(const struct kind *k, egm_context *c, egm_dtype dtype, const void *a, const void *b)
{
	double out = NAN;
	assert_ok(k->run(c, egm_array_of(dtype, a, N, D), egm_array_of(dtype, b, M, D), &out));
	return out;
}

/* Multiples of 1/1024 are numbers of either type. */
static void narrow_samples(double *wide, float *narrow, int64_t count)
{
	for (int64_t i = 0; i < count; i++) wide[i] = round(wide[i] * 1024) / 1024;
	for (int64_t i = 0; i < count; i++) narrow[i] = (float)wide[i];
}

START_TEST(test_metric__f32_is_f64_of_the_same_numbers)
{
	float a[N * D], b[M * D];
	make_samples();
	narrow_samples(x, a, N * D);
	narrow_samples(y, b, M * D);
	double wide = value(&kinds[_i], context, EGM_F64, x, y), narrow = value(&kinds[_i], context, EGM_F32, a, b);
	ck_assert_msg(wide == narrow, "%.17g, not %.17g", narrow, wide);
}
END_TEST

START_TEST(test_metric__threads_do_not_change_a_bit)
{
	make_samples();
	double one = value(&kinds[_i], context, EGM_F64, x, y);
	for (int32_t threads = 2; threads <= 4; threads++) {
		egm_context *other = egm_test_context_on(threads, EGM_SIMD_AUTO);
		ck_assert(value(&kinds[_i], other, EGM_F64, x, y) == one);
		egm_context_free(other);
	}
}
END_TEST

/* ---- memory */

START_TEST(test_metric__every_allocation_may_fail)
{
	const struct kind *k = &kinds[_i];
	egm_test_allocator a = {0};
	egm_context *counted = egm_test_context(&a);
	double out;
	make_samples();
	long live = a.live, failures;
	for (a.for_ever = 0; a.for_ever < 2; a.for_ever++) {
		for (failures = 0;; failures++) {
			out = 7;
			a.fail_at = a.calls + failures + 1;
			egm_status st = k->run(counted, egm_f64(x, N, D), egm_f64(y, M, D), &out);
			ck_assert_int_eq(a.live, live);
			if (st == EGM_OK) break;
			ck_assert_int_eq(st, EGM_ERR_MEMORY);
			ck_assert_ptr_nonnull(strstr(egm_last_error(), ": no memory "));
			ck_assert(out == 7);
		}
		ck_assert_int_ge(failures, 1);
		a.fail_at = 0;
	}
	egm_context_free(counted);
	ck_assert_int_eq(a.live, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metric");
	TCase *tc = tcase_create("rejections");
	tcase_set_tags(tc, "R1");
	tcase_add_checked_fixture(tc, start, teardown);
	tcase_add_loop_test(tc, test_metric__rejects_what_is_no_sample, 0, PAIRED);
	tcase_add_loop_test(tc, test_metric__rejects_what_is_not_finite, 0, PAIRED);
	tcase_add_test(tc, test_median__needs_two_rows_in_all);
	tcase_add_test(tc, test_metric__rejects_options_by_name);
	tcase_add_loop_test(tc, test_metric__zeros_are_the_defaults, 0, KINDS);
	tcase_add_loop_test(tc, test_metric__rejects_what_are_no_masses, 0, 3);
	tcase_add_test(tc, test_histogram__rejections);
	tcase_add_test(tc, test_metric__defaults_are_those_of_the_header);
	tcase_add_test(tc, test_ranking__a_shorter_struct_is_filled_as_far_as_it_goes);
	tcase_add_loop_test(tc, test_metric__f32_is_f64_of_the_same_numbers, 0, KINDS);
	tcase_add_loop_test(tc, test_metric__threads_do_not_change_a_bit, 0, KINDS);
	tcase_add_loop_test(tc, test_metric__every_allocation_may_fail, 0, KINDS);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
