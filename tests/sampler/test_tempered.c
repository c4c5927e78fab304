/* SPDX-License-Identifier: MIT */
/* Tempered chains. Level l has the distribution exp(-(beta / T_l) U - prior), whatever the other levels do, and two
 * levels exchange points at a rate that is known if both distributions are. */
#include "sampler_fixture.h"
#include <sampler/sampler_impl.h>

static any_kernel_options options_of(int64_t chains, double step, const double *temperatures, int64_t levels)
{
	any_kernel_options o = sampler_options(ANY_TEMPERED, chains, step, 5);
	o.temperatures = temperatures;
	o.levels = levels;
	return o;
}

/* ---- modes */

/* 0.7 N(5, 1) + 0.3 N(-5, 1) up to a constant */
static double two_modes(const distribution *dist, const double *x, double *g)
{
	double a = log(0.7) - (x[0] - 5) * (x[0] - 5) / 2, b = log(0.3) - (x[0] + 5) * (x[0] + 5) / 2;
	double most = a > b ? a : b, p = 1 / (1 + exp(b - a));
	g[0] = x[0] - 5 * (2 * p - 1);
	return -most - log1p(exp(-fabs(a - b)));
}

static sample run_modes(int32_t kernel)
{
	static const double ladder[] = {1, 2, 4, 8, 16};
	enum { OWN = 64 };
	double start[OWN];
	distribution dist = distribution_of(two_modes, 1, 0);
	any_kernel_options o = options_of(OWN, 1, ladder, 5);
	if (kernel == ANY_MALA) o = sampler_options(ANY_MALA, OWN, 1, 5);
	open_sampler(&dist, NULL, &o);
	for (int i = 0; i < OWN; i++) start[i] = i % 2 ? 5 : -5;
	ck_assert_egm(egm_sampler_set_points(sampler, points_in(sampler, EGM_F64, start)));
	ck_assert_egm(egm_sampler_run(sampler, 1, 1000, egm_no_out(), egm_no_out(), NULL, NULL));
	return run_sampler(sampler, EGM_F64, 1, OWN, 3000, 1);
}

/* The barrier at 0 is exp(-12.5) of the modes, exp(-0.8) at T = 16. Chains start half in each; a wrong share, a wrong
 * mean or a wrong variance is seen against the spread over 64 chains. */
START_TEST(test_tempered__finds_the_weights_of_far_modes)
{
	sample s = run_modes(ANY_TEMPERED);
	estimate share = expect(&s, is_below, 0, 0);
	ck_assert(share.error < 0.02); /* a chain that never crosses gives sqrt(.25 / 64) = 0.06 */
	ck_assert_expect(&s, is_below, 0, 0, 0.3);
	ck_assert_expect(&s, mean_of, 0, 2, 0);
	ck_assert_expect(&s, square_of, 0, 0, 26);
	/* within a mode: P(x < -5) = 0.3 / 2, P(x < 5) = 0.3 + 0.7 / 2 */
	ck_assert_expect(&s, is_below, 0, -5, 0.15);
	ck_assert_expect(&s, is_below, 0, 5, 0.65);
	free(s.draws);
}
END_TEST

START_TEST(test_tempered__mala_alone_stays_in_its_mode)
{
	sample s = run_modes(ANY_MALA);
	for (int64_t k = 0; k < s.n; k++)
		for (int64_t c = 0; c < s.chains; c++) ck_assert((s.draws[k * s.chains + c] > 0) == (c % 2 == 1));
	free(s.draws);
}
END_TEST

/* ---- exchanges */

/* The rate between neighbours is the sum over both orders of the smaller of two products of densities, which is
 * 2 P(U_cold > U_warm). Gaussians: in one dimension 2 P(|z| > sqrt(T) |z'|) = (4/pi) atan(1/sqrt(T)), in two, where
 * energies are exponential, 2 / (1 + T). */
START_TEST(test_tempered__exchange_rate_between_gaussians)
{
	const int64_t dims = 1 + _i % 2;
	const double ladder[] = {1, _i < 2 ? 4 : 1.5};
	enum { OWN = 400, N = 200 };
	distribution dist = normal_distribution(EGM_F64, dims, 1, 1);
	any_kernel_options o = options_of(OWN, 1, ladder, 2);
	o.steps_per_level = 2;
	open_sampler(&dist, NULL, &o);
	/* 200 transitions to forget the starts, then only what comes after counts */
	ck_assert_egm(egm_sampler_run(sampler, 1, 100, egm_no_out(), egm_no_out(), NULL, NULL));
	for (int64_t c = 0; c < OWN; c++) sampler->chains[c].exchanges_tried = sampler->chains[c].exchanges_done = 0;
	ck_assert_egm(egm_sampler_run(sampler, N, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	double sum = 0, squares = 0, expected = dims == 1 ? 4 / M_PI * atan(1 / sqrt(ladder[1])) : 2 / (1 + ladder[1]);
	for (int64_t c = 0; c < OWN; c++) {
		double rate = sampler_stats(sampler, c).exchange;
		ck_assert_int_eq(sampler->chains[c].exchanges_tried, N);
		sum += rate;
		squares += rate * rate;
	}
	double mean = sum / OWN, error = sqrt((squares / OWN - mean * mean) / (OWN - 1));
	ck_assert_near(mean, expected, STANDARD_ERRORS * error);
	ck_assert_near(sampler_stats(sampler, -1).exchange, mean, 1e-12);
	ck_assert(error < 0.005);
}
END_TEST

/* Pairs take turns: of L levels L-1 pairs are tried in two transitions. */
START_TEST(test_tempered__pairs_take_turns)
{
	static const double ladder[] = {1, 2, 3, 4, 5};
	for (int64_t levels = 1; levels <= 5; levels++) {
		distribution dist = normal_distribution(EGM_F64, 1, 1, 1);
		any_kernel_options o = options_of(3, 0.5, ladder, levels);
		open_sampler(&dist, NULL, &o);
		ck_assert_egm(egm_sampler_run(sampler, 10, 1, egm_no_out(), egm_no_out(), NULL, NULL));
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(sampler->chains[i].exchanges_tried, levels == 2 ? 10 : 5 * (levels - 1));
		ck_assert(levels > 1 || isnan(sampler_stats(sampler, -1).exchange));
		close_sampler();
	}
}
END_TEST

/* With U = 0 every exchange is accepted: the prior is the same at every level. */
START_TEST(test_tempered__exchanges_of_priors_are_all_accepted)
{
	static const double ladder[] = {1, 10, 100};
	distribution dist = distribution_of(linear_energy, 3, 0);
	egm_target_options to = target_options();
	to.prior_scale = 0.5;
	any_kernel_options o = options_of(10, 0.1, ladder, 3);
	open_sampler(&dist, &to, &o);
	ck_assert_egm(egm_sampler_run(sampler, 20, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert(sampler_stats(sampler, -1).exchange == 1);
}
END_TEST

/* ---- the distribution of every level */

/* The points of the walkers of level l, one from each chain: chains are independent. */
static sample level_points(int64_t level)
{
	sample s = {1, sampler->options.chains, sampler->dims, NULL};
	s.draws = malloc((size_t)(s.chains * s.dims) * sizeof *s.draws);
	for (int64_t c = 0; c < s.chains; c++)
		egm__target_to_points(target, 1, sampler->walkers[c * sampler->levels + level].x, s.draws + c * s.dims);
	return s;
}

/* U = k x^2 / 2 at T with the prior: variance 1 / (beta k / T + 1/tau^2). The temperatures are so close that half of
 * the exchanges are made: a wrong ratio would mix the levels' distributions. */
START_TEST(test_tempered__distribution_of_every_level)
{
	static const double ladder[] = {1, 3, 9};
	const double beta = 2, tau = 2, k = 1;
	distribution dist = normal_distribution(EGM_F64, 2, k, k);
	egm_target_options to = target_options();
	to.beta = beta;
	to.prior_scale = tau;
	any_kernel_options o = options_of(4000, 0.5, ladder, 3);
	open_sampler(&dist, &to, &o);
	ck_assert_egm(egm_sampler_run(sampler, 1, 60, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert(sampler_stats(sampler, -1).exchange > 0.3);
	for (int64_t level = 0; level < 3; level++) {
		sample s = level_points(level);
		for (int64_t j = 0; j < 2; j++) assert_normal(&s, j, 0, 1 / sqrt(beta * k / ladder[level] + 1 / (tau * tau)));
		free(s.draws);
	}
}
END_TEST

/* U = x on the half line: Exp with mean T at every level, because the Jacobian is not tempered. */
START_TEST(test_tempered__distribution_of_every_level_with_a_bound)
{
	static const double ladder[] = {1, 2, 5};
	const double lower = 0;
	distribution dist = distribution_of(linear_energy, 1, 1);
	egm_target_options to = target_options();
	to.lower = &lower;
	any_kernel_options o = options_of(4000, 0.8, ladder, 3);
	open_sampler(&dist, &to, &o);
	/* steps that do not grow with T: in y = log x all levels have the same width */
	for (int64_t i = 0; i < sampler->n_walkers; i++) sampler->walkers[i].step = sqrt(0.8);
	ck_assert_egm(egm_sampler_run(sampler, 1, 80, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert(sampler_stats(sampler, -1).exchange > 0.3);
	for (int64_t level = 0; level < 3; level++) {
		sample s = level_points(level);
		double t = ladder[level];
		ck_assert_expect(&s, mean_of, 0, t, 0);
		ck_assert_expect(&s, square_of, 0, t, t * t);
		ck_assert_expect(&s, is_below, 0, t / 10, 1 - exp(-0.1));
		ck_assert_expect(&s, is_below, 0, 3 * t, 1 - exp(-3.0));
		free(s.draws);
	}
}
END_TEST

/* ---- contract */

/* One level is mala, bit for bit. */
START_TEST(test_tempered__one_level_is_mala)
{
	double a[20 * 3 * 2], b[20 * 3 * 2];
	distribution dist = normal_distribution(EGM_F64, 2, 1, 4);
	any_kernel_options t = options_of(3, 0.5, NULL, 1), m = sampler_options(ANY_MALA, 3, 0.5, 5);
	open_sampler(&dist, NULL, &t);
	ck_assert_egm(egm_sampler_run(sampler, 20, 1, draws_out(sampler, 20, a), egm_no_out(), NULL, NULL));
	egm_sampler_free(sampler);
	sampler = make_sampler(target, &m);
	ck_assert_egm(egm_sampler_run(sampler, 20, 1, draws_out(sampler, 20, b), egm_no_out(), NULL, NULL));
	ck_assert(!memcmp(a, b, sizeof a));
}
END_TEST

/* Energies are V at the draws, after exchanges too; and what an exchange costs is one gradient for each of the two. */
START_TEST(test_tempered__energies_and_cost)
{
	static const double ladder[] = {1, 2, 4};
	enum { N = 30, OWN = 4, INNER = 3, DIMS = 2 };
	double draws[N * OWN * DIMS], energies[N * OWN], v[N * OWN], upper[DIMS] = {2, 3};
	distribution dist = normal_distribution(EGM_F64, DIMS, 1, 2);
	egm_target_options to = target_options();
	to.prior_scale = 3;
	to.upper = upper;
	any_kernel_options o = options_of(OWN, 0.3, ladder, 3);
	o.steps_per_level = INNER;
	open_sampler(&dist, &to, &o);
	ck_assert_egm(
	    egm_sampler_run(sampler, N, 1, draws_out(sampler, N, draws), energies_out(sampler, N, energies), NULL, NULL));
	ck_assert_egm(egm_target_evaluate(target, egm_f64(draws, N * OWN, egm_target_dims(target)),
	                                  egm_f64_out(v, N * OWN, 1), egm_no_out()));
	for (int i = 0; i < N * OWN; i++) ck_assert_near(energies[i], v[i], 1e-12 * (1 + fabs(v[i])));
	int64_t exchanges = 0, waiting = 0;
	for (int i = 0; i < OWN; i++) exchanges += sampler->chains[i].exchanges_done;
	for (int i = 0; i < OWN * 3; i++) waiting += !sampler->walkers[i].evaluated;
	egm_sampler_statistics s = sampler_stats(sampler, -1);
	ck_assert(exchanges > 0);
	ck_assert_int_eq(s.transitions, N * OWN);
	ck_assert_int_eq(s.gradients, s.transitions * INNER * 3 + 3 * OWN + 2 * exchanges - waiting);
	ck_assert_int_eq(s.gradients, dist.rows - N * OWN);
}
END_TEST

/* A step at level l is step_size T_l. */
START_TEST(test_tempered__steps_grow_with_temperature)
{
	static const double ladder[] = {1, 4};
	distribution dist = normal_distribution(EGM_F64, 1, 1, 1);
	any_kernel_options o = options_of(1, 0.25, ladder, 2);
	open_sampler(&dist, NULL, &o);
	ck_assert_near(sampler->walkers[0].step, 0.5, 1e-15);
	ck_assert_near(sampler->walkers[1].step, 1, 1e-15);
	ck_assert_near(sampler_stats(sampler, -1).step_size, 0.25, 1e-15);
}
END_TEST

/* A warm-up finds a step for each level: all accept about as many as asked. */
START_TEST(test_tempered__warmup_adapts_every_level)
{
	static const double ladder[] = {1, 10, 100};
	distribution dist = normal_distribution(EGM_F64, 10, 1, 1);
	any_kernel_options o = options_of(20, 1e-3, ladder, 3);
	open_sampler(&dist, NULL, &o);
	ck_assert_egm(egm_sampler_warmup(sampler, 500, NULL, NULL));
	ck_assert_egm(egm_sampler_run(sampler, 1, 500, egm_no_out(), egm_no_out(), NULL, NULL));
	for (int64_t level = 0; level < 3; level++) {
		double accept = 0;
		for (int64_t c = 0; c < 20; c++) {
			const egm__walker *w = &sampler->walkers[c * 3 + level];
			accept += w->accept_sum / (double)w->transitions / 20;
		}
		/* a step of dual averaging is good to some 5 %, of which acceptance changes by as much */
		ck_assert_near(accept, 0.574, 0.06);
	}
}
END_TEST

START_TEST(test_tempered__threads_change_no_bit)
{
	static const double ladder[] = {1, 2, 4};
	distribution dist = normal_distribution(EGM_F32, 1, 1, 1);
	any_kernel_options o = options_of(37, 0.5, ladder, 3);
	check_threads(&dist, &o, 25, 7);
}
END_TEST

START_TEST(test_tempered__rejects_ladders_that_do_not_rise_from_one)
{
	static const double from_two[] = {2, 3}, falling[] = {1, 0.5}, equal[] = {1, 1}, nan_there[] = {1, NAN};
	static const double *const bad[] = {from_two, falling, equal, nan_there, NULL};
	distribution dist = normal_distribution(EGM_F64, 1, 1, 1);
	target = distribution_target(context, &dist, NULL);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		any_kernel_options o = options_of(1, 0.1, bad[i], 2);
		ck_assert_int_eq(any_kernel_sampler(&sampler, target, &o), EGM_ERR_ARGUMENT);
		ck_assert_ptr_null(sampler);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tempered");
	TCase *tc = fixture_case(suite, "modes", "S3", setup, teardown);
	tcase_add_test(tc, test_tempered__finds_the_weights_of_far_modes);
	tcase_add_test(tc, test_tempered__mala_alone_stays_in_its_mode);
	tc = fixture_case(suite, "exchanges", "E6", setup, teardown);
	tcase_add_loop_test(tc, test_tempered__exchange_rate_between_gaussians, 0, 4);
	tcase_add_test(tc, test_tempered__pairs_take_turns);
	tcase_add_test(tc, test_tempered__exchanges_of_priors_are_all_accepted);
	tc = fixture_case(suite, "distributions", "K13 E4 E6", setup, teardown);
	tcase_add_test(tc, test_tempered__distribution_of_every_level);
	tcase_add_test(tc, test_tempered__distribution_of_every_level_with_a_bound);
	tc = fixture_case(suite, "contract", "R15 R17", setup, teardown);
	tcase_add_test(tc, test_tempered__one_level_is_mala);
	tcase_add_test(tc, test_tempered__energies_and_cost);
	tcase_add_test(tc, test_tempered__steps_grow_with_temperature);
	tcase_add_test(tc, test_tempered__warmup_adapts_every_level);
	tcase_add_test(tc, test_tempered__threads_change_no_bit);
	tcase_add_test(tc, test_tempered__rejects_ladders_that_do_not_rise_from_one);
	return egm_test_main(suite);
}
