/* SPDX-License-Identifier: MIT */
/* One context, target and sampler for each test. */
#ifndef EGM_TESTS_SAMPLER_FIXTURE_H
#define EGM_TESTS_SAMPLER_FIXTURE_H

#include "densities.h"

static egm_context *context;
static egm_target *target;
static egm_sampler *sampler;

static inline void setup(void)
{
	context = threaded_context(1);
	target = NULL;
	sampler = NULL;
}

/* For tests that need several, one after another. */
static inline void close_sampler(void)
{
	egm_sampler_free(sampler);
	egm_target_free(target);
	sampler = NULL;
	target = NULL;
}

static inline void teardown(void)
{
	close_sampler();
	egm_context_free(context);
}

static inline void open_sampler(distribution *dist, const egm_target_options *to, const any_kernel_options *o)
{
	target = distribution_target(context, dist, to);
	sampler = make_sampler(target, o);
}

/* n draws with one, two and three threads, `rows` chains a call: the same bits. */
static inline void check_threads(distribution *dist, const any_kernel_options *o, int64_t n, int64_t rows)
{
	size_t bytes = (size_t)(n * o->chains * dist->dims) * sizeof(double);
	char *first = calloc(2, bytes), *other = first + bytes;
	egm_target_options to = target_options();
	to.concurrent = 1;
	to.max_rows = rows;
	for (int32_t threads = 1; threads <= 3; threads++) {
		egm_context *c = threaded_context(threads);
		target = distribution_target(c, dist, &to);
		sampler = make_sampler(target, o);
		ck_assert_egm(egm_sampler_run(sampler, n, 2, draws_out(sampler, n, threads == 1 ? first : other), egm_no_out(),
		                              NULL, NULL));
		if (threads > 1) ck_assert(!memcmp(first, other, bytes));
		close_sampler();
		egm_context_free(c);
	}
	free(first);
}

#endif
