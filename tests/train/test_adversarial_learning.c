/* SPDX-License-Identifier: MIT */
/* What the adversarial systems learn end to end, in f32 and through the public API: the slope of a WGAN critic between
 * two points, one normal law by five systems, a linear autoencoder of Gaussian data. */
#include "adversarial_training.h"
#include <stdio.h>
#include <stdlib.h>
static int SEED(void){return getenv("SEEDX")?atoi(getenv("SEEDX")):1;}

/* ---- K5: a WGAN-GP critic between two points */

enum { GRID = 2000 };

/* Mean over the segment of (slope - want)^2, and D's rise over it. */
static double departure(const egm_model *critic, double from, double to, double want, double *gap)
{
	static float x[GRID], d[GRID], slope[GRID], ends[2], at[2];
	double sum = 0;
	for (int i = 0; i < GRID; i++) x[i] = (float)(from + (to - from) * (i + .5) / GRID);
	RING_OK(egm_model_energy_gradient(critic, EGM_F32, x, GRID, 1, d, slope));
	for (int i = 0; i < GRID; i++) sum += pow((double)slope[i] - want, 2) / GRID;
	ends[0] = (float)from, ends[1] = (float)to;
	RING_OK(egm_model_energy(critic, EGM_F32, ends, 2, 1, at));
	*gap = (double)at[1] - (double)at[0];
	return sum;
}

START_TEST(test_wgan__critic_between_two_points)
{
	double gap, x[64];
	ring r = ring_open(EGM_F32, 1);
	egm_wgan_options o;
	RING_OK(egm_wgan_options_init(&o, sizeof o));
	o.penalty_kind = _i;
	for (int i = 0; i < 64; i++) x[i] = 1;
	r.judge = ring_net(&r, "critic", 1, 2, 32, 1, egm_model_silu, 0, SEED());
	r.generator = ring_point(&r, -1);
	RING_OK(egm_wgan_create(&r.loss, r.judge, r.generator, &o));
	ring_data(&r, x, 64, 1);
	r.options.seed = SEED();
	r.options.learning_rate = 3e-3;
	r.options.beta2 = .99;
	r.options.schedule = EGM_SCHEDULE_LINEAR;
	r.options.schedule_steps = 400;
	ring_trainer(&r);
	RING_OK(egm_trainer_set_learning_rate(r.trainer, r.generator, 1e-30)); /* holds it */
	ring_fit(&r, 400);
	double excess = 10 * departure(r.judge, -1, 1, 1.1, &gap);
	printf("# kind %d excess %g gap %g\n", _i, excess, gap);
	ring_close(&r);
}
END_TEST

/* ---- N(3, .5^2] */
enum { POINTS = 4096 };

static void normal_data(ring *r)
{
	static double x[POINTS];
	double mean = 0, square = 0;
	uint64_t state = 9;
	for (int i = 0; i < POINTS; i++) x[i] = ring_normal(&state), mean += x[i] / POINTS;
	for (int i = 0; i < POINTS; i++) square += pow(x[i] - mean, 2) / POINTS;
	for (int i = 0; i < POINTS; i++) x[i] = 3 + .5 * (x[i] - mean) / sqrt(square);
	ring_data(r, x, POINTS, 1);
}

static void learn(int which, double lr, double lrg, int64_t steps)
{
	ring r = ring_open(EGM_F32, 1);
	egm_gan_options g;
	egm_wgan_options w;
	egm_ls_gan_options l;
	RING_OK(egm_gan_options_init(&g, sizeof g));
	RING_OK(egm_wgan_options_init(&w, sizeof w));
	RING_OK(egm_ls_gan_options_init(&l, sizeof l));
	r.judge = ring_net(&r, "judge", 1, 2, 32, 1, egm_model_silu, which == 1, 10+SEED());
	r.generator = ring_net(&r, "generator", 1, 0, 0, 1, NULL, 0, 20+SEED());
	g.penalty = 1;
	if (which == 1) g.form = EGM_GAN_HINGE, g.penalty = 0;
	if (which == 2) g.form = EGM_GAN_RELATIVISTIC;
	w.critic_steps = 3;
	w.penalty = 1;
	l.penalty = atof(getenv("LP")?getenv("LP"):"1");
	l.slope = atof(getenv("LN")?getenv("LN"):"0");
	l.margin = atof(getenv("LM")?getenv("LM"):"1");
	l.energy_steps = 2;
	if (which < 3) RING_OK(egm_gan_create(&r.loss, r.judge, r.generator, &g));
	if (which == 3) RING_OK(egm_wgan_create(&r.loss, r.judge, r.generator, &w));
	if (which == 4) RING_OK(egm_ls_gan_create(&r.loss, r.judge, r.generator, &l));
	normal_data(&r);
	r.options.seed = SEED();
	r.options.batch = 256;
	r.options.learning_rate = lr;
	r.options.schedule = EGM_SCHEDULE_LINEAR;
	r.options.schedule_steps = steps;
	ring_trainer(&r);
	RING_OK(egm_trainer_set_learning_rate(r.trainer, r.generator, lrg));
	ring_fit(&r, steps);
	printf("# which %d: mean %.3f sd %.3f\n", which, ring_get(r.generator, "0.bias", 1, 0), fabs(ring_get(r.generator, "0.weight", 1, 0)));
	ring_close(&r);
}
START_TEST(test_learn)
{
	learn(_i, 2e-3, 5e-3, 2000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("adversarial_learning");
	TCase *t = tcase_create("x");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_wgan__critic_between_two_points, 1, 3);
	tcase_add_loop_test(t, test_learn, 0, 5);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
