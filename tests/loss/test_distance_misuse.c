/* SPDX-License-Identifier: MIT */
/* What the distances share: refusals with their texts, both dtypes, threads, options of other sizes, and memory that
 * runs out. */
#include "distance_support.h"
#include <stddef.h>
#include <stdio.h>

/* One call of each, in a common form. */
typedef egm_status measure(const egm_context *c, egm_dtype dtype, const void *x, int64_t x_rows, const void *y,
                           int64_t y_rows, int64_t columns, double *out);

static egm_mmd_options mmd_options;
static egm_sliced_options sliced_options;

static void start(void)
{
	setup();
	assert_ok(egm_mmd_options_init(&mmd_options, sizeof mmd_options));
	assert_ok(egm_sliced_options_init(&sliced_options, sizeof sliced_options));
}

static egm_status mmd(const egm_context *c, egm_dtype dtype, const void *x, int64_t x_rows, const void *y,
                      int64_t y_rows, int64_t columns, double *out)
{
	return egm_metric_mmd((egm_context *)(uintptr_t)c, egm_array_of(dtype, x, x_rows, columns),
	                      egm_array_of(dtype, y, y_rows, columns), &mmd_options, out, NULL, NULL);
}

static egm_status energy(const egm_context *c, egm_dtype dtype, const void *x, int64_t x_rows, const void *y,
                         int64_t y_rows, int64_t columns, double *out)
{
	return egm_metric_energy((egm_context *)(uintptr_t)c, egm_array_of(dtype, x, x_rows, columns),
	                         egm_array_of(dtype, y, y_rows, columns), EGM_ESTIMATOR_UNBIASED, out, NULL, NULL);
}

static egm_status sliced(const egm_context *c, egm_dtype dtype, const void *x, int64_t x_rows, const void *y,
                         int64_t y_rows, int64_t columns, double *out)
{
	return egm_metric_sliced((egm_context *)(uintptr_t)c, egm_array_of(dtype, x, x_rows, columns),
	                         egm_array_of(dtype, y, y_rows, columns), &sliced_options, out, NULL, NULL);
}

static egm_status frechet(const egm_context *c, egm_dtype dtype, const void *x, int64_t x_rows, const void *y,
                          int64_t y_rows, int64_t columns, double *out)
{
	return egm_metric_frechet((egm_context *)(uintptr_t)c, egm_array_of(dtype, x, x_rows, columns),
	                          egm_array_of(dtype, y, y_rows, columns), out, NULL, NULL);
}

static egm_status median(const egm_context *c, egm_dtype dtype, const void *x, int64_t x_rows, const void *y,
                         int64_t y_rows, int64_t columns, double *out)
{
	return egm_metric_median((egm_context *)(uintptr_t)c, egm_array_of(dtype, x, x_rows, columns),
	                         egm_array_of(dtype, y, y_rows, columns), out);
}

static egm_status coverage(const egm_context *c, egm_dtype dtype, const void *x, int64_t x_rows, const void *y,
                           int64_t y_rows, int64_t columns, double *out)
{
	const double centres[20] = {0};
	egm_mode_coverage r;
	assert_ok(egm_mode_coverage_init(&r, sizeof r));
	egm_status st = egm_metric_mode_coverage((egm_context *)(uintptr_t)c, egm_array_of(dtype, x, x_rows, columns),
	                                         egm_f64(centres, 1, columns), 1, NULL, &r);
	if (st == EGM_OK) *out = r.high_quality;
	return st;
}

static egm_status ranking(const egm_context *c, egm_dtype dtype, const void *x, int64_t x_rows, const void *y,
                          int64_t y_rows, int64_t columns, double *out)
{
	static uint8_t positive[1000] = {1};
	egm_ranking r;
	assert_ok(egm_ranking_init(&r, sizeof r));
	egm_status st =
	    egm_metric_ranking((egm_context *)(uintptr_t)c, egm_array_of(dtype, x, x_rows, 1), positive, 0.1, &r);
	if (st == EGM_OK) *out = r.auroc;
	return st;
}

static const struct kind {
	const char *name;
	measure *run;
	int64_t least;
} kinds[] = {{"mmd", mmd, 2},         {"energy distance", energy, 2}, {"sliced", sliced, 1},
             {"frechet", frechet, 2}, {"median distance", median, 1}, {"mode_coverage", coverage, 1},
             {"ranking", ranking, 1}};
enum { PAIRED = 5, KINDS = 7 }; /* the first ones compare two samples */

/* ---- arguments */

static void refused(const struct kind *k, egm_status got, egm_status code, const char *text)
{
	char want[200];
	snprintf(want, sizeof want, "%s: %s", k->name, text);
	ck_assert_int_eq(got, code);
	ck_assert_str_eq(egm_last_error(), want);
}

START_TEST(test_distance__refuses_what_is_no_sample)
{
	const struct kind *k = &kinds[_i];
	double x[6] = {0, 1, 2, 3, 4, 5}, y[6] = {1, 5, 2, 0, 3, 3}, out = 7;
	char text[200];
	refused(k, k->run(NULL, EGM_F64, x, 3, y, 3, 2, &out), EGM_ERR_ARGUMENT, "context is NULL");
	refused(k, k->run(context, EGM_F64, x, 3, y, 3, 2, NULL), EGM_ERR_ARGUMENT, "out is NULL");
	refused(k, k->run(context, EGM_F64, NULL, 3, y, 3, 2, &out), EGM_ERR_ARGUMENT, "x is NULL");
	refused(k, k->run(context, EGM_F64, x, 3, NULL, 3, 2, &out), EGM_ERR_ARGUMENT, "y is NULL");
	refused(k, k->run(context, (egm_dtype)3, x, 3, y, 3, 2, &out), EGM_ERR_ARGUMENT,
	        "dtype 3 is neither EGM_F32 nor EGM_F64");
	for (int64_t rows = -1; rows < k->least; rows++) {
		snprintf(text, sizeof text, "x has %lld rows of 2 numbers, it takes %lld rows of 1 or more", (long long)rows,
		         (long long)k->least);
		refused(k, k->run(context, EGM_F64, x, rows, y, 3, 2, &out), EGM_ERR_ARGUMENT, text);
		text[0] = 'y';
		if (rows == 0 && k->run == median) continue; /* no second sample */
		refused(k, k->run(context, EGM_F64, x, 3, y, rows, 2, &out), EGM_ERR_ARGUMENT, text);
	}
	snprintf(text, sizeof text, "x has 3 rows of 0 numbers, it takes %lld rows of 1 or more", (long long)k->least);
	refused(k, k->run(context, EGM_F64, x, 3, y, 3, 0, &out), EGM_ERR_ARGUMENT, text);
	refused(k, k->run(context, EGM_F64, x, INT64_MAX / 2, y, 3, 2, &out), EGM_ERR_ARGUMENT,
	        "x, 4611686018427387903 rows of 2 numbers, is too large");
	refused(k, k->run(context, EGM_F64, x, 3, y, 3, INT64_MAX, &out), EGM_ERR_ARGUMENT,
	        "x, 3 rows of 9223372036854775807 numbers, is too large");
	ck_assert(out == 7);
}
END_TEST

START_TEST(test_distance__refuses_what_is_not_finite)
{
	const struct kind *k = &kinds[_i];
	double x[6] = {0, 1, 2, NAN, 4, 5}, y[6] = {1, 5, 2, 0, -INFINITY, 3}, out = 7;
	float narrow[6] = {0, 1, 2, 3, INFINITY, 5};
	refused(k, k->run(context, EGM_F64, x, 3, y, 3, 2, &out), EGM_ERR_NONFINITE,
	        "row 1, column 1 (from 0) of x is nan");
	x[3] = copysign(NAN, -1); /* the one that arithmetic on x86 makes */
	refused(k, k->run(context, EGM_F64, x, 3, y, 3, 2, &out), EGM_ERR_NONFINITE,
	        "row 1, column 1 (from 0) of x is nan");
	x[3] = 3;
	refused(k, k->run(context, EGM_F64, x, 3, y, 3, 2, &out), EGM_ERR_NONFINITE,
	        "row 2, column 0 (from 0) of y is -inf");
	refused(k, k->run(context, EGM_F32, narrow, 2, narrow, 3, 2, &out), EGM_ERR_NONFINITE,
	        "row 2, column 0 (from 0) of y is inf");
	ck_assert(out == 7);
}
END_TEST

START_TEST(test_distance__refuses_options_by_name)
{
	const double x[4] = {0, 1, 2, 4}, zero[2] = {1, 0}, none[2] = {NAN, 1};
	double out = 7;
	const struct kind *m = &kinds[0], *e = &kinds[1], *s = &kinds[2];
#define TRY_ONE(kind, setting, text)                                                         \
	setting;                                                                                 \
	refused(kind, kind->run(context, EGM_F64, x, 2, x, 2, 2, &out), EGM_ERR_ARGUMENT, text); \
	teardown();                                                                              \
	start()
	TRY_ONE(m, mmd_options.estimator = 0, "estimator = 0 is none of EGM_ESTIMATOR_*");
	TRY_ONE(m, mmd_options.estimator = 3, "estimator = 3 is none of EGM_ESTIMATOR_*");
	TRY_ONE(m, mmd_options.reserved = 1, "reserved is 1, not 0");
	TRY_ONE(m, mmd_options.bandwidth_count = 1, "bandwidth_count is 1, bandwidths is NULL");
	TRY_ONE(m, (mmd_options.bandwidth_count = -1, mmd_options.bandwidths = zero),
	        "bandwidth_count is -1, bandwidths is given");
	TRY_ONE(m, (mmd_options.bandwidth_count = 2, mmd_options.bandwidths = zero),
	        "bandwidths[1] = 0 is not a positive number");
	TRY_ONE(m, (mmd_options.bandwidth_count = 2, mmd_options.bandwidths = none),
	        "bandwidths[0] = nan is not a positive number");
	TRY_ONE(s, sliced_options.projections = 0, "projections = 0, has to be 1 to 2147483647");
	TRY_ONE(s, sliced_options.projections = INT64_MAX, "projections = 9223372036854775807, has to be 1 to 2147483647");
	TRY_ONE(s, sliced_options.power = 3, "power = 3, has to be 1 or 2");
	TRY_ONE(s, sliced_options.reserved = 1, "reserved is 1, not 0");
#undef TRY_ONE
	refused(e, egm_metric_energy(context, egm_f64(x, 2, 2), egm_f64(x, 2, 2), 0, &out, NULL, NULL), EGM_ERR_ARGUMENT,
	        "estimator = 0 is none of EGM_ESTIMATOR_*");
	ck_assert(out == 7);
}
END_TEST

START_TEST(test_distance__refuses_what_are_no_masses)
{
	const double p[2] = {0.5, 0.5}, low[2] = {0.5, 0.4999}, negative[2] = {1.5, -0.5}, none[2] = {NAN, 1};
	static const char *const names[3] = {"kl", "jeffreys", "js"};
	egm_status (*const run[3])(const double *, const double *, int64_t, double *) = {egm_metric_kl, egm_metric_jeffreys,
	                                                                                 egm_metric_js};
	const struct kind k = {names[_i], NULL, 0};
	double out = 7;
	refused(&k, run[_i](p, p, 2, NULL), EGM_ERR_ARGUMENT, "out is NULL");
	refused(&k, run[_i](NULL, p, 2, &out), EGM_ERR_ARGUMENT, "p is NULL");
	refused(&k, run[_i](p, NULL, 2, &out), EGM_ERR_ARGUMENT, "q is NULL");
	refused(&k, run[_i](p, p, 0, &out), EGM_ERR_ARGUMENT, "n is 0, 1 is the least");
	refused(&k, run[_i](p, low, 2, &out), EGM_ERR_ARGUMENT, "q sums to 0.9999, masses sum to 1");
	refused(&k, run[_i](negative, p, 2, &out), EGM_ERR_ARGUMENT, "p[1] is -0.5, a mass is not negative");
	refused(&k, run[_i](p, none, 2, &out), EGM_ERR_NONFINITE, "q[0] is nan");
	ck_assert(out == 7);
}
END_TEST

START_TEST(test_histogram__refusals)
{
	const double x[4] = {0, 1, 2, NAN}, lower[4] = {0, 0, 0, 0}, upper[4] = {1, 1, 0, NAN};
	const int64_t bins[4] = {2, 3, 0, 1}, large[2] = {INT64_MAX, 2};
	const struct kind k = {"histogram", NULL, 0};
	double m[7] = {7, 7, 7, 7, 7, 7, 7};
#define REFUSED(code, text, ...) refused(&k, egm_metric_histogram(__VA_ARGS__), code, text)
	REFUSED(EGM_ERR_ARGUMENT, "x is NULL", EGM_F64, NULL, 1, 2, lower, upper, bins, m, 7);
	REFUSED(EGM_ERR_ARGUMENT, "lower is NULL", EGM_F64, x, 1, 2, NULL, upper, bins, m, 7);
	REFUSED(EGM_ERR_ARGUMENT, "upper is NULL", EGM_F64, x, 1, 2, lower, NULL, bins, m, 7);
	REFUSED(EGM_ERR_ARGUMENT, "bins is NULL", EGM_F64, x, 1, 2, lower, upper, NULL, m, 7);
	REFUSED(EGM_ERR_ARGUMENT, "masses is NULL", EGM_F64, x, 1, 2, lower, upper, bins, NULL, 7);
	REFUSED(EGM_ERR_ARGUMENT, "x has 4 columns, has to have 1 to 3", EGM_F64, x, 1, 4, lower, upper, bins, m, 7);
	REFUSED(EGM_ERR_ARGUMENT, "column 0 has 0 bins, too few", EGM_F64, x, 1, 1, lower, upper, bins + 2, m, 7);
	REFUSED(EGM_ERR_ARGUMENT, "column 1 has 2 bins, too many", EGM_F64, x, 1, 2, lower, upper, large, m, 7);
	REFUSED(EGM_ERR_SHAPE,
	        "masses has 9223372036854775807 elements, 9223372036854775807 cells and the rest are not as many", EGM_F64,
	        x, 1, 1, lower, upper, large, m, INT64_MAX);
	REFUSED(EGM_ERR_SHAPE,
	        "masses has -9223372036854775808 elements, 9223372036854775807 cells and the rest are not as many", EGM_F64,
	        x, 1, 1, lower, upper, large, m, INT64_MIN);
	REFUSED(EGM_ERR_ARGUMENT, "column 0 goes from 0 to 0", EGM_F64, x, 1, 1, lower, upper + 2, bins, m, 3);
	REFUSED(EGM_ERR_ARGUMENT, "column 0 goes from 0 to nan", EGM_F64, x, 1, 1, lower, upper + 3, bins, m, 3);
	REFUSED(EGM_ERR_SHAPE, "masses has 6 elements, 6 cells and the rest are not as many", EGM_F64, x, 1, 2, lower,
	        upper, bins, m, 6);
	REFUSED(EGM_ERR_NONFINITE, "row 1, column 1 (from 0) of x is nan", EGM_F64, x, 2, 2, lower, upper, bins, m, 7);
#undef REFUSED
	for (int i = 0; i < 7; i++) ck_assert(m[i] == 7);
}
END_TEST

START_TEST(test_distance__defaults_are_those_of_the_header)
{
	egm_mode_options modes;
	ck_assert_int_eq(mmd_options.estimator, EGM_ESTIMATOR_UNBIASED);
	ck_assert(!mmd_options.bandwidths && mmd_options.bandwidth_count == 0 && mmd_options.reserved == 0);
	ck_assert(sliced_options.seed == 0 && sliced_options.projections == 128 && sliced_options.power == 2);
	assert_ok(egm_mode_options_init(&modes, sizeof modes));
	ck_assert(!modes.weights && modes.radius == 3 && modes.least_points == 0);
	ck_assert_int_eq(egm_mmd_options_init(NULL, sizeof mmd_options), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_sliced_options_init(NULL, sizeof sliced_options), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mode_options_init(NULL, sizeof modes), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_mode_coverage_init(NULL, sizeof(egm_mode_coverage)), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_ranking_init(NULL, sizeof(egm_ranking)), EGM_ERR_ARGUMENT);
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
	assert_ok(egm_ranking_init(&r, size));
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

static double value(const struct kind *k, const egm_context *c, egm_dtype dtype, const void *a, const void *b)
{
	double out = NAN;
	ck_assert_msg(k->run(c, dtype, a, N, b, M, D, &out) == EGM_OK, "%s", egm_last_error());
	return out;
}

/* Multiples of 1/1024 are numbers of either type. */
static void narrow_samples(double *wide, float *narrow, int64_t count)
{
	for (int64_t i = 0; i < count; i++) wide[i] = round(wide[i] * 1024) / 1024;
	for (int64_t i = 0; i < count; i++) narrow[i] = (float)wide[i];
}

START_TEST(test_distance__f32_is_f64_of_the_same_numbers)
{
	float a[N * D], b[M * D];
	make_samples();
	narrow_samples(x, a, N * D);
	narrow_samples(y, b, M * D);
	double wide = value(&kinds[_i], context, EGM_F64, x, y), narrow = value(&kinds[_i], context, EGM_F32, a, b);
	ck_assert_msg(wide == narrow, "%.17g, not %.17g", narrow, wide);
}
END_TEST

START_TEST(test_distance__threads_do_not_change_a_bit)
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

START_TEST(test_distance__every_allocation_may_fail)
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
			egm_status st = k->run(counted, EGM_F64, x, N, y, M, D, &out);
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
	Suite *suite = suite_create("distance");
	TCase *tc = tcase_create("refusals");
	tcase_set_tags(tc, "R1");
	tcase_add_checked_fixture(tc, start, teardown);
	tcase_add_loop_test(tc, test_distance__refuses_what_is_no_sample, 0, PAIRED);
	tcase_add_loop_test(tc, test_distance__refuses_what_is_not_finite, 0, PAIRED);
	tcase_add_test(tc, test_distance__refuses_options_by_name);
	tcase_add_loop_test(tc, test_distance__refuses_what_are_no_masses, 0, 3);
	tcase_add_test(tc, test_histogram__refusals);
	tcase_add_test(tc, test_distance__defaults_are_those_of_the_header);
	tcase_add_test(tc, test_ranking__a_shorter_struct_is_filled_as_far_as_it_goes);
	tcase_add_loop_test(tc, test_distance__f32_is_f64_of_the_same_numbers, 0, KINDS);
	tcase_add_loop_test(tc, test_distance__threads_do_not_change_a_bit, 0, KINDS);
	tcase_add_loop_test(tc, test_distance__every_allocation_may_fail, 0, KINDS);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
