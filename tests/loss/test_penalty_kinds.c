/* SPDX-License-Identifier: MIT */
/* Every kind of penalty at every kind of point, in the WGAN: values by hand, gradients, and the points where penalties
 * are singular. The zero-centred one of the energy GAN is tested in test_penalty.c. */
#include "adversarial_fixture.h"
#include "narrow.h"

enum { CRITIC, GENERATOR };
enum { CRITIC_REAL, CRITIC_FAKE, PENALTY };
enum { COMBINATIONS = 4 * 4 + 2, CHORDS = 16 }; /* loop index: 4 kinds at 4 places, then 2 kinds of chords */

static egm_wgan_options options;

static void setup(void)
{
	fixture_setup();
	options = (egm_wgan_options)EGM_WGAN_OPTIONS_INIT;
	options.penalty = 1;
}

static void choose(int i)
{
	options.penalty_kind = i < CHORDS ? EGM_PENALTY_TWO_SIDED + i / 4 : EGM_PENALTY_FINITE_TWO_SIDED + i - CHORDS;
	options.penalty_at = i < CHORDS ? EGM_AT_INTERPOLATES + i % 4 : EGM_AT_INTERPOLATES;
}

static void create(void)
{
	egm_loss_free(loss);
	loss = NULL;
	ck_assert_msg(egm_loss_wgan(&loss, judge, generator, &options) == EGM_OK, "%s", egm_last_error());
}

static double penalty(void)
{
	create();
	run_phase(loss, CRITIC, &io);
	return io.terms[PENALTY];
}

/* h(g) of the chosen kind */
static double h(double g)
{
	switch (options.penalty_kind) {
	case EGM_PENALTY_ONE_SIDED:
		return g > 1 ? (g - 1) * (g - 1) : 0;
	case EGM_PENALTY_LINEAR:
	case EGM_PENALTY_FINITE_LINEAR:
		return fmax(g, 1);
	case EGM_PENALTY_ZERO_CENTERED:
		return g * g;
	default:
		return (g - 1) * (g - 1);
	}
}

/* A smooth critic that is steep: slopes on both sides of 1. */
static egm_model *steep(egm_dtype dtype)
{
	double w[MOST_PARAMETERS];
	egm_model *m = dense_net(context, "critic", 3, (int64_t[]){2, 5, 1}, egm_model_tanh, dtype, 1);
	ck_assert_int_eq(egm_model_parameters(m, egm_out_of(dtype, w, m->count, 1)), EGM_OK);
	for (int i = 0; i < m->count; i++)
		if (dtype == EGM_F64)
			w[i] *= 4;
		else
			((float *)w)[i] *= 4;
	ck_assert_int_eq(egm_model_set_parameters(m, egm_array_of(dtype, w, m->count, 1)), EGM_OK);
	return m;
}

/* ---- values */

/* The norm runs over all dimensions of a sample: all weights 1 on four inputs, a slope of 2. Over channels of one pixel
 * each it would be 1: two_sided 0 for 1, zero_centered 1 for 4. Chords along (1, 1, 1, 1). */
START_TEST(test_penalty_kinds__linear_critic_on_four_inputs)
{
	static const double by_kind[] = {0, 1, 1, 2, 4, 1, 2};
	choose(_i);
	judge = linear_net(context, "critic", 4, (double[]){1, 1, 1, 1}, .3);
	generator = point_generator(4, (double[]){0, 0, 0, 0});
	fill_data(4, (double[]){.5, .5, .5, .5});
	ck_assert(fabs(penalty() - h(2)) <= 1e-13);
	ck_assert(h(2) == by_kind[options.penalty_kind]);
}
END_TEST

/* A chord sees the slope along itself, |w (a - b)| / ||a - b|| = |w u| for u = (x_r - x_f) / ||..||, at most the norm
 * of the gradient. */
START_TEST(test_penalty_kinds__chord_of_a_linear_critic)
{
	const double w[] = {3, -4}, ends[][2] = {{1, 0}, {0, 2}, {1, 1}, {-4, -3}, {.3, -.4}};
	judge = linear_net(context, "critic", 2, w, 0);
	generator = point_generator(2, (double[]){0, 0});
	for (int k = 0; k < 2; k++) {
		choose(CHORDS + k);
		double x = ends[_i][0], y = ends[_i][1], slope = fabs(w[0] * x + w[1] * y) / hypot(x, y);
		fill_data(2, ends[_i]);
		/* rounding of D over chords longer than .01, times 2 (g - 1): 1e-12 */
		ck_assert(fabs(penalty() - h(slope)) <= 1e-12);
		ck_assert(slope <= 5 + 1e-15);
	}
}
END_TEST

/* D = (x_1 - x_2)^2 / 2 is flat, and level, on the diagonal, where all points between (3, 3) and (0, 0) lie if each
 * sample has one weight. Separate weights for its elements would leave the diagonal. */
START_TEST(test_penalty_kinds__one_weight_for_all_elements)
{
	const int combinations[] = {0, 12, CHORDS}; /* two_sided, zero_centered, chords */
	choose(combinations[_i]);
	judge = quadratic_net(context, "critic", 2, 1, (double[]){1, -1}, (double[]){1}, 0);
	generator = point_generator(2, (double[]){0, 0});
	fill_data(2, (double[]){3, 3});
	/* A^-2 tanh's rounding at differences of rounding size: 1e-4 x 1e-16 x 1e4 */
	ck_assert(fabs(penalty() - h(0)) <= 1e-12);
}
END_TEST

/* D = x^2 / 2 between 0 and 1 at a share a: g^2 = a^2, whose mean over U[0, 1) is 1/3; and rows do not share a. */
START_TEST(test_penalty_kinds__weights_are_uniform_and_of_their_own)
{
	sample_mean m = {0};
	choose(12);
	judge = quadratic_net(context, "critic", 1, 1, (double[]){1}, (double[]){1}, 0);
	generator = point_generator(1, (double[]){0});
	io.batch = 4000;
	fill_data(1, (double[]){1});
	for (io.step = 1; io.step <= 20; io.step++) sample_mean_add(&m, penalty());
	sample_mean_check("E a^2", &m, 1 / 3., 2e-3); /* the quadratic is off by A^2 / 6 relative, 2e-5 */
	double spread = sqrt(m.squares / m.n - pow(m.sum / m.n, 2));
	ck_assert(spread <= 3 * sqrt(4 / 45. / 4000)); /* variance of a^2: 4/45; one a for the batch would spread by .3 */
}
END_TEST

/* The chord of D = x^2 / 2 from u to v has the slope (u + v) / 2, u and v uniform: E((u + v) / 2 - 1)^2 = 1/24 + 1/4.
 * From u to the fake row, 0, it would be 1/48 + 9/16. */
START_TEST(test_penalty_kinds__chords_have_two_free_ends)
{
	sample_mean m = {0};
	choose(CHORDS);
	judge = quadratic_net(context, "critic", 1, 1, (double[]){1}, (double[]){1}, 0);
	generator = point_generator(1, (double[]){0});
	io.batch = 4000;
	fill_data(1, (double[]){1});
	for (io.step = 1; io.step <= 20; io.step++) sample_mean_add(&m, penalty());
	sample_mean_check("E((u + v) / 2 - 1)^2", &m, 1 / 24. + 1 / 4., 2e-3);
}
END_TEST

/* ---- gradients */

/* d(penalty)/dw is not zero and is that of the value, which WGAN-GP written with norms by the weights, or added to the
 * value alone, fails. Differences as check_gradients has them. */
START_TEST(test_penalty_kinds__gradient_equals_differences)
{
	phase_objective o = {3, {CRITIC_FAKE, CRITIC_REAL, PENALTY}, {1, -1, .7}};
	double with[MOST_PARAMETERS], largest = 0;
	choose(_i % COMBINATIONS);
	options.penalty = .7;
	io.batch = _i < COMBINATIONS ? 3 : 1;
	judge = steep(EGM_F64);
	generator = dense_net(context, "generator", 3, (int64_t[]){2, 3, 2}, egm_model_silu, EGM_F64, 2);
	for (int i = 0; i < 6; i++) io.data[i] += i % 2 ? 1.5 : -1;
	create();
	check_gradients(loss, CRITIC, &o, &io);
	memcpy(with, io.gradient[CRITIC], sizeof with);
	options.penalty = 0;
	create();
	run_phase(loss, CRITIC, &io);
	for (int i = 0; i < judge->count; i++) largest = fmax(largest, fabs(with[i] - io.gradient[CRITIC][i]));
	if (io.batch == 3) ck_assert_msg(largest >= 1e-2, "%g", largest);
}
END_TEST

/* A batch twice over: norms of the whole batch's gradient would change by sqrt 2. Interpolates of the second half have
 * other weights, so the critic is linear. */
START_TEST(test_penalty_kinds__batch_twice_over_is_the_same)
{
	double once[MOST_PARAMETERS], value;
	choose(_i);
	judge = options.penalty_at == EGM_AT_INTERPOLATES ? linear_net(context, "critic", 2, (double[]){3, -4}, 0)
	                                                  : steep(EGM_F64);
	generator = point_generator(2, (double[]){.5, .25});
	for (int i = 0; i < 6; i++) io.data[i] += i % 2 ? 1.5 : -1;
	value = penalty();
	memcpy(once, io.gradient[CRITIC], sizeof once);
	memcpy(io.data + 6, io.data, 6 * sizeof(double));
	io.batch = 6;
	/* chords: see test_penalty_kinds__chord_of_a_linear_critic */
	ck_assert(fabs(penalty() - value) <= 1e-11);
	for (int i = 0; i < judge->count; i++) ck_assert(fabs(once[i] - io.gradient[CRITIC][i]) <= 1e-11);
}
END_TEST

/* What one row adds does not depend on the other row, with a norm inside the critic too (layer_norm is of one row): the
 * second difference over both rows vanishes. Batch statistics would not let it. */
START_TEST(test_penalty_kinds__rows_add_up)
{
	const double a[2][2] = {{1, .5}, {-2, 1}}, b[2][2] = {{.25, -1}, {1.5, 2}};
	double p[2][2], largest = 0;
	choose(_i);
	ck_assert_int_eq(egm_model_create(&judge, context, "critic", 2), EGM_OK);
	egm_model_dense(judge, 4);
	egm_model_layer_norm(judge, 1e-5);
	egm_model_tanh(judge);
	egm_model_dense(judge, 1);
	ck_assert_int_eq(egm_model_build(judge, EGM_F64, 3), EGM_OK);
	generator = dense_net(context, "generator", 3, (int64_t[]){2, 3, 2}, egm_model_silu, EGM_F64, 2);
	io.batch = 2;
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++) {
			memcpy(io.data, a[i], sizeof a[i]);
			memcpy(io.data + 2, b[j], sizeof b[j]);
			p[i][j] = penalty();
			largest = fmax(largest, fabs(p[i][j]));
		}
	ck_assert(fabs(p[0][0] - p[0][1] - p[1][0] + p[1][1]) <= 1e-13 * largest);
}
END_TEST

/* ---- guards */

/* Weights of zero: slopes are exactly 0, where a norm has no derivative; h(0) and finite gradients. */
START_TEST(test_penalty_kinds__zero_gradient_is_finite)
{
	add_activation *const kinds[] = {egm_model_tanh, egm_model_relu, egm_model_softplus};
	double zero[MOST_PARAMETERS] = {0};
	choose(_i % COMBINATIONS);
	judge = dense_net(context, "critic", 4, (int64_t[]){2, 3, 3, 1}, kinds[_i / COMBINATIONS], EGM_F64, 1);
	generator = point_generator(2, (double[]){3, 2});
	ck_assert_int_eq(egm_model_set_parameters(judge, egm_f64(zero, judge->count, 1)), EGM_OK);
	ck_assert(penalty() == h(0));
	check_finite(io.terms, 3);
	check_finite(io.gradient[CRITIC], MOST_PARAMETERS);
}
END_TEST

/* The fake batch is the real one: interpolates are the points themselves, and there are no chords: 0. */
START_TEST(test_penalty_kinds__identical_real_and_fake_batch)
{
	double want = 0;
	choose(_i);
	judge = steep(EGM_F64);
	generator = point_generator(2, (double[]){.5, -.25});
	io.batch = 3;
	fill_data(2, (double[]){.5, -.25});
	if (_i < CHORDS) {
		options.penalty_at = EGM_AT_REAL;
		want = penalty();
		choose(_i);
	}
	ck_assert(fabs(penalty() - want) <= 1e-14);
	ck_assert(io.terms[CRITIC_REAL] == io.terms[CRITIC_FAKE]);
	check_finite(io.gradient[CRITIC], MOST_PARAMETERS);
	io.batch = 1;
	ck_assert(fabs(penalty() - want) <= 1e-14);
	check_finite(io.gradient[CRITIC], MOST_PARAMETERS);
}
END_TEST

/* One pair of three coincides: it counts as 0 among the others, here of slopes 3 and 4. */
START_TEST(test_penalty_kinds__coincident_interpolates_among_others)
{
	choose(CHORDS + _i);
	judge = linear_net(context, "critic", 2, (double[]){3, -4}, 0);
	generator = point_generator(2, (double[]){1, 1});
	memcpy(io.data, (double[]){1, 1, 2, 1, 1, 3}, 6 * sizeof(double));
	ck_assert(fabs(penalty() - (h(3) + h(4)) / 3) <= 1e-12);
	check_finite(io.gradient[CRITIC], MOST_PARAMETERS);
}
END_TEST

/* Points so near that the square of their distance underflows: no chord either, no infinity. */
START_TEST(test_penalty_kinds__nearly_coincident_interpolates)
{
	const double apart[] = {1e-160, 1e-200, 1e-300, 1e-308};
	choose(CHORDS + _i % 2);
	judge = linear_net(context, "critic", 1, (double[]){3}, 0);
	generator = point_generator(1, (double[]){0});
	fill_data(1, &apart[_i / 2]);
	ck_assert(isfinite(penalty()) && io.terms[PENALTY] <= h(3) * (1 + 1e-12));
	check_finite(io.gradient[CRITIC], MOST_PARAMETERS);
}
END_TEST

/* ---- 32 bits */

/* The f32 program against the interpreter, which computes in double on the same parameters and draws. Some fifty
 * roundings of 6e-8: 1e-5 of the largest number is expected, 1e-4 is the gate. A chord loses |x| / ||a - b|| of that,
 * about 10 for the chords of this seed. */
START_TEST(test_penalty_kinds__f32_follows_double)
{
	narrow side[2] = {0};
	choose(_i);
	judge = steep(EGM_F32);
	generator = dense_net(context, "generator", 3, (int64_t[]){2, 3, 2}, egm_model_silu, EGM_F32, 2);
	for (int i = 0; i < 6; i++) side[0].data[i] = side[1].data[i] = (float)io.data[i] + (i % 2 ? 1.5F : -1);
	create();
	for (int compiled = 0; compiled < 2; compiled++) run_narrow(loss, CRITIC, 3, &side[compiled], compiled);
	check_narrow("term", side[1].terms, side[0].terms, EGM__MAX_TERMS, 0);
	check_narrow("gradient", side[1].gradient[CRITIC], side[0].gradient[CRITIC], MOST_PARAMETERS, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("penalty_kinds");
	TCase *t = tcase_create("values");
	tcase_set_tags(t, "E8 E27");
	tcase_add_checked_fixture(t, setup, fixture_teardown);
	tcase_add_loop_test(t, test_penalty_kinds__linear_critic_on_four_inputs, 0, COMBINATIONS);
	tcase_add_loop_test(t, test_penalty_kinds__chord_of_a_linear_critic, 0, 5);
	tcase_add_loop_test(t, test_penalty_kinds__one_weight_for_all_elements, 0, 3);
	tcase_add_test(t, test_penalty_kinds__weights_are_uniform_and_of_their_own);
	tcase_add_test(t, test_penalty_kinds__chords_have_two_free_ends);
	suite_add_tcase(s, t);
	t = tcase_create("gradients");
	tcase_set_tags(t, "E9 E10 E28");
	tcase_add_checked_fixture(t, setup, fixture_teardown);
	tcase_add_loop_test(t, test_penalty_kinds__gradient_equals_differences, 0, 2 * COMBINATIONS);
	tcase_add_loop_test(t, test_penalty_kinds__batch_twice_over_is_the_same, 0, COMBINATIONS);
	tcase_add_loop_test(t, test_penalty_kinds__rows_add_up, 0, COMBINATIONS);
	suite_add_tcase(s, t);
	t = tcase_create("guards");
	tcase_set_tags(t, "E27 guards");
	tcase_add_checked_fixture(t, setup, fixture_teardown);
	tcase_add_loop_test(t, test_penalty_kinds__zero_gradient_is_finite, 0, 3 * COMBINATIONS);
	tcase_add_loop_test(t, test_penalty_kinds__identical_real_and_fake_batch, 0, COMBINATIONS);
	tcase_add_loop_test(t, test_penalty_kinds__coincident_interpolates_among_others, 0, 2);
	tcase_add_loop_test(t, test_penalty_kinds__nearly_coincident_interpolates, 0, 8);
	tcase_add_loop_test(t, test_penalty_kinds__f32_follows_double, 0, COMBINATIONS);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
