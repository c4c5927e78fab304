/* SPDX-License-Identifier: MIT */
/* Optimisers through the public interface, on a loss whose gradient is the same everywhere, so that n steps have a
 * closed form: L = mean W x + b on the rows below has dL/dW = (1/2, -2), dL/db = 1. All means are exact in binary.
 *
 * Tolerance: a step has about ten operations on numbers of size 1, and there are 20 steps: 200 * 2^-53 = 2.2e-14 in
 * f64, with a margin of five 1e-13; in f32 200 * 2^-24 = 1.2e-5, so 6e-5. */
#include "toy_loss.h"
#include <math.h>

enum { ROWS = 4, COLUMNS = 2, N = 3, STEPS = 20 };
static const double rows[ROWS * COLUMNS] = {1, -3, 0, -1, 0.25, -2.5, 0.75, -1.5};
static const double gradient[N] = {0.5, -2, 1};
static const double start[N] = {0.125, 0.75, -0.5};

typedef struct fixture {
	egm_context *context;
	egm_model *net;
	egm_loss *loss;
	egm_data *data;
	egm_trainer *trainer;
	egm_trainer_options options;
} fixture;

static void set_values(egm_model *net, const double *values)
{
	float f[N];
	for (int i = 0; i < N; i++) f[i] = (float)values[i];
	ck_assert_int_eq(
	    egm_model_set_parameters(
	        net, egm_array_of(egm_model_dtype(net), egm_model_dtype(net) == EGM_F64 ? (const void *)values : f, N, 1)),
	    EGM_OK);
}

static void get_values(const egm_model *net, double *values)
{
	float f[N];
	if (egm_model_dtype(net) == EGM_F64) {
		ck_assert_int_eq(egm_model_parameters(net, egm_f64_out(values, N, 1)), EGM_OK);
		return;
	}
	ck_assert_int_eq(egm_model_parameters(net, egm_f32_out(f, N, 1)), EGM_OK);
	for (int i = 0; i < N; i++) values[i] = (double)f[i];
}

/* Options are changed between open and make. */
static void open_fixture(fixture *f, egm_dtype dtype)
{
	float narrow[ROWS * COLUMNS];
	for (int i = 0; i < ROWS * COLUMNS; i++) narrow[i] = (float)rows[i];
	ck_assert_int_eq(egm_context_create(&f->context, NULL), EGM_OK);
	f->net = toy_net(f->context, "plane", COLUMNS, 0, 1, dtype);
	set_values(f->net, start);
	f->loss = toy_single(f->net, toy_build_linear);
	ck_assert_int_eq(egm_data_copy(&f->data, f->context,
	                               egm_array_of(dtype, dtype == EGM_F64 ? (const void *)rows : narrow, ROWS, COLUMNS)),
	                 EGM_OK);
	f->options = (egm_trainer_options)EGM_TRAINER_OPTIONS_INIT;
	f->options.batch = ROWS;
	f->options.learning_rate = 0.01;
}

static void make_trainer(fixture *f)
{
	ck_assert_int_eq(egm_trainer_create(&f->trainer, f->loss, &f->options), EGM_OK);
}

static void close_fixture(fixture *f)
{
	egm_trainer_free(f->trainer);
	egm_data_free(f->data);
	egm_loss_free(f->loss);
	egm_model_free(f->net);
	egm_context_free(f->context);
}

static void steps(fixture *f, int64_t n)
{
	ck_assert_msg(egm_trainer_fit(f->trainer, f->data, n, NULL, NULL) == EGM_OK, "%s", egm_last_error());
}

static double tolerance(egm_dtype dtype)
{
	return dtype == EGM_F64 ? 1e-13 : 6e-5;
}

/* After each of STEPS steps, coordinate i has moved by -lr * sum of unit[step](gradient i). */
static void expect_path(int32_t optimizer, egm_dtype dtype, double (*unit)(double g, int step, const fixture *f))
{
	fixture f = {0};
	double expected[N], values[N];
	open_fixture(&f, dtype);
	f.options.optimizer = optimizer;
	make_trainer(&f);
	memcpy(expected, start, sizeof expected);
	for (int k = 1; k <= STEPS; k++) {
		steps(&f, 1);
		get_values(f.net, values);
		for (int i = 0; i < N; i++) {
			expected[i] -= f.options.learning_rate * unit(gradient[i], k, &f);
			ck_assert(fabs(values[i] - expected[i]) <= tolerance(dtype));
		}
	}
	close_fixture(&f);
}

/* Constant g: m^ = g and v^ = g^2 at every step. */
static double adam_unit(double g, int step, const fixture *f)
{
	return g / (fabs(g) + f->options.epsilon);
}

/* v_k = (1 - beta2^k) g^2 */
static double rmsprop_unit(double g, int step, const fixture *f)
{
	return g / (sqrt(1 - pow(f->options.beta2, step)) * fabs(g) + f->options.epsilon);
}

/* b_k = g (1 - mu^k) / (1 - mu) */
static double sgd_unit(double g, int step, const fixture *f)
{
	return g * (1 - pow(f->options.momentum, step)) / (1 - f->options.momentum);
}

START_TEST(test_adam__follows_closed_form)
{
	expect_path(EGM_OPTIMIZER_ADAM, EGM_F64, adam_unit);
	expect_path(EGM_OPTIMIZER_ADAM, EGM_F32, adam_unit);
}
END_TEST

START_TEST(test_rmsprop__follows_closed_form)
{
	expect_path(EGM_OPTIMIZER_RMSPROP, EGM_F64, rmsprop_unit);
	expect_path(EGM_OPTIMIZER_RMSPROP, EGM_F32, rmsprop_unit);
}
END_TEST

START_TEST(test_sgd__follows_closed_form)
{
	expect_path(EGM_OPTIMIZER_SGD, EGM_F64, sgd_unit);
	expect_path(EGM_OPTIMIZER_SGD, EGM_F32, sgd_unit);
}
END_TEST

static int keep_rate(const egm_progress *progress, void *user)
{
	((double *)user)[progress->step - 1] = progress->learning_rate;
	return 0;
}

/* SGD without momentum moves by rate * g, so the path shows the factor of each step. */
static void expect_factors(fixture *f, int n, const double *factors)
{
	double reported[STEPS], before[N], after[N];
	f->options.optimizer = EGM_OPTIMIZER_SGD;
	f->options.momentum = 0;
	make_trainer(f);
	for (int k = 0; k < n; k++) {
		double rate = f->options.learning_rate * factors[k];
		get_values(f->net, before);
		ck_assert_int_eq(egm_trainer_fit(f->trainer, f->data, 1, keep_rate, reported), EGM_OK);
		get_values(f->net, after);
		ck_assert(fabs(reported[k] - rate) <= 1e-16);
		for (int i = 0; i < N; i++) ck_assert(fabs(before[i] - after[i] - rate * gradient[i]) <= 1e-15);
	}
	close_fixture(f);
}

START_TEST(test_schedule__linear_reaches_final_fraction)
{
	const double factors[] = {1, 0.8, 0.6, 0.4, 0.2, 0.2, 0.2};
	fixture f = {0};
	open_fixture(&f, EGM_F64);
	f.options.schedule = EGM_SCHEDULE_LINEAR;
	f.options.schedule_steps = 4;
	f.options.final_fraction = 0.2;
	expect_factors(&f, 7, factors);
}
END_TEST

START_TEST(test_schedule__cosine_passes_known_angles)
{
	const double h = 0.70710678118654752440; /* cos(pi/4) */
	const double factors[] = {1, 0.5 + 0.5 * (1 + h) / 2, 0.75, 0.5 + 0.5 * (1 - h) / 2, 0.5, 0.5};
	fixture f = {0};
	open_fixture(&f, EGM_F64);
	f.options.schedule = EGM_SCHEDULE_COSINE;
	f.options.schedule_steps = 4;
	f.options.final_fraction = 0.5;
	expect_factors(&f, 6, factors);
}
END_TEST

START_TEST(test_schedule__warm_up_multiplies_the_schedule)
{
	/* warm-up 1/4, 2/4, 3/4, 1, then none; linear from 1 to 0 in 10 steps */
	const double factors[] = {0.25 * 1, 0.5 * 0.9, 0.75 * 0.8, 0.7, 0.6, 0.5};
	fixture f = {0};
	open_fixture(&f, EGM_F64);
	f.options.schedule = EGM_SCHEDULE_LINEAR;
	f.options.schedule_steps = 10;
	f.options.warmup_steps = 4;
	expect_factors(&f, 6, factors);
}
END_TEST

/* The displacement of one plain SGD step at rate 1 is the clipped gradient. */
static void clipped(double clip_norm, int32_t optimizer, double out[N])
{
	fixture f = {0};
	double after[N];
	open_fixture(&f, EGM_F64);
	f.options.optimizer = optimizer;
	f.options.momentum = 0;
	f.options.beta2 = 0;
	f.options.learning_rate = 1;
	f.options.epsilon = 1e6; /* RMSProp: g / (|g| + 1e6), nearly g / 1e6 */
	f.options.clip_norm = clip_norm;
	make_trainer(&f);
	steps(&f, 1);
	get_values(f.net, after);
	for (int i = 0; i < N; i++) out[i] = start[i] - after[i];
	close_fixture(&f);
}

START_TEST(test_clip__scales_to_the_norm_exactly)
{
	const double norm = sqrt(5.25); /* of the gradient: 1/4 + 4 + 1 */
	double d[N];
	clipped(0.5, EGM_OPTIMIZER_SGD, d);
	ck_assert(fabs(sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) - 0.5) <= 1e-15);
	for (int i = 0; i < N; i++) ck_assert(fabs(d[i] - gradient[i] * 0.5 / norm) <= 1e-15);
	clipped(norm * 1.001, EGM_OPTIMIZER_SGD, d);
	for (int i = 0; i < N; i++) ck_assert(fabs(d[i] - gradient[i]) <= 1e-15);
	clipped(0.5, EGM_OPTIMIZER_RMSPROP, d);
	for (int i = 0; i < N; i++) {
		double g = gradient[i] * 0.5 / norm;
		ck_assert(fabs(d[i] - g / (fabs(g) + 1e6)) <= 1e-15);
	}
}
END_TEST

/* 301 x 300 parameters are two chunks of the optimiser, the second a part of one. g = mean_x / 300 in each row of W and
 * 1/300 in b: |g|^2 = (|mean_x|^2 + 1) / 300. */
START_TEST(test_clip__takes_the_norm_over_all_chunks)
{
	enum { WIDTH = 300, COUNT = WIDTH * (WIDTH + 1), BATCH = 2 };
	egm_context *context = NULL;
	egm_trainer *trainer = NULL;
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	egm_model *net = toy_net(context, "wide", WIDTH, 0, WIDTH, EGM_F64);
	egm_loss *loss = toy_single(net, toy_build_linear);
	egm_data *data = toy_data(context, EGM_F64, BATCH, WIDTH);
	double *before = toy_parameters(net), *after, moved = 0, squares = 1;
	const double *x = egm_data_values(data);
	for (int i = 0; i < WIDTH; i++) squares += (x[i] + x[WIDTH + i]) * (x[i] + x[WIDTH + i]) / 4;
	ck_assert(sqrt(squares / WIDTH) > 0.1);
	options.batch = BATCH;
	options.optimizer = EGM_OPTIMIZER_SGD;
	options.learning_rate = 1;
	options.clip_norm = 0.1;
	ck_assert_int_eq(egm_trainer_create(&trainer, loss, &options), EGM_OK);
	ck_assert_int_eq(egm_trainer_fit(trainer, data, 1, NULL, NULL), EGM_OK);
	after = toy_parameters(net);
	for (int i = 0; i < COUNT; i++) moved += (after[i] - before[i]) * (after[i] - before[i]);
	/* rounding of w - g at |w| < 0.06: 7e-18 in each of 9e4 coordinates of 0.1, relative 7e-18 * 300 / 0.1 = 2e-14 */
	ck_assert(fabs(sqrt(moved) - 0.1) <= 1e-13);
	free(before);
	free(after);
	egm_trainer_free(trainer);
	egm_data_free(data);
	egm_loss_free(loss);
	egm_model_free(net);
	egm_context_free(context);
}
END_TEST

/* y <- c y + (1 - c) w with c = min(decay, (t - 1)/(t + 8)) at move t; more in test_averages.c. */
START_TEST(test_average__follows_its_recursion)
{
	const double decay = 0.4; /* reached at move 7 */
	fixture f = {0};
	double y[N], w[N], values[N];
	open_fixture(&f, EGM_F64);
	f.options.average_decay = decay;
	make_trainer(&f);
	memcpy(y, start, sizeof y); /* before the first move the network is its own average */
	for (int k = 0; k <= STEPS; k++) {
		egm_model *average = NULL;
		ck_assert_int_eq(egm_trainer_average(&average, f.trainer, f.net), EGM_OK);
		get_values(average, values);
		for (int i = 0; i < N; i++) ck_assert(fabs(values[i] - y[i]) <= 1e-14);
		egm_model_free(average);
		steps(&f, 1);
		get_values(f.net, w);
		double keep = fmin(decay, k / (k + 9.0));
		for (int i = 0; i < N; i++) y[i] = keep * y[i] + (1 - keep) * w[i];
	}
	close_fixture(&f);
}
END_TEST

START_TEST(test_average__is_rejected_without_decay)
{
	fixture f = {0};
	egm_model *average = (egm_model *)&f;
	open_fixture(&f, EGM_F64);
	make_trainer(&f);
	ck_assert_int_eq(egm_trainer_average(&average, f.trainer, f.net), EGM_ERR_STATE);
	ck_assert_ptr_null(average);
	close_fixture(&f);
}
END_TEST

START_TEST(test_learning_rate__can_change_between_fits)
{
	fixture f = {0};
	double before[N], after[N];
	open_fixture(&f, EGM_F64);
	f.options.optimizer = EGM_OPTIMIZER_SGD;
	f.options.momentum = 0;
	make_trainer(&f);
	ck_assert_int_eq(egm_trainer_set_learning_rate(f.trainer, f.net, 0.5), EGM_OK);
	get_values(f.net, before);
	steps(&f, 1);
	get_values(f.net, after);
	for (int i = 0; i < N; i++) ck_assert(fabs(before[i] - after[i] - 0.5 * gradient[i]) <= 1e-15);
	ck_assert_int_eq(egm_trainer_set_learning_rate(f.trainer, NULL, NAN), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_trainer_set_learning_rate(f.trainer, NULL, 0), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_trainer_set_learning_rate(f.trainer, NULL, INFINITY), EGM_ERR_ARGUMENT);
	close_fixture(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("train/optimizers");
	TCase *tc = tcase_create("steps");
	tcase_set_tags(tc, "K23");
	tcase_add_test(tc, test_adam__follows_closed_form);
	tcase_add_test(tc, test_rmsprop__follows_closed_form);
	tcase_add_test(tc, test_sgd__follows_closed_form);
	suite_add_tcase(suite, tc);
	tc = tcase_create("rates");
	tcase_add_test(tc, test_schedule__linear_reaches_final_fraction);
	tcase_add_test(tc, test_schedule__cosine_passes_known_angles);
	tcase_add_test(tc, test_schedule__warm_up_multiplies_the_schedule);
	tcase_add_test(tc, test_learning_rate__can_change_between_fits);
	suite_add_tcase(suite, tc);
	tc = tcase_create("clip and average");
	tcase_add_test(tc, test_clip__scales_to_the_norm_exactly);
	tcase_add_test(tc, test_clip__takes_the_norm_over_all_chunks);
	tcase_add_test(tc, test_average__follows_its_recursion);
	tcase_add_test(tc, test_average__is_rejected_without_decay);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
