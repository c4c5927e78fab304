/* SPDX-License-Identifier: MIT */
/* Exact draws of a target that a sampler moves on, and comparisons of independent draws with their distribution. If
 * a chain starts at an exact draw of the target and its kernel leaves the target invariant, its point is an exact
 * draw after any number of transitions. The end points of n chains are therefore n independent draws, whose errors
 * are known without estimating an effective sample size.
 *
 * Bounds are 4.5 standard errors: a correct comparison fails once in 150000. */
#ifndef EGM_TESTS_SAMPLER_EXACT_DRAWS_H
#define EGM_TESTS_SAMPLER_EXACT_DRAWS_H

#include "densities.h"
#include "random_numbers.h"

#define SIGMAS 4.5

/* Standard deviations rising geometrically. */
static inline distribution spread_distribution(int64_t dims, double from, double to)
{
	return normal_distribution(EGM_F64, dims, 1 / (from * from), 1 / (to * to));
}

/* Calls of 32 rows: thousands of chains in one block would push each other out of the cache. */
static inline egm_sampler *sampler_on(distribution *dist, const any_kernel_options *o)
{
	egm_target_options cut = target_options();
	cut.concurrent = 1;
	return sampler_of(dist, &cut, o);
}

/* Replaces the points x [chains, dims] by those that chains reach from there after `transitions` transitions. */
static inline void carry(egm_sampler *s, double *x, int64_t transitions)
{
	ck_assert_egm(egm_sampler_set_points(s, points_in(s, EGM_F64, x)));
	ck_assert_egm(egm_sampler_run(s, 1, transitions, draws_out(s, 1, x), egm_no_out(), NULL, NULL));
}

static inline double *numbers(int64_t n)
{
	double *x = calloc((size_t)n, sizeof *x);
	ck_assert_ptr_nonnull(x);
	return x;
}

/* ---- comparisons; column j of x [n, columns] */

static inline void check_mean(const char *what, const double *x, int64_t n, int64_t columns, int64_t j, double mean,
                              double sd)
{
	double sum = 0;
	for (int64_t i = 0; i < n; i++) sum += x[i * columns + j];
	double z = (sum / (double)n - mean) / (sd / sqrt((double)n));
	ck_assert_msg(fabs(z) <= SIGMAS, "%s: mean %g, expected %g, %.1f standard errors off", what, sum / (double)n, mean,
	              z);
}

/* Shares below the quantiles of N(0, 1), binomial errors. */
static inline void check_normal_quantiles(const char *what, const double *x, int64_t n, int64_t columns, int64_t j)
{
	static const double quantile[] = {-2.3263479, -1.6448536, -0.67448975, 0, 0.67448975, 1.6448536, 2.3263479};
	static const double share[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};
	for (size_t q = 0; q < sizeof share / sizeof *share; q++) {
		int64_t below = 0;
		for (int64_t i = 0; i < n; i++) below += x[i * columns + j] < quantile[q];
		double z = ((double)below / (double)n - share[q]) / sqrt(share[q] * (1 - share[q]) / (double)n);
		ck_assert_msg(fabs(z) <= SIGMAS, "%s: %.4f below the quantile of %.2f, %.1f standard errors off", what,
		              (double)below / (double)n, share[q], z);
	}
}

/* Checks that these are n independent draws of N(0, 1). The variance about 0 has the error sqrt(2 / n). */
static inline void check_normal(const char *what, const double *x, int64_t n, int64_t columns, int64_t j)
{
	double squares = 0;
	for (int64_t i = 0; i < n; i++) squares += x[i * columns + j] * x[i * columns + j];
	double z = (squares / (double)n - 1) / sqrt(2 / (double)n);
	ck_assert_msg(fabs(z) <= SIGMAS, "%s: variance %g, %.1f standard errors off", what, squares / (double)n, z);
	check_mean(what, x, n, columns, j, 0, 1);
	check_normal_quantiles(what, x, n, columns, j);
}

#endif
