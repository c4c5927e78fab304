/* SPDX-License-Identifier: MIT */
/* Every kernel on every kind of target, for tests of the loop, whose results must not depend on either. */
#ifndef EGM_TESTS_LOOP_FIXTURE_H
#define EGM_TESTS_LOOP_FIXTURE_H

#include "sampler_support.h"

enum { LOOP_KERNELS = ANY_END - 1, LOOP_MOST = 8 };

/* NET_32, NET_64: an energy network with a prior; LATENT: an energy of the output of a generator; CALLBACK, CONCURRENT:
 * callbacks with bounds, one for all chains at once, the other for several threads and at most 7 rows at a time. All of
 * them in 5 dimensions and, from WIDE on, in 8, a multiple of vectors and blocks of random numbers. */
enum { NET_32, NET_64, LATENT, CALLBACK, CONCURRENT, WIDE, LOOP_TARGETS = 2 * WIDE };

typedef struct loop_target {
	egm_context *context;
	egm_target *target;
	egm_model *energy, *generator;
	egm_dtype dtype;
	int64_t dims;
	distribution distribution; /* of the callbacks */
} loop_target;

static inline egm_model *loop_net(egm_context *context, egm_dtype dtype, int64_t inputs, int64_t outputs, uint64_t seed)
{
	egm_model *net = NULL;
	ck_assert_egm(egm_model_create(&net, context, "net", inputs));
	ck_assert_egm(egm_model_dense(net, 24));
	ck_assert_egm(egm_model_silu(net));
	ck_assert_egm(egm_model_dense(net, 17));
	ck_assert_egm(egm_model_silu(net));
	ck_assert_egm(egm_model_dense(net, outputs));
	ck_assert_egm(egm_model_build(net, dtype, seed));
	return net;
}

/* In a context of the caller, which the target keeps alive. The target refers to the distribution in t. */
static inline void open_target_in(loop_target *t, egm_context *context, int kind)
{
	const double lower[LOOP_MOST] = {-INFINITY, -1, -4, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY};
	const double upper[LOOP_MOST] = {INFINITY, 2, INFINITY, 3, INFINITY, INFINITY, INFINITY, INFINITY};
	egm_target_options o;
	*t = (loop_target){.context = context, .dims = kind < WIDE ? 5 : 8};
	kind %= WIDE;
	t->dtype = kind == NET_32 ? EGM_F32 : EGM_F64;
	o = (egm_target_options)EGM_TARGET_OPTIONS_INIT;
	if (kind <= LATENT) {
		o.prior_scale = 0.9;
		o.beta = 3;
		t->energy = loop_net(t->context, t->dtype, t->dims, 1, 61);
		if (kind == LATENT) t->generator = loop_net(t->context, t->dtype, t->dims, t->dims, 62);
		ck_assert_egm(kind == LATENT ? egm_target_latent(&t->target, t->energy, t->generator, EGM_LATENT_POSTERIOR, &o)
		                             : egm_target_model(&t->target, t->energy, &o));
		return;
	}
	o.lower = lower;
	o.upper = upper;
	o.concurrent = kind == CONCURRENT;
	o.max_rows = kind == CONCURRENT ? 7 : 32;
	t->distribution = normal_distribution(t->dtype, t->dims, 1, 4);
	t->target = distribution_target(t->context, &t->distribution, &o);
}

static inline void open_target(loop_target *t, int kind, int32_t threads)
{
	open_target_in(t, threaded_context(threads), kind);
}

static inline void close_target(loop_target *t)
{
	egm_target_free(t->target);
	egm_model_free(t->energy);
	egm_model_free(t->generator);
	egm_context_free(t->context);
}

static const double loop_temperatures[3] = {1, 2, 4}, loop_annealing[3] = {4, 2, 1};

/* Of kernel 1 .. LOOP_KERNELS. */
static inline any_kernel_options loop_options(int32_t kernel, int64_t chains)
{
	any_kernel_options o = sampler_options(kernel, chains, kernel < 3 || kernel > 4 ? 0.2 : 0.4, 63);
	if (kernel == ANY_HMC) o.leapfrog_steps = 3, o.jitter = 0.1;
	if (kernel == ANY_NUTS) o.max_depth = 4, o.adapt_scale = 0;
	if (kernel == ANY_ANNEALED_LANGEVIN) o.temperatures = loop_annealing, o.levels = 3, o.steps_per_level = 2;
	if (kernel == ANY_TEMPERED) o.temperatures = loop_temperatures, o.levels = 3, o.steps_per_level = 2;
	return o;
}

/* n draws and energies as doubles: [n, chains, dims] and [n, chains]. */
typedef struct record {
	int64_t n, chains;
	sample draws;
	double *energies;
} record;

static inline record record_run(egm_sampler *sampler, const loop_target *t, int64_t chains, int64_t n, int64_t thin,
                                egm_status expected)
{
	int64_t count = n * chains * t->dims;
	record r = {n, chains, {n, chains, t->dims, NULL}, NULL};
	double *draws = (double *)calloc((size_t)count, sizeof *draws);
	double *energies = (double *)calloc((size_t)(n * chains), sizeof *energies);
	r.draws.draws = (double *)malloc((size_t)count * sizeof(double));
	r.energies = (double *)malloc((size_t)(n * chains) * sizeof(double));
	ck_assert(draws && energies && r.draws.draws && r.energies);
	egm_status st =
	    egm_sampler_run(sampler, n, thin, draws_out(sampler, n, draws), energies_out(sampler, n, energies), NULL, NULL);
	ck_assert_msg(st == expected, "%s: %s", egm_status_name(st), egm_last_error());
	for (int64_t i = 0; i < count; i++) r.draws.draws[i] = number_at(t->dtype, draws, i);
	for (int64_t i = 0; i < n * chains; i++) r.energies[i] = number_at(t->dtype, energies, i);
	free(draws);
	free(energies);
	return r;
}

static inline void free_record(record *r)
{
	free(r->draws.draws);
	free(r->energies);
}

static inline const double *drawn(const record *r, int64_t n, int64_t chain)
{
	return r->draws.draws + (n * r->chains + chain) * r->draws.dims;
}

/* Chain `chain` of draw i of a and of draw j of b are the same bits. */
static inline void assert_same_draw(const record *a, int64_t i, const record *b, int64_t j, int64_t chain)
{
	const double *x = drawn(a, i, chain), *y = drawn(b, j, chain);
	ck_assert_msg(!memcmp(x, y, (size_t)a->draws.dims * sizeof *x), "draws %d and %d of chain %d: %.17g and %.17g",
	              (int)i, (int)j, (int)chain, x[0], y[0]);
	ck_assert_mem_eq(&a->energies[i * a->chains + chain], &b->energies[j * b->chains + chain], sizeof(double));
}

#endif
