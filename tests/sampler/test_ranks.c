/* SPDX-License-Identifier: MIT */
/* Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari, Gelman 2018, algorithm 1): a parameter is drawn
 * from its prior, data from the parameter, and a sampler draws from the posterior of the data. The rank of the
 * parameter among these draws is uniform for every prior and likelihood.
 *
 * theta ~ N(0, I_2), y = a . theta + N(0, s^2). Ranks of theta_1, theta_2 and of the residual y - a . theta. With
 * the error E2 in hmc.c the statistic of theta_1 was 351 for mala and 765 for hmc; the bound is 64. */
#include "random_numbers.h"
#include "sampler_support.h"

enum { REPLICATES = 5300, DRAWS = 19, RANKS = DRAWS + 1, QUANTITIES = 3 };

/* chi-square with 19 degrees of freedom is above this once in a million. */
static const double BOUND = 64;

static const double slope[2] = {1, 0.5}, precision = 2;

/* ---- the posterior; numbers[0] is the datum */

static double residual(double datum, const double *theta)
{
	return datum - slope[0] * theta[0] - slope[1] * theta[1];
}

static double posterior_energy(const distribution *dist, const double *x, double *gradient)
{
	double off = residual(dist->numbers[0], x);
	for (int j = 0; j < 2; j++) gradient[j] = x[j] - precision * slope[j] * off;
	return (x[0] * x[0] + x[1] * x[1] + precision * off * off) / 2;
}

static void quantities(double datum, const double *theta, double out[QUANTITIES])
{
	out[0] = theta[0];
	out[1] = theta[1];
	out[2] = residual(datum, theta);
}

/* Starts far from the posterior, forgets that, and adds the ranks of theta among its draws. */
static void replicate(egm_context *context, const any_kernel_options *o, int64_t forget, int64_t thin, uint64_t *state,
                      long count[QUANTITIES][RANKS])
{
	double theta[2] = {normal(state), normal(state)}, draws[DRAWS][2], truth[QUANTITIES], drawn[QUANTITIES];
	double datum = residual(0, theta) * -1 + normal(state) / sqrt(precision);
	distribution dist = {.dtype = EGM_F64, .dims = 2, .energy = posterior_energy, .numbers = {datum}};
	egm_target *target = distribution_target(context, &dist, NULL);
	egm_sampler *sampler = make_sampler(target, o);
	ck_assert_egm(egm_sampler_run(sampler, 1, forget, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_egm(egm_sampler_run(sampler, DRAWS, thin, draws_out(sampler, DRAWS, draws), egm_no_out(), NULL, NULL));
	quantities(datum, theta, truth);
	int rank[QUANTITIES] = {0};
	for (int i = 0; i < DRAWS; i++) {
		quantities(datum, draws[i], drawn);
		for (int q = 0; q < QUANTITIES; q++) rank[q] += drawn[q] < truth[q];
	}
	for (int q = 0; q < QUANTITIES; q++) count[q][rank[q]]++;
	egm_sampler_free(sampler);
	egm_target_free(target);
}

/* Draws are `thin` transitions apart, after which less than 1 % of a deviation is left. Where the posterior has
 * precision 1 (it has 3.5 the other way) a transition of mala leaves 1 - 0.85 eps/2 = 0.66 of it, one of hmc cos(2 h) =
 * 0.54. */
START_TEST(test_ranks__are_uniform)
{
	int hmc = _i == 1;
	int64_t thin = hmc ? 8 : 12, forget = hmc ? 20 : 50;
	long count[QUANTITIES][RANKS] = {{0}};
	uint64_t state = 51 + (uint64_t)_i;
	egm_context *context = threaded_context(1);
	for (int i = 0; i < REPLICATES; i++) {
		any_kernel_options o = sampler_options(hmc ? ANY_HMC : ANY_MALA, 1, hmc ? 0.5 : 0.8, (uint64_t)i);
		if (hmc) o.leapfrog_steps = 2, o.jitter = 0.2;
		o.start_scale = 4;
		replicate(context, &o, forget, thin, &state, count);
	}
	egm_context_free(context);
	const double expected = (double)REPLICATES / RANKS;
	for (int q = 0; q < QUANTITIES; q++) {
		double square = 0;
		for (int r = 0; r < RANKS; r++) square += pow((double)count[q][r] - expected, 2) / expected;
		ck_assert_msg(square <= BOUND, "quantity %d: chi-square of the ranks %g, bound %g", q, square, BOUND);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ranks");
	TCase *ranks = new_case(suite, "simulation-based calibration", "K13 E2 E17");
	tcase_add_loop_test(ranks, test_ranks__are_uniform, 0, 2);
	return egm_test_main(suite);
}
