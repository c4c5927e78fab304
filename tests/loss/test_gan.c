/* SPDX-License-Identifier: MIT */
/* The GAN: the direction and size of the gradients of each network in every form, the points of the penalty, the value
 * at the optimum, and the incremental regularizer. The forms on logits alone are tested in test_adversarial.c. */
#include "adversarial_fixture.h"

enum { DISCRIMINATOR, GENERATOR, HELD }; /* networks and phases; HELD: the second run of G and later ones */
enum { TERM_DISCRIMINATOR, PENALTY, TERM_GENERATOR, STEP }; /* in the order of the library */
enum { FORMS = EGM_GAN_RELATIVISTIC_AVERAGE };

static egm_gan_options options;
static phase_io other;

static void setup(void)
{
	fixture_setup();
	options = (egm_gan_options)EGM_GAN_OPTIONS_INIT;
}

static void create(void)
{
	egm_loss_free(loss);
	ck_assert_msg(egm_loss_gan(&loss, judge, generator, &options) == EGM_OK, "%s", egm_last_error());
}

/* ---- signs and sizes */

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* l = w x + b, w = .25, b = .5, data at 1, G at -1: r = .75, f = .25. d/dr and d/df of each form, by hand. */
START_TEST(test_gan__each_net_goes_its_way)
{
	const double w = .25, r = .75, f = .25;
	const double by_r[] = {0, -sigmoid(-r), -sigmoid(-r), r - 1, -1, -sigmoid(f - r), -sigmoid(f - r)};
	const double by_f[] = {0, sigmoid(f), sigmoid(f), f, 1, sigmoid(f - r), sigmoid(f - r)};
	const double up[] = {0, -sigmoid(-f), -sigmoid(f), f - 1, -1, -sigmoid(r - f), -sigmoid(r - f)};
	judge = linear_net(context, "discriminator", 1, &w, .5);
	generator = point_generator(1, (double[]){-1});
	options.form = _i;
	create();
	fill_data(1, (double[]){1});
	run_phase(loss, DISCRIMINATOR, &io);
	ck_assert(fabs(io.gradient[DISCRIMINATOR][0] - (by_r[_i] - by_f[_i])) <= 1e-15); /* by w: x_r, x_f = 1, -1 */
	ck_assert(fabs(io.gradient[DISCRIMINATOR][1] - (by_r[_i] + by_f[_i])) <= 1e-15); /* by b */
	ck_assert(io.gradient[DISCRIMINATOR][0] < 0);                                    /* the real side rises */
	run_phase(loss, GENERATOR, &io);
	ck_assert(fabs(io.gradient[GENERATOR][1] - w * up[_i]) <= 1e-15);
	ck_assert(io.gradient[GENERATOR][1] < 0); /* towards the data */
}
END_TEST

/* 1/2 (r - .9)^2 + 1/2 f^2 and .9 sp(-r) + .1 sp(r) + sp(f), r = .75, f = -.25; the generator's label stays 1 */
START_TEST(test_gan__labels_are_smoothed_on_the_real_side)
{
	judge = linear_net(context, "discriminator", 1, (double[]){.5}, .25);
	generator = point_generator(1, (double[]){-1});
	options.form = _i ? EGM_GAN_LEAST_SQUARES : EGM_GAN_NON_SATURATING;
	options.smoothing = .1;
	create();
	fill_data(1, (double[]){1});
	run_phase(loss, DISCRIMINATOR, &io);
	run_phase(loss, GENERATOR, &io);
	double ce = .9 * log1p(exp(-.75)) + .1 * log1p(exp(.75)) + log1p(exp(-.25));
	ck_assert(fabs(io.terms[TERM_DISCRIMINATOR] - (_i ? (.0225 + .0625) / 2 : ce)) <= 1e-15);
	ck_assert(fabs(io.terms[TERM_GENERATOR] - (_i ? 1.5625 / 2 : log1p(exp(.25)))) <= 1e-15);
}
END_TEST

/* ---- the value at the optimum: -loss = -log 4 + 2 JS(p, q) */

START_TEST(test_gan__equal_laws_give_minus_log_four)
{
	judge = linear_net(context, "discriminator", 1, (double[]){0}, 0);
	generator = point_generator(1, (double[]){.5});
	create();
	fill_data(1, (double[]){.5});
	run_phase(loss, DISCRIMINATOR, &io);
	ck_assert(fabs(-io.terms[TERM_DISCRIMINATOR] - -1.386294) <= 5e-7);
	ck_assert(io.gradient[DISCRIMINATOR][0] == 0 && io.gradient[DISCRIMINATOR][1] == 0);
}
END_TEST

/* p = {.1, .9} on {-1, 1}, q = {0, 1}: l(1) = log .9, l(-1) = infinite; at 40 what is missing is .1 exp(-40) = 4e-19.
 * JS is the true one, .035974 nats, and not half of Jeffreys, which is infinite here. */
START_TEST(test_gan__value_is_the_jensen_shannon_divergence)
{
	const double high = 40, low = log(.9), w = (low - high) / 2;
	const double js = (.1 * log(2) + .9 * log(.9 / .95) + log(1 / .95)) / 2;
	judge = linear_net(context, "discriminator", 1, &w, (low + high) / 2);
	generator = point_generator(1, (double[]){1});
	create();
	io.batch = 10;
	for (int i = 0; i < 10; i++) io.data[i] = i ? 1 : -1;
	run_phase(loss, DISCRIMINATOR, &io);
	ck_assert(fabs(js - .035974) <= 5e-7);
	ck_assert(fabs(-io.terms[TERM_DISCRIMINATOR] - (-log(4) + 2 * js)) <= 1e-15);
	/* l(1) is the sum of two numbers near 20, 4e-15 */
	for (int i = 0; i < 2; i++) ck_assert(fabs(io.gradient[DISCRIMINATOR][i]) <= 1e-14);
}
END_TEST

/* ---- penalty: l = |x|^2 / 2, whose gradient is x */

/* Real at (3, 0), fake at (0, 1). quadratic_net's gradient is A^-1 times (t + sinh t) / (2 cosh^2(t / 2)) - like terms,
 * x (1 - (A x)^2 / 6 + ...): at x = 3 it is 1.5e-4 low, its square 3e-4. Between the points at a share a of the way the
 * square is 9 a^2 + (1 - a)^2, at least .9, at most 9. */
START_TEST(test_gan__penalty_stands_where_it_is_told)
{
	const double want[] = {0, 0, 9, 1, 5};
	judge = quadratic_net(context, "discriminator", 2, 2, (double[]){1, 0, 0, 1}, (double[]){1, 1}, 0);
	generator = point_generator(2, (double[]){0, 1});
	options.penalty = .5;
	options.penalty_at = _i;
	create();
	fill_data(2, (double[]){3, 0});
	run_phase(loss, DISCRIMINATOR, &io);
	if (_i == EGM_AT_INTERPOLATES)
		ck_assert(io.terms[PENALTY] >= .899 && io.terms[PENALTY] <= 9);
	else
		ck_assert(fabs(io.terms[PENALTY] - want[_i]) <= 3e-4 * want[_i]);
}
END_TEST

/* ---- the incremental regularizer */

static void smooth_nets(void)
{
	judge = dense_net(context, "discriminator", 3, (int64_t[]){2, 4, 1}, egm_model_tanh, EGM_F64, 1);
	generator = dense_net(context, "generator", 3, (int64_t[]){2, 3, 2}, egm_model_silu, EGM_F64, 2);
	options.generator_steps = 2;
	options.step_penalty = 1.5;
}

/* G = G_old in the first run, which is therefore the one of a GAN without it, to the bit; and were it computed, in the
 * program of later runs, it would be 0. */
START_TEST(test_gan__first_run_does_not_feel_the_regulariser)
{
	smooth_nets();
	options.form = 1 + _i;
	create();
	ck_assert_int_eq(loss->n_phases, 3);
	ck_assert_int_eq(loss->phases[GENERATOR].repeat, 1);
	ck_assert_int_eq(loss->phases[GENERATOR].keeps, 1u << GENERATOR);
	ck_assert_int_eq(loss->phases[HELD].repeat, 1);
	ck_assert_int_eq(loss->phases[HELD].keeps, 0);
	other = io;
	run_phase(loss, HELD, &io);
	ck_assert(io.terms[STEP] == 0);
	run_phase(loss, GENERATOR, &io);
	options.step_penalty = 0;
	create();
	run_phase(loss, GENERATOR, &other);
	ck_assert_mem_eq(io.gradient[GENERATOR], other.gradient[GENERATOR], sizeof(double) * generator->count);
	ck_assert(io.terms[TERM_GENERATOR] == other.terms[TERM_GENERATOR]);
}
END_TEST

/* Away from G_old: the gradient is that of what is shown. */
START_TEST(test_gan__regulariser_gradient_equals_differences)
{
	double old[MOST_PARAMETERS];
	phase_objective o = {2, {TERM_GENERATOR, STEP}, {1, 1.5}};
	smooth_nets();
	memcpy(old, generator->parameters, sizeof *old * generator->count);
	for (int i = 0; i < generator->count; i++) old[i] += .1 * (i % 3 - 1);
	io.old[GENERATOR] = old;
	create();
	check_gradients(loss, HELD, &o, &io);
	ck_assert(io.terms[STEP] > 0);
}
END_TEST

/* G_old = id, G = a turn by 90 degrees: G(z) and z have one distribution, KL 0, while E||G - G_old||^2 = 2 E||z||^2 =
 * 4: the regularizer bounds the divergence and does not equal it. The square is summed over both dimensions: a mean
 * would give 2. Standard error 4 / sqrt(4000 * 20). */
START_TEST(test_gan__turning_costs_four)
{
	sample_mean m = {0};
	smooth_nets();
	egm_model_free(generator);
	generator = dense_net(context, "generator", 2, (int64_t[]){2, 2}, NULL, EGM_F64, 2);
	SET_TENSOR(generator, "0.weight", 0, -1, 1, 0);
	SET_TENSOR(generator, "0.bias", 0, 0);
	io.old[GENERATOR] = (double[]){1, 0, 0, 1, 0, 0};
	io.batch = 4000;
	create();
	for (io.step = 1; io.step <= 20; io.step++) {
		run_phase(loss, HELD, &io);
		sample_mean_add(&m, io.terms[STEP]);
	}
	sample_mean_check("E||Rz - z||^2", &m, 4, .03);
}
END_TEST

/* ---- rejections */

START_TEST(test_gan__rejects_what_would_do_nothing)
{
	smooth_nets();
	options.generator_steps = 1;
	check_rejected(egm_loss_gan(&loss, judge, generator, &options),
	               "egm_loss_gan: generator_steps is 1, must be at least 2 with a step_penalty of 1.5");
	options.step_penalty = 0;
	options.smoothing = .1;
	options.form = EGM_GAN_HINGE;
	check_rejected(egm_loss_gan(&loss, judge, generator, &options),
	               "egm_loss_gan: smoothing is 0.1, must be 0 for hinge, which has no labels");
	options.form = EGM_GAN_RELATIVISTIC_AVERAGE;
	check_rejected(egm_loss_gan(&loss, judge, generator, &options),
	               "egm_loss_gan: smoothing is 0.1, must be 0 for relativistic_average, which has no labels");
}
END_TEST

START_TEST(test_gan__terms_that_are_off_are_not_written)
{
	smooth_nets();
	options.step_penalty = 0;
	create();
	io.terms[PENALTY] = io.terms[STEP] = -7;
	run_phase(loss, DISCRIMINATOR, &io);
	run_phase(loss, GENERATOR, &io);
	ck_assert(io.terms[PENALTY] == -7 && io.terms[STEP] == -7);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gan");
	TCase *t = tcase_create("signs");
	tcase_set_tags(t, "E21 S4");
	tcase_add_checked_fixture(t, setup, fixture_teardown);
	tcase_add_loop_test(t, test_gan__each_net_goes_its_way, 1, FORMS + 1);
	tcase_add_loop_test(t, test_gan__labels_are_smoothed_on_the_real_side, 0, 2);
	tcase_add_loop_test(t, test_gan__penalty_stands_where_it_is_told, EGM_AT_INTERPOLATES, EGM_AT_BOTH + 1);
	tcase_add_test(t, test_gan__rejects_what_would_do_nothing);
	tcase_add_test(t, test_gan__terms_that_are_off_are_not_written);
	suite_add_tcase(s, t);
	t = tcase_create("optimum");
	tcase_set_tags(t, "K4 E20 E25");
	tcase_add_checked_fixture(t, setup, fixture_teardown);
	tcase_add_test(t, test_gan__equal_laws_give_minus_log_four);
	tcase_add_test(t, test_gan__value_is_the_jensen_shannon_divergence);
	suite_add_tcase(s, t);
	t = tcase_create("regularizer");
	tcase_set_tags(t, "E12 E13 K18");
	tcase_add_checked_fixture(t, setup, fixture_teardown);
	tcase_add_loop_test(t, test_gan__first_run_does_not_feel_the_regulariser, 0, FORMS);
	tcase_add_test(t, test_gan__regulariser_gradient_equals_differences);
	tcase_add_test(t, test_gan__turning_costs_four);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
