/* SPDX-License-Identifier: MIT */
/* Energies of distributions that are known in closed form, in addition to the normal distribution of
 * sampler_support.h. If a distribution has a parameter, it is numbers[0]. */
#ifndef EGM_TESTS_SAMPLER_DENSITIES_H
#define EGM_TESTS_SAMPLER_DENSITIES_H

#include "sampler_support.h"

/* Two dimensions, variances 1, correlation the parameter. */
static inline double correlated_energy(const distribution *dist, const double *x, double *gradient)
{
	double r = dist->numbers[0], k = 1 / (1 - r * r);
	gradient[0] = k * (x[0] - r * x[1]);
	gradient[1] = k * (x[1] - r * x[0]);
	return (x[0] * gradient[0] + x[1] * gradient[1]) / 2;
}

/* a the parameter: half of N((a, 0), I), half of N((-a, 0), I): U = |x|^2 / 2 - log cosh(a x0) up to a constant. */
static inline double mixture_energy(const distribution *dist, const double *x, double *gradient)
{
	double a = dist->numbers[0], t = fabs(a * x[0]);
	gradient[0] = x[0] - a * tanh(a * x[0]);
	gradient[1] = x[1];
	return (x[0] * x[0] + x[1] * x[1]) / 2 - (t + log1p(exp(-2 * t)) - M_LN2);
}

/* Rosenbrock's, s the parameter: x0 ~ N(0, 1), x1 ~ N(x0^2, s^2). */
static inline double banana_energy(const distribution *dist, const double *x, double *gradient)
{
	double s = dist->numbers[0], e = (x[1] - x[0] * x[0]) / (s * s);
	gradient[0] = x[0] - 2 * x[0] * e;
	gradient[1] = e;
	return (x[0] * x[0] + e * e * s * s) / 2;
}

/* Neal 2003, section 8: v ~ N(0, 9), the others N(0, e^v). */
static inline double funnel_energy(const distribution *dist, const double *x, double *gradient)
{
	double v = x[0], w = exp(-v), sum = 0;
	for (int64_t i = 1; i < dist->dims; i++) {
		sum += x[i] * x[i];
		gradient[i] = x[i] * w;
	}
	gradient[0] = v / 9 - sum * w / 2 + (double)(dist->dims - 1) / 2;
	return v * v / 18 + sum * w / 2 + (double)(dist->dims - 1) * v / 2;
}

/* One dimension, N(0, 1) in |x| <= numbers[0], beyond which the energy is numbers[1]. */
static inline double wall_energy(const distribution *dist, const double *x, double *gradient)
{
	gradient[0] = x[0];
	return fabs(x[0]) > dist->numbers[0] ? dist->numbers[1] : x[0] * x[0] / 2;
}

/* U = a sum x, a the parameter: Exp(a) above a bound, or below one where a < 0; with a = 0 what the bounds and the
 * prior make. */
static inline double linear_energy(const distribution *dist, const double *x, double *gradient)
{
	double u = 0;
	for (int64_t j = 0; j < dist->dims; j++) {
		gradient[j] = dist->numbers[0];
		u += dist->numbers[0] * x[j];
	}
	return u;
}

static inline distribution distribution_of(double (*energy)(const distribution *, const double *, double *),
                                           int64_t dims, double parameter)
{
	return (distribution){.dtype = EGM_F64, .dims = dims, .energy = energy, .numbers = {parameter}};
}

#endif
