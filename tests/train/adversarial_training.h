/* SPDX-License-Identifier: MIT */
/* Networks, data and trainers of adversarial losses, made by one call and freed together. */
#ifndef EGM_TESTS_ADVERSARIAL_TRAINING_H
#define EGM_TESTS_ADVERSARIAL_TRAINING_H

#include <egm/data.h>
#include <egm/loss.h>
#include <egm/trainer.h>
#include <math.h>
#include <string.h>
#include <support.h>

/* What one training run is made of; everything that is not NULL is freed by ring_close. */
typedef struct ring {
	egm_context *context;
	egm_model *judge, *generator, *decoder;
	egm_loss *loss;
	egm_data *data;
	egm_trainer *trainer;
	egm_trainer_options options;
	egm_dtype dtype;
} ring;

#define RING_OK(call) ck_assert_msg((call) == EGM_OK, "%s", egm_last_error())

static inline ring ring_open(egm_dtype dtype, int32_t threads)
{
	ring r = {.dtype = dtype};
	r.context = egm_test_context_on(threads, EGM_SIMD_AUTO);
	r.options = (egm_trainer_options)EGM_TRAINER_OPTIONS_INIT;
	return r;
}

static inline void ring_close(ring *r)
{
	egm_trainer_free(r->trainer);
	egm_loss_free(r->loss);
	egm_data_free(r->data);
	egm_model_free(r->judge);
	egm_model_free(r->generator);
	egm_model_free(r->decoder);
	egm_context_free(r->context);
}

typedef egm_status ring_activation(egm_model *);

/* inputs -> hidden, `layers` times with the activation -> outputs; spectral: all dense layers are */
static inline egm_model *ring_net(const ring *r, const char *name, int64_t inputs, int layers, int64_t hidden,
                                  int64_t outputs, ring_activation *activation, int spectral, uint64_t seed)
{
	egm_model *net = NULL;
	egm_status (*dense)(egm_model *, int64_t) = spectral ? egm_model_spectral_dense : egm_model_dense;
	RING_OK(egm_model_create(&net, r->context, name, inputs));
	for (int i = 0; i < layers; i++) {
		RING_OK(dense(net, hidden));
		RING_OK(activation(net));
	}
	RING_OK(dense(net, outputs));
	RING_OK(egm_model_build(net, r->dtype, seed));
	return net;
}

static inline void ring_set(egm_model *net, const char *tensor, int64_t n, const double *values)
{
	float narrow[64];
	for (int64_t i = 0; i < n; i++) narrow[i] = (float)values[i];
	egm_dtype dtype = egm_model_dtype(net);
	RING_OK(
	    egm_model_set_tensor(net, tensor, egm_array_of(dtype, dtype == EGM_F64 ? (const void *)values : narrow, n, 1)));
}
#define RING_SET(net, tensor, ...) \
	ring_set(net, tensor, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (double[]){__VA_ARGS__})

static inline double ring_get(const egm_model *net, const char *tensor, int64_t count, int64_t i)
{
	double wide[64];
	float narrow[64];
	int is_wide = egm_model_dtype(net) == EGM_F64;
	RING_OK(egm_model_tensor(net, tensor, egm_out_of(egm_model_dtype(net), is_wide ? (void *)wide : narrow, count, 1)));
	return is_wide ? wide[i] : (double)narrow[i];
}

/* G(z) = x for every z, where x alone can move: the hidden unit is a relu at -1, so nothing reaches the weights. */
static inline egm_model *ring_point(const ring *r, double x)
{
	egm_model *net = ring_net(r, "generator", 1, 1, 1, 1, egm_model_relu, 0, 1);
	RING_SET(net, "0.weight", 0);
	RING_SET(net, "0.bias", -1);
	RING_SET(net, "2.bias", x);
	return net;
}

static inline void ring_data(ring *r, const double *x, int64_t rows, int64_t columns)
{
	float *narrow = malloc((size_t)(rows * columns) * sizeof *narrow);
	ck_assert_ptr_nonnull(narrow);
	for (int64_t i = 0; i < rows * columns; i++) narrow[i] = (float)x[i];
	RING_OK(egm_data_copy(&r->data, r->context,
	                      egm_array_of(r->dtype, r->dtype == EGM_F64 ? (const void *)x : narrow, rows, columns)));
	free(narrow);
}

static inline double ring_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (double)(*state >> 11) * 0x1p-53;
}

/* N(0, 1) by Box and Muller: a generator that is not the library's */
static inline double ring_normal(uint64_t *state)
{
	double u = ring_random(state) + 0x1p-54, v = ring_random(state);
	return sqrt(-2 * log(u)) * cos(2 * acos(-1.0) * v);
}

static inline void ring_trainer(ring *r)
{
	RING_OK(egm_trainer_create(&r->trainer, r->loss, &r->options));
}

static inline void ring_fit(ring *r, int64_t steps)
{
	RING_OK(egm_trainer_fit(r->trainer, r->data, steps, NULL, NULL));
}

static inline double ring_term(const ring *r, const char *name)
{
	for (int32_t i = 0; i < egm_loss_term_count(r->loss); i++)
		if (!strcmp(egm_loss_term_name(r->loss, i), name)) return egm_trainer_term(r->trainer, i);
	ck_abort_msg("no term %s", name);
	return NAN;
}

/* ---- learning */

enum { SEED = 1, POINTS = 4096 };

static inline void ring_schedule(ring *r, double learning_rate, int64_t steps)
{
	r->options.seed = SEED;
	r->options.learning_rate = learning_rate;
	r->options.schedule = EGM_SCHEDULE_LINEAR;
	r->options.schedule_steps = steps;
}

/* Sample mean 0 and variance 1, exactly. */
static inline void ring_standard(double *x, uint64_t state)
{
	double mean = 0, square = 0;
	for (int i = 0; i < POINTS; i++) x[i] = ring_normal(&state), mean += x[i] / POINTS;
	for (int i = 0; i < POINTS; i++) square += pow(x[i] - mean, 2) / POINTS;
	for (int i = 0; i < POINTS; i++) x[i] = (x[i] - mean) / sqrt(square);
}

#endif
