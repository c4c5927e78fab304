/* SPDX-License-Identifier: MIT */
/* Support for tests of targets and probes: a context that counts its memory blocks and keeps its last warning,
 * networks from lists of layers, and derivatives by differences. */
#ifndef EGM_TESTS_SAMPLER_TARGET_SUPPORT_H
#define EGM_TESTS_SAMPLER_TARGET_SUPPORT_H

#include "random_numbers.h"
#include "sampler_support.h"
#include <sampler/target_impl.h>
#include <stdio.h>

static egm_context *context;
static egm_test_allocator allocator;
static char warning[512];
static int warnings;

static inline void keep_warning(int32_t level, const char *message, void *user)
{
	if (level != EGM_LOG_WARNING) return;
	warnings++;
	snprintf(warning, sizeof warning, "%s", message);
}

static inline egm_context *counting_context(int32_t threads)
{
	egm_context_options o;
	egm_context *made = NULL;
	o = (egm_context_options)EGM_CONTEXT_OPTIONS_INIT;
	o.alloc = egm_test_alloc;
	o.dealloc = egm_test_dealloc;
	o.alloc_user = &allocator;
	o.log = keep_warning;
	o.threads = threads;
	ck_assert_egm(egm_context_create(&made, &o));
	return made;
}

static inline void setup(void)
{
	memset(&allocator, 0, sizeof allocator);
	context = counting_context(1);
	warnings = 0;
}

static inline void teardown(void)
{
	egm_context_free(context);
	ck_assert_int_eq(allocator.live, 0);
}

/* `got` is this error, with this text. */
static inline void fails(egm_status got, egm_status want, const char *text)
{
	ck_assert_str_eq(egm_status_name(got), egm_status_name(want));
	ck_assert_str_eq(egm_last_error(), text);
}

/* In [-1, 1). */
static inline double draw(uint64_t *state)
{
	return 2 * uniform(state) - 1;
}

static inline void draw_all(uint64_t seed, int64_t n, double scale, double *x)
{
	for (int64_t i = 0; i < n; i++) x[i] = scale * draw(&seed);
}

static inline void store(egm_dtype dtype, int64_t n, const double *from, void *to)
{
	for (int64_t i = 0; i < n; i++) store_number(dtype, from[i], to, i);
}

/* A network from words: "8 tanh 1" is dense 8, tanh, dense 1. Weights are numbers of this file, so that none is a
 * special one (a bias starts at 0, a slope at 1). */
static inline egm_model *net(egm_context *c, const char *name, int64_t inputs, const char *layers, egm_dtype dtype)
{
	char words[128], *left = words;
	egm_model *model = NULL;
	double values[2048], stored[2048];
	ck_assert_egm(egm_model_create(&model, c, name, inputs));
	snprintf(words, sizeof words, "%s", layers);
	for (char *word = strtok_r(left, " ", &left); word; word = strtok_r(NULL, " ", &left)) {
		if (!strcmp(word, "tanh"))
			ck_assert_egm(egm_model_tanh(model));
		else if (!strcmp(word, "sigmoid"))
			ck_assert_egm(egm_model_sigmoid(model));
		else if (!strcmp(word, "softplus"))
			ck_assert_egm(egm_model_softplus(model));
		else if (!strcmp(word, "relu"))
			ck_assert_egm(egm_model_relu(model));
		else if (!strcmp(word, "norm"))
			ck_assert_egm(egm_model_layer_norm(model, 1e-5));
		else if (word[0] == 's') /* "s8" */
			ck_assert_egm(egm_model_spectral_dense(model, atoi(word + 1)));
		else
			ck_assert_egm(egm_model_dense(model, atoi(word)));
	}
	ck_assert_egm(egm_model_build(model, dtype, 1));
	int64_t count = egm_model_parameter_count(model);
	ck_assert(count <= 2048);
	draw_all((uint64_t)inputs * 977 + strlen(layers), count, 0.8, values);
	store(dtype, count, values, stored);
	ck_assert_egm(egm_model_set_parameters(model, egm_array_of(dtype, stored, count, 1)));
	return model;
}

static inline void set_all(egm_model *model, const double *values)
{
	double stored[2048];
	int64_t count = egm_model_parameter_count(model);
	store(egm_model_dtype(model), count, values, stored);
	ck_assert_egm(egm_model_set_parameters(model, egm_array_of(egm_model_dtype(model), stored, count, 1)));
}

/* V of one f64 point. */
static inline double value_at(const egm_target *target, const double *x)
{
	double v;
	ck_assert_egm(
	    egm_target_evaluate(target, egm_f64(x, 1, egm_target_dims(target)), egm_f64_out(&v, 1, 1), egm_no_out()));
	return v;
}

/* dV/dx against differences. h = 1e-5: the rounding of V, 1e-15 or so, shows as 1e-10 and the cubic term as 1e-10 f''';
 * with third derivatives of some hundreds 1e-7 leaves room. */
static inline void check_gradient(const egm_target *target, const double *x, int64_t rows)
{
	int64_t dims = egm_target_dims(target);
	double v[8], g[64], moved[64];
	ck_assert(rows <= 8 && rows * dims <= 64);
	ck_assert_egm(egm_target_evaluate(target, egm_f64(x, rows, egm_target_dims(target)), egm_f64_out(v, rows, 1),
	                                  egm_f64_out(g, rows, egm_target_dims(target))));
	for (int64_t i = 0; i < rows * dims; i++) {
		const double h = 1e-5;
		const double *row = x + i / dims * dims;
		memcpy(moved, row, (size_t)dims * sizeof *moved);
		moved[i % dims] = row[i % dims] + h;
		double up = value_at(target, moved);
		moved[i % dims] = row[i % dims] - h;
		double slope = (up - value_at(target, moved)) / (2 * h);
		ck_assert_msg(fabs(slope - g[i]) <= 1e-7 * (1 + fabs(slope)), "component %lld: %.12g, by differences %.12g",
		              (long long)i, g[i], slope);
	}
}

#endif
