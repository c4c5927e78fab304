/* SPDX-License-Identifier: MIT */
/* Networks as lists of layers, built by the public calls, and computed one number at a time in long double by the
 * formulas of model.h: the reference of the tests in this folder, independent of the library. */
#ifndef EGM_TESTS_MODEL_REFERENCE_H
#define EGM_TESTS_MODEL_REFERENCE_H

#include <egm/model.h>
#include <math.h>
#include <string.h>
#include <support.h>

enum { MAX_WIDTH = 64, MAX_PARAMETERS = 8192 };

typedef struct layer_spec {
	const char *kind;
	int64_t units;
	double parameter;
} layer_spec;

typedef struct net_spec {
	int64_t inputs;
	int n;
	layer_spec layers[8];
} net_spec;

static inline egm_status add_layer(egm_model *model, const layer_spec *l)
{
	if (!strcmp(l->kind, "dense")) return egm_model_dense(model, l->units);
	if (!strcmp(l->kind, "spectral_dense")) return egm_model_spectral_dense(model, l->units);
	if (!strcmp(l->kind, "relu")) return egm_model_relu(model);
	if (!strcmp(l->kind, "leaky_relu")) return egm_model_leaky_relu(model, l->parameter);
	if (!strcmp(l->kind, "elu")) return egm_model_elu(model, l->parameter);
	if (!strcmp(l->kind, "softplus")) return egm_model_softplus(model);
	if (!strcmp(l->kind, "silu")) return egm_model_silu(model);
	if (!strcmp(l->kind, "tanh")) return egm_model_tanh(model);
	if (!strcmp(l->kind, "sigmoid")) return egm_model_sigmoid(model);
	if (!strcmp(l->kind, "gelu")) return egm_model_gelu(model);
	ck_assert_str_eq(l->kind, "layer_norm");
	return egm_model_layer_norm(model, l->parameter);
}

static inline egm_context *new_context(void)
{
	egm_context *context = NULL;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	return context;
}

static inline egm_model *new_model(egm_context *context, const char *name, const net_spec *net, egm_dtype dtype,
                                   uint64_t seed)
{
	egm_model *model = NULL;
	ck_assert_int_eq(egm_model_create(&model, context, name, net->inputs), EGM_OK);
	for (int i = 0; i < net->n; i++) add_layer(model, &net->layers[i]);
	egm_status st = egm_model_build(model, dtype, seed);
	ck_assert_msg(st == EGM_OK, "%s", egm_last_error());
	return model;
}

/* Doubles as an array of the dtype, and back. */
static inline void store(egm_dtype dtype, int64_t n, const double *from, void *to)
{
	for (int64_t i = 0; i < n; i++)
		if (dtype == EGM_F32)
			((float *)to)[i] = (float)from[i];
		else
			((double *)to)[i] = from[i];
}

static inline double at(egm_dtype dtype, const void *values, int64_t i)
{
	return dtype == EGM_F32 ? (double)((const float *)values)[i] : ((const double *)values)[i];
}

/* Numbers in (-1, 1) from a 64-bit congruential generator (Knuth's MMIX constants), the library's own not used. */
static inline double next_number(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (double)(int64_t)*state / 9223372036854775808.0;
}

static inline void fill_numbers(uint64_t seed, int64_t n, double *out)
{
	uint64_t state = seed * 2654435761u + 12345;
	for (int i = 0; i < 8; i++) next_number(&state);
	for (int64_t i = 0; i < n; i++) out[i] = next_number(&state);
}

static inline long double reference_activation(const layer_spec *l, long double x)
{
	if (!strcmp(l->kind, "relu")) return x > 0 ? x : 0;
	if (!strcmp(l->kind, "leaky_relu")) return x > 0 ? x : (long double)l->parameter * x;
	if (!strcmp(l->kind, "elu")) return x > 0 ? x : (long double)l->parameter * expm1l(x);
	if (!strcmp(l->kind, "softplus")) return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x));
	if (!strcmp(l->kind, "silu")) return x / (1 + expl(-x));
	if (!strcmp(l->kind, "tanh")) return tanhl(x);
	if (!strcmp(l->kind, "sigmoid")) return 1 / (1 + expl(-x));
	ck_assert_str_eq(l->kind, "gelu");
	return x * erfcl(-x / sqrtl(2)) / 2;
}

static inline int has_kink(const layer_spec *l)
{
	return !strcmp(l->kind, "relu") || !strcmp(l->kind, "leaky_relu") || !strcmp(l->kind, "elu");
}

static inline const double *reference_dense(const layer_spec *l, int64_t inputs, const double *p, const long double *x,
                                            long double *y)
{
	for (int64_t o = 0; o < l->units; o++) {
		y[o] = p[l->units * inputs + o];
		for (int64_t i = 0; i < inputs; i++) y[o] += x[i] * (long double)p[o * inputs + i];
	}
	return p + l->units * inputs + l->units;
}

/* W, b, u, v: the product over u^T W v, whatever u and v are. */
static inline const double *reference_spectral(const layer_spec *l, int64_t inputs, const double *p,
                                               const long double *x, long double *y)
{
	const double *b = p + l->units * inputs, *u = b + l->units, *v = u + l->units;
	long double sigma = 0;
	for (int64_t o = 0; o < l->units; o++)
		for (int64_t i = 0; i < inputs; i++) sigma += (long double)u[o] * p[o * inputs + i] * v[i];
	for (int64_t o = 0; o < l->units; o++) {
		y[o] = 0;
		for (int64_t i = 0; i < inputs; i++) y[o] += x[i] * (long double)p[o * inputs + i];
		y[o] = y[o] / sigma + b[o];
	}
	return v + inputs;
}

static inline const double *reference_norm(const layer_spec *l, int64_t n, const double *p, const long double *x,
                                           long double *y)
{
	long double mean = 0, variance = 0;
	for (int64_t i = 0; i < n; i++) mean += x[i] / n;
	for (int64_t i = 0; i < n; i++) variance += (x[i] - mean) * (x[i] - mean) / n;
	for (int64_t i = 0; i < n; i++)
		y[i] = (x[i] - mean) / sqrtl(variance + (long double)l->parameter) * (long double)p[i] + (long double)p[n + i];
	return p + 2 * n;
}

/* The net at one row. parameters: all of them, in the order of the tensors. Returns the number of outputs; *clear is
 * the distance of the nearest kink (0 of a ReLU) to what enters it. */
static inline int64_t reference_row(const net_spec *net, const double *parameters, const long double *x,
                                    long double y[MAX_WIDTH], double *clear)
{
	long double in[MAX_WIDTH];
	int64_t width = net->inputs;
	const double *p = parameters;
	*clear = INFINITY;
	memcpy(y, x, (size_t)width * sizeof *y);
	for (int l = 0; l < net->n; l++) {
		const layer_spec *layer = &net->layers[l];
		memcpy(in, y, (size_t)width * sizeof *in);
		if (!strcmp(layer->kind, "dense")) {
			p = reference_dense(layer, width, p, in, y);
			width = layer->units;
		} else if (!strcmp(layer->kind, "spectral_dense")) {
			p = reference_spectral(layer, width, p, in, y);
			width = layer->units;
		} else if (!strcmp(layer->kind, "layer_norm")) {
			p = reference_norm(layer, width, p, in, y);
		} else {
			for (int64_t i = 0; i < width; i++) {
				if (has_kink(layer)) *clear = fmin(*clear, fabs((double)in[i]));
				y[i] = reference_activation(layer, in[i]);
			}
		}
	}
	return width;
}

/* Parameters of a model as doubles. */
static inline int64_t get_doubles(const egm_model *model, double out[MAX_PARAMETERS])
{
	int64_t n = egm_model_parameter_count(model);
	static double raw[MAX_PARAMETERS];
	ck_assert_int_le(n, MAX_PARAMETERS);
	ck_assert_int_eq(egm_model_parameters(model, egm_out_of(egm_model_dtype(model), raw, n, 1)), EGM_OK);
	for (int64_t i = 0; i < n; i++) out[i] = at(egm_model_dtype(model), raw, i);
	return n;
}

/* Sets every parameter to a number in (-1, 1): also gains and biases that start at 1 and 0. */
static inline void randomize(egm_model *model, uint64_t seed)
{
	static double numbers[MAX_PARAMETERS], raw[MAX_PARAMETERS];
	int64_t n = egm_model_parameter_count(model);
	ck_assert_int_le(n, MAX_PARAMETERS);
	fill_numbers(seed, n, numbers);
	store(egm_model_dtype(model), n, numbers, raw);
	ck_assert_int_eq(egm_model_set_parameters(model, egm_array_of(egm_model_dtype(model), raw, n, 1)), EGM_OK);
}

#endif
