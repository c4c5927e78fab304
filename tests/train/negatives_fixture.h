/* SPDX-License-Identifier: MIT */
/* A small energy trained by maximum likelihood, with every way to draw its negatives. */
#ifndef EGM_TESTS_NEGATIVES_FIXTURE_H
#define EGM_TESTS_NEGATIVES_FIXTURE_H

#include "any_kernel.h"
#include "checkpoint_support.h"
#include <math.h>
#include <train/trainer_impl.h>

enum { ROWS = 46, COLUMNS = 3, HIDDEN = 8 };

enum { KERNELS = ANY_END - 1 };

typedef struct recipe {
	egm_dtype dtype;
	int32_t start, kernel, bounded, adapt; /* bounded: lower = -4 in every dimension */
	int64_t steps, buffer, batch;
	double restart, step_size, start_scale, beta, learning_rate, regularizer;
	uint64_t seed;
	int32_t threads;
} recipe;

static const recipe usual = {.dtype = EGM_F64,
                             .start = EGM_NEGATIVES_PCD,
                             .kernel = ANY_ULA,
                             .steps = 3,
                             .buffer = 12,
                             .batch = 4,
                             .restart = 0.25,
                             .step_size = 0.05,
                             .beta = 1,
                             .learning_rate = 0.01,
                             .seed = 11,
                             .threads = 1};

typedef struct machine {
	egm_context *context;
	egm_model *energy;
	egm_loss *loss;
	egm_data *data;
	egm_trainer *trainer;
} machine;

static inline egm_context *machine_context(int32_t threads)
{
	return egm_test_context_on(threads, EGM_SIMD_AUTO);
}

/* Ways to draw: the options of a recipe. What they point to is constant. */
typedef struct ways {
	egm_negatives_options negatives;
	any_kernel_options sampler;
	egm_target_options target;
} ways;

static inline ways ways_of(const recipe *r)
{
	static const double rising[] = {1, 2}, falling[] = {2, 1}, lower[] = {-4, -4, -4};
	static const double upper[] = {INFINITY, INFINITY, INFINITY};
	ways w;
	w.negatives = (egm_negatives_options)EGM_NEGATIVES_OPTIONS_INIT;
	OK(any_kernel_init(&w.sampler, r->kernel));
	w.target = (egm_target_options)EGM_TARGET_OPTIONS_INIT;
	w.negatives.start = r->start;
	w.negatives.steps = r->steps;
	w.negatives.buffer = r->buffer;
	w.negatives.restart = r->restart;
	w.negatives.adapt_step = r->adapt;
	if (r->adapt) w.sampler.target_accept = 0.95; /* which makes steps shorter at once */
	w.sampler.step_size = r->step_size;
	w.sampler.start_scale = r->start_scale;
	if (r->kernel == ANY_TEMPERED || r->kernel == ANY_ANNEALED_LANGEVIN) {
		w.sampler.temperatures = r->kernel == ANY_TEMPERED ? rising : falling;
		w.sampler.levels = 2;
		w.sampler.steps_per_level = 2;
	}
	w.target.beta = r->beta;
	if (r->bounded) {
		w.target.lower = lower;
		w.target.upper = upper;
	}
	return w;
}

/* With a sampler of three chains on this target as the model of the trainer's, which has as many as a batch. */
static inline egm_status set_negatives(egm_trainer *trainer, egm_target *target, const ways *w)
{
	egm_sampler *sampler = NULL;
	any_kernel_options o = w->sampler;
	o.chains = 3;
	o.seed = 999;
	egm_status st = any_kernel_sampler(&sampler, target, &o);
	if (st == EGM_OK) st = egm_trainer_set_negatives(trainer, sampler, &w->negatives);
	egm_sampler_free(sampler);
	return st;
}

static inline egm_status machine_negatives(machine *m, const recipe *r)
{
	ways w = ways_of(r);
	egm_target *target = NULL;
	egm_status st = egm_target_model(&target, m->energy, &w.target);
	if (st == EGM_OK) st = set_negatives(m->trainer, target, &w);
	egm_target_free(target);
	return st;
}

static inline egm_trainer_options trainer_options(const recipe *r)
{
	egm_trainer_options o = EGM_TRAINER_OPTIONS_INIT;
	o.batch = r->batch;
	o.learning_rate = r->learning_rate;
	o.seed = r->seed;
	o.clip_norm = 0.5;
	o.average_decay = 0.9;
	return o;
}

/* Up to the trainer. `context` NULL: one of its own. */
static inline void machine_prepare(machine *m, egm_context *context, const recipe *r)
{
	egm_ml_options o;
	*m = (machine){.context = context ? context : machine_context(r->threads)};
	m->energy = toy_net(m->context, "energy", COLUMNS, HIDDEN, 1, r->dtype);
	o = (egm_ml_options)EGM_ML_OPTIONS_INIT;
	o.regularizer = r->regularizer;
	OK(egm_loss_ml(&m->loss, m->energy, &o));
	m->data = toy_data(m->context, r->dtype, r->batch > ROWS ? r->batch : ROWS, COLUMNS);
}

static inline void machine_open(machine *m, egm_context *context, const recipe *r)
{
	egm_trainer_options o = trainer_options(r);
	machine_prepare(m, context, r);
	OK(egm_trainer_create(&m->trainer, m->loss, &o));
	OK(machine_negatives(m, r));
}

static inline void machine_close(machine *m)
{
	egm_trainer_free(m->trainer);
	egm_data_free(m->data);
	egm_loss_free(m->loss);
	egm_model_free(m->energy);
	egm_context_free(m->context);
}

static inline void machine_steps(machine *m, int64_t n)
{
	OK(egm_trainer_fit(m->trainer, m->data, n, NULL, NULL));
}

#endif
