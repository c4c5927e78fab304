/* SPDX-License-Identifier: MIT */
/* Batch normalisation under a trainer: running statistics by hand, which phases change them, failures, averages,
 * checkpoints; and a whole training of a convolutional energy GAN. */
#include "train_support.h"
#include <float.h>
#include <math.h>
#include <train/trainer_impl.h>
#include <unistd.h>

enum { ROWS = 40, COLUMNS = 3, BATCH = 4 };

#define MOMENTUM 0.25

static egm_context *context;
static egm_test_allocator allocator;
static egm_model *energy, *generator, *information;
static egm_loss *loss;
static egm_data *data;
static egm_trainer *trainer;
static char path[] = "batch-norm-XXXXXX";

static void setup(void)
{
	memset(&allocator, 0, sizeof allocator);
	context = egm_test_context(&allocator);
	ck_assert_ptr_nonnull(context);
	energy = generator = information = NULL;
	loss = NULL, data = NULL, trainer = NULL;
	strcpy(path, "batch-norm-XXXXXX");
}

static void drop(void)
{
	egm_trainer_free(trainer);
	egm_data_free(data);
	egm_loss_free(loss);
	egm_model_free(energy);
	egm_model_free(generator);
	egm_model_free(information);
	energy = generator = information = NULL;
	loss = NULL, data = NULL, trainer = NULL;
}

static void teardown(void)
{
	drop();
	egm_context_free(context);
	ck_assert_int_eq(allocator.live, 0);
	unlink(path);
}

/* batch_norm, dense, batch_norm, dense */
static egm_model *norm_net(const char *name, int64_t inputs, int64_t outputs, egm_dtype dtype)
{
	egm_model *m = NULL;
	OK(egm_model_create(&m, context, name, inputs));
	egm_model_batch_norm(m, 1e-3, MOMENTUM);
	egm_model_dense(m, 5);
	egm_model_batch_norm(m, 1e-3, MOMENTUM);
	egm_model_tanh(m);
	egm_model_dense(m, outputs);
	OK(egm_model_build(m, dtype, 7));
	return m;
}

static egm_trainer_options options(int64_t batch)
{
	egm_trainer_options o = EGM_TRAINER_OPTIONS_INIT;
	o.batch = batch;
	o.seed = 11;
	o.learning_rate = 0.01;
	return o;
}

static void get(const egm_model *m, const char *tensor, int n, double *out)
{
	float f[16];
	int is_double = egm_model_dtype(m) == EGM_F64;
	OK(egm_model_tensor(m, tensor, egm_out_of(egm_model_dtype(m), is_double ? (void *)out : f, n, 1)));
	for (int i = 0; !is_double && i < n; i++) out[i] = (double)f[i];
}

/* ---- by hand */

/* running <- (1 - momentum) running + momentum (mean, var m/(m-1)) of scale times the rows of the last mini-batch */
static void follow(double *mean, double *var, double scale)
{
	for (int c = 0; c < COLUMNS; c++) {
		double m = 0, v = 0;
		for (int r = 0; r < BATCH; r++) m += scale * egm__number(loss->dtype, trainer->batch, r * COLUMNS + c) / BATCH;
		for (int r = 0; r < BATCH; r++)
			v += pow(scale * egm__number(loss->dtype, trainer->batch, r * COLUMNS + c) - m, 2) / (BATCH - 1);
		mean[c] = (1 - MOMENTUM) * mean[c] + MOMENTUM * m;
		var[c] = (1 - MOMENTUM) * var[c] + MOMENTUM * v;
	}
}

static void expect_first_norm(const double *mean, const double *var)
{
	double got[2][COLUMNS], tol = 64 * (loss->dtype == EGM_F32 ? FLT_EPSILON : DBL_EPSILON); /* numbers below 4 */
	get(energy, "0.running_mean", COLUMNS, got[0]);
	get(energy, "0.running_var", COLUMNS, got[1]);
	for (int c = 0; c < COLUMNS; c++) {
		ck_assert_msg(fabs(got[0][c] - mean[c]) <= tol, "mean %.9g, not %.9g", got[0][c], mean[c]);
		ck_assert_msg(fabs(got[1][c] - var[c]) <= tol, "var %.9g, not %.9g", got[1][c], var[c]);
	}
}

static void start_single(egm_dtype dtype, void (*build)(const egm_loss *, egm__phase_graph *))
{
	egm_trainer_options o = options(BATCH);
	energy = norm_net("net", COLUMNS, 1, dtype);
	loss = toy_single(energy, build);
	data = toy_data(context, dtype, ROWS, COLUMNS);
	OK(egm_trainer_create(&trainer, loss, &o));
}

START_TEST(test_batch_norm_training__running_statistics_follow_by_hand)
{
	double mean[COLUMNS] = {0, 0, 0}, var[COLUMNS] = {1, 1, 1};
	double u[2], second[5];
	const double x[COLUMNS] = {0.5, -1, 0.25};
	const float f[COLUMNS] = {0.5f, -1, 0.25f};
	start_single(_i ? EGM_F64 : EGM_F32, toy_build_linear);
	get(energy, "2.running_mean", 5, second);
	for (int step = 0; step < 3; step++) {
		OK(egm_model_energy(energy, egm_array_of(loss->dtype, _i ? (const void *)x : f, 1, COLUMNS),
		                    egm_out_of(loss->dtype, &u[0], 1, 1)));
		OK(egm_trainer_fit(trainer, data, 1, NULL, NULL));
		follow(mean, var, 1);
		expect_first_norm(mean, var);
		OK(egm_model_energy(energy, egm_array_of(loss->dtype, _i ? (const void *)x : f, 1, COLUMNS),
		                    egm_out_of(loss->dtype, &u[1], 1, 1)));
		ck_assert(memcmp(&u[0], &u[1], _i ? 8 : 4) != 0); /* who evaluates sees the new ones */
	}
	double now[5];
	get(energy, "2.running_mean", 5, now);
	for (int i = 0; i < 5; i++) ck_assert(now[i] != second[i]);
}
END_TEST

/* Two batches, one of them asked for twice, in the order in which they are first asked for. */
static void build_twice(const egm_loss *l, egm__phase_graph *p)
{
	egm__graph *g = p->graph;
	egm__id u[2];
	egm__net_both(p, l, 0, p->data, egm__scale(g, p->data, 2), u);
	egm__id again = egm__net(p, l, 0, p->data);
	ck_assert_int_eq(again, u[0]);
	egm__id old = egm__net_old(p, l, 0, egm__scale(g, p->data, 3)); /* moves nothing */
	egm__id sum = egm__add(g, egm__mean(g, egm__square(g, u[0])), egm__mean(g, u[1]));
	egm__term_add(p, 0, egm__add(g, sum, egm__mean(g, old)), 1);
}

START_TEST(test_batch_norm_training__every_batch_counts_once_in_order)
{
	double mean[COLUMNS] = {0, 0, 0}, var[COLUMNS] = {1, 1, 1};
	egm_trainer_options o = options(BATCH);
	energy = norm_net("net", COLUMNS, 1, _i ? EGM_F64 : EGM_F32);
	loss = toy_single(energy, build_twice);
	loss->phases[0].keeps = 1;
	data = toy_data(context, energy->dtype, ROWS, COLUMNS);
	OK(egm_trainer_create(&trainer, loss, &o));
	for (int step = 0; step < 2; step++) {
		OK(egm_trainer_fit(trainer, data, 1, NULL, NULL));
		follow(mean, var, 1);
		follow(mean, var, 2);
		expect_first_norm(mean, var);
	}
}
END_TEST

/* ---- who moves what */

static void start_pair(egm_dtype dtype)
{
	egm_trainer_options o = options(BATCH);
	o.average_decay = 0.5;
	energy = norm_net("energy", COLUMNS, 1, dtype);
	generator = norm_net("generator", 2, COLUMNS, dtype);
	loss = toy_pair(energy, generator);
	data = toy_data(context, dtype, ROWS, COLUMNS);
	OK(egm_trainer_create(&trainer, loss, &o));
}

static size_t bytes_of(const egm_model *m)
{
	return (size_t)m->count * egm__dtype_size(m->dtype);
}

START_TEST(test_batch_norm_training__a_phase_moves_its_own_nets_alone)
{
	start_pair(_i ? EGM_F64 : EGM_F32);
	OK(egm__batches_fit(&trainer->batches, ROWS));
	egm_model *nets[2] = {energy, generator};
	for (int phase = 0; phase < 2; phase++) {
		char *before[2] = {toy_parameters(energy), toy_parameters(generator)};
		OK(egm__trainer_phase(trainer, phase, data));
		ck_assert_mem_eq(before[!phase], nets[!phase]->parameters, bytes_of(nets[!phase]));
		for (int32_t t = 0; t < nets[phase]->n_tensors; t++) {
			const egm__tensor *tensor = &nets[phase]->tensors[t];
			size_t at = (size_t)tensor->offset * trainer->element, size = (size_t)tensor->count * trainer->element;
			ck_assert(memcmp(before[phase] + at, (char *)nets[phase]->parameters + at, size) != 0 ||
			          !strcmp(tensor->name, "1.bias")); /* what a norm takes away again has no gradient */
			for (int64_t i = 0; tensor->statistic >= 0 && i < tensor->count; i++)
				ck_assert(egm__number(loss->dtype, trainer->nets[phase].gradient, tensor->offset + i) == 0);
		}
		free(before[0]);
		free(before[1]);
	}
}
END_TEST

/* The first phase puts nothing through the generator, and would move it. */
START_TEST(test_batch_norm_training__a_net_that_sees_no_batch_keeps_its_statistics)
{
	egm_trainer_options o = options(BATCH);
	energy = norm_net("energy", COLUMNS, 1, EGM_F64);
	generator = norm_net("generator", 2, COLUMNS, EGM_F64);
	loss = toy_pair(energy, generator);
	loss->phases[0].moves = 3;
	data = toy_data(context, EGM_F64, ROWS, COLUMNS);
	OK(egm_trainer_create(&trainer, loss, &o));
	OK(egm__batches_fit(&trainer->batches, ROWS));
	char *before = toy_parameters(generator);
	OK(egm__trainer_phase(trainer, 0, data));
	ck_assert_mem_eq(before, generator->parameters, bytes_of(generator));
	free(before);
}
END_TEST

/* At move t <= 10 the average keeps (t - 1)/(t + 8) of itself, less than the decay of 1/2: of statistics as of weights.
 */
START_TEST(test_batch_norm_training__averages_run_over_statistics)
{
	double average[COLUMNS] = {1, 1, 1}, now[COLUMNS], got[COLUMNS];
	egm_model *averaged = NULL;
	start_pair(EGM_F64);
	OK(egm__batches_fit(&trainer->batches, ROWS));
	for (int i = 0; i < 4; i++) {
		OK(egm__trainer_phase(trainer, 0, data));
		get(energy, "0.running_var", COLUMNS, now);
		for (int c = 0; c < COLUMNS; c++) average[c] = (i * average[c] + 9 * now[c]) / (i + 9);
	}
	OK(egm_trainer_average(&averaged, trainer, energy));
	get(averaged, "0.running_var", COLUMNS, got);
	for (int c = 0; c < COLUMNS; c++) ck_assert(fabs(got[c] - average[c]) <= 8 * DBL_EPSILON && got[c] != now[c]);
	egm_model_free(averaged);
}
END_TEST

/* ---- failures */

START_TEST(test_batch_norm_training__failed_step_keeps_no_statistics)
{
	const double far = 1e100;
	start_single(EGM_F64, toy_build_hidden);
	OK(egm_trainer_fit(trainer, data, 2, NULL, NULL));
	OK(egm_model_set_tensor(energy, "4.bias", egm_f64(&far, 1, 1)));
	char *before = toy_parameters(energy);
	ck_assert_int_eq(egm_trainer_fit(trainer, data, 1, NULL, NULL), EGM_ERR_NONFINITE);
	ck_assert_mem_eq(before, energy->parameters, bytes_of(energy));
	free(before);
}
END_TEST

/* Squares overflow: the variance is infinite, what is divided by its root is 0, and only the statistic tells. */
START_TEST(test_batch_norm_training__infinite_statistics_are_reported)
{
	static float x[ROWS * COLUMNS];
	egm_trainer_options o = options(BATCH);
	for (int i = 0; i < ROWS * COLUMNS; i++) x[i] = (float)(i / COLUMNS) * 1e30f; /* no two rows alike */
	energy = norm_net("net", COLUMNS, 1, EGM_F32);
	loss = toy_single(energy, toy_build_linear);
	OK(egm_data_copy(&data, context, egm_f32(x, ROWS, COLUMNS)));
	OK(egm_trainer_create(&trainer, loss, &o));
	char *before = toy_parameters(energy);
	ck_assert_int_eq(egm_trainer_fit(trainer, data, 1, NULL, NULL), EGM_ERR_NONFINITE);
	ck_assert_str_eq(egm_last_error(),
	                 "egm_trainer_fit: a running statistic of network 'energy' is not finite at step 1");
	ck_assert_mem_eq(before, energy->parameters, bytes_of(energy));
	free(before);
}
END_TEST

START_TEST(test_batch_norm_training__one_number_has_no_variance)
{
	egm_trainer_options o = options(1);
	energy = norm_net("net", COLUMNS, 1, EGM_F32);
	loss = toy_single(energy, toy_build_linear);
	loss->min_batch = 1;
	ck_assert_int_eq(egm_trainer_create(&trainer, loss, &o), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_trainer_create: batch is 1, must be at least 2: layer 0 (batch_norm) of "
	                                   "energy 'net' needs the variance of a channel");
	drop();
	/* an image of more than one pixel has one */
	OK(egm_model_create(&energy, context, "net", 2 * COLUMNS));
	egm_model_image(energy, 1, 2, COLUMNS);
	egm_model_batch_norm(energy, 1e-5, 0.1);
	egm_model_dense(energy, 1);
	OK(egm_model_build(energy, EGM_F32, 1));
	loss = toy_single(energy, toy_build_linear);
	loss->min_batch = 1;
	data = toy_data(context, EGM_F32, ROWS, 2 * COLUMNS);
	OK(egm_trainer_create(&trainer, loss, &o));
	OK(egm_trainer_fit(trainer, data, 2, NULL, NULL));
}
END_TEST

/* ---- a convolutional energy GAN: images of 8 x 8 x 1 */

enum { PIXELS = 64, LATENT = 4 };

static egm_status make_nets(egm_dtype dtype)
{
	egm_status st = egm_model_create(&energy, context, "energy", PIXELS);
	if (st != EGM_OK) return st;
	egm_model_image(energy, 8, 8, 1);
	egm_model_conv(energy, 4, 4, 2, 1);
	egm_model_leaky_relu(energy, 0.2);
	egm_model_spectral_conv(energy, 6, 3, 1, 1);
	egm_model_softplus(energy);
	egm_model_average_pool(energy, 2);
	egm_model_dense(energy, 1);
	if ((st = egm_model_build(energy, dtype, 1)) != EGM_OK) return st;
	if ((st = egm_model_create(&generator, context, "generator", LATENT)) != EGM_OK) return st;
	egm_model_set_initializer(generator, EGM_INIT_DCGAN_NORMAL);
	egm_model_dense(generator, 2 * 2 * 6);
	egm_model_image(generator, 2, 2, 6);
	egm_model_batch_norm(generator, 1e-5, 0.1);
	egm_model_relu(generator);
	egm_model_conv_transpose(generator, 4, 4, 2, 1, 0);
	egm_model_batch_norm(generator, 1e-5, 0.1);
	egm_model_relu(generator);
	egm_model_upsample(generator, 2);
	egm_model_conv(generator, 1, 3, 1, 1);
	egm_model_tanh(generator);
	if ((st = egm_model_build(generator, dtype, 2)) != EGM_OK) return st;
	if ((st = egm_model_create(&information, context, "information", PIXELS + LATENT)) != EGM_OK) return st;
	egm_model_dense(information, 8);
	egm_model_batch_norm(information, 1e-5, 0.1);
	egm_model_relu(information);
	egm_model_dense(information, 1);
	return egm_model_build(information, dtype, 3);
}

static egm_status start_gan(egm_dtype dtype)
{
	egm_trainer_options o = options(BATCH);
	egm_energy_gan_options g = EGM_ENERGY_GAN_OPTIONS_INIT;
	g.energy_steps = 2;
	o.average_decay = 0.9;
	egm_status st = make_nets(dtype);
	if (st == EGM_OK) st = egm_loss_energy_gan(&loss, energy, generator, information, &g);
	if (st == EGM_OK) st = egm_trainer_create(&trainer, loss, &o);
	return st;
}

static void run_gan(egm_dtype dtype, int64_t steps)
{
	OK(start_gan(dtype));
	data = toy_data(context, dtype, ROWS, PIXELS);
	OK(egm_trainer_fit(trainer, data, steps, NULL, NULL));
}

START_TEST(test_batch_norm_training__convolutional_gan_trains)
{
	double sample[2][2 * PIXELS];
	egm_dtype dtype = _i ? EGM_F64 : EGM_F32;
	run_gan(dtype, 1);
	OK(egm_model_generate(generator, 1, egm_out_of(dtype, sample[0], 2, egm_model_outputs(generator))));
	long calls = allocator.calls;
	OK(egm_trainer_fit(trainer, data, 20, NULL, NULL));
	ck_assert_int_eq(allocator.calls, calls); /* a step allocates nothing */
	for (int i = 0; i < egm_loss_term_count(loss); i++) ck_assert(isfinite(egm_trainer_term(trainer, i)));
	OK(egm_model_generate(generator, 1, egm_out_of(dtype, sample[1], 2, egm_model_outputs(generator))));
	ck_assert(memcmp(sample[0], sample[1], 2 * PIXELS * (_i ? 8 : 4)) != 0);
}
END_TEST

START_TEST(test_batch_norm_training__resumes_bit_for_bit)
{
	egm_dtype dtype = _i ? EGM_F64 : EGM_F32;
	egm_model *const *nets[3] = {&energy, &generator, &information};
	char *straight[3];
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	run_gan(dtype, 3 + 4);
	for (int i = 0; i < 3; i++) straight[i] = toy_parameters(*nets[i]);
	drop();
	run_gan(dtype, 3);
	OK(egm_trainer_save(trainer, path));
	drop();
	run_gan(dtype, 2); /* is forgotten */
	OK(egm_trainer_restore(trainer, path, NULL));
	OK(egm_trainer_fit(trainer, data, 4, NULL, NULL));
	for (int i = 0; i < 3; i++) {
		ck_assert_mem_eq(straight[i], (*nets[i])->parameters, bytes_of(*nets[i]));
		free(straight[i]);
	}
}
END_TEST

static void expect_other_layers(egm_status (*add)(egm_model *), const char *text)
{
	egm_trainer_options o = options(BATCH);
	OK(egm_model_create(&energy, context, "net", 16));
	OK(add(energy));
	OK(egm_model_build(energy, EGM_F32, 1));
	loss = toy_single(energy, toy_build_linear);
	OK(egm_trainer_create(&trainer, loss, &o));
	ck_assert_int_eq(egm_trainer_restore(trainer, path, NULL), EGM_ERR_FORMAT);
	ck_assert_msg(strstr(egm_last_error(), text) != NULL, "%s", egm_last_error());
	drop();
}

static egm_status wide(egm_model *m)
{
	egm_model_image(m, 2, 8, 1);
	return egm_model_conv(m, 1, 2, 2, 0);
}

static egm_status square_padded(egm_model *m)
{
	egm_model_image(m, 4, 4, 1);
	return egm_model_conv(m, 1, 3, 1, 0);
}

static egm_status square(egm_model *m)
{
	egm_model_image(m, 4, 4, 1);
	return egm_model_conv(m, 1, 2, 2, 0);
}

/* The same widths and shapes of tensors, another reading of the row; and another window. */
START_TEST(test_batch_norm_training__checkpoint_tells_images_apart)
{
	egm_trainer_options o = options(BATCH);
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	OK(egm_model_create(&energy, context, "net", 16));
	OK(square(energy));
	OK(egm_model_build(energy, EGM_F32, 1));
	loss = toy_single(energy, toy_build_linear);
	OK(egm_trainer_create(&trainer, loss, &o));
	OK(egm_trainer_save(trainer, path));
	OK(egm_trainer_restore(trainer, path, NULL));
	drop();
	expect_other_layers(wide, "'image 16 16 4 4 1; conv 16 4 1 2 2 0' in the checkpoint, 'image 16 16 2 8 1");
	expect_other_layers(square_padded, "'conv 16 4 1 2 2 0' in the checkpoint, 'conv 16 4 1 3 1 0' in the trainer");
}
END_TEST

/* A variance below 0 in a file would be a NaN later. */
START_TEST(test_batch_norm_training__checkpoint_with_a_negative_variance)
{
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	start_single(EGM_F64, toy_build_linear);
	for (int32_t t = 0; t < energy->n_tensors; t++)
		if (!strcmp(energy->tensors[t].name, "2.running_var"))
			((double *)energy->parameters)[energy->tensors[t].offset] = -0.5;
	ck_assert_int_eq(egm_trainer_save(trainer, path), EGM_ERR_NONFINITE);
	ck_assert_msg(strstr(egm_last_error(), "2.running_var") != NULL, "%s", egm_last_error());
}
END_TEST

static int64_t place_of(const char *tensor)
{
	for (int32_t t = 0; t < energy->n_tensors; t++)
		if (!strcmp(energy->tensors[t].name, tensor)) return energy->tensors[t].offset;
	ck_abort_msg("no tensor %s", tensor);
}

/* Overwrites the number after `mark` in the file. */
static void forge_behind(double mark, double value)
{
	static char bytes[1 << 16];
	FILE *f = fopen(path, "r+b");
	ck_assert_ptr_nonnull(f);
	size_t size = fread(bytes, 1, sizeof bytes, f);
	char *place = memmem(bytes, size, &mark, sizeof mark);
	ck_assert_ptr_nonnull(place);
	ck_assert_int_eq(fseek(f, place - bytes + (long)sizeof mark, SEEK_SET), 0);
	ck_assert_uint_eq(fwrite(&value, sizeof value, 1, f), 1);
	fclose(f);
}

/* A trainer with `value` at index `at` of an array is not saved, and a file with this number is not restored. (The
 * number before it may be any, and marks the place.) */
static void expect_flaw(double *array, int64_t at, double value, const char *name, const char *what)
{
	const double mark = 0x1.9e3779b97f4a7p-900, was[2] = {array[at - 1], array[at]};
	char text[128], *before = toy_parameters(energy);
	snprintf(text, sizeof text, "'energy.%s' is %s, or not finite at index %lld", name, what, (long long)at);
	array[at] = value;
	ck_assert_int_eq(egm_trainer_save(trainer, path), EGM_ERR_NONFINITE);
	ck_assert_msg(strstr(egm_last_error(), text) != NULL, "%s", egm_last_error());
	array[at - 1] = mark, array[at] = was[1];
	OK(egm_trainer_save(trainer, path));
	array[at - 1] = was[0];
	forge_behind(mark, value);
	ck_assert_int_eq(egm_trainer_restore(trainer, path, NULL), EGM_ERR_NONFINITE);
	ck_assert_msg(strstr(egm_last_error(), text) != NULL, "%s", egm_last_error());
	ck_assert_mem_eq(before, energy->parameters, bytes_of(energy));
	free(before);
}

/* An average can become a network, and a moment of a buffer would move the buffer. */
START_TEST(test_batch_norm_training__checkpoint_with_statistics_that_moved)
{
	egm_trainer_options o = options(BATCH);
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	o.average_decay = 0.5;
	energy = norm_net("net", COLUMNS, 1, EGM_F64);
	loss = toy_single(energy, toy_build_linear);
	data = toy_data(context, EGM_F64, ROWS, COLUMNS);
	OK(egm_trainer_create(&trainer, loss, &o));
	OK(egm_trainer_fit(trainer, data, 2, NULL, NULL));
	expect_flaw(trainer->nets[0].average, place_of("2.running_var"), -0.5, "average", "a negative variance");
	expect_flaw(trainer->nets[0].m, place_of("2.running_mean"), 1, "m", "not zero for a number that is not trained");
	expect_flaw(trainer->nets[0].m, place_of("0.running_mean"), -1, "m", "not zero for a number that is not trained");
	OK(egm_trainer_save(trainer, path));
	OK(egm_trainer_restore(trainer, path, NULL));
}
END_TEST

/* ---- memory */

START_TEST(test_batch_norm_training__every_allocation_may_fail)
{
	egm_status st = EGM_OK;
	OK(start_gan(EGM_F32)); /* what only the first use allocates */
	drop();
	long live = allocator.live, before = allocator.calls;
	OK(start_gan(EGM_F32));
	long calls = allocator.calls - before;
	drop();
	ck_assert_int_eq(allocator.live, live);
	for (long i = 1; i <= calls; i += 1 + calls / 400) {
		allocator.for_ever = _i;
		allocator.fail_at = allocator.calls + i;
		st = start_gan(EGM_F32);
		allocator.fail_at = 0;
		drop();
		ck_assert_msg(st == EGM_ERR_MEMORY, "allocation %ld of %ld: %s", i, calls, egm_status_name(st));
		ck_assert_int_eq(allocator.live, live);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("batch_norm_training");
	TCase *t = tcase_create("batch norm");
	tcase_set_tags(t, "E28 K24");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_batch_norm_training__running_statistics_follow_by_hand, 0, 2);
	tcase_add_loop_test(t, test_batch_norm_training__every_batch_counts_once_in_order, 0, 2);
	tcase_add_loop_test(t, test_batch_norm_training__a_phase_moves_its_own_nets_alone, 0, 2);
	tcase_add_test(t, test_batch_norm_training__a_net_that_sees_no_batch_keeps_its_statistics);
	tcase_add_test(t, test_batch_norm_training__averages_run_over_statistics);
	tcase_add_test(t, test_batch_norm_training__failed_step_keeps_no_statistics);
	tcase_add_test(t, test_batch_norm_training__infinite_statistics_are_reported);
	tcase_add_test(t, test_batch_norm_training__one_number_has_no_variance);
	tcase_add_loop_test(t, test_batch_norm_training__convolutional_gan_trains, 0, 2);
	tcase_add_loop_test(t, test_batch_norm_training__resumes_bit_for_bit, 0, 2);
	tcase_add_test(t, test_batch_norm_training__checkpoint_tells_images_apart);
	tcase_add_test(t, test_batch_norm_training__checkpoint_with_a_negative_variance);
	tcase_add_test(t, test_batch_norm_training__checkpoint_with_statistics_that_moved);
	suite_add_tcase(suite, t);
	t = tcase_create("memory");
	tcase_set_tags(t, "R1");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_batch_norm_training__every_allocation_may_fail, 0, 2);
	suite_add_tcase(suite, t);
	return egm_test_main(suite);
}
