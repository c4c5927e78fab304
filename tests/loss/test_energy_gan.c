/* SPDX-License-Identifier: MIT */
/* The energy GAN: gradients with every option, and signs. The penalty is tested in test_penalty.c, values of the
 * entropy terms in test_entropy.c. */
#include "gan_fixture.h"
#include "narrow.h"

enum { DATA = 3, LATENT = 2 };

static void smooth_nets(int32_t entropy)
{
	int64_t t_in = entropy == EGM_ENTROPY_INFOGAN ? DATA : DATA + LATENT;
	energy = dense_net(context, "energy", 3, (int64_t[]){DATA, 4, 1}, egm_model_tanh, EGM_F64, 1);
	generator = dense_net(context, "generator", 3, (int64_t[]){LATENT, 3, DATA}, egm_model_silu, EGM_F64, 2);
	information =
	    dense_net(context, "information", 3, (int64_t[]){t_in, 4, entropy == EGM_ENTROPY_INFOGAN ? LATENT : 1},
	              egm_model_softplus, EGM_F64, 3);
}

/* ---- gradients */

START_TEST(test_energy_gan__energy_gradient_equals_differences)
{
	smooth_nets(EGM_ENTROPY_JSD);
	options.penalty = _i & 1 ? 0.7 : 0;
	io.batch = _i & 2 ? 3 : 1;
	create();
	phase_objective o = {3, {REAL, FAKE, PENALTY}, {1, -1, options.penalty}};
	check_gradients(loss, ENERGY, &o, &io);
	ck_assert(io.terms[GENERATOR_ENERGY] == 0 && io.terms[ENTROPY] == 0); /* terms of the other phase: untouched */
}
END_TEST

/* 4 entropies x 2 marginals x noise x batch; dv in its first run, where the average is the batch's own and the
 * corrected gradient is that of the bound */
START_TEST(test_energy_gan__generator_gradient_equals_differences)
{
	options.entropy = EGM_ENTROPY_INFOGAN + _i % 4;
	options.marginal = _i / 4 % 2 ? EGM_MARGINAL_DERANGEMENT : EGM_MARGINAL_FRESH;
	options.noise = _i / 8 % 2 ? 0.3 : 0;
	io.batch = _i / 16 ? 3 : options.marginal == EGM_MARGINAL_DERANGEMENT ? 2 : 1;
	options.entropy_weight = 0.8;
	smooth_nets(options.entropy);
	create();
	phase_objective o = {2, {GENERATOR_ENERGY, ENTROPY}, {1, -0.8}};
	check_gradients(loss, GENERATOR, &o, &io);
	ck_assert(io.terms[REAL] == 0 && io.terms[FAKE] == 0 && io.terms[PENALTY] == 0);
}
END_TEST

START_TEST(test_energy_gan__batch_one_cannot_be_deranged)
{
	egm__program *p = NULL;
	uint32_t terms;
	options.marginal = EGM_MARGINAL_DERANGEMENT;
	smooth_nets(options.entropy);
	create();
	ck_assert_int_eq(loss->min_batch, 2);
	ck_assert_int_eq(egm__loss_compile(loss, GENERATOR, 1, &p, &terms), EGM_ERR_SHAPE);
	ck_assert_ptr_null(p);
}
END_TEST

/* noise affects only the entropy term */
START_TEST(test_energy_gan__noise_is_seen_by_the_bound_alone)
{
	double term[2][2];
	smooth_nets(EGM_ENTROPY_JSD);
	for (int i = 0; i < 2; i++) {
		options.noise = i ? 0.5 : 0;
		create();
		run_phase(loss, GENERATOR, &io);
		memcpy(term[i], io.terms + GENERATOR_ENERGY, sizeof term[i]);
	}
	ck_assert(term[0][0] == term[1][0]);
	ck_assert(term[0][1] != term[1][1]);
}
END_TEST

/* ---- signs and shifts */

/* U = w x, data at 1, G at -1: descent must lower w, the energy of data, and G must move down in U. */
START_TEST(test_energy_gan__each_net_goes_its_way)
{
	energy = linear_net(context, "energy", 1, (double[]){0.5}, 0);
	generator = point(1, (double[]){-1});
	options.penalty = 0;
	create_energy_only(1, 1);
	for (int i = 0; i < 3; i++) io.data[i] = 1;
	run_phase(loss, ENERGY, &io);
	ck_assert(fabs(io.gradient[ENERGY][0] - 2) <= 1e-14); /* E x_r - E x_f */
	set_tensor(information, "0.weight", 2, (double[]){0, 0});
	run_phase(loss, GENERATOR, &io);
	ck_assert(fabs(io.gradient[GENERATOR][1] - 0.5) <= 1e-14); /* dU/dx: down the energy */
}
END_TEST

/* T = -v (x - z)^2 / 2 at v = 0, x = z: pairs that belong together are closer, so H rises with v and descent raises v.
 * At v > 0 and U = 0 the generator raises H by spreading: d/dg < 0 at g = 1/2 for the bounds. */
START_TEST(test_energy_gan__entropy_is_raised)
{
	options.entropy = EGM_ENTROPY_JSD + _i;
	options.noise = 0.5;
	energy = linear_net(context, "energy", 1, (double[]){0}, 0);
	generator = linear_net(context, "generator", 1, (double[]){1}, 0);
	information = quadratic_net(context, "information", 2, 1, (double[]){1, -1}, (double[]){0},
	                            options.entropy == EGM_ENTROPY_NWJ);
	create();
	io.batch = 4000;
	run_phase(loss, GENERATOR, &io);
	/* the weights of both units are proportional to -v: both fall. */
	ck_assert(io.gradient[2][6] > 0 && io.gradient[2][7] > 0);
	SET_TENSOR(generator, "0.weight", 0.5);
	egm_loss_free(loss);
	egm_model_free(information);
	loss = NULL;
	information = quadratic_net(context, "information", 2, 1, (double[]){1, -0.5}, (double[]){-4},
	                            options.entropy == EGM_ENTROPY_NWJ);
	create();
	run_phase(loss, GENERATOR, &io);
	ck_assert(io.gradient[GENERATOR][0] < 0);
}
END_TEST

/* E(x) = e x, x = g z: H = -E (z - e g z)^2, which e = 1/g makes 0 */
START_TEST(test_energy_gan__encoder_learns_the_way_back)
{
	options.entropy = EGM_ENTROPY_INFOGAN;
	energy = linear_net(context, "energy", 1, (double[]){0}, 0);
	generator = linear_net(context, "generator", 1, (double[]){0.5}, 0);
	information = linear_net(context, "information", 1, (double[]){0}, 0);
	create();
	run_phase(loss, GENERATOR, &io);
	ck_assert(io.gradient[2][0] < 0);
	ck_assert(io.terms[ENTROPY] < 0);
	SET_TENSOR(information, "0.weight", 2);
	run_phase(loss, GENERATOR, &io);
	ck_assert(io.terms[ENTROPY] == 0 && io.gradient[2][0] == 0);
}
END_TEST

/* U + 10: the same objective and gradients; the terms of the energy move by 10 */
START_TEST(test_energy_gan__shift_of_the_energy_changes_nothing)
{
	double bias;
	smooth_nets(EGM_ENTROPY_JSD);
	create();
	for (int phase = ENERGY; phase <= GENERATOR; phase++) {
		other = io;
		run_phase(loss, phase, &io);
		ck_assert_int_eq(egm_model_tensor(energy, "2.bias", egm_f64_out(&bias, 1, 1)), EGM_OK);
		SET_TENSOR(energy, "2.bias", bias + 10);
		run_phase(loss, phase, &other);
		SET_TENSOR(energy, "2.bias", bias);
		int moved = phase == ENERGY ? REAL : GENERATOR_ENERGY;
		ck_assert(fabs(other.terms[moved] - io.terms[moved] - 10) <= 1e-13);
		for (int net = 0; net < 3; net++)
			for (int i = 0; i < MOST_PARAMETERS; i++)
				ck_assert(fabs(other.gradient[net][i] - io.gradient[net][i]) <= 1e-13);
	}
	ck_assert(other.terms[PENALTY] == io.terms[PENALTY]);
}
END_TEST

/* U = theta x^2/2 with theta = 2, data of variance 1, G drawing from exp(-U), N(0, 1/theta):
 * dL/dtheta = 1/2 - 1/(2 theta) = .25, with the samples' second moments in place of the variances. */
START_TEST(test_energy_gan__positive_and_negative_phase)
{
	const double theta = 2;
	sample_mean m = {0};
	energy = quadratic_net(context, "energy", 1, 1, (double[]){1}, &theta, 0);
	generator = linear_net(context, "generator", 1, (double[]){1 / sqrt(theta)}, 0);
	options.penalty = 0;
	create_energy_only(1, 1);
	io.batch = 20000;
	for (int i = 0; i < 20000; i++) io.data[i] = i % 2 ? 1 : -1;
	for (io.step = 1; io.step <= 16; io.step++) {
		run_phase(loss, ENERGY, &io);
		/* both weights of the last layer are theta / A^2 */
		sample_mean_add(&m, (io.gradient[ENERGY][4] + io.gradient[ENERGY][5]) / (QUADRATIC_SCALE * QUADRATIC_SCALE));
	}
	sample_mean_check("dL/dtheta", &m, 0.25, 2e-3);
}
END_TEST

/* ---- 32 bits */

/* The f32 program against the interpreter, which computes in double on the same parameters and draws. Some fifty
 * roundings of 6e-8 and functions of 4 ulp: 1e-5 of the largest number is expected, 1e-4 is the gate. */
START_TEST(test_energy_gan__f32_follows_double)
{
	const int64_t widths[3][3] = {{DATA, 4, 1}, {LATENT, 3, DATA}, {DATA + LATENT, 4, 1}};
	egm_model **nets[3] = {&energy, &generator, &information};
	narrow side[2] = {0};
	options.entropy = EGM_ENTROPY_JSD + _i / 2;
	for (int i = 0; i < 16; i++) side[0].data[i] = side[1].data[i] = (float)io.data[i];
	for (int i = 0; i < 3; i++) *nets[i] = dense_net(context, "narrow", 3, widths[i], egm_model_silu, EGM_F32, 1);
	create();
	for (int compiled = 0; compiled < 2; compiled++) run_narrow(loss, _i % 2, 3, &side[compiled], compiled);
	check_narrow("term", side[1].terms, side[0].terms, EGM__MAX_TERMS, 0);
	for (int i = 0; i < 3; i++) check_narrow("gradient", side[1].gradient[i], side[0].gradient[i], MOST_PARAMETERS, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("energy_gan");
	TCase *t = tcase_create("gradients");
	tcase_set_tags(t, "E9 E21 R24");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_energy_gan__energy_gradient_equals_differences, 0, 4);
	tcase_add_loop_test(t, test_energy_gan__generator_gradient_equals_differences, 0, 32);
	tcase_add_test(t, test_energy_gan__batch_one_cannot_be_deranged);
	tcase_add_test(t, test_energy_gan__noise_is_seen_by_the_bound_alone);
	tcase_add_loop_test(t, test_energy_gan__f32_follows_double, 0, 6);
	suite_add_tcase(s, t);
	t = tcase_create("signs");
	tcase_set_tags(t, "E21 E30 K2");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_energy_gan__each_net_goes_its_way);
	tcase_add_loop_test(t, test_energy_gan__entropy_is_raised, 0, 3);
	tcase_add_test(t, test_energy_gan__encoder_learns_the_way_back);
	tcase_add_test(t, test_energy_gan__shift_of_the_energy_changes_nothing);
	tcase_add_test(t, test_energy_gan__positive_and_negative_phase);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
