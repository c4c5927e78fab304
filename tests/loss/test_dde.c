/* SPDX-License-Identifier: MIT */
/* The generator between two exact density estimators: its gradient is that of the divergence.
 *
 * G(z) = m + g z, data N(0, s^2): q_sigma = N(m, g^2 + sigma^2), p_sigma = N(0, s^2 + sigma^2), both energies
 * quadratic, KL = 1/2 [(g^2 + sigma^2)/(s^2 + sigma^2) - 1 + m^2/(s^2 + sigma^2) - ln((g^2 + sigma^2)/(s^2 +
 * sigma^2))]. */
#include "score_fixture.h"

enum { BATCH = 20000, RUNS = 32, P = 0, Q = 1, G = 2, ENERGY = 0, GENERATOR = 1 };

static void create(double sigma)
{
	egm_dde_options o = EGM_DDE_OPTIONS_INIT;
	ck_assert(o.sigma == 0.3 && o.energy_steps == 5);
	o.sigma = sigma;
	CREATED(egm_loss_dde(&loss, nets[P], nets[Q], nets[G], &o));
}

START_TEST(test_dde__gradient_equals_differences)
{
	add_activation *const kinds[] = {egm_model_tanh, egm_model_silu};
	io.batch = _i % 2 ? 3 : 1;
	nets[P] = dense_net(context, "p", 3, (int64_t[]){3, 4, 1}, kinds[_i / 4], EGM_F64, 1);
	nets[Q] = dense_net(context, "q", 3, (int64_t[]){3, 5, 1}, kinds[_i / 4], EGM_F64, 2);
	nets[G] = dense_net(context, "g", 3, (int64_t[]){2, 4, 3}, kinds[_i / 4], EGM_F64, 3);
	create(0.4);
	int phase = _i / 2 % 2;
	phase_objective o = {1, {phase}, {1}};
	check_gradients(loss, phase, &o, &io);
}
END_TEST

START_TEST(test_dde__each_phase_moves_its_net)
{
	nets[P] = dense_net(context, "p", 3, (int64_t[]){3, 4, 1}, egm_model_silu, EGM_F64, 1);
	nets[Q] = dense_net(context, "q", 3, (int64_t[]){3, 5, 1}, egm_model_silu, EGM_F64, 2);
	nets[G] = dense_net(context, "g", 3, (int64_t[]){2, 4, 3}, egm_model_silu, EGM_F64, 3);
	CREATED(egm_loss_dde(&loss, nets[P], nets[Q], nets[G], NULL));
	ck_assert_int_eq(loss->n_phases, 2);
	ck_assert_uint_eq(loss->phases[ENERGY].moves, 1u << Q);
	ck_assert_uint_eq(loss->phases[GENERATOR].moves, 1u << G);
	ck_assert_int_eq(loss->phases[ENERGY].repeat, 5);
	ck_assert_int_eq(loss->phases[GENERATOR].repeat, 1);
	ck_assert(!loss->phases[ENERGY].reads_data && !loss->phases[GENERATOR].reads_data);
}
END_TEST

static double divergence(double m, double g, double s, double sigma)
{
	double p = s * s + sigma * sigma, q = g * g + sigma * sigma;
	return 0.5 * (q / p - 1 + m * m / p - log(q / p));
}

typedef struct sums {
	sample_mean value, by_m, by_g;
} sums;

static void see(void *user)
{
	sums *s = user;
	sample_mean_add(&s->value, io.terms[1]);
	sample_mean_add(&s->by_g, io.gradient[G][0]);
	sample_mean_add(&s->by_m, io.gradient[G][1]);
}

/* K8, E18: with U low = likely on both sides. The value misses KL by what both energies lack as logarithms of
 * densities: ln of the ratio of the standard deviations.
 *
 * Standard errors of 640,000 draws: the slope U_p' - U_q' has deviation about 0.5, so 6e-4; times z about 1e-3. The
 * quadratic networks are off by A^2 y^2/12 relative, 1e-4 at y = 3.5, and sample_mean_check grants that. */
START_TEST(test_dde__generator_gradient_is_that_of_the_divergence)
{
	const struct {
		double m, g, s, sigma, kl, by_m, by_g;
	} row[] = {{1, 1, 2, 1, 0.2581454, 0.2, -0.3}, {0, 2, 2, 1, 0, 0, 0}, {-0.5, 1.5, 1, 0.5, 0.2534264, -0.4, 0.6}};
	const double m = row[_i].m, g = row[_i].g, s = row[_i].s, sigma = row[_i].sigma, h = 1e-5;
	const double p = 1 / (s * s + sigma * sigma), q = 1 / (g * g + sigma * sigma);
	sums sum = {{0}, {0}, {0}};
	nets[P] = quadratic_net(context, "p", 1, 1, (double[]){1}, &p, 0);
	nets[Q] = quadratic_net(context, "q", 1, 1, (double[]){1}, &q, 0);
	move_centre(nets[Q], m);
	nets[G] = linear_net(context, "g", 1, &g, m);
	create(sigma);
	io.batch = BATCH;
	run_often(GENERATOR, RUNS, see, &sum);
	double kl = divergence(m, g, s, sigma);
	double by_m = (divergence(m + h, g, s, sigma) - divergence(m - h, g, s, sigma)) / (2 * h);
	double by_g = (divergence(m, g + h, s, sigma) - divergence(m, g - h, s, sigma)) / (2 * h);
	ck_assert(fabs(kl - row[_i].kl) <= 1e-6);
	ck_assert(fabs(by_m - row[_i].by_m) <= 1e-9 && fabs(by_g - row[_i].by_g) <= 1e-9);
	sample_mean_check("by m", &sum.by_m, row[_i].by_m, 2e-3);
	sample_mean_check("by g", &sum.by_g, row[_i].by_g, 2e-3);
	sample_mean_check("value", &sum.value, kl - 0.5 * log(q / p), 2e-3);
}
END_TEST

static void see_energy(void *user)
{
	run_means *m = user;
	sample_mean_add(&m->value, io.terms[0]);
	sample_mean_add(&m->slope, derivative_by_factor(Q));
}

/* The phase of U_q is denoising on the generator's points: best at k = 1/(g^2 + sigma^2), where the loss is
 * g^2/(g^2 + sigma^2): 0.5 at g = sigma = 1. */
START_TEST(test_dde__sample_energy_describes_the_generator)
{
	const double g = 1, k = 0.5;
	run_means m = {{0}, {0}};
	nets[P] = quadratic_net(context, "p", 1, 1, (double[]){1}, &k, 0);
	nets[Q] = quadratic_net(context, "q", 1, 1, (double[]){1}, &k, 0);
	move_centre(nets[Q], 3);
	nets[G] = linear_net(context, "g", 1, &g, 3);
	create(1);
	io.batch = BATCH;
	run_often(ENERGY, RUNS, see_energy, &m);
	sample_mean_check("loss", &m.value, 0.5, 2e-3);
	sample_mean_check("slope", &m.slope, 0, 5e-3);
}
END_TEST

/* The sign: a generator left of the data moves right, for any U_q. */
START_TEST(test_dde__generator_moves_towards_the_data)
{
	const double k = 1, g = 0.1;
	for (int side = -1; side <= 1; side += 2) {
		sums sum = {{0}, {0}, {0}};
		nets[P] = quadratic_net(context, "p", 1, 1, (double[]){1}, &k, 0);
		nets[Q] = quadratic_net(context, "q", 1, 1, (double[]){1}, &k, 0);
		move_centre(nets[Q], 2 * side);
		nets[G] = linear_net(context, "g", 1, &g, 2 * side);
		create(0.3);
		io.batch = 100;
		run_often(GENERATOR, 4, see, &sum);
		ck_assert(sum.by_m.sum * side > 0);
		egm_loss_free(loss);
		for (int i = 0; i < 3; i++) egm_model_free(nets[i]);
	}
	loss = NULL;
	memset(nets, 0, sizeof nets);
}
END_TEST

START_TEST(test_dde__rejects)
{
	egm_dde_options o;
	nets[P] = dense_net(context, "p", 2, (int64_t[]){2, 1}, NULL, EGM_F64, 1);
	nets[Q] = dense_net(context, "q", 2, (int64_t[]){3, 1}, NULL, EGM_F64, 1);
	nets[G] = dense_net(context, "g", 2, (int64_t[]){5, 2}, NULL, EGM_F64, 1);
	REJECTED(egm_loss_dde(&loss, nets[P], nets[Q], nets[G], NULL), EGM_ERR_SHAPE,
	         "sample_energy 'q' has 3 inputs, must have 2");
	REJECTED(egm_loss_dde(&loss, nets[P], nets[P], nets[G], NULL), EGM_ERR_ARGUMENT,
	         "data_energy and sample_energy are both network 'p', must be different ones");
	o = (egm_dde_options)EGM_DDE_OPTIONS_INIT;
	o.energy_steps = -1;
	REJECTED(egm_loss_dde(&loss, nets[P], nets[Q], nets[G], &o), EGM_ERR_ARGUMENT,
	         "energy_steps is -1, must be at least 1");
	o.energy_steps = 1;
	o.sigma = -1;
	REJECTED(egm_loss_dde(&loss, nets[P], nets[Q], nets[G], &o), EGM_ERR_ARGUMENT,
	         "sigma is -1, must be above 0 and finite");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dde");
	TCase *t = tcase_create("dde");
	tcase_set_tags(t, "K1 K8 E18");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_dde__gradient_equals_differences, 0, 8);
	tcase_add_test(t, test_dde__each_phase_moves_its_net);
	tcase_add_loop_test(t, test_dde__generator_gradient_is_that_of_the_divergence, 0, 3);
	tcase_add_test(t, test_dde__sample_energy_describes_the_generator);
	tcase_add_test(t, test_dde__generator_moves_towards_the_data);
	tcase_add_test(t, test_dde__rejects);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
