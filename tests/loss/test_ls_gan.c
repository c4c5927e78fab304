/* SPDX-License-Identifier: MIT */
/* The loss-sensitive GAN: values by hand for both norms and four slopes, the direction of the gradients, and where the
 * margin contributes no gradient. */
#include "adversarial_fixture.h"

enum { ENERGY, GENERATOR };
enum { REAL, FAKE, COMPARISON, PENALTY, GENERATOR_ENERGY };

static egm_ls_gan_options options;
static phase_io other;

static const double slopes[] = {-.5, 0, .5, 1};

static void setup(void)
{
	fixture_setup();
	options = (egm_ls_gan_options)EGM_LS_GAN_OPTIONS_INIT;
}

static void create(void)
{
	egm_loss_free(loss);
	loss = NULL;
	ck_assert_msg(egm_loss_ls_gan(&loss, judge, generator, &options) == EGM_OK, "%s", egm_last_error());
}

/* U(x, y) = x + y / 2, G = (0, 0), margin 1/2. Data: (3, 4): U 5, L1 7, L2 5; (-5, -12): U -11, L1 17, L2 13.
 * a = margin distance + U(x) - U(G): L1 8.5, -2.5; L2 7.5, -4.5. Mean of max(a, nu a). */
START_TEST(test_ls_gan__values_by_hand)
{
	static const double want[2][4] = {{4.875, 4.25, 3.625, 3}, {4.875, 3.75, 2.625, 1.5}};
	double nu = slopes[_i / 2];
	options.margin_norm = _i % 2 ? EGM_MARGIN_L2 : EGM_MARGIN_L1;
	options.slope = nu;
	options.margin = .5;
	judge = linear_net(context, "energy", 2, (double[]){1, .5}, .25);
	generator = point_generator(2, (double[]){0, 0});
	io.batch = 2;
	memcpy(io.data, (double[]){3, 4, -5, -12}, 4 * sizeof(double));
	create();
	run_phase(loss, ENERGY, &io);
	ck_assert(fabs(io.terms[COMPARISON] - want[_i % 2][_i / 2]) <= 1e-14);
	ck_assert(fabs(io.terms[REAL] - -2.75) <= 1e-14 && fabs(io.terms[FAKE] - .25) <= 1e-14);
	/* slopes 1 and nu on the rows; shown energies have no weight of their own */
	ck_assert(fabs(io.gradient[ENERGY][0] - (3 - 5 * nu) / 2) <= 1e-14);
	ck_assert(fabs(io.gradient[ENERGY][1] - (4 - 12 * nu) / 2) <= 1e-14);
	ck_assert(fabs(io.gradient[ENERGY][2]) <= 1e-15);
}
END_TEST

/* Data at 1, G at -1, U = w x: descent lowers w, the energy of data; the generator goes down U. */
START_TEST(test_ls_gan__each_net_goes_its_way)
{
	options.slope = slopes[_i];
	judge = linear_net(context, "energy", 1, (double[]){.5}, 0);
	generator = point_generator(1, (double[]){-1});
	fill_data(1, (double[]){1});
	create();
	run_phase(loss, ENERGY, &io);
	ck_assert(fabs(io.terms[COMPARISON] - 3) <= 1e-15);
	ck_assert(fabs(io.gradient[ENERGY][0] - 2) <= 1e-15);
	run_phase(loss, GENERATOR, &io);
	ck_assert(fabs(io.terms[GENERATOR_ENERGY] - -.5) <= 1e-15);
	ck_assert(fabs(io.gradient[GENERATOR][1] - .5) <= 1e-15);
}
END_TEST

/* If U(x) is below U(G) by more than the margin, the gradient for nu = 0 is 0. */
START_TEST(test_ls_gan__content_energy_rests)
{
	judge = linear_net(context, "energy", 1, (double[]){-1.5}, 0);
	generator = point_generator(1, (double[]){-1});
	fill_data(1, (double[]){1});
	create();
	run_phase(loss, ENERGY, &io);
	ck_assert(io.terms[COMPARISON] == 0 && io.gradient[ENERGY][0] == 0);
	options.slope = 1;
	create();
	run_phase(loss, ENERGY, &io);
	ck_assert(io.terms[COMPARISON] == -1 && io.gradient[ENERGY][0] == 2);
}
END_TEST

static void smooth_nets(void)
{
	judge = dense_net(context, "energy", 3, (int64_t[]){2, 4, 1}, egm_model_tanh, EGM_F64, 1);
	generator = dense_net(context, "generator", 3, (int64_t[]){2, 3, 2}, egm_model_silu, EGM_F64, 2);
}

/* nu = 1: the WGAN's critic objective with D = -U, and a margin that has no gradient by U. */
START_TEST(test_ls_gan__slope_one_is_the_wgan)
{
	egm_loss *wgan = NULL;
	egm_wgan_options w;
	phase_io *by = &other;
	smooth_nets();
	options.slope = 1;
	w = (egm_wgan_options)EGM_WGAN_OPTIONS_INIT;
	w.penalty = 0;
	ck_assert_int_eq(egm_loss_wgan(&wgan, judge, generator, &w), EGM_OK);
	*by = io;
	run_phase(wgan, ENERGY, by);
	for (int margin = 0; margin < 3; margin++) {
		options.margin = margin;
		create();
		run_phase(loss, ENERGY, &io);
		if (!margin) ck_assert(fabs(io.terms[COMPARISON] - (io.terms[REAL] - io.terms[FAKE])) <= 1e-15);
		for (int i = 0; i < judge->count; i++)
			ck_assert(fabs(io.gradient[ENERGY][i] - -by->gradient[ENERGY][i]) <= 1e-15);
	}
	egm_loss_free(wgan);
}
END_TEST

/* An energy of zeros without margin is at the corner a = 0. For nu = 1 there is no corner, and the gradient must not be
 * 0. */
START_TEST(test_ls_gan__slope_one_has_no_corner)
{
	options.slope = 1;
	options.margin = 0;
	judge = linear_net(context, "energy", 1, (double[]){0}, 0);
	generator = point_generator(1, (double[]){-1});
	fill_data(1, (double[]){1});
	create();
	run_phase(loss, ENERGY, &io);
	ck_assert(io.terms[COMPARISON] == 0 && io.gradient[ENERGY][0] == 2);
}
END_TEST

/* The margin depends on G(z) too, but the generator does not go for it: its phase is E U(G(z)) for every margin. */
START_TEST(test_ls_gan__generator_ignores_the_margin)
{
	smooth_nets();
	create();
	run_phase(loss, GENERATOR, &io);
	other = io;
	options.margin = 7;
	options.margin_norm = EGM_MARGIN_L2;
	options.slope = -1;
	create();
	run_phase(loss, GENERATOR, &io);
	ck_assert_mem_eq(&io, &other, sizeof io);
	phase_objective o = {1, {GENERATOR_ENERGY}, {1}};
	check_gradients(loss, GENERATOR, &o, &io);
}
END_TEST

START_TEST(test_ls_gan__energy_gradient_equals_differences)
{
	smooth_nets();
	options.slope = slopes[_i % 4];
	options.margin_norm = _i / 4 ? EGM_MARGIN_L2 : EGM_MARGIN_L1;
	options.penalty = .3;
	create();
	phase_objective o = {2, {COMPARISON, PENALTY}, {1, .3}};
	check_gradients(loss, ENERGY, &o, &io);
}
END_TEST

/* Real = fake: the distance is 0, where the norms have no derivative. */
START_TEST(test_ls_gan__identical_real_and_fake_batch)
{
	judge = dense_net(context, "energy", 3, (int64_t[]){2, 4, 1}, egm_model_tanh, EGM_F64, 1);
	generator = point_generator(2, (double[]){.5, -.25});
	fill_data(2, (double[]){.5, -.25});
	options.margin_norm = _i ? EGM_MARGIN_L2 : EGM_MARGIN_L1;
	options.penalty = 1;
	create();
	run_phase(loss, ENERGY, &io);
	ck_assert(io.terms[COMPARISON] == 0);
	check_finite(io.terms, 4);
	check_finite(io.gradient[ENERGY], MOST_PARAMETERS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ls_gan");
	TCase *t = tcase_create("ls_gan");
	tcase_set_tags(t, "S9 E21 guards");
	tcase_add_checked_fixture(t, setup, fixture_teardown);
	tcase_add_loop_test(t, test_ls_gan__values_by_hand, 0, 8);
	tcase_add_loop_test(t, test_ls_gan__each_net_goes_its_way, 0, 4);
	tcase_add_test(t, test_ls_gan__content_energy_rests);
	tcase_add_test(t, test_ls_gan__slope_one_is_the_wgan);
	tcase_add_test(t, test_ls_gan__slope_one_has_no_corner);
	tcase_add_test(t, test_ls_gan__generator_ignores_the_margin);
	tcase_add_loop_test(t, test_ls_gan__energy_gradient_equals_differences, 0, 8);
	tcase_add_loop_test(t, test_ls_gan__identical_real_and_fake_batch, 0, 2);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
