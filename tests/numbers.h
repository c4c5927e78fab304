/* SPDX-License-Identifier: MIT */
/* Random numbers by a generator that is not that of the library, and means of random numbers with their errors. */
#ifndef EGM_TESTS_NUMBERS_H
#define EGM_TESTS_NUMBERS_H

#include <math.h>
#include <support.h>

static inline egm_context *new_context(void)
{
	egm_context *c = NULL;
	ck_assert_int_eq(egm_context_create(&c, NULL), EGM_OK);
	return c;
}

/* uniform in [-1, 1) */
static inline double random_signed(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (double)(int64_t)(*state >> 11) / 4503599627370496.0 - 1;
}

/* N(0, 1) by Box and Muller */
static inline double random_normal(uint64_t *state)
{
	double u = 0.5 * (random_signed(state) + 1) + 0x1p-54, v = random_signed(state);
	return sqrt(-2 * log(u)) * cos(acos(-1.0) * v);
}

/* Sums for the mean and standard error of a number over independent runs. */
typedef struct sample_mean {
	int n;
	double sum, squares;
} sample_mean;

static inline void sample_mean_add(sample_mean *m, double x)
{
	m->n++;
	m->sum += x;
	m->squares += x * x;
}

/* Within five standard errors (chance 6e-7), and the error at most `most`. */
static inline void sample_mean_check(const char *what, const sample_mean *m, double want, double most)
{
	double mean = m->sum / m->n, se = sqrt(fmax(m->squares / m->n - mean * mean, 0) / (m->n - 1));
	ck_assert_msg(se <= most, "%s: standard error %g", what, se);
	ck_assert_msg(fabs(mean - want) <= 5 * se + 1e-4 * fabs(want) + 1e-12, "%s: %.6f +- %.6f, not %.6f", what, mean, se,
	              want);
}

#endif
