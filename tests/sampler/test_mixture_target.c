/* SPDX-License-Identifier: MIT */
/* A mixture of normal distributions as a target: its moments are known, and its log Z is 0. Chains and estimates are
 * compared with closed forms, energies with the densities of the mixture. */
#include "ais_fixture.h"

#include <egm/mixture.h>
#include <pthread.h>

/* Overlapping enough for single chains to cross: E x = sum w m, E x x^T = sum w (C + m m^T). */
static const double weights[3] = {0.5, 0.3, 0.2}, means[6] = {0, 0, 1.5, 1, -1, 2};
static const double covariances[12] = {1, 0.3, 0.3, 0.8, 0.5, -0.1, -0.1, 0.6, 0.9, 0, 0, 0.4};

static egm_mixture *mixture;

static void open_mixture(egm_context *c, egm_dtype dtype)
{
	ck_assert_egm(egm_mixture_create(&mixture, c, egm_f64(weights, 3, 1), egm_f64(means, 3, 2),
	                                 egm_f64(covariances, 3, 4), NULL));
	ck_assert_egm(egm_target_mixture(&target, mixture, dtype, NULL));
}

static void close_mixture(void)
{
	teardown();
	egm_mixture_free(mixture);
}

static double moment(int i, int j)
{
	double sum = 0;
	for (int k = 0; k < 3; k++)
		sum += weights[k] *
		       (j < 0 ? means[2 * k + i] : covariances[4 * k + 2 * i + j] + means[2 * k + i] * means[2 * k + j]);
	return sum;
}

static double product_of(const double *x, int64_t j, double c)
{
	return x[0] * x[1];
}

static void check_moments(const sample *s)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_expect(s, mean_of, i, 0, moment(i, -1));
		ck_assert_expect(s, square_of, i, 0, moment(i, i));
	}
	ck_assert_expect(s, product_of, 0, 0, moment(0, 1));
}

/* 100 chains of 300 draws after 100 transitions, which suffice to forget the start N(0, 1), as either kernel crosses
 * the distribution in a few. Standard errors are those between chains. */
START_TEST(test_mixture__chains_have_its_moments)
{
	enum { CHAINS = 100 };
	const egm_dtype dtype = _i % 2 ? EGM_F32 : EGM_F64;
	open_mixture(context, dtype);
	any_kernel_options o = sampler_options(_i < 2 ? ANY_HMC : ANY_MALA, CHAINS, _i < 2 ? 0.25 : 0.8, 3);
	sampler = make_sampler(target, &o);
	ck_assert_egm(egm_sampler_run(sampler, 1, 100, egm_no_out(), egm_no_out(), NULL, NULL));
	sample s = run_sampler(sampler, dtype, 2, CHAINS, 300, _i < 2 ? 1 : 4);
	check_moments(&s);
	free(s.draws);
}
END_TEST

/* The integral of a density is 1. */
START_TEST(test_mixture__log_z_is_zero)
{
	open_mixture(context, _i ? EGM_F32 : EGM_F64);
	egm_ais_options o = ais_options(1000, 100, 5);
	egm_ais_result r = run_ais(&o, NULL);
	ck_assert(r.standard_error < 0.03);
	ck_assert_near(r.log_z, 0, 3 * r.standard_error);
	ck_assert_int_eq(r.lost, 0);
}
END_TEST

/* Concurrent calls see one mixture: the same bits with one thread and with three. */
START_TEST(test_mixture__threads_change_no_bit_of_a_chain)
{
	enum { CHAINS = 70, N = 40 };
	static double first[N * CHAINS * 2], other[N * CHAINS * 2];
	for (int32_t threads = 1; threads <= 3; threads += 2) {
		egm_context *c = threaded_context(threads);
		open_mixture(c, EGM_F64);
		any_kernel_options o = sampler_options(ANY_HMC, CHAINS, 0.3, 9);
		sampler = make_sampler(target, &o);
		ck_assert_egm(egm_sampler_run(sampler, N, 1, draws_out(sampler, N, threads == 1 ? first : other), egm_no_out(),
		                              NULL, NULL));
		close_sampler();
		egm_mixture_free(mixture);
		mixture = NULL;
		egm_context_free(c);
	}
	ck_assert(!memcmp(first, other, sizeof first));
}
END_TEST

/* Draws of the mixture itself have the same moments: what chains are compared with in practice. */
START_TEST(test_mixture__own_draws_have_its_moments)
{
	sample s = {300, 100, 2, malloc(300 * 100 * 2 * sizeof(double))};
	ck_assert_ptr_nonnull(s.draws);
	open_mixture(context, EGM_F64);
	ck_assert_egm(egm_mixture_sample(mixture, 4, egm_f64_out(s.draws, s.n * s.chains, egm_mixture_dims(mixture))));
	check_moments(&s);
	free(s.draws);
}
END_TEST

/* ---- the target */

/* V = -beta log p + |x|^2 / (2 tau^2), against the logarithms that the mixture itself gives and differences of them. */
START_TEST(test_mixture__energy_is_minus_the_log_density)
{
	enum { N = 5 };
	const double h = 1e-5, beta = _i ? 2.5 : 1, tau = _i ? 1.5 : INFINITY;
	const double x[2 * N] = {0, 0, 1.5, 1, -1, 2, 0.7, -2.3, 9, -7};
	double v[N], g[2 * N], log_p[N], up[N], down[N], moved[2 * N];
	egm_target_options o = target_options();
	open_mixture(context, EGM_F64);
	egm_target_free(target);
	o.beta = beta;
	o.prior_scale = _i ? tau : 0;
	ck_assert_egm(egm_target_mixture(&target, mixture, EGM_F64, &o));
	ck_assert_int_eq(egm_target_dims(target), 2);
	ck_assert_int_eq(egm_target_dtype(target), EGM_F64);
	ck_assert_egm(egm_target_evaluate(target, egm_f64(x, N, 2), egm_f64_out(v, N, 1), egm_f64_out(g, N, 2)));
	ck_assert_egm(egm_mixture_log_density(mixture, egm_f64(x, N, 2), egm_f64_out(log_p, N, 1)));
	for (int i = 0; i < N; i++) {
		double square = x[2 * i] * x[2 * i] + x[2 * i + 1] * x[2 * i + 1];
		double expected = -beta * log_p[i] + square / (2 * tau * tau);
		ck_assert_near(v[i], expected, 1e-14 * (1 + fabs(expected))); /* two roundings more than in the mixture */
	}
	for (int j = 0; j < 2; j++) {
		memcpy(moved, x, sizeof x);
		for (int i = 0; i < N; i++) moved[2 * i + j] = x[2 * i + j] + h;
		ck_assert_egm(egm_mixture_log_density(mixture, egm_f64(moved, N, 2), egm_f64_out(up, N, 1)));
		for (int i = 0; i < N; i++) moved[2 * i + j] = x[2 * i + j] - h;
		ck_assert_egm(egm_mixture_log_density(mixture, egm_f64(moved, N, 2), egm_f64_out(down, N, 1)));
		for (int i = 0; i < N; i++) {
			double slope = -beta * (up[i] - down[i]) / (2 * h) + x[2 * i + j] / (tau * tau);
			/* log p up to 300: rounding 300 * 2^-52 / h = 7e-9; third derivatives of order 10: h^2 10 / 6 */
			ck_assert_near(g[2 * i + j], slope, 1e-7);
		}
	}
}
END_TEST

/* A step of the mixture between two runs, or in a run from its progress callback, changes the density: chains evaluate
 * it again. With steps so long that every proposal is rejected, their points stay known. */
static int step_mixture(const egm_progress *p, void *user)
{
	static const double x[16] = {5, 5, 6, 4, 7, 7, 4, 6, 5, 7, 6, 6, 8, 5, 5, 8};
	(void)user;
	return p->done == 1 && egm_mixture_step(mixture, egm_f64(x, 8, 2), egm_no_array(), NULL) != EGM_OK;
}

START_TEST(test_mixture__may_step_between_runs)
{
	enum { CHAINS = 4 };
	double draws[CHAINS * 2], energies[CHAINS], v[CHAINS];
	open_mixture(context, EGM_F64);
	any_kernel_options o = sampler_options(ANY_MALA, CHAINS, 1e12, 3);
	sampler = make_sampler(target, &o);
	ck_assert_egm(egm_sampler_run(sampler, 1, _i ? 2 : 1, draws_out(sampler, 1, draws), egm_no_out(),
	                              _i ? step_mixture : NULL, NULL));
	if (!_i) ck_assert_int_eq(step_mixture(&(egm_progress){.done = 1}, NULL), 0);
	ck_assert_egm(
	    egm_sampler_run(sampler, 1, 1, draws_out(sampler, 1, draws), egm_f64_out(energies, 1, CHAINS), NULL, NULL));
	ck_assert_egm(egm_target_evaluate(target, egm_f64(draws, CHAINS, 2), egm_f64_out(v, CHAINS, 1), egm_no_out()));
	ck_assert_mem_eq(energies, v, sizeof v);
}
END_TEST

/* The program frees its mixture first; target and sampler go on, and the last of them frees it. */
START_TEST(test_mixture__lives_as_long_as_its_target)
{
	enum { CHAINS = 4, N = 20 };
	static double draws[2][N * CHAINS * 2];
	for (int early = 0; early < 2; early++) {
		egm_test_allocator allocator = {0};
		egm_context *c = egm_test_context(&allocator);
		open_mixture(c, EGM_F64);
		egm_context_free(c);
		if (early) egm_mixture_free(mixture);
		any_kernel_options o = sampler_options(ANY_NUTS, CHAINS, 0.5, 3);
		sampler = make_sampler(target, &o);
		egm_target_free(target);
		target = NULL;
		ck_assert_egm(egm_sampler_run(sampler, N, 1, draws_out(sampler, N, draws[early]), egm_no_out(), NULL, NULL));
		if (!early) egm_mixture_free(mixture);
		mixture = NULL;
		close_sampler();
		ck_assert_int_eq(allocator.live, 0);
	}
	ck_assert_mem_eq(draws[0], draws[1], sizeof draws[0]);
}
END_TEST

START_TEST(test_mixture__is_freed_before_its_target_or_after_it)
{
	egm_test_allocator allocator = {0};
	egm_context *c = egm_test_context(&allocator);
	egm_target *second = NULL;
	open_mixture(c, EGM_F32);
	ck_assert_egm(egm_target_mixture(&second, mixture, EGM_F64, NULL));
	egm_context_free(c);
	egm_target_free(target);
	target = NULL;
	double weight[3];
	ck_assert_egm(egm_mixture_parameters(mixture, egm_f64_out(weight, 3, 1), egm_no_out(), egm_no_out()));
	egm_mixture_free(mixture);
	mixture = NULL;
	ck_assert(allocator.live > 0);
	egm_target_free(second);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

/* _i: threads */
START_TEST(test_mixture__no_memory_after_the_first_call)
{
	enum { CHAINS = 70 };
	egm_test_allocator allocator = {0};
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *c = NULL;
	o.alloc = egm_test_alloc;
	o.dealloc = egm_test_dealloc;
	o.alloc_user = &allocator;
	o.threads = _i;
	ck_assert_egm(egm_context_create(&c, &o));
	open_mixture(c, EGM_F64);
	any_kernel_options options = sampler_options(ANY_HMC, CHAINS, 0.3, 9);
	sampler = make_sampler(target, &options);
	ck_assert_egm(egm_sampler_run(sampler, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	long calls = allocator.calls;
	ck_assert_egm(egm_sampler_run(sampler, 20, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_int_eq(allocator.calls, calls);
	close_sampler();
	egm_mixture_free(mixture);
	mixture = NULL;
	egm_context_free(c);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

enum { SHARERS = 4, SHARED_DRAWS = 200 };

static void *draw_alone(void *user)
{
	double *draws = user;
	egm_sampler *s = NULL;
	if (egm_sampler_hmc(&s, target, NULL) == EGM_OK &&
	    egm_sampler_run(s, SHARED_DRAWS, 1, egm_f64_out(draws, SHARED_DRAWS * 4, 2), egm_no_out(), NULL, NULL) !=
	        EGM_OK)
		draws[0] = NAN;
	egm_sampler_free(s);
	return NULL;
}

/* Samplers in more threads than the context has share one target. */
START_TEST(test_mixture__is_shared_by_threads)
{
	static double draws[1 + SHARERS][SHARED_DRAWS * 4 * 2];
	pthread_t threads[SHARERS];
	open_mixture(context, EGM_F64);
	draw_alone(draws[SHARERS]);
	for (int i = 0; i < SHARERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, draw_alone, draws[i]), 0);
	for (int i = 0; i < SHARERS; i++) pthread_join(threads[i], NULL);
	for (int i = 0; i < SHARERS; i++) ck_assert_mem_eq(draws[i], draws[SHARERS], sizeof draws[0]);
	ck_assert(isfinite(draws[0][0]) && draws[0][0] != 0);
}
END_TEST

START_TEST(test_mixture__misuse)
{
	egm_target *t = (egm_target *)(void *)&t;
	egm_target_options o = target_options();
	open_mixture(context, EGM_F64);
	ck_assert_int_eq(egm_target_mixture(NULL, mixture, EGM_F64, NULL), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_target_mixture: out is NULL");
	ck_assert_int_eq(egm_target_mixture(&t, NULL, EGM_F64, NULL), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_target_mixture: mixture is NULL");
	ck_assert_ptr_null(t);
	ck_assert_int_eq(egm_target_mixture(&t, mixture, (egm_dtype)3, NULL), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_target_mixture: dtype is 3, must be EGM_F32 or EGM_F64");
	o.beta = -1;
	ck_assert_int_eq(egm_target_mixture(&t, mixture, EGM_F64, &o), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_target_mixture: beta is -1, must be above 0 and finite");
	ck_assert_ptr_null(t);
}
END_TEST

/* Every allocation of a target, an evaluation, a run and an estimate of log Z fails once, and says MEMORY. */
START_TEST(test_mixture__every_allocation_may_fail)
{
	const double x[2] = {0.5, 0.5};
	double v[1];
	egm_test_allocator allocator = {0};
	egm_context *c = egm_test_context(&allocator);
	ck_assert_egm(egm_mixture_create(&mixture, c, egm_f64(weights, 3, 1), egm_f64(means, 3, 2),
	                                 egm_f64(covariances, 3, 4), NULL));
	long live = allocator.live, n = 0;
	for (int failed = 1; failed; n++) {
		egm_target *t = NULL;
		egm_sampler *s = NULL;
		egm_ais_options o = ais_options(8, 4, 1);
		egm_ais_result r = EGM_AIS_RESULT_INIT;
		allocator.fail_at = allocator.calls + n + 1;
		egm_status st = egm_target_mixture(&t, mixture, EGM_F64, NULL);
		if (st == EGM_OK) st = egm_target_evaluate(t, egm_f64(x, 1, 2), egm_f64_out(v, 1, 1), egm_no_out());
		if (st == EGM_OK) st = egm_sampler_mala(&s, t, NULL);
		if (st == EGM_OK) st = egm_sampler_warmup(s, 12, NULL, NULL);
		if (st == EGM_OK) st = egm_sampler_run(s, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL);
		if (st == EGM_OK) st = egm_target_ais(t, &o, &r, egm_no_out(), NULL, NULL);
		failed = st != EGM_OK;
		if (failed) {
			ck_assert_int_eq(st, EGM_ERR_MEMORY);
			ck_assert_ptr_nonnull(strstr(egm_last_error(), "memory"));
			allocator.fail_at = 0;
			if (s) ck_assert_egm(egm_sampler_run(s, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL));
		}
		egm_sampler_free(s);
		egm_target_free(t);
		ck_assert_int_eq(allocator.live, live);
	}
	ck_assert_int_gt(n, 20);
	allocator.fail_at = 0;
	egm_mixture_free(mixture);
	mixture = NULL;
	egm_context_free(c);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mixture_target");
	TCase *t = fixture_case(s, "mixture_target", NULL, setup, close_mixture);
	tcase_add_loop_test(t, test_mixture__chains_have_its_moments, 0, 4);
	tcase_add_loop_test(t, test_mixture__log_z_is_zero, 0, 2);
	tcase_add_test(t, test_mixture__threads_change_no_bit_of_a_chain);
	tcase_add_test(t, test_mixture__own_draws_have_its_moments);
	tcase_add_loop_test(t, test_mixture__energy_is_minus_the_log_density, 0, 2);
	tcase_add_loop_test(t, test_mixture__may_step_between_runs, 0, 2);
	tcase_add_test(t, test_mixture__lives_as_long_as_its_target);
	tcase_add_test(t, test_mixture__is_freed_before_its_target_or_after_it);
	tcase_add_loop_test(t, test_mixture__no_memory_after_the_first_call, 1, 4);
	tcase_add_test(t, test_mixture__is_shared_by_threads);
	tcase_add_test(t, test_mixture__misuse);
	tcase_add_test(t, test_mixture__every_allocation_may_fail);
	return egm_test_main(s);
}
