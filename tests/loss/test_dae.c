/* SPDX-License-Identifier: MIT */
/* The denoising autoencoder at denoisers that are known to be the best ones. Its scalar form is tested in test_dsm.c.
 *
 * For data N(mu, s^2) the best r is linear, r(y) = (s^2 y + sigma^2 mu)/(s^2 + sigma^2), and its loss is s^2
 * sigma^2/(s^2 + sigma^2) in each dimension; for data at +-a it is r(y) = a tanh(a y/sigma^2), a network of one tanh.
 */
#include "score_fixture.h"

enum { BATCH = 20000, RUNS = 16 };

static void create(double sigma)
{
	egm_dae_options o = EGM_DAE_OPTIONS_INIT;
	ck_assert(o.sigma == 0.3);
	o.sigma = sigma;
	CREATED(egm_loss_dae(&loss, nets[0], &o));
}

START_TEST(test_dae__gradient_equals_differences)
{
	add_activation *const kinds[] = {egm_model_tanh, egm_model_silu, egm_model_relu};
	uint64_t random = 3;
	for (int i = 0; i < 9; i++) io.data[i] = random_signed(&random);
	io.batch = _i % 2 ? 3 : 1;
	nets[0] = dense_net(context, "denoiser", 3, (int64_t[]){3, 4, 3}, kinds[_i / 2], EGM_F64, 1);
	create(_i % 2 ? 0.3 : 1.2);
	phase_objective o = {1, {0}, {1}};
	check_gradients(loss, 0, &o, &io);
}
END_TEST

typedef struct line {
	sample_mean value, slope, offset;
} line;

static void see_line(void *user)
{
	line *m = user;
	sample_mean_add(&m->value, io.terms[0]);
	sample_mean_add(&m->slope, io.gradient[0][0]);
	sample_mean_add(&m->offset, io.gradient[0][nets[0]->inputs * nets[0]->inputs]);
}

/* K7: s = 1, sigma = 0.5: slope 0.8, loss 0.2 a dimension, both gradients zero there. The data have their two moments
 * exactly. The errors are those of the noise: the loss is a mean of 320,000 squares with deviation 0.28, so its
 * standard error is 5e-4; those of the gradients are of the same order. */
START_TEST(test_dae__linear_denoiser_of_a_gaussian)
{
	const double s = 1, sigma = 0.5, mu = 0.25, k = s * s / (s * s + sigma * sigma);
	line m = {{0}, {0}, {0}};
	exact_normal_data(mu, s, BATCH, 11);
	nets[0] = linear_net(context, "denoiser", 1, &k, (1 - k) * mu);
	create(sigma);
	io.batch = BATCH;
	run_often(0, RUNS, see_line, &m);
	ck_assert(k == 0.8);
	sample_mean_check("loss", &m.value, 0.2, 1e-3);
	sample_mean_check("slope", &m.slope, 0, 2e-3);
	sample_mean_check("offset", &m.offset, 0, 2e-3);
}
END_TEST

/* The square is summed over a row and averaged over rows: two dimensions leave twice as much. */
START_TEST(test_dae__loss_is_a_sum_over_dimensions)
{
	line m = {{0}, {0}, {0}};
	exact_normal_data(0, 1, 2 * BATCH, 11);
	nets[0] = dense_net(context, "denoiser", 2, (int64_t[]){2, 2}, NULL, EGM_F64, 1);
	SET_TENSOR(nets[0], "0.weight", 0.8, 0, 0, 0.8);
	SET_TENSOR(nets[0], "0.bias", 0, 0);
	create(0.5);
	io.batch = BATCH;
	run_often(0, RUNS, see_line, &m);
	sample_mean_check("loss", &m.value, 0.4, 2e-3);
}
END_TEST

/* K7. The gradient by the inner weight and by the outer is zero at the optimum. */
START_TEST(test_dae__tanh_denoiser_of_two_points)
{
	const double a = 1, sigma = _i ? 1 : 0.5, v = sigma * sigma;
	const double known_loss = _i ? 0.4495995 : 0.0685974, known_r = _i ? 0.4621172 : 0.9640276;
	double y = 0.5, r;
	for (int i = 0; i < BATCH; i++) io.data[i] = i % 2 ? a : -a;
	nets[0] = dense_net(context, "denoiser", 3, (int64_t[]){1, 1, 1}, egm_model_tanh, EGM_F64, 1);
	SET_TENSOR(nets[0], "0.weight", a / v);
	SET_TENSOR(nets[0], "0.bias", 0);
	SET_TENSOR(nets[0], "2.bias", 0);
	SET_TENSOR(nets[0], "2.weight", a);
	create(sigma);
	ck_assert_int_eq(egm_model_run(nets[0], egm_f64(&y, 1, 1), egm_f64_out(&r, 1, egm_model_outputs(nets[0]))), EGM_OK);
	ck_assert(fabs(r - known_r) <= 5e-8);
	io.batch = BATCH;
	line at = {{0}, {0}, {0}};
	run_often(0, RUNS, see_line, &at);
	sample_mean_check("loss", &at.value, known_loss, 2e-3);
	sample_mean_check("slope", &at.slope, 0, 2e-3);
}
END_TEST

/* E19: the distribution of r(y) is not that of x. s = sigma = 1: variance s^4/(s^2 + sigma^2) = 0.5. A mean of 20,000
 * squares of N(0, 0.5) has standard error 0.5 sqrt(2/20000) = 0.005. */
START_TEST(test_dae__denoised_points_are_narrower_than_the_data)
{
	static double y[BATCH], r[BATCH];
	const double k = 0.5;
	double squares = 0;
	uint64_t random = 21;
	nets[0] = linear_net(context, "denoiser", 1, &k, 0); /* the best one: s^2/(s^2 + sigma^2) */
	for (int i = 0; i < BATCH; i++) y[i] = random_normal(&random) + random_normal(&random);
	ck_assert_int_eq(egm_model_run(nets[0], egm_f64(y, BATCH, 1), egm_f64_out(r, BATCH, egm_model_outputs(nets[0]))),
	                 EGM_OK);
	for (int i = 0; i < BATCH; i++) squares += r[i] * r[i] / BATCH;
	ck_assert(fabs(squares - 0.5) <= 5 * 0.005);
}
END_TEST

START_TEST(test_dae__rejects)
{
	const double bad[] = {-0.5, -1, NAN, INFINITY};
	egm_dae_options o;
	nets[0] = dense_net(context, "denoiser", 3, (int64_t[]){2, 3, 2}, egm_model_silu, EGM_F64, 1);
	nets[1] = dense_net(context, "energy", 3, (int64_t[]){2, 3, 1}, egm_model_silu, EGM_F64, 1);
	for (int i = 0; i < 4; i++) {
		o = (egm_dae_options)EGM_DAE_OPTIONS_INIT;
		o.sigma = bad[i];
		REJECTED(egm_loss_dae(&loss, nets[0], &o), EGM_ERR_ARGUMENT, "egm_loss_dae: sigma is ");
	}
	REJECTED(egm_loss_dae(&loss, nets[1], NULL), EGM_ERR_SHAPE, "denoiser 'energy' has 1 outputs, must have 2");
	REJECTED(egm_loss_dae(&loss, NULL, NULL), EGM_ERR_ARGUMENT, "denoiser is NULL");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dae");
	TCase *t = tcase_create("dae");
	tcase_set_tags(t, "K1 K7 E19");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_dae__gradient_equals_differences, 0, 6);
	tcase_add_test(t, test_dae__linear_denoiser_of_a_gaussian);
	tcase_add_test(t, test_dae__loss_is_a_sum_over_dimensions);
	tcase_add_loop_test(t, test_dae__tanh_denoiser_of_two_points, 0, 2);
	tcase_add_test(t, test_dae__denoised_points_are_narrower_than_the_data);
	tcase_add_test(t, test_dae__rejects);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
