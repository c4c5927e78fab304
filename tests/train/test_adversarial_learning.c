/* SPDX-License-Identifier: MIT */
/* What the adversarial losses learn end to end, in f32 and through the public API: the optimal discriminator of two
 * points, the slope of a WGAN critic between two points, one normal distribution by five losses. The bounds of the
 * last are twice the largest error for seeds 1 to 5. */
#include "adversarial_training.h"

/* Adam cannot move a network whose rate is 1e-30. */
static void hold(ring *r, const egm_model *net)
{
	RING_OK(egm_trainer_set_learning_rate(r->trainer, net, 1e-30));
}

/* ---- the optimal discriminator */

/* p = {.1, .9} on {-1, 1}; G = tanh(10^4 z), q = {1/2, 1/2}: D* = p / (p + q) = {1/6, 9/14}.
 *
 * Each batch holds p exactly and estimates q with a standard error of .5 / sqrt(1000) = .016. The curvature of the
 * objective by a logit is (p + q) D (1 - D), at least .08, so that the last 1/.08 steps at least are averaged even
 * before the rate falls: dD = D (1 - D) dl <= .016 / (p + q) / sqrt(12) = .008 at one standard error, and falling.
 * Four: .03. */
START_TEST(test_gan__discriminator_becomes_optimal)
{
	enum { ROWS = 1000 };
	static double x[ROWS];
	const float points[2] = {-1, 1};
	float logit[2];
	ring r = ring_open(EGM_F32, 1);
	for (int i = 0; i < ROWS; i++) x[i] = i % 10 ? 1 : -1;
	r.judge = ring_net(&r, "discriminator", 1, 0, 0, 1, NULL, 0, SEED);
	r.generator = ring_net(&r, "generator", 1, 1, 1, 1, egm_model_tanh, 0, 1);
	RING_SET(r.generator, "0.weight", 1e4);
	RING_SET(r.generator, "2.weight", 1);
	RING_SET(r.generator, "2.bias", 0);
	RING_OK(egm_loss_gan(&r.loss, r.judge, r.generator, NULL));
	ring_data(&r, x, ROWS, 1);
	r.options.optimizer = EGM_OPTIMIZER_SGD;
	r.options.momentum = 0;
	r.options.batch = ROWS;
	ring_schedule(&r, 1, 400);
	ring_trainer(&r);
	hold(&r, r.generator);
	ring_fit(&r, 400);
	RING_OK(egm_model_run(r.judge, egm_f32(points, 2, 1), egm_f32_out(logit, 2, egm_model_outputs(r.judge))));
	ck_assert(fabs(1 / (1 + exp(-(double)logit[0])) - 1 / 6.) <= .03);
	ck_assert(fabs(1 / (1 + exp(-(double)logit[1])) - 9 / 14.) <= .03);
	ring_close(&r);
}
END_TEST

/* ---- a WGAN-GP critic between two points */

enum { GRID = 2000 };

/* Mean of (slope - want)^2 between two points, and how far D rises from one to the other. */
static double departure(const egm_model *critic, double from, double to, double want, double *gap)
{
	static float x[GRID], d[GRID], slope[GRID];
	float ends[2] = {(float)from, (float)to}, at[2];
	double sum = 0;
	for (int i = 0; i < GRID; i++) x[i] = (float)(from + (to - from) * (i + .5) / GRID);
	RING_OK(
	    egm_model_energy_gradient(critic, egm_f32(x, GRID, 1), egm_f32_out(d, GRID, 1), egm_f32_out(slope, GRID, 1)));
	for (int i = 0; i < GRID; i++) sum += pow((double)slope[i] - want, 2) / GRID;
	RING_OK(egm_model_energy(critic, egm_f32(ends, 2, 1), egm_f32_out(at, 2, 1)));
	*gap = (double)at[1] - (double)at[0];
	return sum;
}

/* Data at 1, G at -1, lambda = 10: of all critics the one with the slope 1.1 between them is best, with the gap 2.2
 * and the objective -2.1. Any other critic D whose slope stays above 1 has an objective higher by
 *
 *   e = lambda E (D' - 1.1)^2,
 *
 * and a gap within 2 sqrt(e / lambda) of 2.2. A network of 32 silu units draws a straight line to within a hundredth in
 * its slope: e <= 1e-3, and the gap within .02. (The start decides on the side: with two_sided a network that begins
 * with a slope below 0 may end in the other minimum, slope -.9; test_wgan.c has it in closed form.) */
START_TEST(test_wgan__critic_between_two_points)
{
	double gap, x[64];
	ring r = ring_open(EGM_F32, 1);
	egm_wgan_options o = EGM_WGAN_OPTIONS_INIT;
	o.penalty_kind = _i;
	for (int i = 0; i < 64; i++) x[i] = 1;
	r.judge = ring_net(&r, "critic", 1, 2, 32, 1, egm_model_silu, 0, SEED);
	r.generator = ring_point(&r, -1);
	RING_OK(egm_loss_wgan(&r.loss, r.judge, r.generator, &o));
	ring_data(&r, x, 64, 1);
	ring_schedule(&r, 3e-3, 400);
	r.options.beta2 = .99;
	ring_trainer(&r);
	hold(&r, r.generator);
	ring_fit(&r, 400);
	double e = o.penalty * departure(r.judge, -1, 1, 1.1, &gap);
	ck_assert_msg(e <= 1e-3, "objective %g above -2.1", e);
	ck_assert_msg(fabs(gap - 2.2) <= .02, "gap %g", gap);
	ck_assert_msg(fabs(ring_term(&r, "critic_real") - ring_term(&r, "critic_fake") - 2.2) <= .02, "gap of the terms");
	ring_close(&r);
}
END_TEST

/* ---- N(3, .5^2) from G(z) = w z + b, which begins near 0 */

enum { R1, HINGE, RELATIVISTIC, WGAN, LS_GAN, N_RECIPES };

static void create_recipe(ring *r, int recipe)
{
	egm_gan_options g = EGM_GAN_OPTIONS_INIT;
	egm_wgan_options w = EGM_WGAN_OPTIONS_INIT;
	egm_ls_gan_options l = EGM_LS_GAN_OPTIONS_INIT;
	g.penalty = recipe == HINGE ? 0 : 1;
	g.discriminator_steps = recipe == HINGE ? 5 : 1;
	g.form = (int32_t[]){EGM_GAN_NON_SATURATING, EGM_GAN_HINGE, EGM_GAN_RELATIVISTIC}[recipe % 3];
	w.penalty = 1;
	w.penalty_kind = EGM_PENALTY_ONE_SIDED;
	l.penalty = 1;
	l.energy_steps = 2;
	if (recipe == WGAN)
		RING_OK(egm_loss_wgan(&r->loss, r->judge, r->generator, &w));
	else if (recipe == LS_GAN)
		RING_OK(egm_loss_ls_gan(&r->loss, r->judge, r->generator, &l));
	else
		RING_OK(egm_loss_gan(&r->loss, r->judge, r->generator, &g));
}

/* The distribution of G is N(b, w^2), so that b and |w| say all. Zero-centred penalties converge
 * (test_adversarial_dynamics.c) and come within .012 of both in seeds 1 to 5; a WGAN and a spectral critic alone go
 * round the answer, and it is the falling rate that ends it: .023 and .065. */
START_TEST(test_systems__learn_a_normal_distribution)
{
	static double x[POINTS];
	const double rate[N_RECIPES] = {2e-3, 1e-2, 2e-3, 5e-3, 2e-3};
	const double bound[N_RECIPES] = {.05, .15, .05, .05, .05};
	ring r = ring_open(EGM_F32, 1);
	r.judge = ring_net(&r, "judge", 1, 2, 32, 1, egm_model_silu, _i == HINGE, 10 + SEED);
	r.generator = ring_net(&r, "generator", 1, 0, 0, 1, NULL, 0, 20 + SEED);
	create_recipe(&r, _i);
	ring_standard(x, 9);
	for (int i = 0; i < POINTS; i++) x[i] = 3 + .5 * x[i];
	ring_data(&r, x, POINTS, 1);
	ring_schedule(&r, rate[_i], 2000);
	r.options.batch = 256;
	ring_trainer(&r);
	RING_OK(egm_trainer_set_learning_rate(r.trainer, r.generator, 5e-3));
	ring_fit(&r, 2000);
	double mean = ring_get(r.generator, "0.bias", 1, 0), sd = fabs(ring_get(r.generator, "0.weight", 1, 0));
	ck_assert_msg(fabs(mean - 3) <= bound[_i], "mean %.4f", mean);
	ck_assert_msg(fabs(sd - .5) <= bound[_i], "standard deviation %.4f", sd);
	ring_close(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("adversarial_learning");
	TCase *t = tcase_create("two points");
	tcase_set_tags(t, "K4 K5 E25");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_gan__discriminator_becomes_optimal);
	tcase_add_loop_test(t, test_wgan__critic_between_two_points, EGM_PENALTY_TWO_SIDED, EGM_PENALTY_ONE_SIDED + 1);
	suite_add_tcase(s, t);
	t = tcase_create("distributions");
	tcase_set_tags(t, "S4 S9");
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t, test_systems__learn_a_normal_distribution, 0, N_RECIPES);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
