/* SPDX-License-Identifier: MIT */
/* Steps of a trainer: they allocate nothing; what their bits depend on; which rows they use; and what a failing step
 * changes. */
#include "pair_fixture.h"
#include <train/batches_impl.h>
#include <train/trainer_impl.h>
#include <unistd.h>

/* ---- steps */

START_TEST(test_step__allocates_nothing)
{
	for (int dtype = EGM_F32; dtype <= EGM_F64; dtype++) {
		egm_test_allocator allocator = {0};
		pair p = {0};
		pair_open(&p, egm_test_context(&allocator), (egm_dtype)dtype, 16);
		p.options.clip_norm = 1;
		p.options.average_decay = 0.9;
		pair_make(&p);
		pair_steps(&p, 1); /* the order of the rows is allocated with the first data */
		long calls = allocator.calls;
		pair_steps(&p, 100);
		ck_assert_int_eq(allocator.calls, calls);
		pair_close(&p);
		ck_assert_int_eq(allocator.live, 0);
		ck_assert_int_eq(allocator.bytes, 0);
	}
}
END_TEST

/* 400 -> 400 -> 1: 160,801 parameters, three chunks. Each type on each path. */
START_TEST(test_step__threads_do_not_change_a_bit)
{
	enum { WIDTH = 400, COUNTS = 4 };
	static const int32_t threads[COUNTS] = {1, 2, 3, 5};
	egm_dtype dtype = _i % 2 ? EGM_F64 : EGM_F32;
	void *values[COUNTS] = {NULL};
	size_t size = 0;
	for (int t = 0; t < COUNTS; t++) {
		egm_context *context = egm_test_context_on(threads[t], EGM_TEST_FIRST_PATH + _i / 2);
		if (!context) return; /* the CPU lacks it */
		egm_model *net = toy_net(context, "wide", WIDTH, WIDTH, 1, dtype);
		egm_loss *loss = toy_single(net, toy_build_linear);
		egm_data *data = toy_data(context, dtype, 64, WIDTH);
		egm_trainer *trainer = NULL;
		egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
		options.batch = 32;
		options.clip_norm = 0.25;
		ck_assert_int_eq(egm_trainer_create(&trainer, loss, &options), EGM_OK);
		ck_assert_int_eq(egm_trainer_fit(trainer, data, 5, NULL, NULL), EGM_OK);
		values[t] = toy_parameters(net);
		size = (size_t)egm_model_parameter_count(net) * egm__dtype_size(dtype);
		egm_trainer_free(trainer);
		egm_data_free(data);
		egm_loss_free(loss);
		egm_model_free(net);
		egm_context_free(context);
	}
	for (int t = 1; t < COUNTS; t++) ck_assert_mem_eq(values[0], values[t], size);
	for (int t = 0; t < COUNTS; t++) free(values[t]);
}
END_TEST

/* Phases run in one arena: what one of them left there, here NaN, is nothing to the next. */
START_TEST(test_step__does_not_see_the_arena_of_the_last)
{
	for (int dtype = EGM_F32; dtype <= EGM_F64; dtype++) {
		pair clean = {0}, dirty = {0};
		pair_open(&clean, NULL, (egm_dtype)dtype, 16);
		pair_open(&dirty, NULL, (egm_dtype)dtype, 16);
		pair_make(&clean);
		pair_make(&dirty);
		for (int step = 0; step < 5; step++) {
			memset(clean.trainer->arena, 0, clean.trainer->arena_bytes);
			memset(dirty.trainer->arena, 0xff, dirty.trainer->arena_bytes);
			pair_steps(&clean, 1);
			pair_steps(&dirty, 1);
		}
		assert_same_parameters(clean.energy, dirty.energy);
		assert_same_parameters(clean.generator, dirty.generator);
		pair_close(&clean);
		pair_close(&dirty);
	}
}
END_TEST

START_TEST(test_step__seed_decides)
{
	pair a = {0}, b = {0}, c = {0};
	pair *all[] = {&a, &b, &c};
	for (int i = 0; i < 3; i++) {
		pair_open(all[i], NULL, EGM_F64, 4);
		all[i]->options.seed = i < 2 ? 11 : 12;
		pair_make(all[i]);
		pair_steps(all[i], 10);
	}
	assert_same_parameters(a.energy, b.energy);
	double *x = toy_parameters(a.energy), *y = toy_parameters(c.energy);
	ck_assert_mem_ne(x, y, (size_t)egm_model_parameter_count(a.energy) * 8);
	free(x);
	free(y);
	for (int i = 0; i < 3; i++) pair_close(all[i]);
}
END_TEST

START_TEST(test_step__goes_on_from_parameters_set_by_the_caller)
{
	pair p = {0};
	pair_open(&p, NULL, EGM_F64, 0);
	p.options.optimizer = EGM_OPTIMIZER_SGD;
	p.options.learning_rate = 1e-9;
	pair_make(&p);
	pair_steps(&p, 1);
	double *values = toy_parameters(p.energy), *after;
	int64_t n = egm_model_parameter_count(p.energy);
	for (int64_t i = 0; i < n; i++) values[i] = 0.5;
	ck_assert_int_eq(egm_model_set_parameters(p.energy, egm_f64(values, n, 1)), EGM_OK);
	pair_steps(&p, 1);
	after = toy_parameters(p.energy);
	for (int64_t i = 0; i < n; i++) ck_assert(fabs(after[i] - 0.5) <= 1e-6);
	free(values);
	free(after);
	pair_close(&p);
}
END_TEST

/* Rates of the two networks are set one by one; a rate of 1e-300 moves nothing. */
START_TEST(test_step__nets_have_rates_of_their_own)
{
	pair p = {0};
	pair_open(&p, NULL, EGM_F64, 4);
	pair_make(&p);
	ck_assert_int_eq(egm_trainer_set_learning_rate(p.trainer, p.energy, 1e-300), EGM_OK);
	double *energy = toy_parameters(p.energy), *generator = toy_parameters(p.generator), *after;
	pair_steps(&p, 3);
	after = toy_parameters(p.energy);
	ck_assert_mem_eq(energy, after, (size_t)egm_model_parameter_count(p.energy) * 8);
	free(after);
	after = toy_parameters(p.generator);
	ck_assert_mem_ne(generator, after, (size_t)egm_model_parameter_count(p.generator) * 8);
	free(after);
	free(energy);
	free(generator);
	egm_model *stranger = toy_net(p.context, "stranger", COLUMNS, 0, 1, EGM_F64);
	ck_assert_int_eq(egm_trainer_set_learning_rate(p.trainer, stranger, 1), EGM_ERR_ARGUMENT);
	assert_error_has("'stranger'");
	egm_model_free(stranger);
	pair_close(&p);
}
END_TEST

/* Parameters that do not move and rows that are all equal: steps only differ by their noise. */
START_TEST(test_step__draws_fresh_noise_in_each_run)
{
	enum { STEPS = 8 };
	pair p = {0};
	double x[ROWS * COLUMNS] = {0}, seen[STEPS];
	egm_data *same = NULL;
	pair_open(&p, NULL, EGM_F64, 4);
	p.options.learning_rate = 1e-300;
	pair_make(&p);
	ck_assert_int_eq(egm_data_copy(&same, p.context, egm_f64(x, ROWS, COLUMNS)), EGM_OK);
	for (int i = 0; i < STEPS; i++) {
		ck_assert_int_eq(egm_trainer_fit(p.trainer, same, 1, NULL, NULL), EGM_OK);
		seen[i] = egm_trainer_term(p.trainer, 0);
		for (int j = 0; j < i; j++) ck_assert(seen[j] != seen[i]);
	}
	for (uint64_t seed = 11; seed <= 12; seed++) { /* the first run again, and with another seed */
		egm_trainer_free(p.trainer);
		p.options.seed = seed;
		pair_make(&p);
		ck_assert_int_eq(egm_trainer_fit(p.trainer, same, 1, NULL, NULL), EGM_OK);
		ck_assert_int_eq(egm_trainer_term(p.trainer, 0) == seen[0], seed == 11);
	}
	egm_data_free(same);
	pair_close(&p);
}
END_TEST

/* U = c everywhere: the level is c^2 + s_k c with s_0 = 1/4 and s_{k+1} = 0.9 s_k + 0.1 c. */
START_TEST(test_step__carries_the_state_of_the_loss)
{
	const double c = -1.5;
	double s = 0.25, values[COLUMNS + 1] = {0, 0, 0, c};
	pair p = {0};
	pair_open(&p, NULL, EGM_F64, 0);
	p.options.learning_rate = 1e-300;
	pair_make(&p);
	ck_assert_int_eq(egm_model_set_parameters(p.energy, egm_f64(values, COLUMNS + 1, 1)), EGM_OK);
	for (int k = 0; k < 20; k++) {
		pair_steps(&p, 1);
		/* a few roundings of numbers of size 4 a step: 20 * 4 * 2^-52 = 2e-14 */
		ck_assert(fabs(egm_trainer_term(p.trainer, 1) - (c * c + s * c)) <= 1e-13);
		s = 0.9 * s + 0.1 * c;
	}
	pair_close(&p);
}
END_TEST

/* ---- mini-batches */

/* Rows are numbered by their one column: 12 rows. */
static void expect_epochs(int64_t batch)
{
	enum { N = 12, EPOCHS = 5 };
	egm_context *context = NULL;
	egm_data *data = NULL;
	double numbers[N], out[N];
	int same_order = 0;
	double first[EPOCHS];
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	for (int i = 0; i < N; i++) numbers[i] = i;
	ck_assert_int_eq(egm_data_copy(&data, context, egm_f64(numbers, N, 1)), EGM_OK);
	egm__batches b = {.context = context, .seed = 5, .batch = batch, .epoch = -1};
	ck_assert_int_eq(egm__batches_fit(&b, N), EGM_OK);
	for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
		int seen[N] = {0};
		for (int64_t k = 0; k < N / batch; k++) {
			egm__batches_gather(&b, data, epoch * (N / batch) + k, out);
			if (k == 0) first[epoch] = out[0] * N + out[1];
			for (int64_t i = 0; i < batch; i++) seen[(int)out[i]]++;
		}
		int rows = 0;
		for (int i = 0; i < N; i++) {
			ck_assert_int_le(seen[i], 1);
			rows += seen[i];
		}
		ck_assert_int_eq(rows, N / batch * batch);
	}
	for (int i = 1; i < EPOCHS; i++) same_order += first[i] == first[0];
	/* the first two rows repeat with probability 1/132 in each of four epochs; this seed does not */
	ck_assert_int_eq(same_order, 0);
	egm__batches_clear(&b);
	egm_data_free(data);
	egm_context_free(context);
}

START_TEST(test_batches__every_row_once_an_epoch)
{
	expect_epochs(2);
	expect_epochs(4);
	expect_epochs(12);
	expect_epochs(5); /* two batches, two rows wait */
}
END_TEST

/* ---- failures */

/* The whole state of a trainer, as its checkpoint file. */
static unsigned char *snapshot(const egm_trainer *trainer, size_t *size)
{
	char path[] = "snapshot-XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_msg(egm_trainer_save(trainer, path) == EGM_OK, "%s", egm_last_error());
	unsigned char *bytes = io_read(path, size);
	remove(path);
	return bytes;
}

static void scale_parameters(egm_model *net, double factor)
{
	double *values = toy_parameters(net);
	int64_t n = egm_model_parameter_count(net);
	for (int64_t i = 0; i < n; i++) values[i] *= factor;
	ck_assert_int_eq(egm_model_set_parameters(net, egm_f64(values, n, 1)), EGM_OK);
	free(values);
}

/* Fails in its first phase, whatever that is: nothing at all may change, the terms included. */
static void expect_untouched(egm_trainer *trainer, const egm_data *data, const char *text)
{
	size_t before_size, after_size;
	double term = egm_trainer_term(trainer, 0);
	unsigned char *before = snapshot(trainer, &before_size), *after;
	for (int i = 0; i < 2; i++) { /* and the second time as well */
		ck_assert_int_eq(egm_trainer_fit(trainer, data, 5, NULL, NULL), EGM_ERR_NONFINITE);
		assert_error_has(text);
	}
	after = snapshot(trainer, &after_size);
	ck_assert_uint_eq(before_size, after_size);
	ck_assert_mem_eq(before, after, before_size);
	ck_assert(egm_trainer_term(trainer, 0) == term);
	free(before);
	free(after);
}

START_TEST(test_nonfinite__term_is_named_and_nothing_changes)
{
	pair p = {0};
	pair_open(&p, NULL, EGM_F64, 4);
	p.options.average_decay = 0.5;
	pair_make(&p);
	pair_steps(&p, 3);
	scale_parameters(p.energy, 1e160); /* its square overflows */
	expect_untouched(p.trainer, p.data, "egm_trainer_fit: term 'critic_error' of loss 'toy_pair' is inf at step 4");
	scale_parameters(p.energy, 1e-160);
	pair_steps(&p, 1);
	ck_assert_int_eq(egm_trainer_steps(p.trainer), 4);
	pair_close(&p);
}
END_TEST

static void expect_gradient_failure(double clip_norm, double scale, const char *text)
{
	egm_context *context = NULL;
	egm_trainer *trainer = NULL;
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	egm_model *net = toy_net(context, "energy", COLUMNS, 0, 1, EGM_F64);
	egm_loss *loss = toy_single(net, toy_build_hidden);
	egm_data *data = toy_data(context, EGM_F64, ROWS, COLUMNS);
	options.batch = 8;
	options.clip_norm = clip_norm;
	ck_assert_int_eq(egm_trainer_create(&trainer, loss, &options), EGM_OK);
	ck_assert_int_eq(egm_trainer_fit(trainer, data, 2, NULL, NULL), EGM_OK);
	scale_parameters(net, scale);
	expect_untouched(trainer, data, text);
	egm_trainer_free(trainer);
	egm_data_free(data);
	egm_loss_free(loss);
	egm_model_free(net);
	egm_context_free(context);
}

START_TEST(test_nonfinite__gradient_names_the_net_and_nothing_moves)
{
	/* y ~ 1e120: 4 y^3 overflows. y ~ 1e60: 4 y^3 ~ 1e180 is finite, its square is not. */
	expect_gradient_failure(0, 1e120, "the gradient of network 'energy' is not finite at step 3");
	expect_gradient_failure(1, 1e60, "the gradient norm of network 'energy' is not finite at step 3");
	/* nor without clipping: Adam's second moment would be infinite from then on */
	expect_gradient_failure(0, 1e60, "the gradient norm of network 'energy' is not finite at step 3");
}
END_TEST

START_TEST(test_nonfinite__later_phase_leaves_its_net_alone)
{
	pair p = {0};
	void *generator, *after;
	pair_open(&p, NULL, EGM_F64, 0);
	pair_make(&p);
	pair_steps(&p, 2);
	scale_parameters(p.generator, 1e160); /* the critic phases do not see it */
	generator = toy_parameters(p.generator);
	ck_assert_int_eq(egm_trainer_fit(p.trainer, p.data, 1, NULL, NULL), EGM_ERR_NONFINITE);
	assert_error_has("term 'generator_level' of loss 'toy_pair' is inf at step 3");
	after = toy_parameters(p.generator);
	ck_assert_mem_eq(generator, after, (size_t)egm_model_parameter_count(p.generator) * 8);
	ck_assert_int_eq(egm_trainer_steps(p.trainer), 2);
	ck_assert(isfinite(egm_trainer_term(p.trainer, 1)));
	free(generator);
	free(after);
	pair_close(&p);
}
END_TEST

START_TEST(test_nonfinite__parameter_poked_to_nan_is_found)
{
	pair p = {0};
	pair_open(&p, NULL, EGM_F32, 4);
	pair_make(&p);
	pair_steps(&p, 1);
	((float *)p.energy->parameters)[5] = NAN; /* no call of the library would let it in */
	ck_assert_int_eq(egm_trainer_fit(p.trainer, p.data, 1, NULL, NULL), EGM_ERR_NONFINITE);
	assert_error_has("is nan at step 2");
	ck_assert_int_eq(egm_trainer_save(p.trainer, "poked.egm"), EGM_ERR_NONFINITE);
	assert_error_has("energy.0.weight");
	pair_close(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("train/trainer_steps");
	TCase *tc = tcase_create("reproducible");
	tcase_set_tags(tc, "R15");
	tcase_add_loop_test(tc, test_step__threads_do_not_change_a_bit, 0, 2 * EGM_TEST_PATHS);
	tcase_add_test(tc, test_step__does_not_see_the_arena_of_the_last);
	tcase_add_test(tc, test_step__seed_decides);
	suite_add_tcase(suite, tc);
	tc = tcase_create("steps");
	tcase_add_test(tc, test_step__allocates_nothing);
	tcase_add_test(tc, test_step__goes_on_from_parameters_set_by_the_caller);
	tcase_add_test(tc, test_step__nets_have_rates_of_their_own);
	tcase_add_test(tc, test_step__draws_fresh_noise_in_each_run);
	tcase_add_test(tc, test_step__carries_the_state_of_the_loss);
	tcase_add_test(tc, test_batches__every_row_once_an_epoch);
	suite_add_tcase(suite, tc);
	tc = tcase_create("failures");
	tcase_set_tags(tc, "R16");
	tcase_add_test(tc, test_nonfinite__term_is_named_and_nothing_changes);
	tcase_add_test(tc, test_nonfinite__gradient_names_the_net_and_nothing_moves);
	tcase_add_test(tc, test_nonfinite__later_phase_leaves_its_net_alone);
	tcase_add_test(tc, test_nonfinite__parameter_poked_to_nan_is_found);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
