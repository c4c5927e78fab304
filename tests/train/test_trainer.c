/* SPDX-License-Identifier: MIT */
/* A trainer apart from its steps: what it rejects, which handles it keeps alive, what a callback may do, and failing
 * allocations. test_trainer_steps.c tests steps. */
#include "pair_fixture.h"

/* ---- options */

typedef struct bad_option {
	const char *text; /* what the error says */
	size_t offset;
	char type; /* 'd' double, 'l' int64_t, 'i' int32_t */
	double value;
} bad_option;

#define BAD(text, field, type, value)                           \
	{                                                           \
		text, offsetof(egm_trainer_options, field), type, value \
	}
static const bad_option bad_options[] = {
    BAD("batch is -3", batch, 'l', -3),
    BAD("batch is -4", batch, 'l', -4),
    BAD("optimizer is -3", optimizer, 'i', -3),
    BAD("optimizer is 4", optimizer, 'i', 4),
    BAD("schedule is -3", schedule, 'i', -3),
    BAD("schedule is 4", schedule, 'i', 4),
    BAD("schedule_steps is 0", schedule, 'i', EGM_SCHEDULE_LINEAR),
    BAD("warmup_steps is -1", warmup_steps, 'l', -1),
    BAD("final_fraction is 1.5", final_fraction, 'd', 1.5),
    BAD("final_fraction is -0.1", final_fraction, 'd', -0.1),
    BAD("learning_rate is -3", learning_rate, 'd', -3),
    BAD("learning_rate is -1", learning_rate, 'd', -1),
    BAD("learning_rate is inf", learning_rate, 'd', INFINITY),
    BAD("learning_rate is nan", learning_rate, 'd', NAN),
    BAD("beta1 is 1", beta1, 'd', 1),
    BAD("beta1 is nan", beta1, 'd', NAN),
    BAD("beta2 is -0.5", beta2, 'd', -0.5),
    BAD("beta2 is 1", beta2, 'd', 1),
    BAD("epsilon is -3", epsilon, 'd', -3),
    BAD("epsilon is inf", epsilon, 'd', INFINITY),
    BAD("momentum is 1", momentum, 'd', 1),
    BAD("clip_norm is -2", clip_norm, 'd', -2),
    BAD("clip_norm is inf", clip_norm, 'd', INFINITY),
    BAD("average_decay is 1", average_decay, 'd', 1),
    BAD("average_decay is nan", average_decay, 'd', NAN),
};

static void set_option(egm_trainer_options *options, const bad_option *bad)
{
	char *field = (char *)options + bad->offset;
	int64_t l = bad->type == 'd' ? 0 : (int64_t)bad->value;
	int32_t i = (int32_t)l;
	if (bad->type == 'd') memcpy(field, &bad->value, sizeof bad->value);
	if (bad->type == 'l') memcpy(field, &l, sizeof l);
	if (bad->type == 'i') memcpy(field, &i, sizeof i);
}

START_TEST(test_options__are_rejected_by_name_and_value)
{
	pair p = {0};
	pair_open(&p, NULL, EGM_F64, 4);
	for (size_t i = 0; i < sizeof bad_options / sizeof *bad_options; i++) {
		egm_trainer_options options = p.options;
		egm_trainer *trainer = (egm_trainer *)&p;
		set_option(&options, &bad_options[i]);
		ck_assert_msg(egm_trainer_create(&trainer, p.loss, &options) == EGM_ERR_ARGUMENT, "%s", bad_options[i].text);
		ck_assert_ptr_null(trainer);
		assert_error_has(bad_options[i].text);
	}
	pair_close(&p);
}
END_TEST

/* Fine in f64, 0 or infinite in f32. */
START_TEST(test_options__beyond_f32_are_rejected_there)
{
	for (int f64 = 0; f64 < 2; f64++) {
		pair p = {0};
		pair_open(&p, NULL, f64 ? EGM_F64 : EGM_F32, 4);
		egm_status wanted = f64 ? EGM_OK : EGM_ERR_ARGUMENT;
		egm_trainer_options options = p.options;
		egm_trainer *trainer = NULL;
		options.epsilon = 1e-46;
		ck_assert_int_eq(egm_trainer_create(&trainer, p.loss, &options), wanted);
		if (!f64) assert_error_has("epsilon is 1e-46");
		egm_trainer_free(trainer);
		options = p.options;
		options.learning_rate = 1e39;
		ck_assert_int_eq(egm_trainer_create(&trainer, p.loss, &options), wanted);
		egm_trainer_free(trainer);
		ck_assert_int_eq(egm_trainer_create(&trainer, p.loss, &p.options), EGM_OK);
		ck_assert_int_eq(egm_trainer_set_learning_rate(trainer, NULL, 1e39), wanted);
		egm_trainer_free(trainer);
		pair_close(&p);
	}
}
END_TEST

START_TEST(test_options__null_takes_the_documented_defaults)
{
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	ck_assert_uint_eq(options.seed, 0);
	ck_assert_int_eq(options.batch, 64);
	ck_assert_int_eq(options.optimizer, EGM_OPTIMIZER_ADAM);
	ck_assert_int_eq(options.schedule, EGM_SCHEDULE_CONSTANT);
	ck_assert(options.learning_rate == 1e-4 && options.beta1 == 0.5 && options.beta2 == 0.9);
	ck_assert(options.epsilon == 1e-8 && options.momentum == 0.9);
	ck_assert(options.clip_norm == 0 && options.average_decay == 0 && options.final_fraction == 0);
	pair p = {0};
	pair_open(&p, NULL, EGM_F32, 4);
	ck_assert_int_eq(egm_trainer_create(&p.trainer, p.loss, NULL), EGM_OK);
	/* 23 rows do not make a batch of 64 */
	ck_assert_int_eq(egm_trainer_fit(p.trainer, p.data, 1, NULL, NULL), EGM_ERR_SHAPE);
	assert_error_has("23 rows, must have at least the 64 of a batch");
	pair_close(&p);
}
END_TEST

START_TEST(test_options__batch_below_what_the_loss_needs)
{
	egm_context *context = NULL;
	egm_trainer *trainer = NULL;
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	egm_model *net = toy_net(context, "plane", COLUMNS, 0, 1, EGM_F64);
	egm_loss *loss = toy_single(net, toy_build_linear);
	options.batch = 1;
	ck_assert_int_eq(egm_trainer_create(&trainer, loss, &options), EGM_ERR_ARGUMENT);
	assert_error_has("batch is 1, must be at least 2 for toy");
	egm_loss_free(loss);
	egm_model_free(net);
	egm_context_free(context);
}
END_TEST

/* ---- arguments */

START_TEST(test_fit__rejects_data_that_does_not_fit)
{
	pair p = {0};
	egm_data *wide, *single;
	pair_open(&p, NULL, EGM_F64, 4);
	pair_make(&p);
	wide = toy_data(p.context, EGM_F64, ROWS, COLUMNS + 1);
	single = toy_data(p.context, EGM_F32, ROWS, COLUMNS);
	ck_assert_int_eq(egm_trainer_fit(NULL, p.data, 1, NULL, NULL), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_trainer_fit(p.trainer, NULL, 1, NULL, NULL), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_trainer_fit(p.trainer, p.data, -1, NULL, NULL), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_trainer_fit(p.trainer, wide, 1, NULL, NULL), EGM_ERR_SHAPE);
	assert_error_has("4 columns");
	ck_assert_int_eq(egm_trainer_fit(p.trainer, single, 1, NULL, NULL), EGM_ERR_DTYPE);
	assert_error_has("f32");
	ck_assert_int_eq(egm_trainer_steps(p.trainer), 0);
	ck_assert_int_eq(egm_trainer_fit(p.trainer, p.data, 0, NULL, NULL), EGM_OK);
	ck_assert(isnan(egm_trainer_term(p.trainer, 0)) && isnan(egm_trainer_term(p.trainer, 1)));
	pair_steps(&p, 1);
	ck_assert(isfinite(egm_trainer_term(p.trainer, 0)) && isfinite(egm_trainer_term(p.trainer, 1)));
	ck_assert(isnan(egm_trainer_term(p.trainer, 2)) && isnan(egm_trainer_term(p.trainer, -1)));
	egm_data_free(wide);
	egm_data_free(single);
	pair_close(&p);
}
END_TEST

START_TEST(test_trainer__keeps_what_it_needs_alive)
{
	pair p = {0};
	pair_open(&p, NULL, EGM_F32, 4);
	pair_make(&p);
	egm_loss_free(p.loss);
	egm_model_free(p.energy);
	egm_model_free(p.generator);
	egm_context_free(p.context);
	pair_steps(&p, 2);
	egm_data_free(p.data);
	egm_trainer_free(p.trainer);
	egm_trainer_free(NULL);
}
END_TEST

START_TEST(test_trainer__counts_its_working_memory)
{
	pair p = {0};
	pair_open(&p, NULL, EGM_F64, 4);
	pair_make(&p);
	/* gradients, batch, and the arena of the larger of two phases that take turns in it */
	size_t known = (size_t)(egm_model_parameter_count(p.energy) + egm_model_parameter_count(p.generator)) * 8;
	size_t arena = 0;
	for (int phase = 0; phase < 2; phase++) {
		egm__program *program = NULL;
		uint32_t terms;
		ck_assert_int_eq(egm__loss_compile(p.loss, phase, 4, &program, &terms), EGM_OK);
		if (egm__program_arena_bytes(program) > arena) arena = egm__program_arena_bytes(program);
		egm__program_free(program);
	}
	ck_assert_uint_gt(arena, 0);
	ck_assert_uint_eq(egm_trainer_arena_bytes(p.trainer), arena + known + 4 * COLUMNS * 8);
	pair_close(&p);
}
END_TEST

/* ---- callback */

typedef struct watch {
	int64_t stop_at;
	int64_t calls;
	const egm_trainer *trainer;
} watch;

static int watch_steps(const egm_progress *progress, void *user)
{
	watch *w = user;
	w->calls++;
	ck_assert_uint_eq(progress->struct_size, sizeof *progress);
	ck_assert_int_eq(progress->done, w->calls);
	ck_assert_int_eq(progress->step, egm_trainer_steps(w->trainer));
	ck_assert_int_eq(progress->total, 6);
	ck_assert_int_eq(progress->term_count, 2);
	ck_assert_str_eq(progress->term_names[1], "generator_level");
	for (int32_t i = 0; i < 2; i++) ck_assert(progress->terms[i] == egm_trainer_term(w->trainer, i));
	return progress->done == w->stop_at;
}

/* Stopped after any step and continued: the same parameters as without a stop. */
START_TEST(test_callback__stops_at_each_step_and_state_is_valid)
{
	pair straight = {0};
	pair_open(&straight, NULL, EGM_F32, 4);
	pair_make(&straight);
	pair_steps(&straight, 6);
	for (int64_t stop = 1; stop <= 6; stop++) {
		pair p = {0};
		watch w = {.stop_at = stop};
		pair_open(&p, NULL, EGM_F32, 4);
		pair_make(&p);
		w.trainer = p.trainer;
		ck_assert_int_eq(egm_trainer_fit(p.trainer, p.data, 6, watch_steps, &w), EGM_ERR_STOPPED);
		ck_assert_int_eq(egm_trainer_steps(p.trainer), stop);
		ck_assert_int_eq(w.calls, stop);
		ck_assert_int_eq(egm_trainer_save(p.trainer, "stopped.egm"), EGM_OK);
		ck_assert_int_eq(egm_trainer_restore(p.trainer, "stopped.egm", NULL), EGM_OK);
		remove("stopped.egm");
		pair_steps(&p, 6 - stop);
		assert_same_parameters(p.energy, straight.energy);
		assert_same_parameters(p.generator, straight.generator);
		pair_close(&p);
	}
	pair_close(&straight);
}
END_TEST

static int fit_again(const egm_progress *progress, void *user)
{
	pair *p = user;
	ck_assert_int_eq(egm_trainer_fit(p->trainer, p->data, 1, NULL, NULL), EGM_ERR_STATE);
	return 0;
}

START_TEST(test_callback__cannot_fit_again)
{
	pair p = {0};
	pair_open(&p, NULL, EGM_F32, 4);
	pair_make(&p);
	ck_assert_int_eq(egm_trainer_fit(p.trainer, p.data, 2, fit_again, &p), EGM_OK);
	ck_assert_int_eq(egm_trainer_fit(p.trainer, p.data, 2, NULL, NULL), EGM_OK);
	pair_close(&p);
}
END_TEST

/* ---- memory */

static egm_status build_and_fit(void *user)
{
	const pair *p = user;
	egm_trainer *trainer = NULL;
	egm_model *average = NULL;
	egm_status st = egm_trainer_create(&trainer, p->loss, &p->options);
	if (st != EGM_OK) ck_assert_ptr_null(trainer);
	if (st == EGM_OK) st = egm_trainer_fit(trainer, p->data, 2, NULL, NULL);
	if (st == EGM_OK) st = egm_trainer_average(&average, trainer, p->energy);
	egm_model_free(average);
	egm_trainer_free(trainer);
	return st;
}

START_TEST(test_memory__each_failing_allocation_is_reported)
{
	egm_test_allocator allocator = {0};
	pair p = {0};
	pair_open(&p, egm_test_context(&allocator), EGM_F64, 4);
	p.options.clip_norm = 1;
	p.options.average_decay = 0.9;
	ck_assert_int_gt(egm_test_fail_each(&allocator, build_and_fit, &p), 0);
	pair_close(&p);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("train/trainer");
	TCase *tc = tcase_create("rejections");
	tcase_add_test(tc, test_options__are_rejected_by_name_and_value);
	tcase_add_test(tc, test_options__null_takes_the_documented_defaults);
	tcase_add_test(tc, test_options__beyond_f32_are_rejected_there);
	tcase_add_test(tc, test_options__batch_below_what_the_loss_needs);
	tcase_add_test(tc, test_fit__rejects_data_that_does_not_fit);
	suite_add_tcase(suite, tc);
	tc = tcase_create("life");
	tcase_add_test(tc, test_trainer__keeps_what_it_needs_alive);
	tcase_add_test(tc, test_trainer__counts_its_working_memory);
	suite_add_tcase(suite, tc);
	tc = tcase_create("callback");
	tcase_set_tags(tc, "R19");
	tcase_add_test(tc, test_callback__stops_at_each_step_and_state_is_valid);
	tcase_add_test(tc, test_callback__cannot_fit_again);
	suite_add_tcase(suite, tc);
	tc = tcase_create("memory");
	tcase_set_tags(tc, "R1");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_memory__each_failing_allocation_is_reported);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
