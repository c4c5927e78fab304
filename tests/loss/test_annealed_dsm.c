/* SPDX-License-Identifier: MIT */
/* Denoising over a range of noise levels: which levels are drawn, how they are weighted, and the best energy. */
#include "score_fixture.h"

enum { BATCH = 20000, RUNS = 32, DRAWS = 4000 };

static void create(double sigma0, double low, double high, int32_t spacing)
{
	egm_annealed_dsm_options o = EGM_ANNEALED_DSM_OPTIONS_INIT;
	o.sigma0 = sigma0;
	o.sigma_low = low;
	o.sigma_high = high;
	o.spacing = spacing;
	CREATED(egm_loss_annealed_dsm(&loss, nets[0], &o));
}

START_TEST(test_annealed_dsm__gradient_equals_differences)
{
	add_activation *const kinds[] = {egm_model_tanh, egm_model_silu, egm_model_softplus};
	uint64_t random = 3;
	for (int i = 0; i < 9; i++) io.data[i] = random_signed(&random);
	io.batch = _i % 2 ? 3 : 1;
	nets[0] = dense_net(context, "energy", 4, (int64_t[]){3, 4, 3, 1}, kinds[_i / 4], EGM_F64, 1);
	create(0.3, 0.1, 1.5, _i / 2 % 2 ? EGM_SPACING_LINEAR : EGM_SPACING_GEOMETRIC);
	phase_objective o = {1, {0}, {1}};
	check_gradients(loss, 0, &o, &io);
}
END_TEST

/* sigma_low = sigma_high = sigma0 is egm_loss_dsm, on the same noise. Geometric levels are exp(log sigma), off by an
 * ulp or two: 1e-14 relative on terms of order 1. */
START_TEST(test_annealed_dsm__one_level_is_plain)
{
	static phase_io plain;
	egm_dsm_options o;
	uint64_t random = 3;
	for (int i = 0; i < 9; i++) io.data[i] = random_signed(&random);
	io.batch = 3;
	plain = io;
	nets[0] = dense_net(context, "energy", 3, (int64_t[]){3, 4, 1}, egm_model_silu, EGM_F64, 1);
	o = (egm_dsm_options)EGM_DSM_OPTIONS_INIT;
	o.sigma = 0.4;
	CREATED(egm_loss_dsm(&loss, nets[0], &o));
	run_phase(loss, 0, &plain);
	for (int32_t spacing = EGM_SPACING_LINEAR; spacing <= EGM_SPACING_GEOMETRIC; spacing++) {
		egm_loss_free(loss);
		create(0.4, 0.4, 0.4, spacing);
		run_phase(loss, 0, &io);
		ck_assert(fabs(io.terms[0] - plain.terms[0]) <= 1e-14 * plain.terms[0]);
		for (int i = 0; i < nets[0]->count; i++) ck_assert(fabs(io.gradient[0][i] - plain.gradient[0][i]) <= 1e-13);
	}
}
END_TEST

/* ---- the distribution of the levels */

static double levels[DRAWS];
static int seen;

/* U = w x with w so large that the loss of one row is (sigma0^2 w/sigma)^2 but for n: sigma to 1e-9. */
static void see_level(void *user)
{
	levels[seen++] = *(double *)user / sqrt(io.terms[0]);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: the largest distance of 4000 draws from the distribution is above 2.74/sqrt(4000) with chance
 * 2 exp(-2 2.74^2) = 6e-7. */
START_TEST(test_annealed_dsm__levels_have_their_law)
{
	const double w = 1e9, low = 0.1, high = 2, sigma0 = 0.5, factor = w * sigma0 * sigma0;
	double worst = 0;
	seen = 0;
	nets[0] = linear_net(context, "energy", 1, &w, 0);
	create(sigma0, low, high, _i ? EGM_SPACING_LINEAR : EGM_SPACING_GEOMETRIC);
	io.batch = 1;
	run_often(0, DRAWS, see_level, (double[]){factor});
	qsort(levels, DRAWS, sizeof *levels, ascending);
	ck_assert(levels[0] >= low * (1 - 1e-7) && levels[DRAWS - 1] <= high * (1 + 1e-7));
	for (int i = 0; i < DRAWS; i++) {
		double p = _i ? (levels[i] - low) / (high - low) : log(levels[i] / low) / log(high / low);
		worst = egm_test_worse(worst, fabs(p - (double)i / DRAWS));
		worst = egm_test_worse(worst, fabs(p - (i + 1.0) / DRAWS));
	}
	ck_assert(worst <= 2.74 / sqrt(DRAWS));
}
END_TEST

/* Rows of a batch have levels of their own: with one for all, the batch mean would vary as a single row does. Here
 * E[1/sigma^2] comes out of one batch of 20,000 within its standard error. */
static double inverse_square(double low, double high, int32_t spacing)
{
	if (low == high) return 1 / (low * low);
	return spacing == EGM_SPACING_LINEAR ? 1 / (low * high)
	                                     : (1 / (low * low) - 1 / (high * high)) / (2 * log(high / low));
}

START_TEST(test_annealed_dsm__rows_have_levels_of_their_own)
{
	const double w = 1e6, low = 0.5, high = 2, sigma0 = 1;
	int32_t spacing = _i ? EGM_SPACING_LINEAR : EGM_SPACING_GEOMETRIC;
	nets[0] = linear_net(context, "energy", 1, &w, 0);
	create(sigma0, low, high, spacing);
	io.batch = BATCH;
	run_phase(loss, 0, &io);
	/* 1/sigma^2 lies in [1/4, 4]: its deviation is below 1.9, the standard error below 0.0134 */
	ck_assert(fabs(io.terms[0] / (w * w) - inverse_square(low, high, spacing)) <= 5 * 0.0134);
}
END_TEST

/* ---- optima */

typedef struct spread {
	double s, sigma0, low, high;
	int32_t spacing;
} spread;
static const spread spreads[] = {
    {1, 0.5, 0.5, 0.5, EGM_SPACING_GEOMETRIC}, /* K9: slope 0.8 */
    {1, 0.5, 0.25, 1, EGM_SPACING_GEOMETRIC},
    {1, 0.5, 0.25, 1, EGM_SPACING_LINEAR},
    {2, 0.3, 0.3, 1.5, EGM_SPACING_GEOMETRIC},
};

/* Data N(0, s^2), U = theta y^2/2. Of a row at level sigma, E (sigma0^2/sigma theta (x + sigma n) - n)^2 = sigma0^4
 * theta^2 (s^2/sigma^2 + 1) - 2 sigma0^2 theta + 1; over the levels that is least at
 *
 *   theta = 1/(sigma0^2 (s^2 E[1/sigma^2] + 1)), with the value 1 - sigma0^2 theta,
 *
 * which is 1/(s^2 + sigma^2) at one level. A weight other than 1/sigma^2 has its minimum elsewhere: 1 would give
 * E[1]/E[s^2 + sigma^2], 1/sigma^4 more of the low levels. Positive, for U low = likely. */
START_TEST(test_annealed_dsm__best_quadratic_energy)
{
	const spread *o = &spreads[_i];
	const double s0 = o->sigma0 * o->sigma0;
	const double theta = 1 / (s0 * (o->s * o->s * inverse_square(o->low, o->high, o->spacing) + 1));
	run_means m = {{0}, {0}};
	exact_normal_data(0, o->s, BATCH, 11);
	nets[0] = quadratic_net(context, "energy", 1, 1, (double[]){1}, &theta, 0);
	create(o->sigma0, o->low, o->high, o->spacing);
	io.batch = BATCH;
	run_often(0, RUNS, add_to_means, &m);
	ck_assert(theta > 0 && (_i != 0 || fabs(theta - 0.8) <= 1e-15));
	/* what the quadratic network lacks, 1e-4 of theta y^2, enters the slope times its curvature, 2 sigma0^2/theta */
	sample_mean_check("loss", &m.value, 1 - s0 * theta, 2e-3);
	double mean = m.slope.sum / m.slope.n, squares = m.slope.squares / m.slope.n;
	double se = sqrt((squares - mean * mean) / (m.slope.n - 1));
	ck_assert(se <= 4e-3);
	ck_assert(fabs(mean) <= 5 * se + 2e-4 * s0);
}
END_TEST

START_TEST(test_annealed_dsm__rejects)
{
	static const struct {
		double sigma0, low, high;
		int32_t spacing, reserved;
		const char *text;
	} bad[] = {
	    {-1, 0.1, 1, 1, 0, "sigma0 is -1, must be above 0 and finite"},
	    {0.1, -1, 1, 1, 0, "sigma_low is -1, must be above 0 and finite"},
	    {0.1, 0.1, INFINITY, 1, 0, "sigma_high is inf, must be above 0 and finite"},
	    {0.1, 0.1, NAN, 1, 0, "sigma_high is nan, must be above 0 and finite"},
	    {0.1, 0.5, 0.25, 1, 0, "sigma_low is 0.5, must be at most sigma_high, which is 0.25"},
	    {0.1, 0.1, 1, -1, 0, "spacing is -1, must be EGM_SPACING_LINEAR (1) or EGM_SPACING_GEOMETRIC (2)"},
	    {0.1, 0.1, 1, 3, 0, "spacing is 3, must be EGM_SPACING_LINEAR (1) or EGM_SPACING_GEOMETRIC (2)"},
	    {0.1, 0.1, 1, 1, 1, "reserved is 1, must be 0"},
	};
	egm_annealed_dsm_options o;
	nets[0] = dense_net(context, "energy", 2, (int64_t[]){2, 1}, NULL, EGM_F64, 1);
	nets[1] = dense_net(context, "wide", 2, (int64_t[]){2, 2}, NULL, EGM_F64, 1);
	o = (egm_annealed_dsm_options)EGM_ANNEALED_DSM_OPTIONS_INIT;
	ck_assert(o.spacing == EGM_SPACING_GEOMETRIC && o.sigma0 == 0.1 && o.sigma_low == 0.05 && o.sigma_high == 1.2);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		o = (egm_annealed_dsm_options){sizeof o,      bad[i].spacing, bad[i].reserved,
		                               bad[i].sigma0, bad[i].low,     bad[i].high};
		REJECTED(egm_loss_annealed_dsm(&loss, nets[0], &o), EGM_ERR_ARGUMENT, bad[i].text);
	}
	REJECTED(egm_loss_annealed_dsm(&loss, nets[1], NULL), EGM_ERR_SHAPE, "energy 'wide' has 2 outputs, must have 1");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("annealed_dsm");
	TCase *t = tcase_create("annealed_dsm");
	tcase_set_tags(t, "K1 K9");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_annealed_dsm__gradient_equals_differences, 0, 12);
	tcase_add_test(t, test_annealed_dsm__one_level_is_plain);
	tcase_add_loop_test(t, test_annealed_dsm__levels_have_their_law, 0, 2);
	tcase_add_loop_test(t, test_annealed_dsm__rows_have_levels_of_their_own, 0, 2);
	tcase_add_loop_test(t, test_annealed_dsm__best_quadratic_energy, 0, 4);
	tcase_add_test(t, test_annealed_dsm__rejects);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
