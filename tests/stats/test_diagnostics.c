/* SPDX-License-Identifier: MIT */
/* Collecting draws: thinning, split calls, layouts, rejections, and failing allocations. The figures are tested in
 * test_diagnostics_values.c and test_diagnostics_arviz.c. */
#include "diagnostics_support.h"
#include <stddef.h>

static egm_context *context;
static egm_test_allocator allocator;

static void setup(void)
{
	memset(&allocator, 0, sizeof allocator);
	context = egm_test_context(&allocator);
	ck_assert_ptr_nonnull(context);
}

static void teardown(void)
{
	egm_context_free(context);
	ck_assert_int_eq(allocator.live, 0);
	ck_assert_int_eq(allocator.bytes, 0);
}

static void assert_count(const egm_diagnostics *d, int64_t given, int64_t kept)
{
	int64_t g = -1, k = -1;
	ck_assert_int_eq(egm_diagnostics_count(d, &g, &k), EGM_OK);
	ck_assert_int_eq(g, given);
	ck_assert_int_eq(k, kept);
}

/* Draws 0, 1, 2, ...: after each draw the store contains the multiples of the stride, the least power of two that
 * leaves no more than the capacity of them. 2^k ceil-divides given into kept. */
START_TEST(test_diagnostics__keeps_an_evenly_thinned_run)
{
	const int64_t capacity = _i;
	egm_diagnostics *d = make_diagnostics(context, 1, 1, capacity);
	for (int64_t given = 1, stride = 1; given <= 300; given++) {
		double x = (double)(given - 1);
		add_draws(d, &x, 1);
		while ((given + stride - 1) / stride > capacity) stride *= 2;
		int64_t kept = (given + stride - 1) / stride;
		assert_count(d, given, kept);
		if (kept < 4) continue;
		egm_diagnosis result = diagnose(d, 0, -1);
		double last = (double)((kept - 1) * stride); /* quantiles of 0, stride, ..., last */
		ck_assert(fabs(result.median - 0.5 * last) <= 1e-12 * last);
		ck_assert(fabs(result.q05 - 0.05 * last) <= 1e-12 * last);
		ck_assert(fabs(result.q95 - 0.95 * last) <= 1e-12 * last);
	}
	egm_diagnostics_free(d);
}
END_TEST

/* Mean and sd have the same bits as those of a store that keeps everything. Their values: of 0 .. n-1,
 * (n - 1)/2 and sqrt(n (n + 1)/12). 1e-13: n = 1000 additions, each rounded to 1.1e-16 of a value below the last. */
START_TEST(test_diagnostics__thinning_leaves_mean_and_sd_alone)
{
	enum { N = 1000 };
	egm_diagnostics *small = make_diagnostics(context, 2, 1, 8), *large = make_diagnostics(context, 2, 1, N);
	for (int t = 0; t < N; t++) {
		double x[2] = {t, t};
		add_draws(small, x, 1);
		add_draws(large, x, 1);
	}
	for (int chain = -1; chain < 2; chain++) {
		egm_diagnosis a = diagnose(small, 0, chain), b = diagnose(large, 0, chain);
		double count = chain < 0 ? 2.0 * N : N, sd = sqrt(count / (count - 1) * ((double)N * N - 1) / 12);
		ck_assert(memcmp(&a.mean, &b.mean, sizeof a.mean) == 0 && memcmp(&a.sd, &b.sd, sizeof a.sd) == 0);
		ck_assert(fabs(a.mean - (N - 1) / 2.0) <= 1e-13 * N);
		ck_assert(fabs(a.sd - sd) <= 1e-13 * N);
	}
	assert_count(small, N, 8);
	assert_count(large, N, N);
	egm_diagnostics_free(small);
	egm_diagnostics_free(large);
}
END_TEST

/* A constant added to the draws that is 1e9 times their spread costs the running variance no digits that the draws
 * have: 1e-6, for the draws themselves are rounded to 1e9 * 1.1e-16 = 1.1e-7 of their sd. */
START_TEST(test_diagnostics__sd_survives_a_large_mean)
{
	enum { N = 500 };
	double x[N], y[N];
	autoregressive(3, 0, N, 1, x);
	for (int t = 0; t < N; t++) y[t] = x[t] + 1e9;
	egm_diagnosis a = diagnose_draws(x, N, 1, -1), b = diagnose_draws(y, N, 1, -1);
	ck_assert(fabs(a.sd - b.sd) <= 1e-6 * a.sd);
	ck_assert(fabs(a.ess_mean - b.ess_mean) <= 1e-4 * a.ess_mean);
}
END_TEST

enum { MANY = 700, CHAINS = 3, DIMS = 2, LAGS = 20 };

static void many_draws(double *draws)
{
	for (int i = 0; i < CHAINS * DIMS; i++) autoregressive((uint64_t)i + 50, 0.6, MANY, CHAINS * DIMS, draws + i);
}

static void assert_same(const egm_diagnostics *a, const egm_diagnostics *b)
{
	double left[LAGS], right[LAGS];
	for (int dim = 0; dim < DIMS; dim++)
		for (int chain = -1; chain < CHAINS; chain++) {
			egm_diagnosis one = diagnose(a, dim, chain), other = diagnose(b, dim, chain);
			ck_assert_msg(memcmp(&one, &other, sizeof one) == 0, "dimension %d, chain %d", dim, chain);
			ck_assert(isfinite(one.r_hat) && isfinite(one.ess_tail) && isfinite(one.mcse));
			ck_assert_int_eq(egm_diagnostics_autocorrelation(a, dim, chain, egm_f64_out(left, LAGS, 1)), EGM_OK);
			ck_assert_int_eq(egm_diagnostics_autocorrelation(b, dim, chain, egm_f64_out(right, LAGS, 1)), EGM_OK);
			ck_assert(memcmp(left, right, sizeof left) == 0);
		}
}

/* With a store that has to thin (64), one that is just full, and a larger one. */
START_TEST(test_diagnostics__pieces_are_the_whole_bit_for_bit)
{
	static const int64_t capacities[] = {64, 101, MANY, 4096};
	static double draws[MANY * CHAINS * DIMS];
	many_draws(draws);
	egm_diagnostics *whole = make_diagnostics(context, CHAINS, DIMS, capacities[_i]);
	egm_diagnostics *pieces = make_diagnostics(context, CHAINS, DIMS, capacities[_i]);
	add_draws(whole, draws, MANY);
	for (int64_t t = 0, n = 1; t < MANY; t += n, n = n * 3 % 127) {
		if (n > MANY - t) n = MANY - t;
		add_draws(pieces, draws + t * CHAINS * DIMS, n);
	}
	assert_same(whole, pieces);
	egm_diagnostics_free(whole);
	egm_diagnostics_free(pieces);
}
END_TEST

/* Floats are read as the doubles that they are. */
START_TEST(test_diagnostics__f32_is_f64_of_the_same_numbers)
{
	static double draws[MANY * CHAINS * DIMS];
	static float narrow[MANY * CHAINS * DIMS];
	many_draws(draws);
	for (int i = 0; i < MANY * CHAINS * DIMS; i++) draws[i] = narrow[i] = (float)draws[i];
	egm_diagnostics *a = make_diagnostics(context, CHAINS, DIMS, 0), *b = make_diagnostics(context, CHAINS, DIMS, 0);
	add_draws(a, draws, MANY);
	ck_assert_int_eq(egm_diagnostics_add(b, egm_f32(narrow, (MANY / 2) * CHAINS, DIMS)), EGM_OK);
	ck_assert_int_eq(
	    egm_diagnostics_add(b, egm_f32(narrow + MANY / 2 * CHAINS * DIMS, (MANY - MANY / 2) * CHAINS, DIMS)), EGM_OK);
	assert_same(a, b);
	double from_doubles, from_floats;
	ck_assert_int_eq(egm_diagnostics_bfmi(egm_f64(draws, MANY, CHAINS * DIMS), 4, &from_doubles), EGM_OK);
	ck_assert_int_eq(egm_diagnostics_bfmi(egm_f32(narrow, MANY, CHAINS * DIMS), 4, &from_floats), EGM_OK);
	ck_assert(from_doubles == from_floats);
	egm_diagnostics_free(a);
	egm_diagnostics_free(b);
}
END_TEST

/* 10 draws of 3 chains in 2 dimensions, one of them not finite: nothing of the call is taken. */
START_TEST(test_diagnostics__a_nonfinite_draw_is_rejected_with_its_place)
{
	static const double bad[] = {NAN, INFINITY, -INFINITY};
	static double draws[MANY * CHAINS * DIMS];
	many_draws(draws);
	egm_diagnostics *clean = make_diagnostics(context, CHAINS, DIMS, 0);
	egm_diagnostics *d = make_diagnostics(context, CHAINS, DIMS, 0);
	add_draws(clean, draws, MANY);
	add_draws(d, draws, MANY);
	draws[7 * CHAINS * DIMS + 2 * DIMS + 1] = bad[_i];
	ck_assert_int_eq(egm_diagnostics_add(d, egm_f64(draws, 10 * CHAINS, DIMS)), EGM_ERR_NONFINITE);
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "draw 7 of chain 2"));
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "dimension 1"));
	assert_count(d, MANY, MANY);
	assert_same(clean, d);
	double bfmi = 5;
	ck_assert_int_eq(egm_diagnostics_bfmi(egm_f64(draws, 10, CHAINS * DIMS), 5, &bfmi), EGM_ERR_NONFINITE);
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "energy 7 of chain 5"));
	ck_assert(bfmi == 5);
	ck_assert_int_eq(egm_diagnostics_bfmi(egm_f64(draws, 10, CHAINS * DIMS), 4, &bfmi), EGM_OK);
	egm_diagnostics_free(clean);
	egm_diagnostics_free(d);
}
END_TEST

START_TEST(test_diagnostics__create_rejects_wrong_sizes)
{
	egm_diagnostics *d;
	ck_assert_int_eq(egm_diagnostics_create(NULL, context, 1, 1, 0), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_diagnostics_create(&d, NULL, 1, 1, 0), EGM_ERR_ARGUMENT);
	const int64_t wrong[][3] = {{0, 1, 0}, {-1, 1, 0}, {1, 0, 0},         {1, -1, 0},
	                            {1, 1, 7}, {1, 1, -1}, {INT64_MAX, 2, 0}, {INT64_MAX / 8, 2, 0}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		d = (egm_diagnostics *)&allocator;
		ck_assert_int_eq(egm_diagnostics_create(&d, context, wrong[i][0], wrong[i][1], wrong[i][2]), EGM_ERR_ARGUMENT);
		ck_assert_ptr_null(d);
	}
	egm_diagnostics_free(NULL);
}
END_TEST

START_TEST(test_diagnostics__calls_reject_wrong_arguments)
{
	double x[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1}, out[10];
	egm_diagnosis r;
	egm_diagnostics *d = make_diagnostics(context, 1, 1, 0);
	add_draws(d, x, 10);
	r = (egm_diagnosis)EGM_DIAGNOSIS_INIT;
	ck_assert(isnan(r.mean) && isnan(r.r_hat) && isnan(r.q95)); /* a value that is missing is NaN */
	const egm_status statuses[] = {
	    egm_diagnostics_add(NULL, egm_f64(x, 1, 1)),
	    egm_diagnostics_add(d, egm_array_of((egm_dtype)3, x, 1, 1)),
	    egm_diagnostics_add(d, egm_array_of(EGM_F64, NULL, 1, 1)),
	    egm_diagnostics_add(d, egm_f64(x, -1, 1)),
	    egm_diagnostics_add(d, egm_f64(x, INT64_MAX, 1)),
	    egm_diagnostics_count(NULL, NULL, NULL),
	    egm_diagnostics_add(d, egm_f64(x, 0, 1)),
	    egm_diagnostics_compute(NULL, 0, -1, &r),
	    egm_diagnostics_compute(d, -1, -1, &r),
	    egm_diagnostics_compute(d, 1, -1, &r),
	    egm_diagnostics_compute(d, 0, -2, &r),
	    egm_diagnostics_compute(d, 0, 1, &r),
	    egm_diagnostics_compute(d, 0, -1, NULL),
	    egm_diagnostics_autocorrelation(NULL, 0, -1, egm_f64_out(out, 1, 1)),
	    egm_diagnostics_autocorrelation(d, 1, -1, egm_f64_out(out, 1, 1)),
	    egm_diagnostics_autocorrelation(d, 0, 1, egm_f64_out(out, 1, 1)),
	    egm_diagnostics_autocorrelation(d, 0, -1, egm_f64_out(out, 0, 1)),
	    egm_diagnostics_autocorrelation(d, 0, -1, egm_f64_out(out, 11, 1)),
	    egm_diagnostics_autocorrelation(d, 0, -1, egm_out_of(EGM_F64, NULL, 1, 1)),
	    egm_diagnostics_bfmi(egm_array_of((egm_dtype)0, x, 10, 1), 0, out),
	    egm_diagnostics_bfmi(egm_array_of(EGM_F64, NULL, 10, 1), 0, out),
	    egm_diagnostics_bfmi(egm_f64(x, -1, 1), 0, out),
	    egm_diagnostics_bfmi(egm_f64(x, 10, 0), 0, out),
	    egm_diagnostics_bfmi(egm_f64(x, 10, 1), 1, out),
	    egm_diagnostics_bfmi(egm_f64(x, 10, 1), -1, out),
	    egm_diagnostics_bfmi(egm_f64(x, INT64_MAX, 2), 0, out),
	    egm_diagnostics_bfmi(egm_f64(x, 10, 1), 0, NULL),
	};
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		ck_assert_msg(statuses[i] == EGM_ERR_ARGUMENT, "call %zu: %s", i, egm_status_name(statuses[i]));
	assert_count(d, 10, 10);
	ck_assert_int_eq(egm_diagnostics_count(d, NULL, NULL), EGM_OK);
	r.struct_size = 1;
	ck_assert_int_eq(egm_diagnostics_compute(d, 0, -1, &r), EGM_ERR_ARGUMENT);
	egm_diagnostics_free(d);
}
END_TEST

/* A program with an older header has a shorter struct: nothing is written beyond it. */
START_TEST(test_diagnostics__a_shorter_diagnosis_is_filled_as_far_as_it_goes)
{
	double x[20];
	egm_diagnosis r;
	size_t size = offsetof(egm_diagnosis, q05);
	autoregressive(9, 0, 20, 1, x);
	egm_diagnostics *d = make_diagnostics(context, 2, 1, 0);
	add_draws(d, x, 10);
	memset(&r, 0x5a, sizeof r);
	r.struct_size = size;
	ck_assert_int_eq(egm_diagnostics_compute(d, 0, -1, &r), EGM_OK);
	egm_diagnosis whole = diagnose(d, 0, -1);
	ck_assert_uint_eq(r.struct_size, size);
	ck_assert(memcmp(&r.mean, &whole.mean, size - offsetof(egm_diagnosis, mean)) == 0);
	for (size_t i = size; i < sizeof r; i++) ck_assert_int_eq(((unsigned char *)&r)[i], 0x5a);
	egm_diagnostics_free(d);
}
END_TEST

/* Everything once; the first failure, or OK. A failing add has taken nothing, and works when it is called again. */
static egm_status whole_life(const double *draws)
{
	egm_diagnostics *d = NULL;
	egm_diagnosis r;
	double out[LAGS];
	int64_t given = -1;
	egm_status st = egm_diagnostics_create(&d, context, CHAINS, DIMS, 256);
	if (st != EGM_OK) {
		ck_assert_ptr_null(d);
		return st;
	}
	for (int t = 0; t < MANY && st == EGM_OK; t += 70) {
		st = egm_diagnostics_add(d, egm_f64(draws + t * CHAINS * DIMS, 70 * CHAINS, DIMS));
		ck_assert_int_eq(egm_diagnostics_count(d, &given, NULL), EGM_OK);
		ck_assert_int_eq(given, st == EGM_OK ? t + 70 : t);
		if (st != EGM_OK && !allocator.for_ever) add_draws(d, draws + t * CHAINS * DIMS, 70);
	}
	r = (egm_diagnosis)EGM_DIAGNOSIS_INIT;
	if (st == EGM_OK) st = egm_diagnostics_compute(d, 1, -1, &r);
	if (st != EGM_OK) ck_assert(isnan(r.r_hat));
	if (st == EGM_OK) st = egm_diagnostics_autocorrelation(d, 1, -1, egm_f64_out(out, LAGS, 1));
	egm_diagnostics_free(d);
	return st;
}

START_TEST(test_diagnostics__every_allocation_may_fail)
{
	static double draws[MANY * CHAINS * DIMS];
	long live = allocator.live, failures = 0;
	many_draws(draws);
	allocator.for_ever = _i;
	for (;; failures++) {
		allocator.fail_at = allocator.calls + failures + 1;
		egm_status st = whole_life(draws);
		ck_assert_int_eq(allocator.live, live);
		if (st == EGM_OK) break;
		ck_assert_int_eq(st, EGM_ERR_MEMORY);
	}
	allocator.fail_at = 0;
	ck_assert_int_ge(failures, 2 + 3 + 3 + 2); /* create, add, compute, autocorrelation */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diagnostics");
	TCase *tc = tcase_create("diagnostics");
	tcase_set_tags(tc, "R1");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_diagnostics__keeps_an_evenly_thinned_run, 8, 20);
	tcase_add_test(tc, test_diagnostics__thinning_leaves_mean_and_sd_alone);
	tcase_add_test(tc, test_diagnostics__sd_survives_a_large_mean);
	tcase_add_loop_test(tc, test_diagnostics__pieces_are_the_whole_bit_for_bit, 0, 4);
	tcase_add_test(tc, test_diagnostics__f32_is_f64_of_the_same_numbers);
	tcase_add_loop_test(tc, test_diagnostics__a_nonfinite_draw_is_rejected_with_its_place, 0, 3);
	tcase_add_test(tc, test_diagnostics__create_rejects_wrong_sizes);
	tcase_add_test(tc, test_diagnostics__calls_reject_wrong_arguments);
	tcase_add_test(tc, test_diagnostics__a_shorter_diagnosis_is_filled_as_far_as_it_goes);
	tcase_add_loop_test(tc, test_diagnostics__every_allocation_may_fail, 0, 2);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
