/* SPDX-License-Identifier: MIT */
/* K15 end to end: a linear autoencoder trained in f32 from random networks finds the principal components of data
 * whose covariance is exactly diag(4, 2, 1, 1), and its bound equals the likelihood.
 *
 * Both networks are linear, so everything after training is known without sampling: the distribution of x under the
 * decoder is N(b, W W^T + I), and the bound of a point is
 *
 *   -|x - W m(x) - b|^2/2 - sum_j s_j(x)^2 |W_j|^2/2 - (d/2) ln 2 pi - KL(p(z|x) || N(0, I)). */
#include "../loss/ppca.h"
#include <egm/trainer.h>
#include <math.h>
#include <string.h>
#include <support.h>

enum { D = PPCA_D, K = PPCA_K, POINTS = PPCA_POINTS, COPIES = 16 };

static egm_context *context;
static egm_model *encoder, *decoder;
static egm_loss *loss;
static egm_trainer *trainer;
static egm_data *data;

static egm_model *linear(const char *name, int64_t inputs, int64_t outputs, uint64_t seed)
{
	egm_model *m = NULL;
	ck_assert_int_eq(egm_model_create(&m, context, name, inputs), EGM_OK);
	egm_model_dense(m, outputs);
	ck_assert_int_eq(egm_model_build(m, EGM_F32, seed), EGM_OK);
	return m;
}

static void setup(void)
{
	static float rows[COPIES * POINTS * D];
	double x[POINTS * D];
	ppca_points(x);
	for (int i = 0; i < COPIES * POINTS * D; i++) rows[i] = (float)x[i % (POINTS * D)];
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	ck_assert_int_eq(egm_data_copy(&data, context, egm_f32(rows, COPIES * POINTS, D)), EGM_OK);
	encoder = linear("encoder", D, 2 * K, 1);
	decoder = linear("decoder", K, D, 2);
	loss = NULL;
	trainer = NULL;
}

static void teardown(void)
{
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_data_free(data);
	egm_model_free(encoder);
	egm_model_free(decoder);
	egm_context_free(context);
}

static void train(int64_t steps)
{
	egm_trainer_options o = EGM_TRAINER_OPTIONS_INIT;
	o.batch = COPIES * POINTS;
	o.learning_rate = 0.02;
	o.beta1 = 0.9, o.beta2 = 0.999;
	o.schedule = EGM_SCHEDULE_COSINE;
	o.schedule_steps = steps;
	o.seed = 3;
	ck_assert_int_eq(egm_loss_vae(&loss, encoder, decoder, NULL), EGM_OK);
	ck_assert_int_eq(egm_trainer_create(&trainer, loss, &o), EGM_OK);
	ck_assert_msg(egm_trainer_fit(trainer, data, steps, NULL, NULL) == EGM_OK, "%s", egm_last_error());
}

/* ---- what the networks are, in double */

typedef struct nets {
	float ew[2 * K * D], eb[2 * K], dw[D * K], db[D];
} nets;

static nets read_nets(void)
{
	nets n;
	ck_assert_int_eq(egm_model_tensor(encoder, "0.weight", egm_f32_out(n.ew, 2 * K * D, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_tensor(encoder, "0.bias", egm_f32_out(n.eb, 2 * K, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_tensor(decoder, "0.weight", egm_f32_out(n.dw, D * K, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_tensor(decoder, "0.bias", egm_f32_out(n.db, D, 1)), EGM_OK);
	return n;
}

static double bound_at(const nets *n, const double *x)
{
	double code[2 * K], sum = -0.5 * D * log(2 * acos(-1.0));
	for (int j = 0; j < 2 * K; j++) {
		code[j] = (double)n->eb[j];
		for (int i = 0; i < D; i++) code[j] += (double)n->ew[j * D + i] * x[i];
	}
	for (int i = 0; i < D; i++) {
		double rest = x[i] - (double)n->db[i];
		for (int j = 0; j < K; j++) rest -= (double)n->dw[i * K + j] * code[j];
		sum -= 0.5 * rest * rest;
		for (int j = 0; j < K; j++) sum -= 0.5 * exp(code[K + j]) * pow((double)n->dw[i * K + j], 2);
	}
	for (int j = 0; j < K; j++) sum -= 0.5 * (code[j] * code[j] + exp(code[K + j]) - 1 - code[K + j]);
	return sum;
}

/* log N(x; b, W W^T + I) = -(d ln 2 pi + ln det M + |r|^2 - |W^T r|^2_{M^-1})/2, M = W^T W + I, 2 x 2 */
static double likelihood_at(const nets *n, const double *x)
{
	double m[2][2] = {{1, 0}, {0, 1}}, t[2] = {0}, squares = 0;
	for (int i = 0; i < D; i++) {
		double w[2] = {(double)n->dw[i * K], (double)n->dw[i * K + 1]}, r = x[i] - (double)n->db[i];
		squares += r * r;
		for (int a = 0; a < 2; a++) {
			t[a] += w[a] * r;
			for (int b = 0; b < 2; b++) m[a][b] += w[a] * w[b];
		}
	}
	double det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
	double inner = (t[0] * t[0] * m[1][1] - 2 * t[0] * t[1] * m[0][1] + t[1] * t[1] * m[0][0]) / det;
	return -0.5 * (D * log(2 * acos(-1.0)) + log(det) + squares - inner);
}

static double mean_of(double (*value)(const nets *, const double *))
{
	double x[POINTS * D], sum = 0;
	nets n = read_nets();
	ppca_points(x);
	for (int i = 0; i < POINTS; i++) sum += value(&n, x + (ptrdiff_t)i * D) / POINTS;
	return sum;
}

/* ---- */

/* The maximum of the likelihood is -6.7154749, and nothing is above it. The bound ends below the likelihood and within
 * 0.002 nats of the maximum: what noise leaves of an Adam run whose rate falls to 0, seen as 0.0001 to 0.0002 over five
 * pairs of networks. */
START_TEST(test_vae_training__finds_the_principal_components)
{
	double before = mean_of(bound_at);
	train(3000);
	double bound = mean_of(bound_at), likelihood = mean_of(likelihood_at);
	ck_assert_msg(before < -9 && bound >= PPCA_LOG_LIKELIHOOD - 0.002, "bound %.6f, before %.6f", bound, before);
	ck_assert_msg(bound <= likelihood + 1e-9 && likelihood <= PPCA_LOG_LIKELIHOOD + 1e-6, "%.6f, likelihood %.6f",
	              bound, likelihood);
}
END_TEST

/* Columns of W have the norms sqrt 3 and 1 and lie along the first two axes: W W^T = diag(3, 1, 0, 0), whatever the
 * order and the signs. */
START_TEST(test_vae_training__columns_have_their_norms)
{
	train(3000);
	nets n = read_nets();
	for (int a = 0; a < D; a++)
		for (int b = 0; b < D; b++) {
			double product = 0, want = a == b ? (a == 0 ? 3 : a == 1 ? 1 : 0) : 0;
			for (int j = 0; j < K; j++) product += (double)n.dw[a * K + j] * (double)n.dw[b * K + j];
			/* an error e of C = W W^T + I costs tr((C^-1 e)^2)/4 >= e^2/64: 0.0002 nats permit 0.11 */
			ck_assert_msg(fabs(product - want) <= 0.11, "(W W^T)_%d%d = %g", a, b, product);
		}
}
END_TEST

/* The estimate of the library, on the trained networks, against the formulas: S = 1 is the bound in the mean, S = 50
 * the likelihood from below. Of 4096 rows, whose weights spread by less than 0.2 nats: 0.2/64 * 5 = 0.016. */
START_TEST(test_vae_training__estimate_agrees)
{
	enum { N = 512 * POINTS };
	static float x[N * D];
	static double out[N];
	double points[POINTS * D];
	train(600);
	ppca_points(points);
	for (int i = 0; i < N * D; i++) x[i] = (float)points[i % (POINTS * D)];
	for (int many = 0; many < 2; many++) {
		double mean = 0, want = mean_of(many ? likelihood_at : bound_at);
		ck_assert_int_eq(
		    egm_loss_vae_log_likelihood(loss, egm_f32(x, N, D), many ? 50 : 1, 7, egm_f64_out(out, N, 1), NULL, NULL),
		    EGM_OK);
		for (int i = 0; i < N; i++) mean += out[i] / N;
		ck_assert_msg(fabs(mean - want) <= 0.016, "%.5f, not %.5f", mean, want);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vae training");
	TCase *t = tcase_create("principal components");
	tcase_set_tags(t, "K15");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_vae_training__finds_the_principal_components);
	tcase_add_test(t, test_vae_training__columns_have_their_norms);
	tcase_add_test(t, test_vae_training__estimate_agrees);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
