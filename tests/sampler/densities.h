/* SPDX-License-Identifier: MIT */
/* Densities with known laws as energy callbacks, exact draws from them, and comparisons of independent draws with what
 * they should be. A chain that starts at an exact draw of the target and moves with a kernel that leaves it invariant
 * stands at an exact draw after any number of transitions, so the ends of n chains are n independent draws and every
 * bound is that of independent draws, with no estimate of an effective sample size in it.
 *
 * Bounds are 4.5 standard errors: a comparison fails by chance once in 150000. */
#ifndef EGM_TESTS_SAMPLER_DENSITIES_H
#define EGM_TESTS_SAMPLER_DENSITIES_H

#include "sampler_support.h"

#define SIGMAS 4.5

/* ---- random numbers of the tests' own: splitmix64 */

static inline double test_uniform(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

static inline double test_normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(test_uniform(state)));
	return radius * cos(2 * M_PI * test_uniform(state));
}

/* ---- energies; numbers[0] is the parameter of the law where it has one */

/* Standard deviations rising geometrically from numbers[0] to numbers[1]. */
static inline double spread_sd(const law *l, int64_t j)
{
	return l->numbers[0] * pow(l->numbers[1] / l->numbers[0], l->dims > 1 ? (double)j / (double)(l->dims - 1) : 0);
}

static inline double spread_energy(const law *l, const double *x, double *gradient)
{
	double u = 0, k = 1 / (l->numbers[0] * l->numbers[0]), ratio = spread_sd(l, 0) / spread_sd(l, 1 % l->dims);
	for (int64_t i = 0; i < l->dims; i++) {
		gradient[i] = k * x[i];
		u += x[i] * gradient[i] / 2;
		k *= ratio * ratio;
	}
	return u;
}

/* Two dimensions, variances 1, correlation the parameter. */
static inline double correlated_energy(const law *l, const double *x, double *gradient)
{
	double r = l->numbers[0], k = 1 / (1 - r * r);
	gradient[0] = k * (x[0] - r * x[1]);
	gradient[1] = k * (x[1] - r * x[0]);
	return (x[0] * gradient[0] + x[1] * gradient[1]) / 2;
}

/* a the parameter: half of N((a, 0), I), half of N((-a, 0), I): U = |x|^2 / 2 - log cosh(a x0) up to a constant. */
static inline double mixture_energy(const law *l, const double *x, double *gradient)
{
	double a = l->numbers[0], t = fabs(a * x[0]);
	gradient[0] = x[0] - a * tanh(a * x[0]);
	gradient[1] = x[1];
	return (x[0] * x[0] + x[1] * x[1]) / 2 - (t + log1p(exp(-2 * t)) - M_LN2);
}

/* Rosenbrock's, s the parameter: x0 ~ N(0, 1), x1 ~ N(x0^2, s^2). */
static inline double banana_energy(const law *l, const double *x, double *gradient)
{
	double s = l->numbers[0], e = (x[1] - x[0] * x[0]) / (s * s);
	gradient[0] = x[0] - 2 * x[0] * e;
	gradient[1] = e;
	return (x[0] * x[0] + e * e * s * s) / 2;
}

/* Neal 2003, section 8: v ~ N(0, 9), the others N(0, e^v). */
static inline double funnel_energy(const law *l, const double *x, double *gradient)
{
	double v = x[0], w = exp(-v), sum = 0;
	for (int64_t i = 1; i < l->dims; i++) {
		sum += x[i] * x[i];
		gradient[i] = x[i] * w;
	}
	gradient[0] = v / 9 - sum * w / 2 + (double)(l->dims - 1) / 2;
	return v * v / 18 + sum * w / 2 + (double)(l->dims - 1) * v / 2;
}

/* One dimension: N(0, 1) cut off beyond the parameter. */
static inline double wall_energy(const law *l, const double *x, double *gradient)
{
	gradient[0] = x[0];
	return fabs(x[0]) > l->numbers[0] ? INFINITY : x[0] * x[0] / 2;
}

static inline law law_of(double (*energy)(const law *, const double *, double *), int64_t dims, double parameter)
{
	return (law){.dtype = EGM_F64, .dims = dims, .energy = energy, .numbers = {parameter}};
}

static inline law spread_law(int64_t dims, double from, double to)
{
	return (law){.dtype = EGM_F64, .dims = dims, .energy = spread_energy, .numbers = {from, to}};
}

/* ---- samplers on them */

/* The target and the context live as long as the sampler. Calls of 32 rows: thousands of chains in one block would push
 * each other out of the cache. */
static inline egm_sampler *sampler_on(law *l, const egm_sampler_options *o)
{
	egm_context *context = threaded_context(1);
	egm_target_options cut;
	ck_assert_egm(egm_target_options_init(&cut, sizeof cut));
	cut.concurrent = 1;
	egm_target *target = law_target(context, l, &cut);
	egm_sampler *s = make_sampler(target, o);
	egm_target_free(target);
	egm_context_free(context);
	return s;
}

/* Where chains stand that began at x [chains, dims] and made `transitions` transitions; over x. */
static inline void carry(egm_sampler *s, double *x, int64_t transitions)
{
	ck_assert_egm(egm_sampler_set_points(s, EGM_F64, x));
	ck_assert_egm(egm_sampler_run(s, 1, transitions, x, NULL));
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

/* n independent draws of N(0, 1)? The variance about 0 has the error sqrt(2 / n). */
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
