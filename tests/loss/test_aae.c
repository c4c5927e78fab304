/* SPDX-License-Identifier: MIT */
/* The adversarial autoencoder: the direction and size of the gradients of its three networks, what each phase reads. */
#include "adversarial_fixture.h"

enum { DISCRIMINATOR, ENCODER, DECODER };
enum { AUTOENCODER = 1 }; /* second phase */
enum { TERM_DISCRIMINATOR, PENALTY, TERM_ENCODER, RECONSTRUCTION };
enum { FORMS = EGM_GAN_RELATIVISTIC_AVERAGE };

static egm_aae_options options;

static void setup(void)
{
	fixture_setup();
	options = (egm_aae_options)EGM_AAE_OPTIONS_INIT;
}

static void create(void)
{
	egm_loss_free(loss);
	loss = NULL;
	ck_assert_msg(egm_loss_aae(&loss, judge, generator, decoder, &options) == EGM_OK, "%s", egm_last_error());
}

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* l = w z + b, w = .5, b = .25; E(x) = e x, x = 2, e = .75: f = l(1.5) = 1; G = g z, g = 1, the miss is 2 - 1.5.
 * A generator pushes its logit up whatever the form: the code goes up l, by w x d/df. */
START_TEST(test_aae__each_net_goes_its_way)
{
	const double f = 1, up[] = {0, -sigmoid(-f), -sigmoid(f), f - 1, -1};
	judge = linear_net(context, "discriminator", 1, (double[]){.5}, .25);
	generator = linear_net(context, "encoder", 1, (double[]){.75}, 0);
	decoder = linear_net(context, "decoder", 1, (double[]){1}, 0);
	options.form = _i;
	options.reconstruction = 3;
	fill_data(1, (double[]){2});
	create();
	run_phase(loss, AUTOENCODER, &io);
	ck_assert(fabs(io.terms[RECONSTRUCTION] - .25) <= 1e-15);
	/* d/de (x - g e x)^2 = -2 miss g x = -2, d/dg = -2 miss e x = -1.5 */
	ck_assert(fabs(io.gradient[ENCODER][0] - (.5 * 2 * up[_i] + 3 * -2)) <= 1e-14);
	ck_assert(fabs(io.gradient[DECODER][0] - 3 * -1.5) <= 1e-14);
}
END_TEST

/* The prior is real for the discriminator and the code is fake: with z ~ N(0, 1) and the code at 3, the objective
 * falls as l falls from 0 to 3: d/dw = E[-z sigmoid(-l(z))] + 3 sigmoid(l(3)) = 3/2 at w = 0. */
START_TEST(test_aae__prior_is_real_and_code_is_fake)
{
	judge = linear_net(context, "discriminator", 1, (double[]){0}, 0);
	generator = linear_net(context, "encoder", 1, (double[]){0}, 3);
	decoder = linear_net(context, "decoder", 1, (double[]){1}, 0);
	io.batch = 20000;
	create();
	run_phase(loss, DISCRIMINATOR, &io);
	ck_assert(fabs(io.terms[TERM_DISCRIMINATOR] - 2 * log(2)) <= 1e-14);
	ck_assert(fabs(io.gradient[DISCRIMINATOR][0] - 1.5) <= 5 * .5 / sqrt(20000)); /* five standard errors of z / 2 */
	ck_assert(fabs(io.gradient[DISCRIMINATOR][1]) <= 1e-14);
}
END_TEST

/* The penalty is evaluated at the points of the prior: l = z^2 / 2, E z^2 = 1, and a code far away does not matter. */
START_TEST(test_aae__penalty_is_at_the_prior)
{
	sample_mean m = {0};
	judge = quadratic_net(context, "discriminator", 1, 1, (double[]){1}, (double[]){1}, 0);
	generator = linear_net(context, "encoder", 1, (double[]){0}, 9);
	decoder = linear_net(context, "decoder", 1, (double[]){1}, 0);
	options.penalty = 1;
	io.batch = 4000;
	create();
	for (io.step = 1; io.step <= 20; io.step++) {
		run_phase(loss, DISCRIMINATOR, &io);
		sample_mean_add(&m, io.terms[PENALTY]);
	}
	sample_mean_check("E z^2", &m, 1, .01);
}
END_TEST

static void smooth_nets(void)
{
	judge = dense_net(context, "discriminator", 3, (int64_t[]){2, 4, 1}, egm_model_tanh, EGM_F64, 1);
	generator = dense_net(context, "encoder", 3, (int64_t[]){3, 3, 2}, egm_model_silu, EGM_F64, 2);
	decoder = dense_net(context, "decoder", 3, (int64_t[]){2, 3, 3}, egm_model_silu, EGM_F64, 3);
}

START_TEST(test_aae__gradients_equal_differences)
{
	phase_objective d = {2, {TERM_DISCRIMINATOR, PENALTY}, {1, .3}};
	phase_objective a = {2, {TERM_ENCODER, RECONSTRUCTION}, {1, .8}};
	smooth_nets();
	options.form = _i;
	options.penalty = .3;
	options.reconstruction = .8;
	create();
	check_gradients(loss, DISCRIMINATOR, &d, &io);
	check_gradients(loss, AUTOENCODER, &a, &io);
}
END_TEST

/* The square is summed over the data's dimensions: an autoencoder that puts out zeros misses |x|^2. */
START_TEST(test_aae__reconstruction_is_a_sum_over_dimensions)
{
	double zero[MOST_PARAMETERS] = {0};
	smooth_nets();
	ck_assert_int_eq(egm_model_set_parameters(decoder, egm_f64(zero, decoder->count, 1)), EGM_OK);
	fill_data(3, (double[]){1, 2, 3});
	create();
	run_phase(loss, AUTOENCODER, &io);
	ck_assert(fabs(io.terms[RECONSTRUCTION] - 14) <= 1e-14);
}
END_TEST

/* Weight 0: not computed, and the decoder does not move. */
START_TEST(test_aae__without_reconstruction)
{
	smooth_nets();
	options.reconstruction = 0;
	io.terms[RECONSTRUCTION] = -7;
	create();
	run_phase(loss, AUTOENCODER, &io);
	ck_assert(io.terms[RECONSTRUCTION] == -7);
	for (int i = 0; i < decoder->count; i++) ck_assert(io.gradient[DECODER][i] == 0);
	ck_assert(io.gradient[ENCODER][0] != 0);
}
END_TEST

START_TEST(test_aae__forms_are_told_apart)
{
	static const char *const names[] = {
	    "", "non_saturating", "minimax", "least_squares", "hinge", "relativistic", "relativistic_average"};
	smooth_nets();
	options.form = _i;
	create();
	ck_assert_str_eq(loss->variant, names[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("aae");
	TCase *t = tcase_create("aae");
	tcase_set_tags(t, "S7 E21 E25");
	tcase_add_checked_fixture(t, setup, fixture_teardown);
	tcase_add_loop_test(t, test_aae__each_net_goes_its_way, 1, EGM_GAN_HINGE + 1);
	tcase_add_test(t, test_aae__prior_is_real_and_code_is_fake);
	tcase_add_test(t, test_aae__penalty_is_at_the_prior);
	tcase_add_loop_test(t, test_aae__gradients_equal_differences, 1, FORMS + 1);
	tcase_add_test(t, test_aae__reconstruction_is_a_sum_over_dimensions);
	tcase_add_test(t, test_aae__without_reconstruction);
	tcase_add_loop_test(t, test_aae__forms_are_told_apart, 1, FORMS + 1);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
