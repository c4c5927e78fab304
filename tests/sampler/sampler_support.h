/* SPDX-License-Identifier: MIT */
/* Support for tests of samplers: contexts, distributions as energy callbacks, samplers of them, and estimates with
 * standard errors.
 *
 * The standard error of an estimate is computed from the averages of independent chains, so that no autocorrelation
 * has to be known or estimated. */
#ifndef EGM_TESTS_SAMPLER_SUPPORT_H
#define EGM_TESTS_SAMPLER_SUPPORT_H

#include <any_kernel.h>
#include <egm/sampler.h>
#include <math.h>
#include <string.h>
#include <support.h>

#define ck_assert_egm(call) ck_assert_msg((call) == EGM_OK, "%s: %s", #call, egm_last_error())
#define ck_assert_near(value, expected, tolerance)                                                              \
	do {                                                                                                        \
		double value_ = (value), expected_ = (expected), tolerance_ = (tolerance);                              \
		ck_assert_msg(fabs(value_ - expected_) <= tolerance_, "%s = %.17g, expected %.17g within %.3g", #value, \
		              value_, expected_, tolerance_);                                                           \
	} while (0)

static inline egm_context *threaded_context(int32_t threads)
{
	return egm_test_context_on(threads, EGM_SIMD_AUTO);
}

/* `tags` may be NULL. 240 s: sanitizers make the longest tests ten times as long. */
static inline TCase *new_case(Suite *suite, const char *name, const char *tags)
{
	TCase *tc = tcase_create(name);
	tcase_set_timeout(tc, 240);
	if (tags) tcase_set_tags(tc, tags);
	suite_add_tcase(suite, tc);
	return tc;
}

/* With `setup` before and `teardown` after each test. */
static inline TCase *fixture_case(Suite *suite, const char *name, const char *tags, SFun setup, SFun teardown)
{
	TCase *tc = new_case(suite, name, tags);
	tcase_add_checked_fixture(tc, setup, teardown);
	return tc;
}

/* ---- arrays of either dtype */

static inline double number_at(egm_dtype dtype, const void *values, int64_t i)
{
	return dtype == EGM_F32 ? (double)((const float *)values)[i] : ((const double *)values)[i];
}

static inline void store_number(egm_dtype dtype, double value, void *values, int64_t i)
{
	if (dtype == EGM_F32)
		((float *)values)[i] = (float)value;
	else
		((double *)values)[i] = value;
}

/* ---- energies. A distribution computes in double; `energy_of_distribution` serves either dtype. */

typedef struct distribution distribution;
struct distribution {
	egm_dtype dtype;
	int64_t dims;
	double (*energy)(const distribution *, const double *x, double *gradient); /* of one point */
	double numbers[8];                                                         /* the distribution's own */
	long calls, rows;                                                          /* so far, atomic */
	long most;                                                                 /* rows that one call had, atomic */
	long stop_at; /* the call, from 1, that stops; 0: none */
};

enum { DISTRIBUTION_DIMS = 256 };

static inline int energy_of_distribution(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	distribution *dist = (distribution *)user;
	double point[DISTRIBUTION_DIMS], gradient[DISTRIBUTION_DIMS];
	long call = __atomic_add_fetch(&dist->calls, 1, __ATOMIC_RELAXED);
	if (call == dist->stop_at) return 1;
	__atomic_add_fetch(&dist->rows, rows, __ATOMIC_RELAXED);
	long seen = __atomic_load_n(&dist->most, __ATOMIC_RELAXED);
	while (rows > seen &&
	       !__atomic_compare_exchange_n(&dist->most, &seen, rows, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
	}
	for (int64_t i = 0; i < rows; i++) {
		for (int64_t j = 0; j < dist->dims; j++) point[j] = number_at(dist->dtype, x, i * dist->dims + j);
		store_number(dist->dtype, dist->energy(dist, point, gradient), energies, i);
		for (int64_t j = 0; j < dist->dims; j++) store_number(dist->dtype, gradient[j], gradients, i * dist->dims + j);
	}
	return 0;
}

/* U = sum over j of k_j (x_j - numbers[2])^2 / 2 with k_j rising geometrically from numbers[0] to numbers[1] */
static inline double normal_precision(const distribution *dist, int64_t j)
{
	double share = dist->dims > 1 ? (double)j / (double)(dist->dims - 1) : 0;
	return dist->numbers[0] * pow(dist->numbers[1] / dist->numbers[0], share);
}

static inline double normal_sd(const distribution *dist, int64_t j)
{
	return 1 / sqrt(normal_precision(dist, j));
}

static inline double normal_energy(const distribution *dist, const double *x, double *gradient)
{
	double u = 0, k = dist->numbers[0], ratio = dist->numbers[1] / k;
	if (ratio != 1 && dist->dims > 2) ratio = pow(ratio, 1 / (double)(dist->dims - 1));
	for (int64_t j = 0; j < dist->dims; j++, k *= ratio) {
		double away = x[j] - dist->numbers[2];
		u += k * away * away / 2;
		gradient[j] = k * away;
	}
	return u;
}

static inline distribution normal_distribution(egm_dtype dtype, int64_t dims, double from, double to)
{
	return (distribution){.dtype = dtype, .dims = dims, .energy = normal_energy, .numbers = {from, to}};
}

static inline egm_target_options target_options(void)
{
	egm_target_options options = EGM_TARGET_OPTIONS_INIT;
	return options;
}

static inline egm_target *distribution_target(egm_context *context, distribution *dist,
                                              const egm_target_options *options)
{
	egm_target *target = NULL;
	ck_assert_egm(
	    egm_target_callback(&target, context, dist->dtype, dist->dims, options, energy_of_distribution, dist, NULL));
	return target;
}

/* ---- samplers */

static inline any_kernel_options sampler_options(int32_t kernel, int64_t chains, double step_size, uint64_t seed)
{
	any_kernel_options options;
	ck_assert_egm(any_kernel_init(&options, kernel));
	options.chains = chains;
	options.step_size = step_size;
	options.seed = seed;
	return options;
}

static inline egm_sampler *make_sampler(egm_target *target, const any_kernel_options *options)
{
	egm_sampler *sampler = NULL;
	ck_assert_egm(any_kernel_sampler(&sampler, target, options));
	return sampler;
}

/* A sampler of this distribution, which keeps its context of one thread and its target alive. */
static inline egm_sampler *sampler_of(distribution *dist, const egm_target_options *to,
                                      const any_kernel_options *options)
{
	egm_context *context = threaded_context(1);
	egm_target *target = distribution_target(context, dist, to);
	egm_sampler *sampler = make_sampler(target, options);
	egm_target_free(target);
	egm_context_free(context);
	return sampler;
}

static inline egm_sampler_statistics sampler_stats(const egm_sampler *sampler, int64_t chain)
{
	egm_sampler_statistics statistics = EGM_SAMPLER_STATISTICS_INIT;
	ck_assert_egm(egm_sampler_stats(sampler, chain, &statistics));
	return statistics;
}

/* ---- calls that are stopped */

/* A progress callback that stops from step `at` on, and what it has seen. */
typedef struct stopper {
	int64_t at, done, total, calls;
} stopper;

static inline int stop_from(const egm_progress *p, void *user)
{
	stopper *s = (stopper *)user;
	ck_assert_uint_eq(p->struct_size, sizeof *p);
	ck_assert(p->done > s->done && p->done <= p->total && p->step == p->done);
	ck_assert(!s->calls || p->total == s->total);
	s->done = p->done;
	s->total = p->total;
	s->calls++;
	return p->done >= s->at;
}

/* n draws by calls that are stopped again and again, after 1, 2 or 3 transitions or a few more. */
static inline void run_in_pieces(egm_sampler *sampler, int64_t n, int64_t thin, void *draws, size_t draw_bytes,
                                 void *energies, size_t energy_bytes)
{
	for (int64_t made = 0, piece = 0; made < n * thin; piece++) {
		stopper s = {.at = 1 + piece % 3};
		char *x = (char *)draws + (size_t)(made / thin) * draw_bytes;
		char *u = energies ? (char *)energies + (size_t)(made / thin) * energy_bytes : NULL;
		int64_t rest = made % thin, draws_left = rest ? 1 : n - made / thin;
		egm_status st =
		    egm_sampler_run(sampler, draws_left, rest ? thin - rest : thin, draws_out(sampler, draws_left, x),
		                    energies_out(sampler, draws_left, u), stop_from, &s);
		ck_assert(st == (s.done >= s.at ? EGM_ERR_STOPPED : st == EGM_ERR_NONFINITE ? st : EGM_OK));
		made += s.done;
	}
}

/* What a run drew, as doubles; `draws` is freed by the caller. */
typedef struct sample {
	int64_t n, chains, dims;
	double *draws; /* [n, chains, dims] */
} sample;

static inline sample run_sampler(egm_sampler *sampler, egm_dtype dtype, int64_t dims, int64_t chains, int64_t n,
                                 int64_t thin)
{
	sample s = {n, chains, dims, NULL};
	size_t count = (size_t)(n * chains * dims);
	void *drawn = malloc(count * sizeof(double));
	s.draws = (double *)malloc(count * sizeof *s.draws);
	ck_assert_ptr_nonnull(drawn);
	ck_assert_ptr_nonnull(s.draws);
	ck_assert_egm(egm_sampler_run(sampler, n, thin, draws_out(sampler, n, drawn), egm_no_out(), NULL, NULL));
	for (size_t i = 0; i < count; i++) s.draws[i] = number_at(dtype, drawn, (int64_t)i);
	free(drawn);
	return s;
}

/* n draws of a sampler of this distribution, after `forget` transitions without draws. */
static inline sample sample_distribution(distribution *dist, const egm_target_options *to,
                                         const any_kernel_options *options, int64_t forget, int64_t n, int64_t thin)
{
	egm_sampler *sampler = sampler_of(dist, to, options);
	if (forget) ck_assert_egm(egm_sampler_run(sampler, 1, forget, egm_no_out(), egm_no_out(), NULL, NULL));
	sample s = run_sampler(sampler, dist->dtype, dist->dims, options->chains, n, thin);
	egm_sampler_free(sampler);
	return s;
}

/* ---- estimates */

typedef struct estimate {
	double value, error; /* error: one standard error */
} estimate;

typedef double (*statistic)(const double *x, int64_t j, double c);

static inline double mean_of(const double *x, int64_t j, double c)
{
	return x[j] - c;
}

static inline double square_of(const double *x, int64_t j, double c)
{
	return (x[j] - c) * (x[j] - c);
}

static inline double is_below(const double *x, int64_t j, double c)
{
	return x[j] < c;
}

/* E f(x, j, c) */
static inline estimate expect(const sample *s, statistic f, int64_t j, double c)
{
	double sum = 0, squares = 0, chains = (double)s->chains;
	for (int64_t i = 0; i < s->chains; i++) {
		double own = 0;
		for (int64_t k = 0; k < s->n; k++) own += f(s->draws + (k * s->chains + i) * s->dims, j, c);
		own /= (double)s->n;
		sum += own;
		squares += own * own;
	}
	double mean = sum / chains, variance = (squares / chains - mean * mean) * chains / (chains - 1);
	return (estimate){mean, sqrt(fmax(variance, 0) / chains)};
}

/* Five standard errors: with 100 chains the mean of a right sampler is further away once in 400,000 tests. */
#define STANDARD_ERRORS 5
#define ck_assert_expect(s, f, j, c, expected)                                                                \
	do {                                                                                                      \
		estimate e_ = expect((s), (f), (j), (c));                                                             \
		double expected_ = (expected);                                                                        \
		ck_assert_msg(fabs(e_.value - expected_) <= STANDARD_ERRORS * e_.error,                               \
		              "%s of x[%d] about %g = %g, standard error %g, expected %g", #f, (int)(j), (double)(c), \
		              e_.value, e_.error, expected_);                                                         \
	} while (0)

/* Mean 0 and standard deviation sd of x[j] - center, and five quantiles of the normal distribution. */
static inline void assert_normal(const sample *s, int64_t j, double center, double sd)
{
	static const double share[] = {0.02, 0.2, 0.5, 0.8, 0.98};
	static const double quantile[] = {-2.0537489106318230, -0.84162123357291421, 0, 0.84162123357291421,
	                                  2.0537489106318230};
	ck_assert_expect(s, mean_of, j, center, 0);
	ck_assert_expect(s, square_of, j, center, sd * sd);
	for (int i = 0; i < 5; i++) ck_assert_expect(s, is_below, j, center + sd * quantile[i], share[i]);
}

#endif
