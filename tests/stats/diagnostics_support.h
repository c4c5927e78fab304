/* SPDX-License-Identifier: MIT */
/* Draws for the tests of diagnostics, from integers and correctly rounded operations only, so that arviz_reference.py
 * makes the same bits. */
#ifndef EGM_TESTS_DIAGNOSTICS_SUPPORT_H
#define EGM_TESTS_DIAGNOSTICS_SUPPORT_H

#include "support.h"
#include <math.h>
#include <sampler/random_numbers.h>
#include <stats/diagnostics_impl.h>
#include <stdlib.h>
#include <string.h>

/* Mean 0, variance 1, nearly normal: twelve uniforms less 6. No function of libm takes part. */
static inline double bell(uint64_t *state)
{
	double sum = 0;
	for (int i = 0; i < 12; i++) sum += uniform(state);
	return sum - 6;
}

/* n values of x' = phi x + bell at x[0], x[stride], ..., after 100 / (1 - |phi|) steps that forget x = 0. */
static inline void autoregressive(uint64_t seed, double phi, int64_t n, int64_t stride, double *x)
{
	double value = 0;
	for (int64_t t = (int64_t)(100 / (1 - fabs(phi))); t > 0; t--) value = phi * value + bell(&seed);
	for (int64_t t = 0; t < n; t++) x[t * stride] = value = phi * value + bell(&seed);
}

static inline egm_diagnostics *make_diagnostics(egm_context *context, int64_t chains, int64_t dims, int64_t capacity)
{
	egm_diagnostics *d = NULL;
	ck_assert_msg(egm_diagnostics_create(&d, context, chains, dims, capacity) == EGM_OK, "%s", egm_last_error());
	return d;
}

static inline void add_draws(egm_diagnostics *d, const double *draws, int64_t n)
{
	ck_assert_msg(egm_diagnostics_add(d, egm_f64(draws, n * d->chains, d->dims)) == EGM_OK, "%s", egm_last_error());
}

static inline egm_diagnosis diagnose(const egm_diagnostics *d, int64_t dim, int64_t chain)
{
	egm_diagnosis result = EGM_DIAGNOSIS_INIT;
	ck_assert_msg(egm_diagnostics_compute(d, dim, chain, &result) == EGM_OK, "%s", egm_last_error());
	return result;
}

/* Of draws [n, chains] of one dimension. */
static inline egm_diagnosis diagnose_draws(const double *draws, int64_t n, int64_t chains, int64_t chain)
{
	egm_context *context = NULL;
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	egm_diagnostics *d = make_diagnostics(context, chains, 1, n < 8 ? 8 : n);
	egm_context_free(context);
	if (n > 0) add_draws(d, draws, n);
	egm_diagnosis result = diagnose(d, 0, chain);
	egm_diagnostics_free(d);
	return result;
}

#endif
