/* SPDX-License-Identifier: MIT */
/* Classifiers trained end to end on three normal distributions in the plane, whose true posterior is the softmax of
 * a linear function: log p(k | x) = mu_k . x - |mu_k|^2 / 2 + log share_k + a number that is equal for all k. */
#include "training_fixture.h"

enum { CLASSES = 3, ROW = 2 + CLASSES };

static const double mean[CLASSES][2] = {{-1, 0}, {1, 0.5}, {0, 1.5}}, share[CLASSES] = {0.5, 0.3, 0.2};
static float rows[POINTS][ROW];
static const plan usual = {.batch = 500, .steps = 2000, .learning_rate = 2e-2, .seed = 1};

static void posterior(const float x[2], double p[CLASSES])
{
	double sum = 0;
	for (int k = 0; k < CLASSES; k++) {
		double a = (double)x[0] - mean[k][0], b = (double)x[1] - mean[k][1];
		sum += p[k] = share[k] * exp(-(a * a + b * b) / 2);
	}
	for (int k = 0; k < CLASSES; k++) p[k] /= sum;
}

/* Points with one-hot labels, or with the posterior itself as target. */
static void draw(int soft, uint64_t seed)
{
	for (int i = 0; i < POINTS; i++) {
		double u = uniform(&seed), p[CLASSES];
		int k = u < share[0] ? 0 : u < share[0] + share[1] ? 1 : 2;
		for (int j = 0; j < 2; j++) rows[i][j] = (float)(mean[k][j] + normal(&seed));
		posterior(rows[i], p);
		for (int c = 0; c < CLASSES; c++) rows[i][2 + c] = soft ? (float)p[c] : c == k;
	}
}

/* E KL(posterior || softmax(f)) over fresh points: what the loss is above the best there is. */
static double excess(const egm_model *net)
{
	double sum = 0;
	draw(1, 77);
	for (int i = 0; i < POINTS; i++) {
		float f[CLASSES];
		double p[CLASSES], z = 0;
		OK(egm_model_run(net, egm_f32(rows[i], 1, 2), egm_f32_out(f, 1, egm_model_outputs(net))));
		posterior(rows[i], p);
		for (int k = 0; k < CLASSES; k++) z += exp((double)f[k]);
		for (int k = 0; k < CLASSES; k++) sum += p[k] * (log(p[k]) - (double)f[k] + log(z)) / POINTS;
	}
	return sum;
}

static void learn(int soft)
{
	draw(soft, 5);
	OK(egm_data_copy(&data, context, egm_f32(rows[0], POINTS, ROW)));
	OK(egm_loss_cross_entropy(&loss, nets[0], NULL));
	train(loss, data, &usual);
}

/* The likelihood of N labels leaves an excess of chi^2_6 / 2N, 6 the numbers that are free: 38/2N with chance 1e-6.
 * Targets without noise leave the optimiser's error alone, a learning rate that falls to 0 over 50 epochs. */
START_TEST(test_cross_entropy__linear_classifier_finds_the_posterior)
{
	const int soft = _i;
	nets[0] = NET("classifier", NULL, 1, 2, CLASSES);
	learn(soft);
	double e = excess(nets[0]), bound = soft ? 1e-5 : 38.0 / (2 * POINTS);
	ck_assert_msg(e >= 0 && e <= bound, "excess %g of %g", e, bound);
}
END_TEST

/* A hidden layer costs parameters that the distribution does not need: 16 * 2 + 16 + 3 * 16 + 3 - 3 = 96 in place of 6,
 * and 160 the 1e-5 quantile of chi^2_96. */
START_TEST(test_cross_entropy__hidden_layer_comes_near_it)
{
	nets[0] = NET("classifier", egm_model_silu, 1, 2, 16, CLASSES);
	learn(0);
	double e = excess(nets[0]);
	ck_assert_msg(e >= 0 && e <= 160.0 / (2 * POINTS), "excess %g", e);
}
END_TEST

/* The second row's logits overflow. */
START_TEST(test_cross_entropy__rejects_rows_without_targets_and_logits_without_bound)
{
	const float x[2][ROW] = {{1, 2, 1, 0, 0}, {3e38f, 3e38f, 0, 1, 0}}, weights[2 * CLASSES] = {2, 2, 3, 3, 4, 4};
	const plan one = {.batch = 1, .steps = 2, .learning_rate = 1e-2, .seed = 1};
	nets[0] = NET("classifier", NULL, 1, 2, CLASSES);
	OK(egm_model_set_tensor(nets[0], "0.weight", egm_f32(weights, 2 * CLASSES, 1)));
	OK(egm_loss_cross_entropy(&loss, nets[0], NULL));
	egm_trainer *trainer = make_trainer(loss, &one);
	OK(egm_data_copy(&data, context, egm_f32(x[0], 2, 2)));
	ck_assert_int_eq(egm_trainer_fit(trainer, data, 1, NULL, NULL), EGM_ERR_SHAPE);
	ck_assert_str_eq(egm_last_error(),
	                 "egm_trainer_fit: data has 2 columns, must have 5 for the networks of this cross_entropy");
	egm_data_free(data);
	OK(egm_data_copy(&data, context, egm_f32(x[0], 2, ROW)));
	ck_assert_int_eq(egm_trainer_fit(trainer, data, 2, NULL, NULL), EGM_ERR_NONFINITE);
	ck_assert_msg(strstr(egm_last_error(), "cross_entropy"), "%s", egm_last_error());
	egm_trainer_free(trainer);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cross_entropy training");
	TCase *t = tcase_create("cross_entropy");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_cross_entropy__linear_classifier_finds_the_posterior, 0, 2);
	tcase_add_test(t, test_cross_entropy__hidden_layer_comes_near_it);
	tcase_add_test(t, test_cross_entropy__rejects_rows_without_targets_and_logits_without_bound);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
