/* SPDX-License-Identifier: MIT */
/* Spectral layers under a trainer: their weights move, only this moves u and v, the network stays 1-Lipschitz, and
 * checkpoints, averages and failures treat u and v like all other state. */
#include "train_support.h"
#include <math.h>
#include <singular.h>
#include <train/trainer_impl.h>
#include <unistd.h>

enum { ROWS = 23, COLUMNS = 3, LATENT = 2, HIDDEN = 16 };

static egm_model *spectral_net(egm_context *context, const char *name, int64_t inputs, int64_t outputs, egm_dtype dtype)
{
	egm_model *net = NULL;
	ck_assert_int_eq(egm_model_create(&net, context, name, inputs), EGM_OK);
	egm_model_spectral_dense(net, HIDDEN);
	egm_model_leaky_relu(net, 0.2);
	egm_model_spectral_dense(net, HIDDEN);
	egm_model_leaky_relu(net, 0.2);
	egm_model_spectral_dense(net, outputs);
	ck_assert_msg(egm_model_build(net, dtype, 7) == EGM_OK, "%s", egm_last_error());
	return net;
}

static egm_trainer_options options_for(int32_t optimizer, double learning_rate)
{
	egm_trainer_options o = EGM_TRAINER_OPTIONS_INIT;
	o.batch = 4;
	o.optimizer = optimizer;
	o.learning_rate = learning_rate;
	o.seed = 11;
	o.clip_norm = 10;
	o.average_decay = 0.9;
	return o;
}

static void pair_open(pair *p, egm_context *context, egm_dtype dtype, int32_t optimizer, double learning_rate)
{
	egm_trainer_options o = options_for(optimizer, learning_rate);
	p->context = context;
	if (!context) ck_assert_int_eq(egm_context_create(&p->context, NULL), EGM_OK);
	p->energy = spectral_net(p->context, "energy", COLUMNS, 1, dtype);
	p->generator = spectral_net(p->context, "generator", LATENT, COLUMNS, dtype);
	p->loss = toy_pair(p->energy, p->generator);
	p->data = toy_data(p->context, dtype, ROWS, COLUMNS);
	ck_assert_msg(egm_trainer_create(&p->trainer, p->loss, &o) == EGM_OK, "%s", egm_last_error());
}

static size_t parameter_bytes(const egm_model *net)
{
	return (size_t)egm_model_parameter_count(net) * (egm_model_dtype(net) == EGM_F64 ? 8 : 4);
}

/* Element i of tensor `which` (0 weight, 1 bias, 2 u, 3 v) of a spectral layer. */
static double element(const egm_model *net, const egm__layer *layer, int which, int64_t i)
{
	return egm__number(net->dtype, net->parameters, net->tensors[layer->first_tensor + which].offset + i);
}

/* The largest singular value of W over u^T W v: by how much the layer may stretch. */
static double stretch(const egm_model *net, const egm__layer *layer)
{
	double w[SINGULAR_MAX * SINGULAR_MAX], second, estimate = 0;
	for (int64_t o = 0; o < layer->outputs; o++)
		for (int64_t i = 0; i < layer->inputs; i++) {
			w[o * layer->inputs + i] = element(net, layer, 0, o * layer->inputs + i);
			estimate += element(net, layer, 2, o) * w[o * layer->inputs + i] * element(net, layer, 3, i);
		}
	return largest_singular_value(layer->outputs, layer->inputs, w, &second) / estimate;
}

/* ---- what moves what */

START_TEST(test_spectral_training__optimisers_do_not_move_buffers)
{
	pair p = {0};
	pair_open(&p, NULL, _i % 2 ? EGM_F64 : EGM_F32, EGM_OPTIMIZER_ADAM + _i / 2, 0.01);
	pair_steps(&p, 3);
	const egm__optimizer *o = &p.trainer->nets[0];
	char *before = toy_parameters(p.energy);
	egm__optimizer_move(&p.trainer->nets[0], 1); /* the move alone, without the round that follows it */
	for (int32_t t = 0; t < p.energy->n_tensors; t++) {
		const egm__tensor *tensor = &p.energy->tensors[t];
		size_t start = (size_t)tensor->offset * o->element, size = (size_t)tensor->count * o->element;
		int moved = memcmp((char *)p.energy->parameters + start, before + start, size) != 0;
		ck_assert_msg(moved == tensor->trained, "%s", tensor->name);
		for (int64_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
			if (tensor->trained) continue;
			ck_assert(egm__number(p.energy->dtype, o->gradient, i) == 0);
			if (o->m) ck_assert(egm__number(p.energy->dtype, o->m, i) == 0);
			if (o->v) ck_assert(egm__number(p.energy->dtype, o->v, i) == 0);
		}
	}
	free(before);
	pair_close(&p);
}
END_TEST

/* u and v after a step are one round after u before it, at the weight after it; those of the network that does not move
 * are unchanged. */
START_TEST(test_spectral_training__one_round_follows_each_move)
{
	pair p = {0};
	egm_model *copy = NULL;
	pair_open(&p, NULL, EGM_F64, EGM_OPTIMIZER_SGD, 0.01);
	char *generator = toy_parameters(p.generator);
	ck_assert_int_eq(egm_model_clone(&copy, p.energy), EGM_OK);
	ck_assert_int_eq(egm__batches_fit(&p.trainer->batches, ROWS), EGM_OK);
	ck_assert_int_eq(egm__trainer_phase(p.trainer, 0, p.data), EGM_OK); /* the energy moves */
	ck_assert_mem_eq(generator, p.generator->parameters, parameter_bytes(p.generator));
	for (int32_t t = 0; t < copy->n_tensors; t++) {
		const egm__tensor *tensor = &copy->tensors[t];
		size_t start = (size_t)tensor->offset * 8, size = (size_t)tensor->count * 8;
		if (tensor->trained) memcpy((char *)copy->parameters + start, (char *)p.energy->parameters + start, size);
	}
	ck_assert(memcmp(copy->parameters, p.energy->parameters, parameter_bytes(copy)) != 0);
	egm__model_refresh(copy);
	ck_assert_mem_eq(copy->parameters, p.energy->parameters, parameter_bytes(copy));
	free(generator);
	egm_model_free(copy);
	pair_close(&p);
}
END_TEST

/* ---- the network is 1-Lipschitz */

/* |U(a) - U(b)| over |a - b|, at most, over the rows of a cloud. */
static double steepest(const egm_model *net)
{
	enum { N = 200 };
	static double x[N * COLUMNS], u[N], most = 0;
	uint32_t state = 5;
	for (int i = 0; i < N * COLUMNS; i++) {
		state = state * 1664525u + 1013904223u;
		x[i] = (double)(state >> 8) / (1 << 22) - 2;
	}
	ck_assert_int_eq(egm_model_energy(net, egm_f64(x, N, COLUMNS), egm_f64_out(u, N, 1)), EGM_OK);
	for (int a = 0; a < N; a++)
		for (int b = 0; b < a; b++) {
			double squares = 0;
			for (int c = 0; c < COLUMNS; c++) squares += pow(x[a * COLUMNS + c] - x[b * COLUMNS + c], 2);
			most = egm_test_worse(most, fabs(u[a] - u[b]) / sqrt(squares));
		}
	return most;
}

/* An Adam step of lr = 1e-4 moves a 16 x 16 weight by at most d = 16 lr (1 - beta1) / sqrt(1 - beta2) = 2.5e-3 in any
 * norm. With s1 near 1 and s2 = s1 (1 - g) that turns the leading vectors by d/g, of which each round leaves (1 - g)^2:
 * they lag by at most d / (2 g^2), and the estimate is low by g times the square of that, or by g if it is less. Over
 * all g the worst is sqrt(d/2) = 0.035. */
START_TEST(test_spectral_training__net_stays_lipschitz)
{
	pair p = {0};
	double product = 1;
	pair_open(&p, NULL, EGM_F64, EGM_OPTIMIZER_ADAM, 1e-4);
	char *before = toy_parameters(p.energy);
	pair_steps(&p, 1000);
	ck_assert(memcmp(before, p.energy->parameters, parameter_bytes(p.energy)) != 0);
	for (int32_t l = 0; l < p.energy->n_layers; l += 2) {
		double by = stretch(p.energy, &p.energy->layers[l]);
		ck_assert_msg(by >= 1 - 1e-14 && by <= 1.035, "layer %d stretches by %.6f", (int)l, by);
		product *= by;
	}
	ck_assert(steepest(p.energy) <= product * (1 + 1e-12)); /* leaky_relu stretches nothing; rounding */
	free(before);
	pair_close(&p);
}
END_TEST

/* ---- averages, checkpoints, failures */

START_TEST(test_spectral_training__average_has_vectors_of_its_own)
{
	pair p = {0};
	egm_model *average = NULL;
	pair_open(&p, NULL, EGM_F64, EGM_OPTIMIZER_ADAM, 0.01);
	pair_steps(&p, 30);
	ck_assert_int_eq(egm_trainer_average(&average, p.trainer, p.energy), EGM_OK);
	for (int32_t t = 0; t < average->n_tensors; t++) {
		const egm__tensor *tensor = &average->tensors[t];
		size_t start = (size_t)tensor->offset * 8, size = (size_t)tensor->count * 8;
		int same = !memcmp((char *)average->parameters + start, (char *)p.trainer->nets[0].average + start, size);
		ck_assert_msg(same == tensor->trained, "%s", tensor->name);
	}
	/* settled: at s2 = 0.9 s1, 100 rounds leave 0.9^400 = 5e-19 of the error */
	for (int32_t l = 0; l < average->n_layers; l += 2)
		ck_assert(fabs(stretch(average, &average->layers[l]) - 1) <= 1e-12);
	egm_model_free(average);
	pair_close(&p);
}
END_TEST

static void expect_resume(egm_dtype dtype, int32_t optimizer)
{
	pair straight = {0}, first = {0}, second = {0};
	char path[] = "spectral-XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	pair_open(&straight, NULL, dtype, optimizer, 0.01);
	pair_steps(&straight, 7 + 9);
	pair_open(&first, NULL, dtype, optimizer, 0.01);
	pair_steps(&first, 7);
	ck_assert_int_eq(egm_trainer_save(first.trainer, path), EGM_OK);
	pair_open(&second, NULL, dtype, optimizer, 0.01);
	pair_steps(&second, 2); /* is forgotten */
	ck_assert_msg(egm_trainer_restore(second.trainer, path, NULL) == EGM_OK, "%s", egm_last_error());
	ck_assert_mem_eq(first.energy->parameters, second.energy->parameters, parameter_bytes(first.energy));
	pair_steps(&second, 9);
	ck_assert_mem_eq(straight.energy->parameters, second.energy->parameters, parameter_bytes(first.energy));
	ck_assert_mem_eq(straight.generator->parameters, second.generator->parameters, parameter_bytes(first.generator));
	pair_close(&straight);
	pair_close(&first);
	pair_close(&second);
	unlink(path);
}

START_TEST(test_spectral_training__resumes_bit_for_bit)
{
	for (int32_t optimizer = EGM_OPTIMIZER_ADAM; optimizer <= EGM_OPTIMIZER_SGD; optimizer++)
		expect_resume(_i ? EGM_F64 : EGM_F32, optimizer);
}
END_TEST

/* A dense network of the same widths is another network. */
START_TEST(test_spectral_training__checkpoint_tells_the_kinds_apart)
{
	egm_context *context = NULL;
	egm_model *dense = NULL, *spectral = NULL;
	egm_trainer *trainers[2];
	egm_loss *losses[2];
	egm_trainer_options o = options_for(EGM_OPTIMIZER_SGD, 0.01);
	char path[] = "spectral-XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	dense = toy_net(context, "net", COLUMNS, 0, 1, EGM_F64);
	ck_assert_int_eq(egm_model_create(&spectral, context, "net", COLUMNS), EGM_OK);
	egm_model_spectral_dense(spectral, 1);
	ck_assert_int_eq(egm_model_build(spectral, EGM_F64, 7), EGM_OK);
	for (int i = 0; i < 2; i++) {
		losses[i] = toy_single(i ? spectral : dense, toy_build_linear);
		ck_assert_int_eq(egm_trainer_create(&trainers[i], losses[i], &o), EGM_OK);
	}
	ck_assert_int_eq(egm_trainer_save(trainers[0], path), EGM_OK);
	ck_assert_int_eq(egm_trainer_restore(trainers[1], path, NULL), EGM_ERR_FORMAT);
	ck_assert_msg(strstr(egm_last_error(), "'dense 3 1' in the checkpoint, 'spectral_dense 3 1' in the trainer") !=
	                  NULL,
	              "%s", egm_last_error());
	for (int i = 0; i < 2; i++) {
		egm_trainer_free(trainers[i]);
		egm_loss_free(losses[i]);
	}
	egm_model_free(dense);
	egm_model_free(spectral);
	egm_context_free(context);
	unlink(path);
}
END_TEST

/* A phase that fails has not happened, to u and v neither. */
START_TEST(test_spectral_training__failed_phase_leaves_buffers)
{
	egm_context *context = NULL;
	egm_trainer *trainer = NULL;
	egm_trainer_options o = options_for(EGM_OPTIMIZER_ADAM, 0.01);
	const double far = 1e100;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	egm_model *net = spectral_net(context, "net", COLUMNS, 1, EGM_F64);
	egm_loss *loss = toy_single(net, toy_build_hidden);
	egm_data *data = toy_data(context, EGM_F64, ROWS, COLUMNS);
	ck_assert_int_eq(egm_trainer_create(&trainer, loss, &o), EGM_OK);
	ck_assert_int_eq(egm_trainer_fit(trainer, data, 3, NULL, NULL), EGM_OK);
	ck_assert_int_eq(egm_model_set_tensor(net, "4.bias", egm_f64(&far, 1, 1)), EGM_OK);
	char *before = toy_parameters(net);
	ck_assert_int_eq(egm_trainer_fit(trainer, data, 1, NULL, NULL), EGM_ERR_NONFINITE);
	ck_assert_mem_eq(before, net->parameters, parameter_bytes(net));
	free(before);
	egm_trainer_free(trainer);
	egm_data_free(data);
	egm_loss_free(loss);
	egm_model_free(net);
	egm_context_free(context);
}
END_TEST

START_TEST(test_spectral_training__step_allocates_nothing)
{
	egm_test_allocator allocator = {0};
	egm_context *context = egm_test_context(&allocator);
	pair p = {0};
	ck_assert_ptr_nonnull(context);
	pair_open(&p, context, EGM_F32, EGM_OPTIMIZER_ADAM, 0.01);
	pair_steps(&p, 1);
	long calls = allocator.calls;
	pair_steps(&p, 5);
	ck_assert_int_eq(allocator.calls, calls);
	pair_close(&p);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spectral_training");
	TCase *tc = tcase_create("moves");
	tcase_add_loop_test(tc, test_spectral_training__optimisers_do_not_move_buffers, 0, 6);
	tcase_add_test(tc, test_spectral_training__one_round_follows_each_move);
	tcase_add_test(tc, test_spectral_training__net_stays_lipschitz);
	tcase_add_test(tc, test_spectral_training__average_has_vectors_of_its_own);
	tcase_add_test(tc, test_spectral_training__failed_phase_leaves_buffers);
	tcase_add_test(tc, test_spectral_training__step_allocates_nothing);
	tcase_set_tags(tc, "K19");
	tcase_set_timeout(tc, 120);
	suite_add_tcase(suite, tc);
	tc = tcase_create("checkpoints");
	tcase_add_loop_test(tc, test_spectral_training__resumes_bit_for_bit, 0, 2);
	tcase_add_test(tc, test_spectral_training__checkpoint_tells_the_kinds_apart);
	tcase_set_tags(tc, "K24");
	tcase_set_timeout(tc, 120);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
