/* SPDX-License-Identifier: MIT */
/* The Wasserstein GAN in closed form: a linear critic between two points, and the vector field of the Dirac-GAN. Every
 * penalty at every kind of point is tested in test_penalty_kinds.c. */
#include "adversarial_fixture.h"

enum { CRITIC, GENERATOR };                                 /* networks and phases */
enum { CRITIC_REAL, CRITIC_FAKE, PENALTY, TERM_GENERATOR }; /* in the order of the library */

static egm_wgan_options options;

static void setup(void)
{
	fixture_setup();
	options = (egm_wgan_options)EGM_WGAN_OPTIONS_INIT;
}

static void create(void)
{
	egm_loss_free(loss);
	loss = NULL;
	ck_assert_msg(egm_loss_wgan(&loss, judge, generator, &options) == EGM_OK, "%s", egm_last_error());
}

/* D(x) = w x; data at `real`, G at `fake`. */
static void line(double w, double real, double fake)
{
	if (!judge) judge = linear_net(context, "critic", 1, &w, .5);
	if (!generator) generator = point_generator(1, &fake);
	fill_data(1, &real);
	create();
}

/* E D(fake) - E D(real) + lambda h, and its slope by w */
static double critic_loss(double w, double *slope)
{
	SET_TENSOR(judge, "0.weight", w);
	run_phase(loss, CRITIC, &io);
	*slope = io.gradient[CRITIC][0];
	return io.terms[CRITIC_FAKE] - io.terms[CRITIC_REAL] + options.penalty * io.terms[PENALTY];
}

/* ---- signs */

START_TEST(test_wgan__each_net_goes_its_way)
{
	options.penalty = 0;
	line(.5, 1, -1);
	run_phase(loss, CRITIC, &io);
	ck_assert(fabs(io.terms[CRITIC_REAL] - 1) <= 1e-15 && fabs(io.terms[CRITIC_FAKE]) <= 1e-15);
	ck_assert(fabs(io.gradient[CRITIC][0] - -2) <= 1e-15); /* x_f - x_r: the critic rises at the data */
	ck_assert(io.gradient[CRITIC][1] == 0);                /* a shift changes nothing */
	run_phase(loss, GENERATOR, &io);
	ck_assert(fabs(io.terms[TERM_GENERATOR]) <= 1e-15);
	ck_assert(fabs(io.gradient[GENERATOR][1] - -.5) <= 1e-15); /* up the critic */
}
END_TEST

/* ---- two points at distance L */

/* two_sided, one_sided: -L s + lambda (s - 1)^2 has its minimum at s = 1 + L / (2 lambda), of -L - L^2 / (4 lambda).
 * L = 2, lambda = 10: 1.1, -2.1, gap 2.2. */
START_TEST(test_wgan__two_points_squared)
{
	const double distance = 2, lambda = 10, s = 1 + distance / (2 * lambda);
	double slope, value;
	options.penalty_kind = _i % 2 ? EGM_PENALTY_ONE_SIDED : EGM_PENALTY_TWO_SIDED;
	options.penalty_at = EGM_AT_INTERPOLATES + _i / 2;
	line(1, 2.5, .5);
	value = critic_loss(s, &slope);
	ck_assert(fabs(s - 1.1) <= 1e-15);
	ck_assert(fabs(slope) <= 1e-13);
	ck_assert(fabs(value - -2.1) <= 1e-14 && fabs(value - (-distance - distance * distance / (4 * lambda))) <= 1e-14);
	ck_assert(fabs(io.terms[CRITIC_REAL] - io.terms[CRITIC_FAKE] - 2.2) <= 1e-14);
	critic_loss(s + .1, &slope);
	ck_assert(fabs(slope - 2 * lambda * .1) <= 1e-13);
	critic_loss(.5, &slope); /* below 1 they part: -L - lambda against -L */
	ck_assert(fabs(slope - (_i % 2 ? -distance : -distance - lambda)) <= 1e-13);
	critic_loss(-s, &slope); /* the norm has no sign */
	ck_assert(fabs(slope - (-distance - 2 * lambda * .1)) <= 1e-13);
}
END_TEST

/* two_sided has a second minimum on the wrong side: at s = -(1 - L / (2 lambda)), for L < 2 lambda, the objective is
 * L - L^2 / (4 lambda), 1.9 against -2.1, and a hump lies between them. In one dimension a critic that starts there
 * stays there. one_sided pushes it on at all slopes above -1. */
START_TEST(test_wgan__two_sided_has_a_minimum_the_wrong_way)
{
	double slope, below, above;
	options.penalty_kind = _i ? EGM_PENALTY_ONE_SIDED : EGM_PENALTY_TWO_SIDED;
	line(1, 2.5, .5);
	double value = critic_loss(-.9, &slope);
	critic_loss(-.95, &below);
	critic_loss(-.85, &above);
	if (_i) {
		ck_assert(fabs(slope - -2) <= 1e-13 && fabs(above - -2) <= 1e-13);
	} else {
		ck_assert(fabs(value - 1.9) <= 1e-14 && fabs(slope) <= 1e-13);
		ck_assert(fabs(below - -1) <= 1e-12 && fabs(above - 1) <= 1e-12);
	}
}
END_TEST

/* linear: -L s + lambda max(s, 1). For L < lambda the minimum is -L + lambda at s = 1. The chords here are longer than
 * .1, and lambda times the rounding of D, 3e-16, over that is 3e-14: 1e-12 is the gate. */
START_TEST(test_wgan__two_points_linear)
{
	double below, above;
	options.penalty_kind = _i ? EGM_PENALTY_FINITE_LINEAR : EGM_PENALTY_LINEAR;
	line(1, 2.5, .5);
	ck_assert(fabs(critic_loss(1, &above) - (-2 + 10)) <= 1e-12);
	critic_loss(.99, &below);
	critic_loss(1.01, &above);
	ck_assert(fabs(below - -2) <= 1e-12 && fabs(above - (-2 + 10)) <= 1e-12);
}
END_TEST

/* ... and for L > lambda there is none: at every slope the gradient is lambda - L < 0 and pushes the critic up, while
 * the squared forms turn back. */
START_TEST(test_wgan__linear_penalty_is_unbounded)
{
	double slope, last = INFINITY;
	line(1, 14, 0);
	for (double s = 2; s <= 2e6; s *= 10) {
		options.penalty_kind = EGM_PENALTY_LINEAR;
		create();
		double value = critic_loss(s, &slope);
		ck_assert(fabs(slope - (10 - 14)) <= 1e-13);
		ck_assert(value < last);
		last = value;
		options.penalty_kind = EGM_PENALTY_ONE_SIDED;
		create();
		critic_loss(s, &slope);
		ck_assert(slope > 0);
	}
}
END_TEST

/* R1: E D(fake) - E D(real) + lambda w^2: w = (x_r - x_f) / (2 lambda) for a critic that is high on real; in the sign
 * of an energy (x_f - x_r) / (2 lambda), as test_penalty.c has it */
START_TEST(test_wgan__zero_centred_optimum)
{
	const double real = 1.5, fake = -.5, w = (real - fake) / 20;
	double slope;
	options.penalty_kind = EGM_PENALTY_ZERO_CENTERED;
	options.penalty_at = EGM_AT_REAL;
	line(1, real, fake);
	ck_assert(fabs(critic_loss(w, &slope) - -(real - fake) * (real - fake) / 40) <= 1e-15);
	ck_assert(fabs(slope) <= 1e-15);
	critic_loss(w + .1, &slope);
	ck_assert(fabs(slope - 2) <= 1e-13);
}
END_TEST

/* ---- the Dirac-GAN: data at 0, G at t, D(x) = w x */

/* The vector field (w', t') = -(gradients), whose Jacobian is taken by differences: the field is linear in w > 0 and in
 * t but for w itself, so that differences are exact but for rounding, eps / h = 1e-13. */
static void field(double w, double t, double out[2])
{
	SET_TENSOR(judge, "0.weight", w);
	SET_TENSOR(generator, "0.bias", t);
	run_phase(loss, CRITIC, &io);
	run_phase(loss, GENERATOR, &io);
	out[0] = -io.gradient[CRITIC][0];
	out[1] = -io.gradient[GENERATOR][1];
}

/* Trace and determinant of the Jacobian at the equilibrium. */
static void jacobian(double *trace, double *determinant)
{
	const double h = 1e-3;
	double w[2][2], t[2][2], j[4];
	field(h, 0, w[0]), field(-h, 0, w[1]), field(0, h, t[0]), field(0, -h, t[1]);
	for (int i = 0; i < 2; i++) {
		j[2 * i] = (w[0][i] - w[1][i]) / (2 * h);
		j[2 * i + 1] = (t[0][i] - t[1][i]) / (2 * h);
	}
	*trace = j[0] + j[3];
	*determinant = j[0] * j[3] - j[1] * j[2];
}

/* w' = -t - 2 lambda w, t' = w: eigenvalues -lambda +- sqrt(lambda^2 - 1); without penalty +-i. */
START_TEST(test_wgan__dirac_eigenvalues)
{
	double trace, determinant, real, imaginary;
	options.penalty_kind = EGM_PENALTY_ZERO_CENTERED;
	options.penalty_at = EGM_AT_REAL;
	options.penalty = _i ? .1 : 0;
	line(0, 0, 0);
	jacobian(&trace, &determinant);
	real = trace / 2;
	imaginary = sqrt(determinant - real * real);
	ck_assert(fabs(real - (_i ? -.1 : 0)) <= 1e-12);
	ck_assert(fabs(imaginary - (_i ? .994987 : 1)) <= 5e-7);
}
END_TEST

/* Simultaneous steps (w, t) + h (w', t') without penalty: the radius grows by sqrt(1 + h^2) each, exactly. What the
 * trainer does, one network after the other, is in tests/train/test_adversarial_dynamics.c. */
START_TEST(test_wgan__simultaneous_steps_grow)
{
	const double h = .1;
	double w = .6, t = .8, v[2];
	options.penalty = 0;
	line(0, 0, 0);
	for (int i = 1; i <= 50; i++) {
		field(w, t, v);
		w += h * v[0], t += h * v[1];
		ck_assert(fabs(w * w + t * t - pow(1 + h * h, i)) <= 1e-14 * i);
	}
}
END_TEST

/* One-centred: at w = +-0 the field is -t +- 2 lambda. It jumps, so (0, 0) is no equilibrium that could be reached. */
START_TEST(test_wgan__one_centred_field_jumps)
{
	double up[2], down[2];
	options.penalty_at = EGM_AT_REAL;
	options.penalty = .1;
	line(0, 0, 0);
	field(1e-9, 0, up);
	field(-1e-9, 0, down);
	ck_assert(fabs(up[0] - .2) <= 1e-9 && fabs(down[0] - -.2) <= 1e-9);
}
END_TEST

START_TEST(test_wgan__chords_lie_between_interpolates)
{
	judge = linear_net(context, "critic", 1, (double[]){1}, 0);
	generator = point_generator(1, (double[]){1});
	options.penalty_kind = _i;
	options.penalty_at = EGM_AT_REAL;
	check_rejected(egm_loss_wgan(&loss, judge, generator, &options),
	               "egm_loss_wgan: penalty_at is 2, must be EGM_AT_INTERPOLATES for the finite kinds of penalty");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wgan");
	TCase *t = tcase_create("two points");
	tcase_set_tags(t, "K5 E11 E21");
	tcase_add_checked_fixture(t, setup, fixture_teardown);
	tcase_add_test(t, test_wgan__each_net_goes_its_way);
	tcase_add_loop_test(t, test_wgan__two_points_squared, 0, 8);
	tcase_add_loop_test(t, test_wgan__two_sided_has_a_minimum_the_wrong_way, 0, 2);
	tcase_add_loop_test(t, test_wgan__two_points_linear, 0, 2);
	tcase_add_test(t, test_wgan__linear_penalty_is_unbounded);
	tcase_add_test(t, test_wgan__zero_centred_optimum);
	tcase_add_loop_test(t, test_wgan__chords_lie_between_interpolates, EGM_PENALTY_FINITE_TWO_SIDED,
	                    EGM_PENALTY_FINITE_LINEAR + 1);
	suite_add_tcase(s, t);
	t = tcase_create("dirac");
	tcase_set_tags(t, "K6");
	tcase_add_checked_fixture(t, setup, fixture_teardown);
	tcase_add_loop_test(t, test_wgan__dirac_eigenvalues, 0, 2);
	tcase_add_test(t, test_wgan__simultaneous_steps_grow);
	tcase_add_test(t, test_wgan__one_centred_field_jumps);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
