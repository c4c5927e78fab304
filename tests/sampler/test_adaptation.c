/* SPDX-License-Identifier: MIT */
/* Whole warm-ups: acceptance, steps and scales where the right ones are known, and warm-ups that are interrupted. */
#include "exact_draws.h"
#include <sampler/sampler_impl.h>

/* ---- whole warm-ups */

/* A warm-up of 64 chains on N(0, I_100), then 100 transitions with what it found. */
static egm_sampler_statistics adapt(int32_t kernel, double step, int64_t steps)
{
	distribution dist = spread_distribution(100, 1, 1);
	any_kernel_options o = sampler_options(kernel, 64, step, 53);
	o.adapt_scale = 0;
	egm_sampler *s = sampler_on(&dist, &o);
	ck_assert_egm(egm_sampler_warmup(s, steps, NULL, NULL));
	ck_assert_egm(egm_sampler_run(s, 100, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	egm_sampler_statistics stats = sampler_stats(s, -1);
	egm_sampler_free(s);
	return stats;
}

static double target_of(int32_t kernel)
{
	return kernel == ANY_MALA ? 0.574 : 0.8;
}

/* The mean of 6400 acceptances has an error below 0.005; 0.05 is what the averages of a warm-up may be off. One
 * acceptance of mala says less than a trajectory's: 400 transitions leave it at 0.62, 1000 at 0.605, 4000 at 0.59. */
START_TEST(test_adaptation__reaches_the_target)
{
	const int32_t kernels[] = {ANY_MALA, ANY_HMC, ANY_NUTS};
	int32_t kernel = kernels[_i];
	ck_assert_near(adapt(kernel, 0.1, kernel == ANY_MALA ? 2000 : 400).acceptance, target_of(kernel), 0.05);
}
END_TEST

/* K13: at acceptance 0.576 mala has eps = 2.723 * 100^(-1/3) = 0.5867 in 100 dimensions. The slope of the acceptance
 * 2 Phi(-eps^1.5 sqrt(100) / 8) in log eps there is -0.57, so 0.04 of acceptance are 7 % of eps. */
START_TEST(test_adaptation__finds_the_optimum_of_mala)
{
	egm_sampler_statistics stats = adapt(ANY_MALA, 0.1, 4000);
	ck_assert_near(stats.step_size, 0.5867, 0.07 * 0.5867);
	ck_assert_near(stats.acceptance, 0.574, 0.04);
}
END_TEST

/* A warm-up of any length, with windows or without, leaves chains that move: below 10 transitions every bit of the step
 * stays, from 10 on the mean of 32 chains is at most 0.1 below the target. It lies above in 10 dimensions, for mala at
 * 0.625 or more, where single chains vary by 0.2: 0.474 is 4.3 standard errors lower. */
START_TEST(test_adaptation__of_any_length)
{
	const int32_t kernels[] = {ANY_MALA, ANY_HMC, ANY_NUTS};
	const int64_t lengths[] = {1, 2, 5, 9, 10, 19, 20, 22, 25, 30, 49, 50, 51, 80, 149, 150, 151, 200};
	int32_t kernel = kernels[_i / 2];
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		distribution dist = spread_distribution(10, 1, 1);
		any_kernel_options o = sampler_options(kernel, 32, 0.1, 61);
		o.adapt_scale = _i % 2;
		egm_sampler *s = sampler_on(&dist, &o);
		double step = sampler_stats(s, 7).step_size;
		ck_assert_egm(egm_sampler_warmup(s, lengths[i], NULL, NULL));
		ck_assert((sampler_stats(s, 7).step_size == step) == (lengths[i] < 10));
		ck_assert_egm(egm_sampler_run(s, 100, 1, egm_no_out(), egm_no_out(), NULL, NULL));
		ck_assert_msg(sampler_stats(s, -1).acceptance >= target_of(kernel) - 0.1, "warm-up of %d: acceptance %g",
		              (int)lengths[i], sampler_stats(s, -1).acceptance);
		egm_sampler_free(s);
	}
}
END_TEST

/* h off by 1000 either way. nuts does 1023 steps for as long as h is small. */
START_TEST(test_adaptation__forgets_where_it_started)
{
	const int32_t kernels[] = {ANY_MALA, ANY_HMC, ANY_NUTS};
	int32_t kernel = kernels[_i / 2];
	double step = kernel == ANY_MALA ? 0.5867 : 0.4, off = _i % 2 ? 1e3 : 1e-3;
	if (kernel == ANY_MALA) off *= off;
	ck_assert_near(adapt(kernel, step * off, kernel == ANY_MALA ? 2000 : 1000).acceptance, target_of(kernel), 0.05);
}
END_TEST

/* The scales of all chains are the standard deviations of the distribution, their logarithms within `tolerance`. */
static void expect_scales(const egm_sampler *s, const distribution *dist, int chains, double tolerance)
{
	double scale[8];
	ck_assert_int_le(dist->dims, 8);
	for (int c = 0; c < chains; c++) {
		ck_assert_egm(egm_sampler_scale(s, c, egm_f64_out(scale, egm_sampler_dims(s), 1)));
		for (int64_t j = 0; j < dist->dims; j++) ck_assert_near(log(scale[j] / normal_sd(dist, j)), 0, tolerance);
	}
}

/* Standard deviations from 0.01 to 1000. The last window of 1000 transitions has n = 500 draws, worth at least 100: an
 * estimate is off by a factor of more than 1 + 4.5 / sqrt(2 * 100) = 1.32 once in 150000; it is shrunk towards the
 * truth. */
START_TEST(test_adaptation__finds_scales_over_five_decades)
{
	enum { D = 6, CHAINS = 8 };
	distribution dist = spread_distribution(D, 0.01, 1000);
	egm_dtype dtype = _i ? EGM_F32 : EGM_F64;
	dist.dtype = dtype;
	any_kernel_options o = sampler_options(ANY_NUTS, CHAINS, 0.1, 54);
	egm_sampler *s = sampler_on(&dist, &o);
	ck_assert_egm(egm_sampler_warmup(s, 1000, NULL, NULL));
	expect_scales(s, &dist, CHAINS, log(1.32));
	/* And so trajectories are as short as in equal dimensions. In few dimensions a fixed step is accepted more often
	 * than the moving one of the warm-up, which averages 0.8: 0.88 to 0.905 over 16 seeds. */
	ck_assert_egm(egm_sampler_run(s, 200, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert(sampler_stats(s, -1).leapfrogs < 12);
	ck_assert_near(sampler_stats(s, -1).acceptance, 0.85, 0.1);
	egm_sampler_free(s);
}
END_TEST

/* K31: N(0, diag(c^2, 1)) from the default start, c = 1e-6 to 1e6: scales over deviations are 1, within the same 1.32,
 * and the draws are worth what they are worth at c = 1. Of 4 chains of 500 draws of nuts, and of mala with thin = 10
 * whose autocorrelation at h = 1 is below 0.5 a transition, a mean square is off by less than 4.5 * sqrt(2 / 1000),
 * where 1000 of 2000 are independent; scales shrunk to 1e-3 left nuts 4 independent draws and trees of 611 steps. */
START_TEST(test_adaptation__scales_follow_the_unit_of_a_coordinate)
{
	enum { CHAINS = 4, N = 500 };
	const double units[] = {1e-6, 1e-3, 1, 1e3, 1e6};
	const int32_t kernel = _i % 2 ? ANY_MALA : ANY_NUTS;
	distribution dist = spread_distribution(2, units[_i / 2], 1);
	any_kernel_options o = sampler_options(kernel, CHAINS, 0.1, 62);
	o.adapt_scale = 1;
	egm_sampler *s = sampler_on(&dist, &o);
	ck_assert_egm(egm_sampler_warmup(s, 1000, NULL, NULL));
	expect_scales(s, &dist, CHAINS, log(1.32));
	sample drawn = run_sampler(s, EGM_F64, 2, CHAINS, N, kernel == ANY_MALA ? 10 : 1);
	for (int j = 0; j < 2; j++) {
		double sum = 0;
		for (int i = 0; i < N * CHAINS; i++) sum += pow(drawn.draws[2 * i + j] / normal_sd(&dist, j), 2);
		ck_assert_near(sum / (N * CHAINS), 1, 4.5 * sqrt(2.0 / 1000));
	}
	ck_assert(sampler_stats(s, -1).leapfrogs < 12);
	free(drawn.draws);
	egm_sampler_free(s);
}
END_TEST

/* x + softplus(-50 x) in each coordinate: an exponential distribution behind a soft wall, of deviation 1, as networks
 * of softplus or silu have them. Away from the wall the gradient is 1 but for exp(-50 x), and sqrt(var x / var g) is
 * any number: with such a scale the other coordinates do not move within a window, and then have scales of 1e-3 and
 * less. The last window has 200 points: a scale is at most sqrt(200 / 205 + 5 / 205 * 100) = 1.85 deviations of
 * these; 1.5 times that, and 1/4, as the deviation of some ten independent ones is known. First scales may still come
 * from a flat part, and windows do not make good for all of it: of 192 scales 0 to 6 are outside in five runs, where a
 * q without bound leaves 24 to 28. */
static double soft_wall_energy(const distribution *dist, const double *x, double *gradient)
{
	double sum = 0;
	for (int64_t i = 0; i < dist->dims; i++) {
		double a = -50 * x[i];
		sum += x[i] + (a > 30 ? a : log1p(exp(a)));
		gradient[i] = 1 - 50 / (1 + exp(-a));
	}
	return sum;
}

START_TEST(test_adaptation__of_energies_that_are_nearly_linear)
{
	enum { D = 3, CHAINS = 64 };
	int outside = 0;
	distribution dist = distribution_of(soft_wall_energy, D, 0);
	any_kernel_options o = sampler_options(ANY_NUTS, CHAINS, 0.1, 70);
	egm_sampler *s = sampler_on(&dist, &o);
	ck_assert_egm(egm_sampler_warmup(s, 500, NULL, NULL));
	for (int c = 0; c < CHAINS; c++) {
		double scale[D];
		ck_assert_egm(egm_sampler_scale(s, c, egm_f64_out(scale, egm_sampler_dims(s), 1)));
		for (int j = 0; j < D; j++) outside += !(scale[j] >= 0.25 && scale[j] <= 1.5 * 1.85);
	}
	ck_assert_msg(outside <= 15, "%d of %d scales", outside, CHAINS * D);
	egm_sampler_free(s);
}
END_TEST

/* Eight units at once, 1e-9 to 1e9 and in f32 1e-5 to 1e5, from the default start 1e9 deviations away. Scales have to
 * be known before the first window: while the narrowest coordinate sets the step, the others go nowhere and trees of
 * nuts reach 1023 steps; some hundred of these would be 1e5 gradients a chain, where scales that fit need 7 steps a
 * transition. 1.6 as in test_adaptation__scales_of_the_other_kernels. */
START_TEST(test_adaptation__many_units_at_once)
{
	enum { D = 8, CHAINS = 4 };
	const int32_t kernels[] = {ANY_MALA, ANY_HMC, ANY_NUTS};
	distribution dist = _i < 3 ? spread_distribution(D, 1e-9, 1e9) : spread_distribution(D, 1e-5, 1e5);
	dist.dtype = _i < 3 ? EGM_F64 : EGM_F32;
	any_kernel_options o = sampler_options(kernels[_i % 3], CHAINS, 0.1, 65);
	o.adapt_scale = 1;
	if (o.kernel == ANY_HMC) o.jitter = 0.3; /* 10 steps may be a period */
	egm_sampler *s = sampler_on(&dist, &o);
	ck_assert_egm(egm_sampler_warmup(s, 1000, NULL, NULL));
	ck_assert_int_lt(dist.rows, CHAINS * 20000);
	expect_scales(s, &dist, CHAINS, log(1.6));
	egm_sampler_free(s);
}
END_TEST

/* The banana of numbers[0] in coordinates that are numbers[1], numbers[2] times as large. */
static double energy_in_units(const distribution *dist, const double *x, double *gradient)
{
	const double inside[2] = {x[0] / dist->numbers[1], x[1] / dist->numbers[2]};
	double u = banana_energy(dist, inside, gradient);
	for (int j = 0; j < 2; j++) gradient[j] /= dist->numbers[1 + j];
	return u;
}

/* A warm-up and a run of a distribution in these units, with start and first scale in the same units: draws over units,
 * scales over units, and the step. */
static double in_units(int32_t kernel, egm_dtype dtype, const double *units, double *draws, double *scales)
{
	enum { CHAINS = 3, N = 40 };
	char points[CHAINS * 2 * sizeof(double)];
	distribution dist = distribution_of(energy_in_units, 2, 0.5);
	dist.dtype = dtype;
	memcpy(dist.numbers + 1, units, 2 * sizeof *units);
	any_kernel_options o = sampler_options(kernel, CHAINS, 0.1, 63);
	o.adapt_scale = 1;
	o.scale = units;
	egm_sampler *s = sampler_on(&dist, &o);
	for (int i = 0; i < CHAINS * 2; i++) store_number(dtype, (0.3 * i - 1) * units[i % 2], points, i);
	ck_assert_egm(egm_sampler_set_points(s, points_in(s, dtype, points)));
	ck_assert_egm(egm_sampler_warmup(s, 300, NULL, NULL));
	sample drawn = run_sampler(s, dtype, 2, CHAINS, N, 1);
	for (int i = 0; i < N * CHAINS * 2; i++) draws[i] = drawn.draws[i] / units[i % 2];
	for (int c = 0; c < CHAINS; c++)
		ck_assert_egm(egm_sampler_scale(s, c, egm_f64_out(scales + 2 * c, egm_sampler_dims(s), 1)));
	for (int i = 0; i < CHAINS * 2; i++) scales[i] /= units[i % 2];
	double step = sampler_stats(s, -1).step_size;
	free(drawn.draws);
	egm_sampler_free(s);
	return step;
}

/* K31: powers of two round nothing, so that every bit is that of the distribution in units of 1. */
START_TEST(test_adaptation__powers_of_two_change_no_bit)
{
	enum { DRAWS = 3 * 40 * 2, SCALES = 6 };
	const int32_t kernels[] = {ANY_MALA, ANY_HMC, ANY_NUTS};
	const double units[][2] = {{1, 1}, {0x1p-20, 1}, {1, 0x1p20}, {0x1p20, 0x1p-20}, {0x1p-7, 0x1p-3}};
	const egm_dtype dtype = _i < 3 ? EGM_F64 : EGM_F32;
	double draws[2][DRAWS], scales[2][SCALES], step[2];
	for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
		step[u > 0] = in_units(kernels[_i % 3], dtype, units[u], draws[u > 0], scales[u > 0]);
		if (u == 0) continue;
		ck_assert_mem_eq(scales[1], scales[0], sizeof *scales);
		ck_assert_mem_eq(draws[1], draws[0], sizeof *draws);
		ck_assert(step[1] == step[0]);
	}
}
END_TEST

/* mala and hmc with adapt_scale: the same scales, in a distribution of condition 10^4. */
START_TEST(test_adaptation__scales_of_the_other_kernels)
{
	enum { D = 4, CHAINS = 16 };
	distribution dist = spread_distribution(D, 0.1, 10);
	any_kernel_options o = sampler_options(_i ? ANY_HMC : ANY_MALA, CHAINS, 0.1, 55);
	o.adapt_scale = 1;
	egm_sampler *s = sampler_on(&dist, &o);
	ck_assert_egm(egm_sampler_warmup(s, 3000, NULL, NULL));
	expect_scales(s, &dist, CHAINS, log(1.6));
	egm_sampler_free(s);
}
END_TEST

/* A run changes no bit of the step and scale of a chain; another warm-up changes them. */
START_TEST(test_adaptation__is_frozen_behind_a_warm_up)
{
	enum { D = 3, CHAINS = 4 };
	distribution dist = spread_distribution(D, 0.5, 5);
	double before[D], behind[D];
	any_kernel_options o = sampler_options(ANY_NUTS, CHAINS, 0.1, 56);
	egm_sampler *s = sampler_on(&dist, &o);
	ck_assert_egm(egm_sampler_warmup(s, 200, NULL, NULL));
	ck_assert_int_eq(sampler_stats(s, -1).transitions, 0);
	double step = sampler_stats(s, 2).step_size;
	ck_assert_egm(egm_sampler_scale(s, 2, egm_f64_out(before, egm_sampler_dims(s), 1)));
	ck_assert_egm(egm_sampler_run(s, 50, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_egm(egm_sampler_scale(s, 2, egm_f64_out(behind, egm_sampler_dims(s), 1)));
	ck_assert_mem_eq(before, behind, sizeof before);
	ck_assert(sampler_stats(s, 2).step_size == step);
	ck_assert(sampler_stats(s, 1).step_size != step);
	ck_assert_egm(egm_sampler_warmup(s, 200, NULL, NULL));
	ck_assert(sampler_stats(s, 2).step_size != step);
	egm_sampler_free(s);
}
END_TEST

/* Too short for scales: those of the caller stay, in every bit. */
START_TEST(test_adaptation__short_warm_ups_keep_scales)
{
	enum { D = 3 };
	const double start[D] = {0.5, 1, 7};
	double scale[D];
	distribution dist = spread_distribution(D, 0.5, 5);
	any_kernel_options o = sampler_options(ANY_NUTS, 2, 0.1, 57);
	o.scale = start;
	egm_sampler *s = sampler_on(&dist, &o);
	ck_assert_egm(egm_sampler_warmup(s, 49, NULL, NULL));
	ck_assert_egm(egm_sampler_scale(s, 1, egm_f64_out(scale, egm_sampler_dims(s), 1)));
	ck_assert_mem_eq(scale, start, sizeof scale);
	ck_assert(sampler_stats(s, 1).step_size != 0.1);
	ck_assert_egm(egm_sampler_warmup(s, 50, NULL, NULL));
	ck_assert_egm(egm_sampler_scale(s, 1, egm_f64_out(scale, egm_sampler_dims(s), 1)));
	ck_assert_mem_ne(scale, start, sizeof scale);
	egm_sampler_free(s);
}
END_TEST

/* Energies that reject every proposal: a window without variance says nothing, so that the caller's scales stay. */
static double lonely_energy(const distribution *dist, const double *x, double *gradient)
{
	for (int64_t j = 0; j < dist->dims; j++) gradient[j] = 1;
	return x[0] == 1 && x[1] == 2 ? 0 : INFINITY;
}

START_TEST(test_adaptation__chains_that_stand_still_keep_scales)
{
	const double start[2] = {0.5, 7}, points[2] = {1, 2};
	double scale[2];
	distribution dist = distribution_of(lonely_energy, 2, 0);
	any_kernel_options o = sampler_options(ANY_NUTS, 1, 0.1, 64);
	o.scale = start;
	egm_sampler *s = sampler_on(&dist, &o);
	ck_assert_egm(egm_sampler_set_points(s, points_in(s, EGM_F64, points)));
	ck_assert_egm(egm_sampler_warmup(s, 100, NULL, NULL));
	ck_assert_egm(egm_sampler_scale(s, 0, egm_f64_out(scale, egm_sampler_dims(s), 1)));
	ck_assert_mem_eq(scale, start, sizeof scale);
	ck_assert(sampler_stats(s, 0).step_size > 0);
	egm_sampler_free(s);
}
END_TEST

/* Each level of a ladder finds its own step: eps grows with the temperature, by T for a Gaussian. */
START_TEST(test_adaptation__levels_adapt_on_their_own)
{
	const double ladder[] = {1, 4, 16};
	distribution dist = spread_distribution(10, 1, 1);
	any_kernel_options o = sampler_options(ANY_TEMPERED, 4, 0.1, 58);
	o.levels = 3;
	o.temperatures = ladder;
	egm_sampler *s = sampler_on(&dist, &o);
	ck_assert_egm(egm_sampler_warmup(s, 1000, NULL, NULL));
	for (int c = 0; c < 4; c++)
		for (int level = 1; level < 3; level++) {
			double ratio = pow(s->walkers[3 * c + level].step / s->walkers[3 * c].step, 2);
			ck_assert_near(log(ratio / ladder[level]), 0, log(1.4));
		}
	egm_sampler_free(s);
}
END_TEST

/* ---- what goes wrong */

/* After a callback has stopped a warm-up, chains are at the end of a transition, have a step, and can continue. */
START_TEST(test_adaptation__stopped_in_the_middle)
{
	distribution dist = spread_distribution(5, 1, 3);
	double x[20];
	any_kernel_options o = sampler_options(ANY_NUTS, 4, 0.1, 59);
	egm_sampler *s = sampler_on(&dist, &o);
	dist.stop_at = 1000;
	ck_assert_int_eq(egm_sampler_warmup(s, 1000, NULL, NULL), EGM_ERR_STOPPED);
	for (int c = 0; c < 4; c++) ck_assert_ptr_null(s->walkers[c].adaptation);
	ck_assert_egm(egm_sampler_points(s, points_out(s, EGM_F64, x)));
	for (int i = 0; i < 20; i++) ck_assert(isfinite(x[i]));
	double step = sampler_stats(s, -1).step_size;
	ck_assert(step > 0.01 && step < 3);
	ck_assert_egm(egm_sampler_run(s, 20, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert(sampler_stats(s, -1).step_size == step);
	ck_assert_egm(egm_sampler_warmup(s, 200, NULL, NULL));
	ck_assert_egm(egm_sampler_run(s, 100, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_near(sampler_stats(s, -1).acceptance, 0.8, 0.15);
	egm_sampler_free(s);
}
END_TEST

/* If it stops in the second or third transition the step is unchanged, as too few have been averaged. */
START_TEST(test_adaptation__stopped_at_once)
{
	const int32_t kernels[] = {ANY_MALA, ANY_HMC, ANY_NUTS};
	distribution dist = spread_distribution(5, 1, 3);
	any_kernel_options o = sampler_options(kernels[_i], 4, 0.1, 59);
	egm_sampler *s = sampler_on(&dist, &o);
	double step = sampler_stats(s, 3).step_size;
	dist.stop_at = (const long[]){3, 15, 60}[_i];
	ck_assert_int_eq(egm_sampler_warmup(s, 1000, NULL, NULL), EGM_ERR_STOPPED);
	for (int c = 0; c < 4; c++) ck_assert(sampler_stats(s, c).step_size == step);
	egm_sampler_free(s);
}
END_TEST

/* Every allocation of making, warming up and running fails once: MEMORY, and nothing is left. */
START_TEST(test_adaptation__out_of_memory)
{
	distribution dist = spread_distribution(4, 1, 2);
	for (long fail_at = 0, calls = 0; fail_at <= calls; fail_at++) {
		egm_test_allocator a = {.fail_at = fail_at};
		egm_context *context = egm_test_context(&a);
		egm_target *target = NULL;
		egm_sampler *s = NULL;
		any_kernel_options o = sampler_options(ANY_NUTS, 3, 0.1, 60);
		egm_status st = EGM_ERR_MEMORY;
		if (context) st = egm_target_callback(&target, context, EGM_F64, 4, NULL, energy_of_distribution, &dist, NULL);
		if (target) st = any_kernel_sampler(&s, target, &o);
		if (s) st = egm_sampler_warmup(s, 30, NULL, NULL);
		if (st == EGM_OK) st = egm_sampler_run(s, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL);
		ck_assert_int_eq(st, fail_at ? EGM_ERR_MEMORY : EGM_OK);
		egm_sampler_free(s);
		egm_target_free(target);
		egm_context_free(context);
		ck_assert_int_eq(a.live, 0);
		if (fail_at == 0) calls = a.calls;
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("adaptation");
	TCase *tc = new_case(suite, "whole", NULL);
	tcase_add_loop_test(tc, test_adaptation__reaches_the_target, 0, 3);
	tcase_add_loop_test(tc, test_adaptation__of_any_length, 0, 6);
	tcase_add_loop_test(tc, test_adaptation__forgets_where_it_started, 0, 6);
	tcase_add_loop_test(tc, test_adaptation__finds_scales_over_five_decades, 0, 2);
	tcase_add_loop_test(tc, test_adaptation__scales_of_the_other_kernels, 0, 2);
	tcase_add_test(tc, test_adaptation__chains_that_stand_still_keep_scales);
	tcase_add_test(tc, test_adaptation__is_frozen_behind_a_warm_up);
	tcase_add_test(tc, test_adaptation__short_warm_ups_keep_scales);
	tcase_add_test(tc, test_adaptation__levels_adapt_on_their_own);
	tc = new_case(suite, "optimum", "K13");
	tcase_add_test(tc, test_adaptation__finds_the_optimum_of_mala);
	tc = new_case(suite, "units", "K31");
	tcase_add_loop_test(tc, test_adaptation__scales_follow_the_unit_of_a_coordinate, 0, 10);
	tcase_add_loop_test(tc, test_adaptation__many_units_at_once, 0, 6);
	tcase_add_test(tc, test_adaptation__of_energies_that_are_nearly_linear);
	tcase_add_loop_test(tc, test_adaptation__powers_of_two_change_no_bit, 0, 6);
	tc = new_case(suite, "wrong", NULL);
	tcase_add_test(tc, test_adaptation__stopped_in_the_middle);
	tcase_add_loop_test(tc, test_adaptation__stopped_at_once, 0, 3);
	tcase_add_test(tc, test_adaptation__out_of_memory);
	return egm_test_main(suite);
}
