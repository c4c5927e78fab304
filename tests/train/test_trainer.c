/* SPDX-License-Identifier: MIT */
/* What a trainer promises around its steps: what it refuses, what a failure leaves behind, what a callback can do, that
 * a step allocates nothing, and that neither threads nor memory pressure change a result. */
#include "train_support.h"
#include <math.h>
#include <train/batches_impl.h>
#include <unistd.h>

enum { ROWS = 23, COLUMNS = 3, LATENT = 2 };

static void pair_open(pair *p, egm_context *context, egm_dtype dtype, int64_t hidden)
{
	p->context = context;
	if (!context) ck_assert_int_eq(egm_context_create(&p->context, NULL), EGM_OK);
	p->energy = toy_net(p->context, "energy", COLUMNS, hidden, 1, dtype);
	p->generator = toy_net(p->context, "generator", LATENT, hidden, COLUMNS, dtype);
	p->loss = toy_pair(p->energy, p->generator);
	p->data = toy_data(p->context, dtype, ROWS, COLUMNS);
	ck_assert_ptr_nonnull(p->loss);
	ck_assert_ptr_nonnull(p->data);
	ck_assert_int_eq(egm_trainer_options_init(&p->options, sizeof p->options), EGM_OK);
	p->options.batch = 4;
	p->options.learning_rate = 0.01;
	p->options.seed = 11;
}

static void pair_make(pair *p)
{
	ck_assert_msg(egm_trainer_create(&p->trainer, p->loss, &p->options) == EGM_OK, "%s", egm_last_error());
}

static void assert_same_parameters(const egm_model *a, const egm_model *b)
{
	size_t size = (size_t)egm_model_parameter_count(a) * (egm_model_dtype(a) == EGM_F64 ? 8 : 4);
	void *x = toy_parameters(a), *y = toy_parameters(b);
	ck_assert_mem_eq(x, y, size);
	free(x);
	free(y);
}

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
    BAD("batch is 0", batch, 'l', 0),
    BAD("batch is -4", batch, 'l', -4),
    BAD("optimizer is 0", optimizer, 'i', 0),
    BAD("optimizer is 4", optimizer, 'i', 4),
    BAD("schedule is 0", schedule, 'i', 0),
    BAD("schedule is 4", schedule, 'i', 4),
    BAD("schedule_steps is 0", schedule, 'i', EGM_SCHEDULE_LINEAR),
    BAD("warmup_steps is -1", warmup_steps, 'l', -1),
    BAD("final_fraction is 1.5", final_fraction, 'd', 1.5),
    BAD("final_fraction is -0.1", final_fraction, 'd', -0.1),
    BAD("learning_rate is 0", learning_rate, 'd', 0),
    BAD("learning_rate is -1", learning_rate, 'd', -1),
    BAD("learning_rate is inf", learning_rate, 'd', INFINITY),
    BAD("learning_rate is nan", learning_rate, 'd', NAN),
    BAD("beta1 is 1", beta1, 'd', 1),
    BAD("beta1 is nan", beta1, 'd', NAN),
    BAD("beta2 is -0.5", beta2, 'd', -0.5),
    BAD("beta2 is 1", beta2, 'd', 1),
    BAD("epsilon is 0", epsilon, 'd', 0),
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

START_TEST(test_options__are_refused_by_name_and_value)
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
START_TEST(test_options__beyond_f32_are_refused_there)
{
	for (int f64 = 0; f64 < 2; f64++) {
		pair p = {0};
		pair_open(&p, NULL, f64 ? EGM_F64 : EGM_F32, 4);
		egm_status wanted = f64 ? EGM_OK : EGM_ERR_ARGUMENT;
		egm_trainer_options options = p.options;
		egm_trainer *trainer = NULL;
		options.epsilon = 1e-46;
		ck_assert_int_eq(egm_trainer_create(&trainer, p.loss, &options), wanted);
		if (!f64) assert_error_has("epsilon 1e-46");
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
	egm_trainer_options options;
	ck_assert_int_eq(egm_trainer_options_init(&options, sizeof options), EGM_OK);
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
	assert_error_has("23 rows, a batch takes 64");
	pair_close(&p);
}
END_TEST

START_TEST(test_options__batch_below_what_the_loss_needs)
{
	egm_context *context = NULL;
	egm_trainer *trainer = NULL;
	egm_trainer_options options;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	egm_model *net = toy_net(context, "plane", COLUMNS, 0, 1, EGM_F64);
	egm_loss *loss = toy_single(net, toy_build_linear);
	ck_assert_int_eq(egm_trainer_options_init(&options, sizeof options), EGM_OK);
	options.batch = 1;
	ck_assert_int_eq(egm_trainer_create(&trainer, loss, &options), EGM_ERR_ARGUMENT);
	assert_error_has("batch is 1, toy needs at least 2");
	egm_loss_free(loss);
	egm_model_free(net);
	egm_context_free(context);
}
END_TEST

/* ---- arguments */

START_TEST(test_fit__refuses_data_that_does_not_fit)
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
		ck_assert_int_eq(egm__loss_compile(p.loss, phase, 4, &program), EGM_OK);
		if (egm__program_arena_bytes(program) > arena) arena = egm__program_arena_bytes(program);
		egm__program_free(program);
	}
	ck_assert_uint_gt(arena, 0);
	ck_assert_uint_eq(egm_trainer_arena_bytes(p.trainer), arena + known + 4 * COLUMNS * 8);
	pair_close(&p);
}
END_TEST

/* ---- failures */

/* The whole state of a trainer, as its checkpoint file. */
static char *snapshot(const egm_trainer *trainer, size_t *size)
{
	char path[] = "snapshot-XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_msg(egm_trainer_save(trainer, path) == EGM_OK, "%s", egm_last_error());
	FILE *file = fopen(path, "rb");
	fseek(file, 0, SEEK_END);
	*size = (size_t)ftell(file);
	rewind(file);
	char *bytes = malloc(*size);
	ck_assert_uint_eq(fread(bytes, 1, *size, file), *size);
	fclose(file);
	remove(path);
	return bytes;
}

static void scale_parameters(egm_model *net, double factor)
{
	double *values = toy_parameters(net);
	int64_t n = egm_model_parameter_count(net);
	for (int64_t i = 0; i < n; i++) values[i] *= factor;
	ck_assert_int_eq(egm_model_set_parameters(net, EGM_F64, values, n), EGM_OK);
	free(values);
}

/* Fails in its first phase, whatever that is: nothing at all may change, the terms included. */
static void expect_untouched(egm_trainer *trainer, const egm_data *data, const char *text)
{
	size_t before_size, after_size;
	double term = egm_trainer_term(trainer, 0);
	char *before = snapshot(trainer, &before_size), *after;
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
	expect_untouched(p.trainer, p.data, "toy_pair: term 'critic_error' is inf at step 4");
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
	egm_trainer_options options;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	egm_model *net = toy_net(context, "energy", COLUMNS, 0, 1, EGM_F64);
	egm_loss *loss = toy_single(net, toy_build_hidden);
	egm_data *data = toy_data(context, EGM_F64, ROWS, COLUMNS);
	ck_assert_int_eq(egm_trainer_options_init(&options, sizeof options), EGM_OK);
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
	expect_gradient_failure(0, 1e120, "toy: the gradient of net 'energy' is not finite at step 3");
	expect_gradient_failure(1, 1e60, "toy: the gradient norm of net 'energy' is not finite at step 3");
	/* nor without clipping: Adam's second moment would be infinite from then on */
	expect_gradient_failure(0, 1e60, "toy: the gradient norm of net 'energy' is not finite at step 3");
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
	assert_error_has("term 'generator_level' is inf at step 3");
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
		ck_assert_int_eq(egm_trainer_load(p.trainer, "stopped.egm", NULL), EGM_OK);
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

static egm_context *threaded(int32_t threads)
{
	egm_context_options options;
	egm_context *context = NULL;
	ck_assert_int_eq(egm_context_options_init(&options, sizeof options), EGM_OK);
	options.threads = threads;
	ck_assert_int_eq(egm_context_create(&context, &options), EGM_OK);
	return context;
}

/* 400 -> 400 -> 1: 160,801 parameters, three chunks. */
START_TEST(test_step__threads_do_not_change_a_bit)
{
	enum { WIDTH = 400 };
	void *values[3];
	size_t size = 0;
	for (int32_t threads = 1; threads <= 3; threads++) {
		egm_context *context = threaded(threads);
		egm_model *net = toy_net(context, "wide", WIDTH, WIDTH, 1, EGM_F32);
		egm_loss *loss = toy_single(net, toy_build_linear);
		egm_data *data = toy_data(context, EGM_F32, 64, WIDTH);
		egm_trainer *trainer = NULL;
		egm_trainer_options options;
		ck_assert_int_eq(egm_trainer_options_init(&options, sizeof options), EGM_OK);
		options.batch = 32;
		options.clip_norm = 0.25;
		ck_assert_int_eq(egm_trainer_create(&trainer, loss, &options), EGM_OK);
		ck_assert_int_eq(egm_trainer_fit(trainer, data, 5, NULL, NULL), EGM_OK);
		values[threads - 1] = toy_parameters(net);
		size = (size_t)egm_model_parameter_count(net) * 4;
		egm_trainer_free(trainer);
		egm_data_free(data);
		egm_loss_free(loss);
		egm_model_free(net);
		egm_context_free(context);
	}
	ck_assert_mem_eq(values[0], values[1], size);
	ck_assert_mem_eq(values[0], values[2], size);
	for (int i = 0; i < 3; i++) free(values[i]);
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
	ck_assert_int_eq(egm_model_set_parameters(p.energy, EGM_F64, values, n), EGM_OK);
	pair_steps(&p, 1);
	after = toy_parameters(p.energy);
	for (int64_t i = 0; i < n; i++) ck_assert(fabs(after[i] - 0.5) <= 1e-6);
	free(values);
	free(after);
	pair_close(&p);
}
END_TEST

/* Rates of the two nets are set one by one; a rate of 1e-300 moves nothing. */
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

/* Parameters that stand still and rows that are all the same: what differs from step to step is the noise. */
START_TEST(test_step__draws_fresh_noise_in_each_run)
{
	enum { STEPS = 8 };
	pair p = {0};
	double x[ROWS * COLUMNS] = {0}, seen[STEPS];
	egm_data *same = NULL;
	pair_open(&p, NULL, EGM_F64, 4);
	p.options.learning_rate = 1e-300;
	pair_make(&p);
	ck_assert_int_eq(egm_data_create(&same, p.context, EGM_F64, x, ROWS, COLUMNS), EGM_OK);
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
	ck_assert_int_eq(egm_model_set_parameters(p.energy, EGM_F64, values, COLUMNS + 1), EGM_OK);
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
	ck_assert_int_eq(egm_data_create(&data, context, EGM_F64, numbers, N, 1), EGM_OK);
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

/* ---- memory */

static egm_status build_and_fit(egm_loss *loss, const egm_data *data, const egm_trainer_options *options)
{
	egm_trainer *trainer = NULL;
	egm_model *average = NULL;
	egm_status st = egm_trainer_create(&trainer, loss, options);
	if (st != EGM_OK) ck_assert_ptr_null(trainer);
	if (st == EGM_OK) st = egm_trainer_fit(trainer, data, 2, NULL, NULL);
	if (st == EGM_OK) st = egm_trainer_average(trainer, loss->nets[0], &average);
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
	long live = allocator.live, before = allocator.calls;
	ck_assert_int_eq(build_and_fit(p.loss, p.data, &p.options), EGM_OK);
	long calls = allocator.calls - before;
	for (int for_ever = 0; for_ever <= 1; for_ever++) {
		for (long i = 1; i <= calls; i++) {
			allocator.fail_at = allocator.calls + i;
			allocator.for_ever = for_ever;
			ck_assert_int_eq(build_and_fit(p.loss, p.data, &p.options), EGM_ERR_MEMORY);
			ck_assert_int_eq(allocator.live, live);
		}
	}
	allocator.fail_at = 0;
	ck_assert_int_eq(build_and_fit(p.loss, p.data, &p.options), EGM_OK);
	pair_close(&p);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("train/trainer");
	TCase *tc = tcase_create("refusals");
	tcase_add_test(tc, test_options__are_refused_by_name_and_value);
	tcase_add_test(tc, test_options__null_takes_the_documented_defaults);
	tcase_add_test(tc, test_options__beyond_f32_are_refused_there);
	tcase_add_test(tc, test_options__batch_below_what_the_loss_needs);
	tcase_add_test(tc, test_fit__refuses_data_that_does_not_fit);
	suite_add_tcase(suite, tc);
	tc = tcase_create("failures");
	tcase_set_tags(tc, "R16");
	tcase_add_test(tc, test_nonfinite__term_is_named_and_nothing_changes);
	tcase_add_test(tc, test_nonfinite__gradient_names_the_net_and_nothing_moves);
	tcase_add_test(tc, test_nonfinite__later_phase_leaves_its_net_alone);
	tcase_add_test(tc, test_nonfinite__parameter_poked_to_nan_is_found);
	suite_add_tcase(suite, tc);
	tc = tcase_create("callback");
	tcase_set_tags(tc, "R19");
	tcase_add_test(tc, test_callback__stops_at_each_step_and_state_is_valid);
	tcase_add_test(tc, test_callback__cannot_fit_again);
	suite_add_tcase(suite, tc);
	tc = tcase_create("reproducible");
	tcase_set_tags(tc, "R15");
	tcase_add_test(tc, test_step__threads_do_not_change_a_bit);
	tcase_add_test(tc, test_step__seed_decides);
	suite_add_tcase(suite, tc);
	tc = tcase_create("steps");
	tcase_add_test(tc, test_trainer__keeps_what_it_needs_alive);
	tcase_add_test(tc, test_trainer__counts_its_working_memory);
	tcase_add_test(tc, test_step__allocates_nothing);
	tcase_add_test(tc, test_step__goes_on_from_parameters_set_by_the_caller);
	tcase_add_test(tc, test_step__nets_have_rates_of_their_own);
	tcase_add_test(tc, test_step__draws_fresh_noise_in_each_run);
	tcase_add_test(tc, test_step__carries_the_state_of_the_loss);
	tcase_add_test(tc, test_batches__every_row_once_an_epoch);
	suite_add_tcase(suite, tc);
	tc = tcase_create("memory");
	tcase_set_tags(tc, "R1");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_memory__each_failing_allocation_is_reported);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
