/* SPDX-License-Identifier: MIT */
/* Softmax cross-entropy at given logits: those of a dense layer whose weights are 0 are its biases. */
#include "score_fixture.h"

enum { INPUTS = 2, CLASSES = 3, ROW = INPUTS + CLASSES, PARAMETERS = (INPUTS + 1) * CLASSES };

static void create(double smoothing)
{
	egm_cross_entropy_options o = EGM_CROSS_ENTROPY_OPTIONS_INIT;
	ck_assert(o.label_smoothing == 0);
	o.label_smoothing = smoothing;
	CREATED(egm_loss_cross_entropy(&loss, nets[0], &o));
	ck_assert_int_eq(loss->data_width, nets[0]->inputs + egm_model_outputs(nets[0]));
}

static void says(const double logits[CLASSES])
{
	nets[0] = dense_net(context, "classifier", 2, (int64_t[]){INPUTS, CLASSES}, NULL, EGM_F64, 1);
	set_tensor(nets[0], "0.weight", INPUTS * CLASSES, (double[INPUTS * CLASSES]){0});
	set_tensor(nets[0], "0.bias", CLASSES, logits);
}

/* Row i of the batch: x = (i + 1, -1), and its target. */
static void row(int i, double a, double b, double c)
{
	memcpy(io.data + (size_t)i * ROW, (double[ROW]){i + 1, -1, a, b, c}, ROW * sizeof(double));
	io.batch = i + 1;
}

/* -sum t log softmax and its gradient by the logits, as the definition has them. */
static double defined(const double f[CLASSES], const double t[CLASSES], double slope[CLASSES])
{
	double z = 0, sum = 0, weight = t[0] + t[1] + t[2];
	for (int k = 0; k < CLASSES; k++) z += exp(f[k]);
	for (int k = 0; k < CLASSES; k++) {
		sum -= t[k] * log(exp(f[k]) / z);
		slope[k] = weight * exp(f[k]) / z - t[k];
	}
	return sum;
}

/* Numbers of order 1 from a handful of operations: 1e-14. */
static void near(double got, double want)
{
	ck_assert_msg(fabs(got - want) <= 1e-14 * fmax(1, fabs(want)), "%.17g, not %.17g", got, want);
}

/* Whatever the labels, k classes at equal logits cost log k. */
START_TEST(test_cross_entropy__equal_logits_cost_log_k)
{
	const int k = (int[]){2, 3, 10}[_i];
	nets[0] = dense_net(context, "classifier", 2, (int64_t[]){1, k}, NULL, EGM_F64, 1);
	set_tensor(nets[0], "0.weight", k, (double[10]){0});
	set_tensor(nets[0], "0.bias", k, (double[10]){0});
	create(0);
	io.batch = 2;
	io.data[1 + k - 1] = io.data[1 + k + 1] = 1;
	run_phase(loss, 0, &io);
	near(io.terms[0], log(k));
}
END_TEST

/* Labels, soft targets, and a row of twice the weight: the value, softmax - t by the logits, that times x by the
 * weights. */
START_TEST(test_cross_entropy__value_and_gradient_of_the_definition)
{
	const double f[CLASSES] = {0.3, -1.2, 2};
	double value = 0, by_bias[CLASSES] = {0}, by_weight[CLASSES][INPUTS] = {{0}}, slope[CLASSES];
	says(f);
	create(0);
	row(0, 0, 1, 0), row(1, 0.2, 0.3, 0.5), row(2, 1, 0, 1);
	run_phase(loss, 0, &io);
	for (int i = 0; i < 3; i++) {
		const double *x = io.data + (size_t)i * ROW;
		value += defined(f, x + INPUTS, slope) / 3;
		for (int k = 0; k < CLASSES; k++) {
			by_bias[k] += slope[k] / 3;
			for (int j = 0; j < INPUTS; j++) by_weight[k][j] += slope[k] * x[j] / 3;
		}
	}
	near(io.terms[0], value);
	for (int k = 0; k < CLASSES; k++) {
		near(io.gradient[0][INPUTS * CLASSES + k], by_bias[k]);
		for (int j = 0; j < INPUTS; j++) near(io.gradient[0][k * INPUTS + j], by_weight[k][j]);
	}
}
END_TEST

/* softmax(f) = t is the minimum: no slope, and the loss is the entropy of t. */
START_TEST(test_cross_entropy__the_minimum_is_the_target)
{
	const double t[CLASSES] = {0.5, 0.3, 0.2};
	says((double[CLASSES]){log(t[0]), log(t[1]), log(t[2])});
	create(0);
	row(0, t[0], t[1], t[2]);
	run_phase(loss, 0, &io);
	near(io.terms[0], -(t[0] * log(t[0]) + t[1] * log(t[1]) + t[2] * log(t[2])));
	for (int i = 0; i < PARAMETERS; i++) near(io.gradient[0][i], 0);
}
END_TEST

/* Differences to the largest logit are exact here, so that nothing but the logarithm and the sums is rounded, whatever
 * the shift: 1e-15 is 4 ulp of numbers below 2. A logarithm of the sum with the shift in it is off by 1e-13 at 1000,
 * where exp overflows too, and by 1e-7 at 2^30. */
START_TEST(test_cross_entropy__shifts_change_nothing)
{
	const double shift = (double[]){-1000, 1000, 0x1p30}[_i], f[CLASSES] = {0.25, -1.25, 2};
	phase_io plain;
	says(f);
	create(0);
	row(0, 0, 1, 0), row(1, 0.25, 0.25, 0.5);
	run_phase(loss, 0, &io);
	plain = io;
	SET_TENSOR(nets[0], "0.bias", f[0] + shift, f[1] + shift, f[2] + shift);
	run_phase(loss, 0, &io);
	ck_assert(fabs(io.terms[0] - plain.terms[0]) <= 1e-15);
	for (int i = 0; i < PARAMETERS; i++) ck_assert(fabs(io.gradient[0][i] - plain.gradient[0][i]) <= 1e-15);
}
END_TEST

/* A share of exp(-3000) is 0 in double: its logarithm is -3000 all the same, and its slope -1. */
START_TEST(test_cross_entropy__shares_that_vanish_keep_their_slope)
{
	says((double[CLASSES]){1000, -2000, 0});
	create(0);
	row(0, 0, 1, 0);
	run_phase(loss, 0, &io);
	ck_assert(io.terms[0] == 3000);
	const double *by_bias = io.gradient[0] + INPUTS * CLASSES;
	ck_assert(by_bias[0] == 1 && by_bias[1] == -1 && by_bias[2] == 0);
}
END_TEST

/* Far apart and far from 0: the slopes by the logits whose target is 0 are the shares. f_k - max f is rounded by u,
 * which makes u |f_k - max f| of the share; exp, sum, logarithm's slope and product are 4, 1, 1 and 1 ulp of 2 u. */
START_TEST(test_cross_entropy__small_shares_keep_their_digits)
{
	const double f[CLASSES] = {1e5 + 1 / 3., 1e5 + 310.7, 1e5 - 299.9};
	long double z = 0;
	says(f);
	create(0);
	row(0, 0, 1, 0);
	run_phase(loss, 0, &io);
	for (int k = 0; k < CLASSES; k++) z += expl((long double)f[k] - f[1]);
	for (int k = 0; k < CLASSES; k += 2) {
		long double want = expl((long double)f[k] - f[1]) / z, got = io.gradient[0][INPUTS * CLASSES + k];
		ck_assert(fabsl(got - want) <= 0x1p-53L * (fabs(f[k] - f[1]) + 14) * want);
	}
}
END_TEST

/* A row of zeros counts only in the number of rows. */
START_TEST(test_cross_entropy__a_row_without_a_target_has_no_slope)
{
	phase_io alone;
	says((double[CLASSES]){0.5, -1, 2});
	create(0.1);
	row(0, 0, 1, 0);
	run_phase(loss, 0, &io);
	alone = io;
	row(1, 0, 0, 0);
	run_phase(loss, 0, &io);
	near(io.terms[0], alone.terms[0] / 2);
	for (int i = 0; i < PARAMETERS; i++) near(io.gradient[0][i], alone.gradient[0][i] / 2);
}
END_TEST

START_TEST(test_cross_entropy__smoothing_is_another_target)
{
	const double s = 0.3, f[CLASSES] = {0.3, -1.2, 2}, weight = _i ? 2.5 : 1;
	double want[CLASSES], slope[CLASSES];
	says(f);
	create(s);
	row(0, 0.75 * weight, 0, 0.25 * weight);
	for (int k = 0; k < CLASSES; k++) want[k] = (1 - s) * io.data[INPUTS + k] + s * weight / CLASSES;
	run_phase(loss, 0, &io);
	near(io.terms[0], defined(f, want, slope));
	for (int k = 0; k < CLASSES; k++) near(io.gradient[0][INPUTS * CLASSES + k], slope[k]);
}
END_TEST

START_TEST(test_cross_entropy__rejects)
{
	nets[0] = dense_net(context, "single", 2, (int64_t[]){INPUTS, 1}, NULL, EGM_F64, 1);
	REJECTED(egm_loss_cross_entropy(&loss, nets[0], NULL), EGM_ERR_SHAPE,
	         "egm_loss_cross_entropy: classifier 'single' has 1 outputs, must have at least 2");
	REJECTED(egm_loss_cross_entropy(&loss, NULL, NULL), EGM_ERR_ARGUMENT, "egm_loss_cross_entropy: classifier is NULL");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cross_entropy");
	TCase *t = tcase_create("cross_entropy");
	tcase_set_tags(t, "K1");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_cross_entropy__equal_logits_cost_log_k, 0, 3);
	tcase_add_test(t, test_cross_entropy__value_and_gradient_of_the_definition);
	tcase_add_test(t, test_cross_entropy__the_minimum_is_the_target);
	tcase_add_loop_test(t, test_cross_entropy__shifts_change_nothing, 0, 3);
	tcase_add_test(t, test_cross_entropy__shares_that_vanish_keep_their_slope);
	tcase_add_test(t, test_cross_entropy__small_shares_keep_their_digits);
	tcase_add_test(t, test_cross_entropy__a_row_without_a_target_has_no_slope);
	tcase_add_loop_test(t, test_cross_entropy__smoothing_is_another_target, 0, 2);
	tcase_add_test(t, test_cross_entropy__rejects);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
