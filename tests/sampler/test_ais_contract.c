/* SPDX-License-Identifier: MIT */
/* Annealed importance sampling apart from its numbers: lost particles count as lost, results do not depend on
 * threads or on the size of calls, and a run that fails leaves the result unchanged. */
#include "ais_fixture.h"
#include <sampler/ais_impl.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

/* ---- lost particles */

/* Base and target agree inside of the walls: weights are 1 or 0, and log Z is a count. */
START_TEST(test_ais__lost_particles_weigh_nothing)
{
	enum { N = 400 };
	double lw[N], share = erf(1.5 / M_SQRT2);
	int64_t lost = 0;
	distribution dist = {.dtype = EGM_F64, .dims = 1, .energy = wall_energy, .numbers = {1.5, _i ? NAN : INFINITY}};
	target = distribution_target(context, &dist, NULL);
	egm_ais_options o = ais_options(N, 20, 8);
	egm_ais_result r = run_ais(&o, lw);
	for (int i = 0; i < N; i++) lost += lw[i] == -INFINITY;
	ck_assert_int_eq(r.lost, lost);
	ck_assert(lost > 0);
	ck_assert_near(r.log_z, gaussian_log_z(1, 1) + log((double)(N - lost) / N), 1e-12);
	ck_assert_near(r.ess, (double)(N - lost), 1e-9);
	/* the mean of N weights 0 or 1 */
	ck_assert_near(r.standard_error, sqrt((double)lost / (double)(N - lost) / (N - 1)), 1e-12);
	ck_assert_near((double)(N - lost) / N, share, 4.5 * sqrt(share * (1 - share) / N));
}
END_TEST

static double unknown_energy(const distribution *dist, const double *x, double *g)
{
	for (int64_t j = 0; j < dist->dims; j++) g[j] = 0;
	return NAN;
}

/* After an error the result is as it was. */
static void check_untouched(const egm_ais_result *r, const double *lw, int64_t n)
{
	egm_ais_result fresh = EGM_AIS_RESULT_INIT;
	ck_assert(!memcmp(r, &fresh, sizeof fresh));
	for (int64_t i = 0; i < n; i++) ck_assert(lw[i] == 7);
}

/* Weights 1, none, 3, none and 0: the mean is over five, the acceptance over two. */
START_TEST(test_ais__weights_that_are_no_numbers)
{
	double weights[] = {0, NAN, log(3), INFINITY, -INFINITY}, accept[] = {1, 9, 2, 9, 9}, squares = 0;
	const double w[] = {1, 0, 3, 0, 0};
	egm__ais a = {.options = {.particles = 5, .levels = 3}, .log_weights = weights, .accept = accept};
	egm_ais_result r = {0};
	ck_assert_egm(egm__ais_conclude(&a, &r));
	ck_assert_int_eq(r.lost, 3);
	ck_assert_near(r.log_z, log(4.0 / 5), 1e-14);
	ck_assert_near(r.ess, 16.0 / 10, 1e-14);
	for (int i = 0; i < 5; i++) squares += (w[i] - 0.8) * (w[i] - 0.8);
	ck_assert_near(r.standard_error, sqrt(squares / 4 / 5) / 0.8, 1e-14);
	ck_assert_near(r.acceptance, 3.0 / 2 / 2, 1e-14);
	ck_assert(weights[1] == -INFINITY && weights[3] == -INFINITY);
}
END_TEST

START_TEST(test_ais__all_lost_is_nonfinite)
{
	enum { N = 10 };
	double lw[N];
	egm_ais_result r = EGM_AIS_RESULT_INIT;
	for (int i = 0; i < N; i++) lw[i] = 7;
	distribution dist = distribution_of(unknown_energy, 2, 0);
	target = distribution_target(context, &dist, NULL);
	egm_ais_options o = ais_options(N, 5, 1);
	ck_assert_int_eq(egm_target_ais(target, &o, &r, egm_f64_out(lw, N, 1), NULL, NULL), EGM_ERR_NONFINITE);
	ck_assert_str_eq(
	    egm_last_error(),
	    "egm_target_ais: all 10 particles started at points where energy or gradient of the target is not finite");
	check_untouched(&r, lw, N);
}
END_TEST

/* ---- threads, stops, memory, misuse */

static egm_model *small_net(egm_context *c, egm_dtype dtype)
{
	egm_model *net = NULL;
	ck_assert_egm(egm_model_create(&net, c, "energy", 3));
	ck_assert_egm(egm_model_dense(net, 16));
	ck_assert_egm(egm_model_softplus(net));
	ck_assert_egm(egm_model_dense(net, 1));
	ck_assert_egm(egm_model_build(net, dtype, 5));
	return net;
}

/* What a thread has in hand is 64 particles: 200 make four loads of uneven size. */
START_TEST(test_ais__threads_change_no_bit)
{
	enum { N = 200 };
	double first[N], other[N];
	egm_ais_result a, b;
	egm_dtype dtype = _i ? EGM_F32 : EGM_F64;
	for (int32_t threads = 1; threads <= 3; threads++) {
		egm_context *c = threaded_context(threads);
		egm_model *net = small_net(c, dtype);
		egm_target_options to = target_options();
		to.prior_scale = 1.5;
		ck_assert_egm(egm_target_model(&target, net, &to));
		egm_ais_options o = ais_options(N, 12, 6);
		b = run_ais(&o, threads == 1 ? first : other);
		if (threads == 1) a = b;
		ck_assert(!memcmp(&a, &b, sizeof a));
		ck_assert(threads == 1 || !memcmp(first, other, sizeof first));
		egm_target_free(target);
		egm_model_free(net);
		egm_context_free(c);
		target = NULL;
	}
}
END_TEST

/* Callbacks: as many points a call as they ask for, and the same weights however they are cut. A particle is the same
 * in a larger run, pilot included. */
START_TEST(test_ais__callbacks_and_counts_change_no_bit)
{
	enum { N = 300 };
	double first[N], other[N];
	for (int pass = 0; pass < 5; pass++) {
		egm_context *c = threaded_context(pass == 2 || pass == 3 ? 3 : 1);
		distribution dist = normal_distribution(EGM_F64, 1, 2, 2);
		egm_target_options to = target_options();
		to.concurrent = pass > 0;
		to.max_rows = pass == 0 ? to.max_rows : pass == 3 ? 1 : 48;
		target = distribution_target(c, &dist, &to);
		egm_ais_options o = ais_options(pass == 4 ? 77 : N, 12, 6);
		run_ais(&o, pass == 0 ? first : other);
		ck_assert_int_eq(dist.most, pass == 0 ? 256 : pass == 3 ? 1 : 48);
		if (pass > 0) ck_assert(!memcmp(first, other, (size_t)o.particles * sizeof *first));
		close_sampler();
		egm_context_free(c);
	}
}
END_TEST

START_TEST(test_ais__seeds_differ)
{
	enum { N = 20 };
	double a[N], b[N];
	distribution dist = normal_distribution(EGM_F64, 1, 3, 3);
	target = distribution_target(context, &dist, NULL);
	for (int i = 0; i < 2; i++) {
		egm_ais_options o = ais_options(N, 5, i ? UINT64_C(1) << 40 : 0);
		run_ais(&o, i ? b : a);
	}
	for (int i = 0; i < N; i++) {
		ck_assert(a[i] != b[i]);
		for (int j = 0; j < i; j++) ck_assert(a[i] != a[j]);
	}
}
END_TEST

/* The tasks of three threads, one after another on this one: what runs after the stop does not depend on how soon a
 * thread gets its turn. */
static void in_turn(int32_t count, void (*task)(int32_t index, void *argument), void *argument, void *user)
{
	for (int32_t i = 0; i < count; i++) task(i, argument);
}

/* Whichever call stops, in the pilot or after it, with one thread or three. */
START_TEST(test_ais__stop_from_the_callback)
{
	enum { N = 300 };
	double lw[N];
	egm_ais_result r;
	for (long call = 1; call < 400; call += call < 5 ? 1 : 37) {
		egm_test_allocator allocator = {0};
		egm_context *c = egm_test_context(&allocator);
		egm_target_options to = target_options();
		to.concurrent = call % 2;
		distribution dist = normal_distribution(EGM_F64, 2, 1, 1);
		dist.stop_at = call;
		for (int i = 0; i < N; i++) lw[i] = 7;
		r = (egm_ais_result)EGM_AIS_RESULT_INIT;
		target = distribution_target(c, &dist, &to);
		egm_ais_options o = ais_options(N, 20, 1);
		ck_assert_int_eq(egm_target_ais(target, &o, &r, egm_f64_out(lw, N, 1), NULL, NULL), EGM_ERR_STOPPED);
		check_untouched(&r, lw, N);
		ck_assert_int_eq(dist.calls, call);
		close_sampler();
		egm_context_free(c);
		ck_assert_int_eq(allocator.live, 0);
	}
	for (int threads = 0; threads < 2; threads++) {
		egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
		options.threads = 3;
		if (!threads) options.parallel = in_turn;
		egm_context *c = NULL;
		ck_assert_egm(egm_context_create(&c, &options));
		distribution dist = normal_distribution(EGM_F64, 2, 1, 1);
		egm_target_options to = target_options();
		to.concurrent = 1;
		dist.stop_at = 3000; /* the pilot of 64 particles makes 2 x 5 x 92 calls */
		target = distribution_target(c, &dist, &to);
		egm_ais_options o = ais_options(2000, 20, 1);
		ck_assert_int_eq(egm_target_ais(target, &o, &r, egm_no_out(), NULL, NULL), EGM_ERR_STOPPED);
		ck_assert_str_eq(egm_last_error(), "egm_target_ais: the energy callback returned 1, which stops the call");
		/* in turn, no task that begins after the stop makes a call; threads end the level in hand once they see it */
		if (!threads) ck_assert_int_eq(dist.calls, 3000);
		close_sampler();
		egm_context_free(c);
	}
}
END_TEST

/* R1: every allocation failing once. */
START_TEST(test_ais__every_allocation_may_fail)
{
	for (int kind = 0; kind < 2; kind++) {
		long fail_at = 0;
		egm_status st;
		do {
			egm_test_allocator allocator = {0};
			egm_context *c = egm_test_context(&allocator);
			egm_model *net = kind ? small_net(c, EGM_F64) : NULL;
			distribution dist = normal_distribution(EGM_F64, 2, 1, 1);
			egm_target_options to = target_options();
			to.prior_scale = 1;
			if (kind)
				ck_assert_egm(egm_target_model(&target, net, &to));
			else
				target = distribution_target(c, &dist, &to);
			egm_ais_result r = EGM_AIS_RESULT_INIT;
			egm_ais_options o = ais_options(4, 3, 1);
			allocator.fail_at = allocator.calls + ++fail_at;
			st = egm_target_ais(target, &o, &r, egm_no_out(), NULL, NULL);
			ck_assert(st == EGM_OK || st == EGM_ERR_MEMORY);
			if (st != EGM_OK) check_untouched(&r, NULL, 0);
			egm_target_free(target);
			egm_model_free(net);
			egm_context_free(c);
			ck_assert_int_eq(allocator.live, 0);
			target = NULL;
		} while (st != EGM_OK);
		ck_assert(fail_at > 10);
	}
}
END_TEST

START_TEST(test_ais__misuse)
{
	distribution dist = normal_distribution(EGM_F64, 2, 1, 1);
	target = distribution_target(context, &dist, NULL);
	egm_ais_result r = EGM_AIS_RESULT_INIT;
	ck_assert_int_eq(egm_target_ais(NULL, NULL, &r, egm_no_out(), NULL, NULL), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_target_ais(target, NULL, NULL, egm_no_out(), NULL, NULL), EGM_ERR_ARGUMENT);
	double lw[4];
	egm_ais_options four = ais_options(4, 3, 1);
	ck_assert_int_eq(egm_target_ais(target, &four, &r, egm_f64_out(lw, 3, 1), NULL, NULL), EGM_ERR_SHAPE);
	ck_assert_int_eq(egm_target_ais(target, &four, &r, egm_f64_out(lw, 0, 4), NULL, NULL), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_target_ais(target, &four, &r, egm_out_of(EGM_F32, lw, 4, 1), NULL, NULL), EGM_ERR_DTYPE);
	r.struct_size = 3;
	ck_assert_int_eq(egm_target_ais(target, &four, &r, egm_no_out(), NULL, NULL), EGM_ERR_ARGUMENT);
	r.struct_size = sizeof r;
	const struct {
		size_t member;
		int64_t value;
	} counts[] = {
	    {offsetof(egm_ais_options, particles), 1},         {offsetof(egm_ais_options, particles), -5},
	    {offsetof(egm_ais_options, particles), INT64_MAX}, {offsetof(egm_ais_options, particles), INT64_C(1) << 30},
	    {offsetof(egm_ais_options, levels), -1},           {offsetof(egm_ais_options, levels), INT64_MAX},
	    {offsetof(egm_ais_options, leapfrog_steps), -1},   {offsetof(egm_ais_options, leapfrog_steps), INT64_MAX},
	    {offsetof(egm_ais_options, struct_size), 3}};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		egm_ais_options o = ais_options(4, 3, 1);
		memcpy((char *)&o + counts[i].member, &counts[i].value, sizeof counts[i].value);
		ck_assert_msg(egm_target_ais(target, &o, &r, egm_no_out(), NULL, NULL) == EGM_ERR_ARGUMENT, "count %zu", i);
	}
	const size_t numbers[] = {offsetof(egm_ais_options, step_size), offsetof(egm_ais_options, base_scale),
	                          offsetof(egm_ais_options, power)};
	const double values[] = {-1, NAN, INFINITY, -INFINITY};
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 4; j++) {
			egm_ais_options o = ais_options(4, 3, 1);
			memcpy((char *)&o + numbers[i], &values[j], sizeof values[j]);
			ck_assert_msg(egm_target_ais(target, &o, &r, egm_no_out(), NULL, NULL) == EGM_ERR_ARGUMENT,
			              "number %zu, value %g", i, values[j]);
		}
	check_untouched(&r, NULL, 0);
	ck_assert_int_eq(dist.calls, 0);
}
END_TEST

/* 0 levels or steps mean the default. _i: the member */
START_TEST(test_ais__zero_is_the_default)
{
	distribution dist = normal_distribution(EGM_F64, 2, 1, 1);
	target = distribution_target(context, &dist, NULL);
	egm_ais_options zero = ais_options(8, 4, 1), said = zero;
	if (_i == 0) zero.levels = 0, said.levels = 200;
	if (_i == 1) zero.leapfrog_steps = 0, said.leapfrog_steps = 5;
	if (_i == 2) zero.power = 0, said.power = 2;
	if (_i == 3) zero.particles = 0, said.particles = 256;
	egm_ais_result a = run_ais(&zero, NULL), b = run_ais(&said, NULL);
	ck_assert_mem_eq(&a, &b, sizeof a);
}
END_TEST

static double flat_energy(const distribution *dist, const double *x, double *g)
{
	for (int64_t j = 0; j < dist->dims; j++) g[j] = 0;
	return 0;
}

/* 1 / base_scale^2 is a factor in the dtype. The target is the base: log Z is exact when both are what they should be,
 * and every proposal is accepted that is small enough. */
START_TEST(test_ais__base_scales_that_the_dtype_holds)
{
	const struct {
		egm_dtype dtype;
		double s;
		int holds;
	} cases[] = {{EGM_F64, 1e-200, 0}, {EGM_F64, 1e-160, 0}, {EGM_F64, 9e-151, 0}, {EGM_F64, 1e-150, 1},
	             {EGM_F64, 1e150, 1},  {EGM_F64, 2e150, 0},  {EGM_F64, 1e154, 0},  {EGM_F64, 1e200, 0},
	             {EGM_F32, 1e-25, 0},  {EGM_F32, 1e-20, 0},  {EGM_F32, 6e-20, 1},  {EGM_F32, 9e18, 1},
	             {EGM_F32, 1e19, 0},   {EGM_F32, 1e25, 0}};
	char text[120];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double s = cases[i].s;
		int prior = cases[i].dtype == EGM_F64 && (s == 1e-150 || s == 2e150);
		distribution dist = normal_distribution(cases[i].dtype, 4, 1 / s / s, 1 / s / s);
		if (prior) dist.energy = flat_energy;
		egm_target_options to = target_options();
		egm_ais_options o = ais_options(64, 4, 1);
		egm_ais_result r;
		if (prior)
			to.prior_scale = s;
		else
			o.base_scale = s;
		target = distribution_target(context, &dist, &to);
		r = (egm_ais_result)EGM_AIS_RESULT_INIT;
		egm_status st = egm_target_ais(target, &o, &r, egm_no_out(), NULL, NULL);
		ck_assert_msg(st == (cases[i].holds ? EGM_OK : EGM_ERR_ARGUMENT), "%g: %s", s, egm_last_error());
		snprintf(text, sizeof text, "egm_target_ais: base_scale%s is %g, must be in %s",
		         prior ? ", the prior_scale of the target," : "", s,
		         dist.dtype == EGM_F32 ? "[6e-20, 9e+18] for f32" : "[1e-150, 1e+150] for f64");
		if (!cases[i].holds) ck_assert_str_eq(egm_last_error(), text);
		if (cases[i].holds) {
			/* f32: energies of some 2 and their logarithms, rounded to 2^-23 at each of 4 levels */
			ck_assert_near(r.log_z, gaussian_log_z(4, s), dist.dtype == EGM_F32 ? 1e-5 : 1e-9);
			ck_assert(r.acceptance > 0.5);
		}
		egm_target_free(target);
		target = NULL;
	}
}
END_TEST

/* A program of an older header has a shorter result: nothing beyond it is written. */
START_TEST(test_ais__short_result)
{
	distribution dist = normal_distribution(EGM_F64, 2, 1, 1);
	target = distribution_target(context, &dist, NULL);
	egm_ais_options o = ais_options(4, 3, 1);
	egm_ais_result whole = run_ais(&o, NULL), r;
	memset(&r, 0x5a, sizeof r);
	r.struct_size = offsetof(egm_ais_result, ess);
	ck_assert_egm(egm_target_ais(target, &o, &r, egm_no_out(), NULL, NULL));
	ck_assert(r.log_z == whole.log_z && r.standard_error == whole.standard_error);
	ck_assert_int_eq(r.struct_size, offsetof(egm_ais_result, ess));
	for (size_t i = offsetof(egm_ais_result, ess); i < sizeof r; i++) ck_assert(((char *)&r)[i] == 0x5a);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ais contract");
	TCase *tc = fixture_case(suite, "lost particles", "K20 E16 E17", setup, teardown);
	tcase_add_loop_test(tc, test_ais__lost_particles_weigh_nothing, 0, 2);
	tcase_add_test(tc, test_ais__weights_that_are_no_numbers);
	tcase_add_test(tc, test_ais__all_lost_is_nonfinite);
	tc = fixture_case(suite, "contract", "R1 R15 R17 R18 R19", setup, teardown);
	tcase_add_loop_test(tc, test_ais__threads_change_no_bit, 0, 2);
	tcase_add_test(tc, test_ais__callbacks_and_counts_change_no_bit);
	tcase_add_test(tc, test_ais__seeds_differ);
	tcase_add_test(tc, test_ais__stop_from_the_callback);
	tcase_add_test(tc, test_ais__every_allocation_may_fail);
	tcase_add_test(tc, test_ais__misuse);
	tcase_add_loop_test(tc, test_ais__zero_is_the_default, 0, 4);
	tcase_add_test(tc, test_ais__base_scales_that_the_dtype_holds);
	tcase_add_test(tc, test_ais__short_result);
	return egm_test_main(suite);
}
