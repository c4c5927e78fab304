/* SPDX-License-Identifier: MIT */
/* A loss over nets that are set by hand, and means of what it says over many draws of its noise. */
#ifndef EGM_TESTS_SCORE_FIXTURE_H
#define EGM_TESTS_SCORE_FIXTURE_H

#include "loss_support.h"

static egm_context *context;
static egm_model *nets[3];
static egm_loss *loss;
static l_sheet sheet;

static inline void setup(void)
{
	context = l_context();
	memset(nets, 0, sizeof nets);
	loss = NULL;
	memset(&sheet, 0, sizeof sheet);
	sheet.seed = 5, sheet.step = 6;
}

static inline void teardown(void)
{
	egm_loss_free(loss);
	for (int i = 0; i < 3; i++) egm_model_free(nets[i]);
	egm_context_free(context);
}

#define S_CREATED(call) ck_assert_msg((call) == EGM_OK, "%s", egm_last_error())
#define S_REFUSED(call, code, text)                                                                  \
	do {                                                                                             \
		ck_assert_int_eq(call, code);                                                                \
		ck_assert_ptr_null(loss);                                                                    \
		ck_assert_msg(strstr(egm_last_error(), text), "'%s' is not in: %s", text, egm_last_error()); \
	} while (0)

/* Calls `see` after each of `runs` runs of a phase with noise of their own. */
static inline void s_runs(int32_t phase, int runs, void (*see)(void *user), void *user)
{
	void *bases[EGM__MAX_SLOTS];
	egm__program *p = NULL;
	uint32_t terms;
	l_bases(loss, &sheet, bases);
	ck_assert_int_le(sheet.batch * loss->data_width, L_MAX_DATA);
	ck_assert_msg(egm__loss_compile(loss, phase, sheet.batch, &p, &terms) == EGM_OK, "%s", egm_last_error());
	ck_assert_int_eq(egm__program_own(p), EGM_OK);
	for (int i = 0; i < runs; i++) {
		egm__program_run(p, bases, sheet.seed, ++sheet.step);
		see(user);
	}
	egm__program_free(p);
}

/* The energy sum_i q_i l_i(x - mean)^2 / 2 of l_quadratic has these parameters: 2 n rows of weights, 2 n biases, 2 n
 * weights. Moves its minimum to `mean`, in one dimension with l = 1. */
static inline void s_centre(egm_model *energy, double mean)
{
	L_SET(energy, "0.bias", -L_A * mean, L_A * mean);
}

/* dL/dq of a one-dimensional l_quadratic with n = 1, from the gradients by its last two weights: q enters both as
 * q / A^2. */
static inline double s_slope(int net)
{
	return (sheet.gradient[net][4] + sheet.gradient[net][5]) / (L_A * L_A);
}

/* What most tests average: the first term, and the slope of net 0. */
typedef struct s_means {
	l_mean value, slope;
} s_means;

static inline void s_see(void *user)
{
	s_means *m = user;
	l_mean_add(&m->value, sheet.terms[0]);
	l_mean_add(&m->slope, s_slope(0));
}

/* n points of N(mean, s^2), by the generator of the tests. */
static inline void s_normal_data(double mean, double s, int64_t n, uint64_t seed)
{
	ck_assert_int_le(n, L_MAX_DATA);
	for (int64_t i = 0; i < n; i++) sheet.data[i] = mean + s * l_normal(&seed);
}

/* The same law without sampling error in its first two moments: what is left of a test's error is the noise. */
static inline void s_exact_data(double mean, double s, int64_t n, uint64_t seed)
{
	double sum = 0, squares = 0;
	s_normal_data(0, 1, n, seed);
	for (int64_t i = 0; i < n; i++) sum += sheet.data[i];
	for (int64_t i = 0; i < n; i++) {
		sheet.data[i] -= sum / (double)n;
		squares += sheet.data[i] * sheet.data[i];
	}
	for (int64_t i = 0; i < n; i++) sheet.data[i] = mean + s * sheet.data[i] / sqrt(squares / (double)n);
}

#endif
