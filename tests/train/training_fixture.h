/* SPDX-License-Identifier: MIT */
/* Whole trainings in f32 through the public API: networks by widths, data from known distributions, and integrals on
 * a grid to judge the result. */
#ifndef EGM_TESTS_TRAINING_FIXTURE_H
#define EGM_TESTS_TRAINING_FIXTURE_H

#include <egm/metric.h>
#include <egm/trainer.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <support.h>

#define OK(call) ck_assert_msg((call) == EGM_OK, "%s", egm_last_error())

static egm_context *context;
static egm_model *nets[3];
static egm_loss *loss;
static egm_data *data;

static inline void setup(void)
{
	context = NULL;
	memset(nets, 0, sizeof nets);
	loss = NULL;
	data = NULL;
	OK(egm_context_create(&context, NULL));
}

static inline void teardown(void)
{
	egm_loss_free(loss);
	egm_data_free(data);
	for (int i = 0; i < 3; i++) egm_model_free(nets[i]);
	egm_context_free(context);
}

/* Dense layers of the widths up to the first 0, with the activation between them. */
static inline egm_model *make_net(const char *name, const int64_t *width, egm_status (*activation)(egm_model *),
                                  uint64_t seed)
{
	egm_model *net = NULL;
	OK(egm_model_create(&net, context, name, width[0]));
	for (int i = 1; width[i]; i++) {
		OK(egm_model_dense(net, width[i]));
		if (width[i + 1]) OK(activation(net));
	}
	OK(egm_model_build(net, EGM_F32, seed));
	return net;
}
#define NET(name, activation, seed, ...) make_net(name, (int64_t[]){__VA_ARGS__, 0}, activation, seed)

/* ---- distributions: equal parts of normals on a line */

typedef struct distribution {
	int parts;
	double mean[2], s;
} distribution;

static inline double distribution_density(const distribution *dist, double x, double noise)
{
	double v = dist->s * dist->s + noise * noise, sum = 0;
	for (int i = 0; i < dist->parts; i++) sum += exp(-(x - dist->mean[i]) * (x - dist->mean[i]) / (2 * v));
	return sum / (dist->parts * sqrt(2 * acos(-1.0) * v));
}

/* The mean of x given y = x + noise n. */
static inline double distribution_denoised(const distribution *dist, double y, double noise)
{
	double v = dist->s * dist->s + noise * noise, sum = 0, weights = 0;
	for (int i = 0; i < dist->parts; i++) {
		double w = exp(-(y - dist->mean[i]) * (y - dist->mean[i]) / (2 * v));
		weights += w;
		sum += w * (dist->s * dist->s * y + noise * noise * dist->mean[i]) / v;
	}
	return sum / weights;
}

static inline double uniform(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return ((double)(*state >> 12) + 0.5) * 0x1p-52;
}

static inline double normal(uint64_t *state)
{
	double u = uniform(state), v = uniform(state);
	return sqrt(-2 * log(u)) * cos(2 * acos(-1.0) * v);
}

enum { POINTS = 20000 };

/* The parts take turns. */
static inline egm_data *distribution_data(const distribution *dist)
{
	static float x[POINTS];
	egm_data *d = NULL;
	uint64_t state = 9;
	for (int i = 0; i < POINTS; i++) x[i] = (float)(dist->mean[i % dist->parts] + dist->s * normal(&state));
	OK(egm_data_copy(&d, context, egm_f32(x, POINTS, 1)));
	return d;
}

/* ---- a training */

typedef struct plan {
	int64_t batch, steps;
	double learning_rate;
	uint64_t seed;
} plan;

static inline egm_trainer *make_trainer(egm_loss *l, const plan *p)
{
	egm_trainer_options o = EGM_TRAINER_OPTIONS_INIT;
	egm_trainer *trainer = NULL;
	o.batch = p->batch;
	o.learning_rate = p->learning_rate;
	o.beta1 = 0.9;
	o.beta2 = 0.99;
	o.schedule = EGM_SCHEDULE_COSINE;
	o.schedule_steps = p->steps;
	o.clip_norm = 10;
	o.seed = p->seed;
	OK(egm_trainer_create(&trainer, l, &o));
	return trainer;
}

static inline void train(egm_loss *l, const egm_data *d, const plan *p)
{
	egm_trainer *trainer = make_trainer(l, p);
	OK(egm_trainer_fit(trainer, d, p->steps, NULL, NULL));
	egm_trainer_free(trainer);
}

/* ---- a grid on the line: midpoints of [-6, 6] */

enum { CELLS = 1200 };
#define GRID_LOW -6.0
#define GRID_STEP (12.0 / CELLS)

static inline double grid_at(int i)
{
	return GRID_LOW + (i + 0.5) * GRID_STEP;
}

static inline void grid_energy(const egm_model *net, double *u, double *slope)
{
	static float x[CELLS], e[CELLS], g[CELLS];
	for (int i = 0; i < CELLS; i++) x[i] = (float)grid_at(i);
	OK(egm_model_energy_gradient(net, egm_f32(x, CELLS, 1), egm_f32_out(e, CELLS, 1), egm_f32_out(g, CELLS, 1)));
	for (int i = 0; i < CELLS; i++) {
		if (u) u[i] = (double)e[i];
		if (slope) slope[i] = (double)g[i];
	}
}

/* log of the integral of exp(-U), by the midpoint rule. */
static inline double grid_log_z(const double *u)
{
	double least = INFINITY, sum = 0;
	for (int i = 0; i < CELLS; i++) least = fmin(least, u[i]);
	for (int i = 0; i < CELLS; i++) sum += exp(least - u[i]) * GRID_STEP;
	return log(sum) - least;
}

/* KL(p || exp(-U - log_z)), p the distribution with noise. */
static inline double grid_kl(const distribution *dist, double noise, const double *u, double log_z)
{
	double sum = 0;
	for (int i = 0; i < CELLS; i++) {
		double p = distribution_density(dist, grid_at(i), noise);
		if (p > 0) sum += p * (log(p) + u[i] + log_z) * GRID_STEP;
	}
	return sum;
}

#endif
