/* SPDX-License-Identifier: MIT */
/* Samplers to save and load, and a comparison of how two of them continue. */
#ifndef EGM_TESTS_SAMPLER_FILE_FIXTURE_H
#define EGM_TESTS_SAMPLER_FILE_FIXTURE_H

#include "any_kernel.h"
#include <egm/data.h>
#include <io/fault_io.h>
#include <io/io_support.h>
#include <io/safetensors_impl.h>
#include <sampler/sampler_impl.h>
#include <sampler/sampler_support.h>

enum { DIMS = 3, CHAINS = 4, BEFORE = 5, AFTER = 7, THIN = 2 };

static const double falling[] = {4, 2, 1}, rising[] = {1, 2, 4};

/* Options that use as much of a kernel as there is. */
static inline any_kernel_options options_of(int32_t kernel, uint64_t seed)
{
	any_kernel_options o = sampler_options(kernel, CHAINS, 0.2, seed);
	if (kernel == ANY_MALA || kernel == ANY_HMC) o.adapt_scale = 1;
	if (kernel == ANY_HMC) o.jitter = 0.3;
	if (kernel == ANY_NUTS) o.max_depth = 2; /* reached by some, so that it is counted */
	if (kernel == ANY_ANNEALED_LANGEVIN) {
		o.temperatures = falling;
		o.levels = 3;
		o.steps_per_level = 4;
		o.denoise = 0.1;
	}
	if (kernel == ANY_TEMPERED) {
		o.temperatures = rising;
		o.levels = 3;
		o.steps_per_level = 2;
	}
	return o;
}

static inline void save(const egm_sampler *s, const char *name)
{
	ck_assert_egm(egm_sampler_save(s, io_path(name)));
}

static inline void load(egm_sampler *s, const char *name)
{
	ck_assert_egm(egm_sampler_restore(s, io_path(name), NULL));
}

static inline void assert_same_files(const char *a, const char *b)
{
	size_t na, nb;
	unsigned char *x = io_read(io_path(a), &na), *y = io_read(io_path(b), &nb);
	ck_assert_uint_eq(na, nb);
	ck_assert_mem_eq(x, y, na);
	free(x);
	free(y);
}

/* Draws and energies of AFTER draws, to be freed. */
typedef struct tail {
	egm_status status;
	size_t bytes;
	char *numbers;
} tail;

static inline tail draw_tail(egm_sampler *s)
{
	size_t element = egm__dtype_size(s->target->dtype), draws = (size_t)(AFTER * s->options.chains * s->dims) * element;
	tail t = {.bytes = draws + (size_t)(AFTER * s->options.chains) * element};
	t.numbers = calloc(1, t.bytes);
	ck_assert_ptr_nonnull(t.numbers);
	t.status = egm_sampler_run(s, AFTER, THIN, draws_out(s, AFTER, t.numbers),
	                           energies_out(s, AFTER, t.numbers + draws), NULL, NULL);
	return t;
}

/* The two go on alike; what the second does after a load costs one evaluation more for every walker. */
static inline void assert_go_on_alike(egm_sampler *a, egm_sampler *b)
{
	tail x = draw_tail(a), y = draw_tail(b);
	ck_assert_int_eq(x.status, y.status);
	ck_assert_uint_eq(x.bytes, y.bytes);
	ck_assert_mem_eq(x.numbers, y.numbers, x.bytes);
	for (int64_t c = -1; c < a->options.chains; c++) {
		egm_sampler_statistics p = sampler_stats(a, c), q = sampler_stats(b, c);
		ck_assert_int_ge(q.gradients, p.gradients);
		ck_assert_int_le(q.gradients, p.gradients + b->n_walkers);
		q.gradients = p.gradients;
		if (isnan(p.acceptance) && isnan(q.acceptance)) q.acceptance = p.acceptance;
		if (isnan(p.exchange) && isnan(q.exchange)) q.exchange = p.exchange;
		ck_assert_mem_eq(&p, &q, sizeof p);
	}
	free(x.numbers);
	free(y.numbers);
}

typedef struct bench {
	egm_context *context;
	distribution distribution;
	egm_target *target;
	egm_sampler *sampler;
} bench;

static inline void bench_open(bench *b, egm_context *context, egm_dtype dtype, int64_t dims,
                              const any_kernel_options *options)
{
	b->context = context ? context : threaded_context(1);
	b->distribution = normal_distribution(dtype, dims, 1, 1);
	b->target = distribution_target(b->context, &b->distribution, NULL);
	b->sampler = make_sampler(b->target, options);
	ck_assert_egm(egm_sampler_run(b->sampler, 1, BEFORE, egm_no_out(), egm_no_out(), NULL, NULL));
}

static inline void bench_close(bench *b)
{
	egm_sampler_free(b->sampler);
	egm_target_free(b->target);
	egm_context_free(b->context);
}

static inline TCase *add_case(Suite *suite, const char *name, const char *tags)
{
	TCase *tc = tcase_create(name);
	tcase_set_tags(tc, tags);
	tcase_add_checked_fixture(tc, io_folder_create, io_folder_remove);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(suite, tc);
	return tc;
}

#endif
