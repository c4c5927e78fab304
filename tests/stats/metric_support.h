/* SPDX-License-Identifier: MIT */
/* A context, samples of known distributions, and checks of calls, for the tests of metrics. */
#ifndef EGM_TESTS_METRIC_SUPPORT_H
#define EGM_TESTS_METRIC_SUPPORT_H

#include <egm/metric.h>
#include <sampler/random_numbers.h>
#include <string.h>
#include <support.h>

static egm_context *context;

#define assert_ok(call) ck_assert_msg((call) == EGM_OK, "%s", egm_last_error())
#define assert_close(x, y, tolerance) \
	ck_assert_msg(fabs((x) - (y)) <= (tolerance), "%s = %.17g, not %.17g", #x, (double)(x), (double)(y))

static inline void setup(void)
{
	context = egm_test_context_on(1, EGM_SIMD_AUTO);
}

static inline void teardown(void)
{
	egm_context_free(context);
}

/* count numbers mean + N(0, 1) */
static inline void normals(uint64_t seed, double mean, int64_t count, double *x)
{
	for (int64_t i = 0; i < count; i++) x[i] = mean + normal(&seed);
}

#endif
