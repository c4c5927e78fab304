/* SPDX-License-Identifier: MIT */
/* Alternating steps of the adversarial losses, one by one: the Dirac-GAN against its matrix, the incremental
 * regularizer, clipping, spectral critics, threads. test_adversarial_learning.c tests what they learn. */
#include "adversarial_training.h"
#include <train/trainer_impl.h>

/* ---- the Dirac-GAN: data at 0, G at t, D(x) = w x, plain SGD with the rate h
 *
 * The critic moves first, the generator follows the new critic:
 *
 *   w' = w - h (t + 2 lambda w),  t' = t + h w',   M = [1 - 2 lambda h, -h; h (1 - 2 lambda h), 1 - h^2],
 *
 * det M = 1 - 2 lambda h, trace M = 2 - 2 lambda h - h^2. With lambda = 0 the eigenvalues lie on the unit circle (h <
 * 2): w^2 + t^2 - h w t is kept for ever, where simultaneous steps grow by sqrt(1 + h^2) each. */

static ring dirac(int32_t kind, double lambda, double h)
{
	ring r = ring_open(EGM_F64, 1);
	egm_wgan_options o = EGM_WGAN_OPTIONS_INIT;
	o.penalty_kind = kind;
	o.penalty_at = EGM_AT_REAL;
	o.penalty = lambda;
	o.critic_steps = 1;
	r.judge = ring_net(&r, "critic", 1, 0, 0, 1, NULL, 0, 1);
	r.generator = ring_point(&r, 0);
	RING_OK(egm_loss_wgan(&r.loss, r.judge, r.generator, &o));
	ring_data(&r, (double[]){0}, 1, 1);
	r.options.optimizer = EGM_OPTIMIZER_SGD;
	r.options.momentum = 0;
	r.options.learning_rate = h;
	r.options.batch = 1;
	ring_trainer(&r);
	return r;
}

static void dirac_set(ring *r, double w, double t)
{
	RING_SET(r->judge, "0.weight", w);
	RING_SET(r->generator, "2.bias", t);
}

static void dirac_get(const ring *r, double *w, double *t)
{
	*w = ring_get(r->judge, "0.weight", 1, 0);
	*t = ring_get(r->generator, "2.bias", 1, 0);
}

/* M from two steps, and what its eigenvalues say per unit of time h: log |mu| / h -> -lambda, arg mu / h ->
 * sqrt(1 - lambda^2), each up to h. */
START_TEST(test_dirac__alternating_steps_have_the_derived_matrix)
{
	const double h = _i ? 1e-4 : .1, lambda = .1, c = 1 - 2 * lambda * h;
	const double want[] = {c, -h, h * c, 1 - h * h};
	double m[4];
	ring r = dirac(EGM_PENALTY_ZERO_CENTERED, lambda, h);
	for (int column = 0; column < 2; column++) {
		dirac_set(&r, !column, column);
		ring_fit(&r, 1);
		dirac_get(&r, &m[column], &m[2 + column]);
	}
	for (int i = 0; i < 4; i++) ck_assert_msg(fabs(m[i] - want[i]) <= 1e-15, "%d: %.17g, not %.17g", i, m[i], want[i]);
	double det = m[0] * m[3] - m[1] * m[2], trace = m[0] + m[3];
	ck_assert(fabs(log(det) / (2 * h) - -.1) <= h);
	ck_assert(fabs(acos(trace / (2 * sqrt(det))) / h - .994987) <= h);
	ring_close(&r);
}
END_TEST

START_TEST(test_dirac__without_penalty_it_cycles)
{
	const double h = .1;
	double w, t;
	ring r = dirac(EGM_PENALTY_ZERO_CENTERED, 0, h);
	dirac_set(&r, .6, .8);
	for (int i = 0; i < 200; i++) {
		ring_fit(&r, 25);
		dirac_get(&r, &w, &t);
		/* 5000 steps of rounding, 1e-16 each */
		ck_assert(fabs(w * w + t * t - h * w * t - (1 - h * .48)) <= 1e-12);
	}
	ring_close(&r);
}
END_TEST

/* n steps shrink it by (1 - 2 lambda h)^(n/2), up to the shape of the ellipse, a factor of 1.3 at most for h = .05. */
START_TEST(test_dirac__zero_centred_penalty_converges_at_its_rate)
{
	const double h = .05, lambda = .1;
	double w, t;
	ring r = dirac(EGM_PENALTY_ZERO_CENTERED, lambda, h);
	dirac_set(&r, .6, .8);
	ring_fit(&r, 2000);
	dirac_get(&r, &w, &t);
	double shrunk = hypot(w, t) / pow(1 - 2 * lambda * h, 1000);
	ck_assert_msg(shrunk >= 1 / 1.3 && shrunk <= 1.3, "%g", shrunk);
	ring_close(&r);
}
END_TEST

/* One-centred: on each side of w = 0 it is a damped turn about t = +-2 lambda, sign that of w, and half a turn takes
 * the distance from that centre to its q-fold, q = exp(-pi lambda / sqrt(1 - lambda^2)). From -t to t: t - 2 lambda =
 * q (t + 2 lambda), a limit cycle through t = 2 lambda (1 + q) / (1 - q) = 1.277 at w = 0. It is reached from outside
 * and from inside, each half turn leaving q = .729 of what is missing: .729^24 = 5e-4. Steps of h err by about h. */
START_TEST(test_dirac__one_centred_penalty_ends_in_a_cycle)
{
	const double h = 2e-3, lambda = .1, q = exp(-acos(-1) * lambda / sqrt(1 - lambda * lambda));
	const double want = 2 * lambda * (1 + q) / (1 - q);
	double w, t, before, crossing = 0;
	int turns = 0;
	ring r = dirac(EGM_PENALTY_TWO_SIDED, lambda, h);
	ck_assert(fabs(want - 1.277) <= 5e-4);
	dirac_set(&r, 0, _i ? .3 : 3);
	dirac_get(&r, &before, &t);
	for (int i = 0; i < 100000 && turns < 24; i++) {
		ring_fit(&r, 1);
		dirac_get(&r, &w, &t);
		if ((w > 0) != (before > 0)) crossing = fabs(t), turns++;
		before = w;
	}
	ck_assert_int_eq(turns, 24);
	ck_assert_msg(fabs(crossing - want) <= 4 * h, "%.6f, not %.6f", crossing, want);
	ring_close(&r);
}
END_TEST

/* ---- the incremental regularizer */

enum { ROWS = 40 };

static ring regularised(double step_penalty, int linear, int64_t batch)
{
	ring r = ring_open(EGM_F32, 1);
	egm_gan_options o = EGM_GAN_OPTIONS_INIT;
	double x[2 * ROWS];
	uint64_t state = 5;
	for (int i = 0; i < 2 * ROWS; i++) x[i] = ring_normal(&state);
	o.generator_steps = 2;
	o.step_penalty = step_penalty;
	r.judge = ring_net(&r, "discriminator", 2, 1, 16, 1, egm_model_silu, 0, 1);
	r.generator = ring_net(&r, "generator", 2, linear ? 0 : 1, 16, 2, egm_model_silu, 0, 2);
	RING_OK(egm_loss_gan(&r.loss, r.judge, r.generator, &o));
	ring_data(&r, x, ROWS, 2);
	r.options.batch = batch;
	r.options.learning_rate = .01;
	ring_trainer(&r);
	RING_OK(egm__batches_fit(&r.trainer->batches, ROWS));
	return r;
}

static int same_bits(const egm_model *a, const egm_model *b)
{
	size_t element = egm_model_dtype(a) == EGM_F64 ? sizeof(double) : sizeof(float);
	return !memcmp(a->parameters, b->parameters, (size_t)egm_model_parameter_count(a) * element);
}

/* One phase as a training step runs it. */
static void phase(ring *r, int32_t index)
{
	RING_OK(egm__trainer_phase(r->trainer, index, r->data));
}

START_TEST(test_regulariser__first_run_is_the_same_and_the_second_is_not)
{
	ring with = regularised(5, 0, 8), without = regularised(0, 0, 8);
	phase(&with, 0), phase(&without, 0);
	egm__trainer_keep(with.trainer, 1);
	phase(&with, 1), phase(&without, 1);
	ck_assert(same_bits(with.generator, without.generator));
	egm__trainer_keep(with.trainer, 2); /* keeps nothing: G_old is older than the first run */
	phase(&with, 2), phase(&without, 1);
	ck_assert(!same_bits(with.generator, without.generator));
	ck_assert(same_bits(with.judge, without.judge));
	ck_assert(ring_term(&with, "step") > 0);
	ring_close(&with);
	ring_close(&without);
}
END_TEST

/* The same by whole steps: G_old moves on with each of them. Adam's step of .01 moves G by about .01 for each of the
 * few dozen numbers that its output depends on, so between two runs |G - G_old|^2 stays far below 1 in every step. */
START_TEST(test_regulariser__old_generator_moves_on)
{
	ring with = regularised(5, 0, 8), without = regularised(0, 0, 8);
	for (int i = 0; i < 200; i++) {
		ring_fit(&with, 1);
		double step = ring_term(&with, "step");
		ck_assert_msg(step > 0 && step < .5, "%g at step %d", step, i);
	}
	ring_fit(&without, 200);
	ck_assert(!same_bits(with.generator, without.generator));
	ring_close(&with);
	ring_close(&without);
}
END_TEST

/* G_old = id, then G is turned by 90 degrees: E||Rz - z||^2 = 2 E||z||^2 = 4 while the distribution of Rz is that of z.
 * On 40 rows the standard error is 4 / sqrt(40) = .63; sixteen phases with noise of their own: .16. */
START_TEST(test_regulariser__turning_costs_four)
{
	double sum = 0;
	ring r = regularised(5, 1, ROWS);
	for (int i = 0; i < 16; i++) {
		RING_SET(r.generator, "0.weight", 1, 0, 0, 1);
		RING_SET(r.generator, "0.bias", 0, 0);
		egm__trainer_keep(r.trainer, 1);
		RING_SET(r.generator, "0.weight", 0, -1, 1, 0);
		phase(&r, 2);
		sum += ring_term(&r, "step") / 16;
	}
	ck_assert_msg(fabs(sum - 4) <= 5 * .16, "%g", sum);
	ring_close(&r);
}
END_TEST

/* ---- clipping and spectral critics */

static ring wasserstein(egm_wgan_options o, int spectral, int32_t threads, int64_t hidden, int64_t batch)
{
	ring r = ring_open(EGM_F32, threads);
	enum { CLOUD = 256 };
	double x[2 * CLOUD];
	uint64_t state = 5;
	for (int i = 0; i < 2 * CLOUD; i++) x[i] = 2 + ring_normal(&state);
	r.judge = ring_net(&r, "critic", 2, 2, hidden, 1, egm_model_silu, spectral, 1);
	r.generator = ring_net(&r, "generator", 2, 1, hidden, 2, egm_model_silu, 0, 2);
	RING_OK(egm_loss_wgan(&r.loss, r.judge, r.generator, &o));
	ring_data(&r, x, CLOUD, 2);
	r.options.batch = batch;
	return r;
}

static egm_wgan_options plain(void)
{
	egm_wgan_options o = EGM_WGAN_OPTIONS_INIT;
	o.penalty = 0;
	return o;
}

/* Largest absolute parameter of a network: trained ones, or buffers. */
static double largest(const egm_model *net, int trained)
{
	double top = 0;
	for (int32_t t = 0; t < net->n_tensors; t++)
		for (int64_t i = 0; net->tensors[t].trained == trained && i < net->tensors[t].count; i++)
			top = egm_test_worse(top, fabs(egm__number(net->dtype, net->parameters, net->tensors[t].offset + i)));
	return top;
}

/* After every step the critic lies in the box, and something lies on its wall; u and v, unit vectors of 16 numbers,
 * have one of at least 1/4 and are left alone. The generator is not cut. */
START_TEST(test_clip__holds_the_critic_alone)
{
	egm_wgan_options o = plain();
	o.clip = .05;
	ring r = wasserstein(o, _i, 1, 16, 32);
	r.options.optimizer = EGM_OPTIMIZER_RMSPROP;
	r.options.learning_rate = 1e-3;
	ring_trainer(&r);
	for (int i = 0; i < 50; i++) {
		ring_fit(&r, 1);
		ck_assert(largest(r.judge, 1) <= (double).05F);
		ck_assert(largest(r.generator, 1) > .1);
		if (_i) ck_assert(largest(r.judge, 0) >= .25);
	}
	ck_assert(largest(r.judge, 1) == (double).05F);
	ring_close(&r);
}
END_TEST

/* What is averaged stood before the cut, a step beyond the wall; the average does not. */
START_TEST(test_clip__holds_the_average)
{
	egm_model *average = NULL;
	egm_wgan_options o = plain();
	o.clip = .05;
	ring r = wasserstein(o, 0, 1, 16, 32);
	r.options.learning_rate = .02;
	r.options.average_decay = .5;
	ring_trainer(&r);
	ring_fit(&r, 50);
	RING_OK(egm_trainer_average(&average, r.trainer, r.judge));
	ck_assert(largest(average, 1) == (double).05F);
	egm_model_free(average);
	ring_close(&r);
}
END_TEST

/* |D(a) - D(b)| over |a - b|, at most, over the rows of a cloud. */
static double steepest(const egm_model *net)
{
	enum { N = 200 };
	static float x[2 * N], d[N];
	double most = 0;
	uint64_t state = 5;
	for (int i = 0; i < 2 * N; i++) x[i] = (float)(6 * ring_random(&state) - 2);
	RING_OK(egm_model_energy(net, egm_f32(x, N, 2), egm_f32_out(d, N, 1)));
	for (int a = 0; a < N; a++)
		for (int b = 0; b < a; b++) {
			double run = hypot((double)x[2 * a] - (double)x[2 * b], (double)x[2 * a + 1] - (double)x[2 * b + 1]);
			most = egm_test_worse(most, fabs((double)d[a] - (double)d[b]) / run);
		}
	return most;
}

/* Each layer stretches by at most 1.035 under Adam steps of 1e-4 (test_spectral_training.c derives it), silu by 1.0998
 * (its largest slope): 1.035^3 1.0998^2 = 1.342 in all. A critic that has learned has a clear slope and is higher at
 * the data, which are 2 sqrt 2 away from the generator. */
START_TEST(test_spectral__critic_trains_and_stays_lipschitz)
{
	egm_wgan_options o = plain();
	o.penalty = _i ? 10 : 0;
	o.critic_steps = 1;
	ring r = wasserstein(o, 1, 1, 16, 64);
	r.options.learning_rate = 1e-4;
	ring_trainer(&r);
	RING_OK(egm_trainer_set_learning_rate(r.trainer, r.generator, 1e-30)); /* holds it */
	ring_fit(&r, 3000);
	double slope = steepest(r.judge), gap = ring_term(&r, "critic_real") - ring_term(&r, "critic_fake");
	ck_assert_msg(slope <= 1.342, "slope %g", slope);
	ck_assert_msg(gap >= .5, "gap %g", gap);
	ring_close(&r);
}
END_TEST

/* ---- threads: the same bits by one and two, for every penalty at every kind of point */

START_TEST(test_threads__do_not_change_a_bit)
{
	ring r[2];
	egm_wgan_options o = plain();
	o.penalty = 10;
	o.penalty_kind = _i < 16 ? EGM_PENALTY_TWO_SIDED + _i / 4 : EGM_PENALTY_FINITE_TWO_SIDED + _i - 16;
	o.penalty_at = _i < 16 ? EGM_AT_INTERPOLATES + _i % 4 : EGM_AT_INTERPOLATES;
	for (int i = 0; i < 2; i++) {
		r[i] = wasserstein(o, 0, i + 1, 64, 256);
		ring_trainer(&r[i]);
		ring_fit(&r[i], 2);
	}
	ck_assert(same_bits(r[0].judge, r[1].judge));
	ck_assert(same_bits(r[0].generator, r[1].generator));
	ring_close(&r[0]);
	ring_close(&r[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("adversarial_dynamics");
	TCase *t = tcase_create("dirac");
	tcase_set_tags(t, "K6");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_dirac__alternating_steps_have_the_derived_matrix, 0, 2);
	tcase_add_test(t, test_dirac__without_penalty_it_cycles);
	tcase_add_test(t, test_dirac__zero_centred_penalty_converges_at_its_rate);
	tcase_add_loop_test(t, test_dirac__one_centred_penalty_ends_in_a_cycle, 0, 2);
	suite_add_tcase(s, t);
	t = tcase_create("regularizer");
	tcase_set_tags(t, "E12 E13 K18");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_regulariser__first_run_is_the_same_and_the_second_is_not);
	tcase_add_test(t, test_regulariser__old_generator_moves_on);
	tcase_add_test(t, test_regulariser__turning_costs_four);
	suite_add_tcase(s, t);
	t = tcase_create("critics");
	tcase_set_tags(t, "E26 K19 S9 guards");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_clip__holds_the_critic_alone, 0, 2);
	tcase_add_test(t, test_clip__holds_the_average);
	tcase_add_loop_test(t, test_spectral__critic_trains_and_stays_lipschitz, 0, 2);
	tcase_add_loop_test(t, test_threads__do_not_change_a_bit, 0, 18);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
