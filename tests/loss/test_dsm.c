/* SPDX-License-Identifier: MIT */
/* Denoising score matching: gradients, and energies that are known to be the best ones.
 *
 * The loss in a dimension is E (sigma grad U(x + sigma n) - n)^2. At U = -log p_sigma it is the variance of n given y:
 * sigma^2 times it is the loss of the best denoiser r(y) = y - sigma^2 grad U(y). */
#include "loss_support.h"

enum { BATCH = 20000, RUNS = 16 };

static egm_context *context;
static egm_model *energy;
static egm_loss *loss;
static phase_io io;

static void setup(void)
{
	context = new_context();
	energy = NULL;
	loss = NULL;
	memset(&io, 0, sizeof io);
	io.seed = 5, io.step = 6;
}

static void teardown(void)
{
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_context_free(context);
}

static void create(double sigma)
{
	egm_dsm_options o = EGM_DSM_OPTIONS_INIT;
	o.sigma = sigma;
	ck_assert_msg(egm_loss_dsm(&loss, energy, &o) == EGM_OK, "%s", egm_last_error());
}

START_TEST(test_dsm__gradient_equals_differences)
{
	add_activation *const kinds[] = {egm_model_tanh, egm_model_silu, egm_model_softplus, egm_model_gelu,
	                                 egm_model_sigmoid};
	uint64_t random = 3;
	for (int i = 0; i < 9; i++) io.data[i] = random_signed(&random);
	io.batch = _i % 2 ? 3 : 1;
	energy = dense_net(context, "energy", 4, (int64_t[]){3, 4, 3, 1}, kinds[_i / 2], EGM_F64, 1);
	create(_i % 2 ? 0.3 : 1.2);
	phase_objective o = {1, {0}, {1}};
	check_gradients(loss, 0, &o, &io);
}
END_TEST

/* mean of the loss, and of a combination of gradients, over runs */
static void average(sample_mean *value, sample_mean *slope, int a, int b)
{
	io.batch = BATCH;
	for (io.step = 1; io.step <= RUNS; io.step++) {
		run_phase(loss, 0, &io);
		sample_mean_add(value, io.terms[0]);
		if (slope)
			sample_mean_add(slope, (io.gradient[0][a] + io.gradient[0][b]) / (QUADRATIC_SCALE * QUADRATIC_SCALE));
	}
}

/* Data N(mu, s^2), U = k (y - mu)^2 / 2: best at k = 1 / (s^2 + sigma^2), with sigma^2 L = s^2 sigma^2 / (s^2 +
 * sigma^2). */
START_TEST(test_dsm__gaussian_data)
{
	const double s = 1, sigma = 0.5, mu = 0.25, k = 1 / (s * s + sigma * sigma);
	sample_mean value = {0}, slope = {0};
	uint64_t random = 11;
	for (int i = 0; i < BATCH; i++) io.data[i] = mu + s * random_normal(&random);
	energy = quadratic_net(context, "energy", 1, 1, (double[]){1}, &k, 0);
	SET_TENSOR(energy, "0.bias", -QUADRATIC_SCALE * mu, QUADRATIC_SCALE * mu);
	create(sigma);
	average(&value, &slope, 4, 5); /* parameters of 1-2-1: 2 weights, 2 biases, 2 weights, 1 bias */
	ck_assert(k == 0.8);
	/* the data are one sample of 20000: their second moment is off by sqrt(2/20000) = 1 %, so the loss by .8^2 .5^2 1 %
	 * = .0016 and its slope by 2 sigma^2 k times 1 % = .004, in one standard error; five of them */
	double mean = value.sum / value.n, d = slope.sum / slope.n;
	ck_assert(fabs(sigma * sigma * mean - 0.2) <= 5 * 0.0016);
	ck_assert(fabs(d) <= 5 * (0.004 + 0.003));
}
END_TEST

/* U = -log p is low where data are: the right sign has the smaller loss, U = 0 has E n^2 = 1. */
START_TEST(test_dsm__sign_of_the_energy)
{
	double at[3];
	uint64_t random = 11;
	for (int i = 0; i < BATCH; i++) io.data[i] = random_normal(&random);
	for (int i = 0; i < 3; i++) {
		double k = 0.8 * (i - 1);
		sample_mean value = {0};
		energy = quadratic_net(context, "energy", 1, 1, (double[]){1}, &k, 0);
		create(0.5);
		average(&value, NULL, 0, 0);
		at[i] = value.sum / value.n;
		egm_loss_free(loss);
		egm_model_free(energy);
		loss = NULL;
		energy = NULL;
	}
	ck_assert(at[2] < at[1] && at[1] < at[0]);
	ck_assert(fabs(at[1] - 1) <= 5 * sqrt(2.0 / (BATCH * RUNS)));
}
END_TEST

/* Data +-a: p_sigma is a mixture of two, U(y) = y^2 / (2 sigma^2) - ln cosh(a y / sigma^2) up to a constant, and
 * r(y) = a tanh(a y / sigma^2). Both parts are pairs of softplus: sp(t) + sp(-t) - 2 ln 2 = 2 ln cosh(t/2), which is
 * t^2/4 for small t and gives ln cosh at t = 2 a y / sigma^2 exactly. */
START_TEST(test_dsm__two_points)
{
	const double a = 1, sigma = _i ? 1 : 0.5, v = sigma * sigma;
	const double known_loss = _i ? 0.4495995 : 0.0685974, known_r = _i ? 0.4621172 : 0.9640276;
	double y = 0.5, gradient;
	sample_mean value = {0};
	for (int i = 0; i < BATCH; i++) io.data[i] = i % 2 ? a : -a;
	energy = dense_net(context, "energy", 3, (int64_t[]){1, 4, 1}, egm_model_softplus, EGM_F64, 1);
	SET_TENSOR(energy, "0.weight", QUADRATIC_SCALE, -QUADRATIC_SCALE, 2 * a / v, -2 * a / v);
	SET_TENSOR(energy, "0.bias", 0, 0, 0, 0);
	SET_TENSOR(energy, "2.weight", 2 / (v * QUADRATIC_SCALE * QUADRATIC_SCALE),
	           2 / (v * QUADRATIC_SCALE * QUADRATIC_SCALE), -0.5, -0.5);
	create(sigma);
	ck_assert_int_eq(egm_model_energy_gradient(energy, egm_f64(&y, 1, 1), egm_no_out(), egm_f64_out(&gradient, 1, 1)),
	                 EGM_OK);
	ck_assert(fabs(y - v * gradient - known_r) <= 1e-5); /* the quadratic part is off by A^2 y^2 / 24 */
	average(&value, NULL, 0, 0);
	value.sum *= v, value.squares *= v * v;
	sample_mean_check("loss", &value, known_loss, 2e-3); /* 320000 squares of order 1: their deviation / 566 */
}
END_TEST

/* ReLU: U = v relu(w x + b), d = 1. Where w x + b > 0 the score is v w and L = (sigma v w - n)^2: its gradients by w
 * and v are not zero, and that by the bias is exactly zero because the second derivative is: such a network cannot have
 * a curved score.
 */
START_TEST(test_dsm__relu_nets_have_no_second_derivative)
{
	const double w = 0.6, v = 0.8, sigma = 0.3;
	energy = dense_net(context, "energy", 3, (int64_t[]){1, 1, 1}, egm_model_relu, EGM_F64, 1);
	SET_TENSOR(energy, "0.weight", w);
	SET_TENSOR(energy, "0.bias", 1000);
	SET_TENSOR(energy, "2.weight", v);
	create(sigma);
	io.batch = 1;
	run_phase(loss, 0, &io);
	double residual = sqrt(io.terms[0]);
	const double *g = io.gradient[0];
	ck_assert(fabs(fabs(g[0]) - 2 * residual * sigma * v) <= 1e-13);
	ck_assert(fabs(fabs(g[2]) - 2 * residual * sigma * w) <= 1e-13);
	ck_assert(g[1] == 0 && g[3] == 0);
	SET_TENSOR(energy, "0.bias", -1000); /* where the network is flat nothing moves */
	run_phase(loss, 0, &io);
	for (int i = 0; i < 4; i++) ck_assert(g[i] == 0);
}
END_TEST

START_TEST(test_dsm__zero_net_is_finite)
{
	double zero[MOST_PARAMETERS] = {0};
	energy = dense_net(context, "energy", 3, (int64_t[]){2, 3, 1}, egm_model_silu, EGM_F64, 1);
	ck_assert_int_eq(egm_model_set_parameters(energy, egm_f64(zero, energy->count, 1)), EGM_OK);
	create(0.3);
	io.batch = 3;
	run_phase(loss, 0, &io);
	ck_assert(isfinite(io.terms[0]) && io.terms[0] > 0);
	for (int i = 0; i < MOST_PARAMETERS; i++) ck_assert(isfinite(io.gradient[0][i]));
}
END_TEST

/* U + c is the same loss, bit for bit: the bias of the last layer does not enter. */
START_TEST(test_dsm__shift_of_the_energy_changes_nothing)
{
	static phase_io other;
	energy = dense_net(context, "energy", 3, (int64_t[]){2, 3, 1}, egm_model_silu, EGM_F64, 1);
	create(0.3);
	io.batch = 3;
	other = io;
	run_phase(loss, 0, &io);
	SET_TENSOR(energy, "2.bias", 50);
	run_phase(loss, 0, &other);
	ck_assert(io.terms[0] == other.terms[0]);
	ck_assert(!memcmp(io.gradient[0], other.gradient[0], sizeof io.gradient[0]));
	ck_assert(io.gradient[0][energy->count - 1] == 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dsm");
	TCase *t = tcase_create("gradients");
	tcase_set_tags(t, "K1 E29 E30");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_dsm__gradient_equals_differences, 0, 10);
	tcase_add_test(t, test_dsm__relu_nets_have_no_second_derivative);
	tcase_add_test(t, test_dsm__zero_net_is_finite);
	tcase_add_test(t, test_dsm__shift_of_the_energy_changes_nothing);
	suite_add_tcase(s, t);
	t = tcase_create("optima");
	tcase_set_tags(t, "K7 K9 E18");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_dsm__gaussian_data);
	tcase_add_test(t, test_dsm__sign_of_the_energy);
	tcase_add_loop_test(t, test_dsm__two_points, 0, 2);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
