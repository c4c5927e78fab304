/* SPDX-License-Identifier: MIT */
/* Annealed Langevin. On a Gaussian every step is linear, so the distribution after any schedule is known exactly:
 *
 *   m' = a m,  v' = a^2 v + step T c^2,  a = 1 - (step/2) c^2 (beta k + T p),
 *
 * k the precision of the energy, p that of the prior, c the scale: the drift by the energy does not depend on T. */
#include "sampler_fixture.h"

enum { CHAINS = 6000 };

static any_kernel_options options_of(int64_t chains, double step, const double *temperatures, int64_t levels,
                                     int64_t steps)
{
	any_kernel_options o = sampler_options(ANY_ANNEALED_LANGEVIN, chains, step, 11);
	o.temperatures = temperatures;
	o.levels = levels;
	o.steps_per_level = steps;
	return o;
}

static void set_all(int64_t chains, int64_t dims, double value)
{
	double *x = malloc((size_t)(chains * dims) * sizeof *x);
	for (int64_t i = 0; i < chains * dims; i++) x[i] = value;
	ck_assert_egm(egm_sampler_set_points(sampler, points_in(sampler, EGM_F64, x)));
	free(x);
}

/* ---- distributions */

/* Mean and variance of one dimension; chains are independent, so is every draw of one transition. */
static void check_moments(const sample *s, int64_t j, double mean, double variance)
{
	ck_assert_expect(s, mean_of, j, mean, 0);
	ck_assert_expect(s, square_of, j, mean, variance);
}

/* K12 at temperature T: variance T / (k (1 - step k / 4)) for U = k x^2 / 2, after 40 steps from anywhere. */
START_TEST(test_annealed__distribution_at_one_temperature)
{
	static const struct {
		double k, step, temperature;
	} cases[] = {{1, 0.5, 1}, {1, 1, 4}, {2, 0.5, 0.25}, {4, 0.25, 9}};
	double k = cases[_i].k, step = cases[_i].step, t = cases[_i].temperature;
	for (int f32 = 0; f32 < 2; f32++) {
		distribution dist = normal_distribution(f32 ? EGM_F32 : EGM_F64, 1, k, k);
		any_kernel_options o = options_of(CHAINS, step, &t, 1, 40);
		sample s = sample_distribution(&dist, NULL, &o, 0, 1, 1);
		/* 40 steps leave 0.75^80 of the starts' variance */
		check_moments(&s, 0, 0, t / (k * (1 - step * k / 4)));
		free(s.draws);
	}
}
END_TEST

typedef struct gaussian_case {
	double k, precision, beta, step, scale, start;
	int64_t levels, steps;
	double temperatures[4];
} gaussian_case;

static void distribution_after(const gaussian_case *g, int64_t passes, double *m, double *v)
{
	*m = g->start, *v = 0;
	for (int64_t i = 0; i < passes * g->levels * g->steps; i++) {
		double t = g->temperatures[i / g->steps % g->levels], c = g->scale * g->scale;
		double a = 1 - g->step / 2 * c * (g->beta * g->k + t * g->precision);
		*m *= a;
		*v = a * a * *v + g->step * t * c;
	}
}

START_TEST(test_annealed__distribution_of_a_short_schedule)
{
	static const gaussian_case cases[] = {
	    {1, 0, 1, 0.2, 1, 5, 3, 2, {8, 2, 1}},
	    {1, 0.5, 1, 0.2, 1, 5, 3, 2, {8, 2, 1}},     /* the prior at its own temperature */
	    {2, 0.25, 0.5, 0.3, 0.7, 3, 2, 3, {3, 0.5}}, /* beta, a scale, an end that is not T = 1 */
	    {1, 1, 2, 0.1, 1.5, -2, 4, 1, {4, 4, 2, 1}}};
	const gaussian_case *g = &cases[_i];
	distribution dist = normal_distribution(EGM_F64, 2, g->k, g->k);
	egm_target_options to = target_options();
	to.beta = g->beta;
	if (g->precision > 0) to.prior_scale = 1 / sqrt(g->precision);
	any_kernel_options o = options_of(CHAINS, g->step, g->temperatures, g->levels, g->steps);
	const double scale[2] = {g->scale, g->scale};
	o.scale = scale;
	open_sampler(&dist, &to, &o);
	set_all(CHAINS, 2, g->start);
	for (int64_t pass = 1; pass <= 2; pass++) {
		double m, v;
		sample s = run_sampler(sampler, EGM_F64, 2, CHAINS, 1, 1);
		distribution_after(g, pass, &m, &v);
		for (int64_t j = 0; j < 2; j++) check_moments(&s, j, m, v);
		free(s.draws);
	}
}
END_TEST

/* A pass of one step at T = 1 is a step of ula, bit for bit. */
START_TEST(test_annealed__one_step_is_ula)
{
	double a[5 * 3 * 4], b[5 * 3 * 4], ua[5 * 3], ub[5 * 3];
	for (int f32 = 0; f32 < 2; f32++) {
		egm_dtype dtype = f32 ? EGM_F32 : EGM_F64;
		distribution dist = normal_distribution(dtype, 4, 1, 9);
		any_kernel_options o = options_of(3, 0.1, NULL, 1, 1), u = sampler_options(ANY_ULA, 3, 0.1, 11);
		memset(a, 0, sizeof a), memset(b, 0, sizeof b);
		open_sampler(&dist, NULL, &o);
		ck_assert_egm(
		    egm_sampler_run(sampler, 5, 2, draws_out(sampler, 5, a), energies_out(sampler, 5, ua), NULL, NULL));
		egm_sampler_free(sampler);
		sampler = make_sampler(target, &u);
		ck_assert_egm(
		    egm_sampler_run(sampler, 5, 2, draws_out(sampler, 5, b), energies_out(sampler, 5, ub), NULL, NULL));
		ck_assert(!memcmp(a, b, sizeof a));
		ck_assert(!memcmp(ua, ub, (f32 ? sizeof(float) : sizeof(double)) * 5 * 3));
		close_sampler();
	}
}
END_TEST

/* Noise of different steps, chains and passes is different: no two increments of a free walk are the same. */
START_TEST(test_annealed__every_step_has_its_own_noise)
{
	distribution dist = normal_distribution(EGM_F64, 3, 1e-12, 1e-12);
	const double one = 1;
	enum { N = 40, OWN = 7 };
	double x[N * OWN * 3], seen[N * OWN * 3];
	int64_t count = 0;
	target = distribution_target(context, &dist, NULL);
	for (int64_t steps = 1; steps <= 2; steps++) {
		any_kernel_options o = options_of(OWN, 1, &one, 1, steps);
		sampler = make_sampler(target, &o);
		ck_assert_egm(egm_sampler_run(sampler, N, 1, draws_out(sampler, N, x), egm_no_out(), NULL, NULL));
		for (int64_t i = 1; steps == 2 && i < N; i++)
			for (int64_t j = 0; j < OWN * 3; j++) seen[count++] = x[i * OWN * 3 + j] - x[(i - 1) * OWN * 3 + j];
		egm_sampler_free(sampler);
		sampler = NULL;
	}
	double sum = 0;
	for (int64_t i = 0; i < count; i++) {
		sum += seen[i] * seen[i];
		for (int64_t j = 0; j < i; j++) ck_assert(fabs(seen[i] - seen[j]) > 1e-9);
	}
	/* two steps of variance 1; a step whose noise came twice would give 4: 819 squares, relative error sqrt(2/819) */
	ck_assert_near(sum / (double)count, 2, 2 * 5 * sqrt(2.0 / (double)count));
}
END_TEST

/* ---- denoising */

/* E19: x ~ N(0, s^2 + sigma^2) denoised at V = x^2 / (2 (s^2 + sigma^2)) has variance s^4 / (s^2 + sigma^2), not s^2:
 * 0.5 at s = sigma = 1. ULA at step e has 1 / (1 - e k / 4) of it. */
START_TEST(test_annealed__denoised_gaussian)
{
	const double s2 = 1, sigma2 = 1, k = 1 / (s2 + sigma2), step = 0.4;
	distribution dist = normal_distribution(EGM_F64, 1, k, k);
	any_kernel_options o = options_of(CHAINS, step, NULL, 1, 120);
	o.denoise = sqrt(sigma2);
	o.start_scale = sqrt(s2 + sigma2);
	sample s = sample_distribution(&dist, NULL, &o, 0, 1, 1);
	check_moments(&s, 0, 0, s2 * s2 / (s2 + sigma2) / (1 - step * k / 4));
	free(s.draws);
}
END_TEST

/* Whatever the last temperature, a draw is x - sigma^2 grad V(x) with the V of the target, its energy is V at the draw,
 * and the chain continues from x. */
START_TEST(test_annealed__draw_is_the_denoised_point)
{
	static const double schedules[3][2] = {{4, 1}, {4, 0.5}, {1, 0.25}};
	enum { N = 4, DIMS = 3 };
	double draws[N * DIMS], energies[N], plain[N * DIMS], plain_energies[N], v[N], g[N * DIMS];
	distribution dist = normal_distribution(EGM_F64, DIMS, 0.5, 3);
	egm_target_options to = target_options();
	to.beta = 1.5;
	to.prior_scale = 2;
	target = distribution_target(context, &dist, &to);
	any_kernel_options o = options_of(N, 0.1, schedules[_i], 2, 5);
	for (int pass = 0; pass < 2; pass++) {
		o.denoise = pass ? 0.6 : 0;
		sampler = make_sampler(target, &o);
		ck_assert_egm(egm_sampler_run(sampler, 1, 3, draws_out(sampler, 1, pass ? draws : plain),
		                              energies_out(sampler, 1, pass ? energies : plain_energies), NULL, NULL));
		double x[N * DIMS];
		ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, x)));
		ck_assert(!memcmp(x, plain, sizeof x));
		egm_sampler_free(sampler);
		sampler = NULL;
	}
	ck_assert_egm(egm_target_evaluate(target, egm_f64(plain, N, egm_target_dims(target)), egm_f64_out(v, N, 1),
	                                  egm_f64_out(g, N, egm_target_dims(target))));
	for (int64_t i = 0; i < N; i++) ck_assert_near(plain_energies[i], v[i], 1e-13 * fabs(v[i]));
	for (int64_t i = 0; i < N * DIMS; i++) ck_assert_near(draws[i], plain[i] - 0.36 * g[i], 1e-14);
	ck_assert_egm(
	    egm_target_evaluate(target, egm_f64(draws, N, egm_target_dims(target)), egm_f64_out(v, N, 1), egm_no_out()));
	for (int64_t i = 0; i < N; i++) ck_assert_near(energies[i], v[i], 1e-13 * fabs(v[i]));
}
END_TEST

START_TEST(test_annealed__energies_without_draws)
{
	distribution dist = normal_distribution(EGM_F64, 2, 1, 1);
	double draws[2 * 2 * 2], a[4], b[4];
	target = distribution_target(context, &dist, NULL);
	any_kernel_options o = options_of(2, 0.1, NULL, 1, 5);
	o.denoise = 0.5;
	for (int pass = 0; pass < 2; pass++) {
		sampler = make_sampler(target, &o);
		ck_assert_egm(egm_sampler_run(sampler, 2, 1, draws_out(sampler, 2, pass ? NULL : draws),
		                              energies_out(sampler, 2, pass ? b : a), NULL, NULL));
		egm_sampler_free(sampler);
		sampler = NULL;
	}
	ck_assert(!memcmp(a, b, sizeof a));
}
END_TEST

/* ---- cost */

/* One gradient a step; one more to begin at another temperature than 1, one for the energy of a denoised draw, and one
 * for the first point of all. */
START_TEST(test_annealed__gradients_are_one_a_step)
{
	static const double warm[] = {4, 2, 1}, cold[] = {1, 0.5};
	const struct {
		const double *temperatures;
		int64_t levels, extra;
		double denoise;
	} cases[] = {{NULL, 1, 0, 0}, {warm, 3, 1, 0}, {cold, 2, 0, 0}, {NULL, 1, 1, 0.1}, {warm, 3, 2, 0.1}};
	enum { PASSES = 6, STEPS = 7, OWN = 3 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		distribution dist = normal_distribution(EGM_F64, 2, 1, 1);
		any_kernel_options o = options_of(OWN, 0.1, cases[i].temperatures, cases[i].levels, STEPS);
		o.denoise = cases[i].denoise;
		open_sampler(&dist, NULL, &o);
		ck_assert_egm(egm_sampler_run(sampler, 3, 2, egm_no_out(), egm_no_out(), NULL, NULL));
		egm_sampler_statistics s = sampler_stats(sampler, 1);
		int64_t expected = 1 + PASSES * (cases[i].levels * STEPS + cases[i].extra);
		ck_assert_int_eq(s.transitions, PASSES);
		ck_assert_int_eq(s.gradients, expected);
		ck_assert_int_eq(dist.rows, OWN * expected);
		ck_assert(isnan(s.acceptance));
		ck_assert_near(s.step_size, 0.1, 1e-15);
		close_sampler();
	}
}
END_TEST

/* ---- threads, stops, freezing, misuse */

START_TEST(test_annealed__threads_change_no_bit)
{
	static const double temperatures[] = {3, 1};
	distribution dist = normal_distribution(EGM_F64, 1, 1, 1);
	any_kernel_options o = options_of(37, 0.2, temperatures, 2, 9);
	o.denoise = 0.3;
	check_threads(&dist, &o, 2, 4);
}
END_TEST

/* A callback that stops in the middle of a pass leaves the chains where the pass began, and later energies are right.
 */
START_TEST(test_annealed__stop_leaves_whole_passes)
{
	static const double temperatures[] = {5, 2};
	enum { OWN = 2, STEPS = 3, PASS = 2 * STEPS + 2 };
	double at[OWN], draws[OWN], energies[OWN], v[OWN];
	for (long call = 1; call <= PASS; call++) {
		distribution dist = normal_distribution(EGM_F64, 1, 1, 1);
		any_kernel_options o = options_of(OWN, 0.2, temperatures, 2, STEPS);
		o.denoise = 0.5;
		open_sampler(&dist, NULL, &o);
		ck_assert_egm(egm_sampler_run(sampler, 1, 2, egm_no_out(), egm_no_out(), NULL, NULL));
		ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, at)));
		dist.stop_at = 1 + 2 * PASS + call;
		ck_assert_int_eq(egm_sampler_run(sampler, 1, 1, draws_out(sampler, 1, draws), egm_no_out(), NULL, NULL),
		                 EGM_ERR_STOPPED);
		ck_assert_int_eq(sampler_stats(sampler, 0).transitions, 2);
		ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, draws)));
		ck_assert(!memcmp(at, draws, sizeof at));
		dist.stop_at = 0;
		ck_assert_egm(egm_sampler_run(sampler, 1, 1, draws_out(sampler, 1, draws), energies_out(sampler, 1, energies),
		                              NULL, NULL));
		ck_assert_egm(egm_target_evaluate(target, egm_f64(draws, OWN, egm_target_dims(target)), egm_f64_out(v, OWN, 1),
		                                  egm_no_out()));
		for (int i = 0; i < OWN; i++) ck_assert_near(energies[i], v[i], 1e-14);
		close_sampler();
	}
}
END_TEST

/* N(0, 1) that ends at numbers[0] */
static double ending_energy(const distribution *dist, const double *x, double *g)
{
	g[0] = x[0];
	return x[0] > dist->numbers[0] ? INFINITY : x[0] * x[0] / 2;
}

/* A chain that reaches a point without energy is at the end of its last complete pass, and its draws are that point. */
START_TEST(test_annealed__freezes_at_the_last_whole_pass)
{
	static const double hot[] = {1e6, 1};
	double draws[3 * 2], energies[3 * 2], points[2];
	distribution dist = distribution_of(ending_energy, 1, 1e9);
	any_kernel_options o = options_of(2, 0.5, hot, 2, 20);
	o.denoise = 0.5;
	open_sampler(&dist, NULL, &o);
	ck_assert_egm(egm_sampler_run(sampler, 1, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, points)));
	dist.numbers[0] =
	    fmax(points[0], points[1]); /* temperature 1e6 takes 40 half-steps beyond it, one way or the other */
	ck_assert_int_eq(
	    egm_sampler_run(sampler, 3, 1, draws_out(sampler, 3, draws), energies_out(sampler, 3, energies), NULL, NULL),
	    EGM_ERR_NONFINITE);
	ck_assert_int_eq(sampler_stats(sampler, -1).frozen, 2);
	for (int i = 0; i < 6; i++) {
		ck_assert(draws[i] == points[i % 2]);
		ck_assert_near(energies[i], points[i % 2] * points[i % 2] / 2, 1e-14);
	}
}
END_TEST

START_TEST(test_annealed__bounds)
{
	static const double temperatures[] = {2, 1};
	const double lower = 0;
	double draws[50], energies[50], v[50];
	distribution dist = distribution_of(linear_energy, 1, 1);
	egm_target_options to = target_options();
	to.lower = &lower;
	any_kernel_options o = options_of(5, 0.1, temperatures, 2, 10);
	open_sampler(&dist, &to, &o);
	ck_assert_egm(egm_sampler_run(sampler, 10, 1, draws_out(sampler, 10, draws), energies_out(sampler, 10, energies),
	                              NULL, NULL));
	ck_assert_egm(
	    egm_target_evaluate(target, egm_f64(draws, 50, egm_target_dims(target)), egm_f64_out(v, 50, 1), egm_no_out()));
	for (int i = 0; i < 50; i++) ck_assert_near(energies[i], v[i], 1e-12);
	egm_sampler_free(sampler);
	o.denoise = 0.1;
	ck_assert_int_eq(any_kernel_sampler(&sampler, target, &o), EGM_ERR_UNSUPPORTED);
	ck_assert_ptr_null(sampler);
	ck_assert_msg(strstr(egm_last_error(), "denoise is 0.1, must be 0 with bounds") != NULL, "%s", egm_last_error());
}
END_TEST

START_TEST(test_annealed__rejects_schedules_that_rise)
{
	static const double rising[] = {1, 2}, negative[] = {1, -1}, infinite[] = {INFINITY, 1};
	static const double *const bad[] = {rising, negative, infinite, NULL};
	distribution dist = normal_distribution(EGM_F64, 1, 1, 1);
	target = distribution_target(context, &dist, NULL);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		any_kernel_options o = options_of(1, 0.1, bad[i], 2, 1);
		ck_assert_int_eq(any_kernel_sampler(&sampler, target, &o), EGM_ERR_ARGUMENT);
	}
	any_kernel_options o = options_of(1, 0.1, NULL, 1, 1);
	o.denoise = NAN;
	ck_assert_int_eq(any_kernel_sampler(&sampler, target, &o), EGM_ERR_ARGUMENT);
	o.denoise = 0;
	sampler = make_sampler(target, &o);
	ck_assert_int_eq(egm_sampler_warmup(sampler, 10, NULL, NULL), EGM_ERR_STATE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("annealed");
	TCase *tc = fixture_case(suite, "distributions", "K12 E5 E6", setup, teardown);
	tcase_add_loop_test(tc, test_annealed__distribution_at_one_temperature, 0, 4);
	tcase_add_loop_test(tc, test_annealed__distribution_of_a_short_schedule, 0, 4);
	tcase_add_test(tc, test_annealed__one_step_is_ula);
	tcase_add_test(tc, test_annealed__every_step_has_its_own_noise);
	tc = fixture_case(suite, "denoising", "E19", setup, teardown);
	tcase_add_test(tc, test_annealed__denoised_gaussian);
	tcase_add_loop_test(tc, test_annealed__draw_is_the_denoised_point, 0, 3);
	tcase_add_test(tc, test_annealed__energies_without_draws);
	tc = fixture_case(suite, "cost", "E5", setup, teardown);
	tcase_add_test(tc, test_annealed__gradients_are_one_a_step);
	tc = fixture_case(suite, "contract", "R15 R16 R17 R19", setup, teardown);
	tcase_add_test(tc, test_annealed__threads_change_no_bit);
	tcase_add_test(tc, test_annealed__stop_leaves_whole_passes);
	tcase_add_test(tc, test_annealed__freezes_at_the_last_whole_pass);
	tcase_add_test(tc, test_annealed__bounds);
	tcase_add_test(tc, test_annealed__rejects_schedules_that_rise);
	return egm_test_main(suite);
}
