/* SPDX-License-Identifier: MIT */
/* The objective of the variational autoencoder: at the principal components, where it is known, and term by term with
 * networks whose draws do not matter. Gradients are compared with differences in test_systems.c. */
#include "loss_support.h"
#include "ppca.h"

enum { RECONSTRUCTION, DIVERGENCE };
enum { ENCODER, DECODER };
enum { COPIES = 1000, RUNS = 16 };

static egm_context *context;
static egm_model *encoder, *decoder;
static egm_loss *loss;
static egm_vae_options options;
static phase_io io;

static void setup(void)
{
	context = new_context();
	encoder = decoder = NULL;
	loss = NULL;
	options = (egm_vae_options)EGM_VAE_OPTIONS_INIT;
	memset(&io, 0, sizeof io);
	io.batch = 3, io.seed = 5;
}

static void teardown(void)
{
	egm_loss_free(loss);
	egm_model_free(encoder);
	egm_model_free(decoder);
	egm_context_free(context);
}

static void create(void)
{
	ck_assert_msg(egm_loss_vae(&loss, encoder, decoder, &options) == EGM_OK, "%s", egm_last_error());
}

/* A dense layer with weights of zero: the bias, whatever comes in. */
static egm_model *constant(const char *name, int64_t inputs, int64_t n, const double *bias)
{
	static const double zeros[64];
	egm_model *m = dense_net(context, name, 2, (int64_t[]){inputs, n}, NULL, EGM_F64, 1);
	set_tensor(m, "0.weight", inputs * n, zeros);
	set_tensor(m, "0.bias", n, bias);
	return m;
}

/* ---- principal components */

static void at_principal_components(double angle)
{
	ppca p = ppca_solution(angle);
	encoder = dense_net(context, "encoder", 2, (int64_t[]){PPCA_D, 2 * PPCA_K}, NULL, EGM_F64, 1);
	decoder = dense_net(context, "decoder", 2, (int64_t[]){PPCA_K, PPCA_D}, NULL, EGM_F64, 1);
	set_tensor(encoder, "0.weight", 2 * PPCA_K * PPCA_D, p.encoder);
	set_tensor(encoder, "0.bias", 2 * PPCA_K, p.encoder_bias);
	set_tensor(decoder, "0.weight", PPCA_D * PPCA_K, p.decoder);
	set_tensor(decoder, "0.bias", PPCA_D, (double[PPCA_D]){0});
	create();
	io.batch = COPIES * PPCA_POINTS;
	for (int i = 0; i < COPIES; i++) ppca_points(io.data + (ptrdiff_t)i * PPCA_POINTS * PPCA_D);
}

/* K15. The gap of 45 degrees is ln(9/8)/2. */
START_TEST(test_vae__bound_is_the_likelihood_at_the_principal_components)
{
	const double angle = _i * acos(-1.0) / 8;
	const double gap = ppca_solution(angle).gap;
	sample_mean m = {0};
	at_principal_components(angle);
	for (io.step = 1; io.step <= RUNS; io.step++) {
		run_phase(loss, 0, &io);
		sample_mean_add(&m, -io.terms[RECONSTRUCTION] - io.terms[DIVERGENCE]);
	}
	if (_i == 0) ck_assert(fabs(gap) <= 1e-15);
	if (_i == 2) ck_assert(fabs(gap - 0.5 * log(9.0 / 8)) <= 1e-15);
	sample_mean_check("-L", &m, PPCA_LOG_LIKELIHOOD - gap, 5e-3);
}
END_TEST

/* It is a maximum, so all 32 gradients are 0 in the mean. */
START_TEST(test_vae__principal_components_are_stationary)
{
	sample_mean m[2][32] = {{{0}}};
	at_principal_components(0);
	for (io.step = 1; io.step <= RUNS; io.step++) {
		run_phase(loss, 0, &io);
		for (int net = 0; net < 2; net++)
			for (int i = 0; i < loss->nets[net]->count; i++) sample_mean_add(&m[net][i], io.gradient[net][i]);
	}
	for (int net = 0; net < 2; net++)
		for (int i = 0; i < loss->nets[net]->count; i++)
			sample_mean_check(net ? "decoder" : "encoder", &m[net][i], 0, 0.02);
}
END_TEST

/* ---- decoders that ignore z */

static const double points[3][2] = {{0, 1}, {1, 0.3}, {1, 0}};

static void with_constant_nets(int64_t outputs, const double *code, const double *output)
{
	encoder = constant("encoder", 2, 2, code);
	decoder = constant("decoder", 1, outputs, output);
	memcpy(io.data, points, sizeof points);
	create();
	run_phase(loss, 0, &io);
}

/* -log of the Bernoulli probability, by branches that do not overflow */
static double bernoulli(double x, double logit)
{
	double absent = logit > 0 ? logit + log1p(exp(-logit)) : log1p(exp(logit));
	return absent - x * logit;
}

START_TEST(test_vae__bernoulli_decoder_equals_the_formula)
{
	const double logits[5][2] = {{0.3, -1.2}, {0, 0}, {1000, -1000}, {-1000, 1000}, {40, -40}}, *l = logits[_i];
	double want = 0;
	options.decoder = EGM_DECODER_BERNOULLI;
	with_constant_nets(2, (double[]){0, 0}, l);
	for (int i = 0; i < 3; i++) want += (bernoulli(points[i][0], l[0]) + bernoulli(points[i][1], l[1])) / 3;
	ck_assert(fabs(io.terms[RECONSTRUCTION] - want) <= 1e-14 * fmax(1, want));
	/* d/dl = sigmoid(l) - x, finite at any logit */
	for (int j = 0; j < 2; j++) {
		double mean = (points[0][j] + points[1][j] + points[2][j]) / 3;
		ck_assert(fabs(io.gradient[DECODER][2 + j] - (1 / (1 + exp(-l[j])) - mean)) <= 1e-15);
	}
}
END_TEST

/* Constants are kept: nats of a density. */
START_TEST(test_vae__gaussian_decoder_equals_the_density)
{
	const double sigma = 0.7, mean[2] = {0.2, -0.4};
	double want = 0;
	options.sigma = sigma;
	with_constant_nets(2, (double[]){0, 0}, mean);
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 2; j++) {
			double t = (points[i][j] - mean[j]) / sigma;
			want += (0.5 * t * t + log(sigma * sqrt(2 * acos(-1.0)))) / 3;
		}
	ck_assert(fabs(io.terms[RECONSTRUCTION] - want) <= 1e-14 * want);
}
END_TEST

/* Means first, then logarithms of variances. At the data's own mean and variance the gradient is 0, and the value the
 * entropy sum (ln 2 pi e v)/2. */
START_TEST(test_vae__learned_variance_finds_the_data_s)
{
	double output[4] = {0}, want = 0;
	for (int j = 0; j < 2; j++) {
		for (int i = 0; i < 3; i++) output[j] += points[i][j] / 3;
		for (int i = 0; i < 3; i++) output[2 + j] += pow(points[i][j] - output[j], 2) / 3;
		want += 0.5 * log(2 * acos(-1.0) * exp(1) * output[2 + j]);
		output[2 + j] = log(output[2 + j]);
	}
	options.decoder = EGM_DECODER_GAUSSIAN_LEARNED;
	with_constant_nets(4, (double[]){0, 0}, output);
	ck_assert(fabs(io.terms[RECONSTRUCTION] - want) <= 1e-14);
	for (int i = 4; i < 8; i++) ck_assert(fabs(io.gradient[DECODER][i]) <= 1e-14); /* the biases */
	SET_TENSOR(decoder, "0.bias", output[0], output[1], output[2] - 1, output[3] + 1);
	run_phase(loss, 0, &io);
	ck_assert(io.gradient[DECODER][6] < 0 && io.gradient[DECODER][7] > 0); /* back to where they were */
}
END_TEST

/* ---- the encoder with such a decoder: only the divergence, times beta, has a gradient */

START_TEST(test_vae__divergence_has_its_value_and_weight)
{
	const double betas[] = {1, 4, 0}, m = 1, v = log(4), beta = betas[_i];
	options.beta = beta;
	with_constant_nets(2, (double[]){m, v}, (double[]){0, 0});
	ck_assert(fabs(io.terms[DIVERGENCE] - 0.5 * (m * m + 4 - 1 - v)) <= 1e-15); /* shown without its weight */
	/* down this gradient the code goes to the prior: d/dm = m, d/dv = (exp v - 1)/2 */
	ck_assert(fabs(io.gradient[ENCODER][4] - beta * m) <= 1e-14);
	ck_assert(fabs(io.gradient[ENCODER][5] - beta * 1.5) <= 1e-14);
	ck_assert(io.gradient[DECODER][0] != 0); /* the decoder's slope is moved by the reconstruction */
}
END_TEST

/* Decoder x = 2 z, code 0 with almost no noise, data at 1: both networks go up, to where 2 z = 1. With beta 0 the
 * derivative of (1 - w z)^2/2 at w = 2, z = m is -w (1 - w m) for m and -z (1 - w z) for w. */
START_TEST(test_vae__reconstruction_moves_both_nets_to_the_data)
{
	const double w = 2, m = 0.1, rest = 1 - w * m;
	options.beta = 0;
	encoder = constant("encoder", 1, 2, (double[]){m, -60});
	decoder = linear_net(context, "decoder", 1, &w, 0);
	for (int i = 0; i < 3; i++) io.data[i] = 1;
	create();
	run_phase(loss, 0, &io);
	/* noise of exp(-30) = 1e-13 */
	ck_assert(fabs(io.gradient[ENCODER][2] + w * rest) <= 1e-11);
	ck_assert(fabs(io.gradient[DECODER][0] + m * rest) <= 1e-11);
	ck_assert(fabs(io.gradient[DECODER][1] + rest) <= 1e-11);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vae");
	TCase *t = tcase_create("principal components");
	tcase_set_tags(t, "K15");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_vae__bound_is_the_likelihood_at_the_principal_components, 0, 3);
	tcase_add_test(t, test_vae__principal_components_are_stationary);
	suite_add_tcase(s, t);
	t = tcase_create("terms");
	tcase_set_tags(t, "K17");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_vae__bernoulli_decoder_equals_the_formula, 0, 5);
	tcase_add_test(t, test_vae__gaussian_decoder_equals_the_density);
	tcase_add_test(t, test_vae__learned_variance_finds_the_data_s);
	tcase_add_loop_test(t, test_vae__divergence_has_its_value_and_weight, 0, 3);
	tcase_add_test(t, test_vae__reconstruction_moves_both_nets_to_the_data);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
