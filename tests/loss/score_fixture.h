/* SPDX-License-Identifier: MIT */
/* A loss of networks with given weights, and means of its terms and gradients over many draws of its noise. */
#ifndef EGM_TESTS_SCORE_FIXTURE_H
#define EGM_TESTS_SCORE_FIXTURE_H

#include "loss_support.h"

static egm_context *context;
static egm_model *nets[3];
static egm_loss *loss;
static phase_io io;

static inline void setup(void)
{
	context = new_context();
	memset(nets, 0, sizeof nets);
	loss = NULL;
	memset(&io, 0, sizeof io);
	io.seed = 5, io.step = 6;
}

static inline void teardown(void)
{
	egm_loss_free(loss);
	for (int i = 0; i < 3; i++) egm_model_free(nets[i]);
	egm_context_free(context);
}

#define CREATED(call) ck_assert_msg((call) == EGM_OK, "%s", egm_last_error())
#define REJECTED(call, code, text)                                                                   \
	do {                                                                                             \
		ck_assert_int_eq(call, code);                                                                \
		ck_assert_ptr_null(loss);                                                                    \
		ck_assert_msg(strstr(egm_last_error(), text), "'%s' is not in: %s", text, egm_last_error()); \
	} while (0)

/* Runs a phase `runs` times with independent noise and calls `see` after each run. */
static inline void run_often(int32_t phase, int runs, void (*see)(void *user), void *user)
{
	void *bases[EGM__MAX_SLOTS];
	egm__program *p = NULL;
	uint32_t terms;
	phase_bases(loss, &io, bases);
	ck_assert_int_le(io.batch * loss->data_width, MOST_DATA);
	ck_assert_msg(egm__loss_compile(loss, phase, io.batch, &p, &terms) == EGM_OK, "%s", egm_last_error());
	ck_assert_int_eq(egm__program_own(p), EGM_OK);
	for (int i = 0; i < runs; i++) {
		egm__program_run(p, bases, io.seed, ++io.step);
		see(user);
	}
	egm__program_free(p);
}

/* The energy sum_i q_i l_i(x - mean)^2 / 2 of quadratic_net has these parameters: 2 n rows of weights, 2 n biases, 2 n
 * weights. Moves its minimum to `mean`, in one dimension with l = 1. */
static inline void move_centre(egm_model *energy, double mean)
{
	SET_TENSOR(energy, "0.bias", -QUADRATIC_SCALE * mean, QUADRATIC_SCALE * mean);
}

/* dL/dq of a one-dimensional quadratic_net with n = 1, from the gradients by its last two weights: q enters both as
 * q / A^2. */
static inline double derivative_by_factor(int net)
{
	return (io.gradient[net][4] + io.gradient[net][5]) / (QUADRATIC_SCALE * QUADRATIC_SCALE);
}

/* What most tests average: the first term, and its derivative by the factor of network 0. */
typedef struct run_means {
	sample_mean value, slope;
} run_means;

static inline void add_to_means(void *user)
{
	run_means *m = user;
	sample_mean_add(&m->value, io.terms[0]);
	sample_mean_add(&m->slope, derivative_by_factor(0));
}

/* n points of N(mean, s^2). */
static inline void normal_data(double mean, double s, int64_t n, uint64_t seed)
{
	ck_assert_int_le(n, MOST_DATA);
	for (int64_t i = 0; i < n; i++) io.data[i] = mean + s * random_normal(&seed);
}

/* The same without sampling error in the first two moments, so that only the noise makes an error. */
static inline void exact_normal_data(double mean, double s, int64_t n, uint64_t seed)
{
	double sum = 0, squares = 0;
	normal_data(0, 1, n, seed);
	for (int64_t i = 0; i < n; i++) sum += io.data[i];
	for (int64_t i = 0; i < n; i++) {
		io.data[i] -= sum / (double)n;
		squares += io.data[i] * io.data[i];
	}
	for (int64_t i = 0; i < n; i++) io.data[i] = mean + s * io.data[i] / sqrt(squares / (double)n);
}

#endif
