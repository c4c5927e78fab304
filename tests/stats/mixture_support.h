/* SPDX-License-Identifier: MIT */
/* Mixtures of normal distributions by their definition, in long double and without a factorisation in common with the
 * library: determinant and inverse by Gauss-Jordan. */
#ifndef EGM_TESTS_MIXTURE_SUPPORT_H
#define EGM_TESTS_MIXTURE_SUPPORT_H

#include <numbers.h>
#include <support.h>

#include <egm/mixture.h>
#include <stats/matrix_impl.h>
#include <stats/mixture_impl.h>

enum { MOST_COMPONENTS = 6, MOST_DIMS = 5, MOST_ROWS = 20000 };

#define ck_assert_egm(call) ck_assert_msg((call) == EGM_OK, "%s: %s", #call, egm_last_error())
#define ck_assert_near(value, expected, tolerance)                                                              \
	do {                                                                                                        \
		double value_ = (double)(value), expected_ = (double)(expected), tolerance_ = (tolerance);              \
		ck_assert_msg(fabs(value_ - expected_) <= tolerance_, "%s = %.17g, expected %.17g within %.3g", #value, \
		              value_, expected_, tolerance_);                                                           \
	} while (0)

/* Numbers of a mixture, covariances always [k][d][d]. */
typedef struct mixture_numbers {
	int64_t k, d;
	double w[MOST_COMPONENTS], m[MOST_COMPONENTS * MOST_DIMS], c[MOST_COMPONENTS * MOST_DIMS * MOST_DIMS];
} mixture_numbers;

static inline egm_mixture_options mixture_options(int64_t components, int32_t covariance)
{
	egm_mixture_options o = EGM_MIXTURE_OPTIONS_INIT;
	o.components = components;
	o.covariance = covariance;
	return o;
}

static inline egm_mixture *create_mixture(egm_context *c, const mixture_numbers *n, const egm_mixture_options *o)
{
	egm_mixture *m = NULL;
	double own[MOST_COMPONENTS * MOST_DIMS * MOST_DIMS];
	for (int64_t k = 0; k < n->k; k++)
		for (int64_t i = 0; i < n->d; i++)
			for (int64_t j = 0; j < n->d; j++) {
				double v = n->c[(k * n->d + i) * n->d + j];
				if (o->covariance == EGM_COVARIANCE_FULL) own[(k * n->d + i) * n->d + j] = v;
				if (o->covariance == EGM_COVARIANCE_DIAGONAL && i == j) own[k * n->d + i] = v;
				if (o->covariance == EGM_COVARIANCE_SPHERICAL && i == 0 && j == 0) own[k] = v;
			}
	int64_t each = o->covariance == EGM_COVARIANCE_FULL       ? n->d * n->d
	               : o->covariance == EGM_COVARIANCE_DIAGONAL ? n->d
	                                                          : 1;
	ck_assert_egm(
	    egm_mixture_create(&m, c, egm_f64(n->w, n->k, 1), egm_f64(n->m, n->k, n->d), egm_f64(own, n->k, each), o));
	return m;
}

static inline mixture_numbers read_mixture(const egm_mixture *m)
{
	mixture_numbers n = {.k = egm_mixture_components(m), .d = egm_mixture_dims(m)};
	int32_t kind = egm_mixture_covariance(m);
	double own[MOST_COMPONENTS * MOST_DIMS * MOST_DIMS];
	ck_assert_egm(egm_mixture_parameters(m, egm_f64_out(n.w, n.k, 1), egm_f64_out(n.m, n.k, n.d),
	                                     egm_f64_out(own, n.k,
	                                                 kind == EGM_COVARIANCE_FULL       ? n.d * n.d
	                                                 : kind == EGM_COVARIANCE_DIAGONAL ? n.d
	                                                                                   : 1)));
	for (int64_t k = 0; k < n.k; k++)
		for (int64_t i = 0; i < n.d; i++)
			for (int64_t j = 0; j < n.d; j++)
				n.c[(k * n.d + i) * n.d + j] = kind == EGM_COVARIANCE_FULL ? own[(k * n.d + i) * n.d + j]
				                               : i != j                    ? 0
				                                        : own[kind == EGM_COVARIANCE_DIAGONAL ? k * n.d + i : k];
	return n;
}

/* a [d, d] becomes its inverse; log det of what it was. Gauss-Jordan without pivoting: a is positive definite. */
static inline long double invert(int64_t d, long double *a)
{
	long double log_det = 0;
	for (int64_t p = 0; p < d; p++) {
		long double pivot = a[p * d + p];
		log_det += logl(pivot);
		a[p * d + p] = 1;
		for (int64_t j = 0; j < d; j++) a[p * d + j] /= pivot;
		for (int64_t i = 0; i < d; i++) {
			if (i == p) continue;
			long double factor = a[i * d + p];
			a[i * d + p] = 0;
			for (int64_t j = 0; j < d; j++) a[i * d + j] -= factor * a[p * d + j];
		}
	}
	return log_det;
}

static inline long double inverse_of(int64_t d, const double *c, long double *inverse)
{
	for (int64_t i = 0; i < d * d; i++) inverse[i] = c[i];
	return invert(d, inverse);
}

/* log w_k N(x; m_k, C_k) */
static inline long double reference_log_joint(const mixture_numbers *n, int64_t k, const double *x)
{
	long double inverse[MOST_DIMS * MOST_DIMS], q = 0, log_det;
	const int64_t d = n->d;
	log_det = inverse_of(d, n->c + k * d * d, inverse);
	for (int64_t i = 0; i < d; i++)
		for (int64_t j = 0; j < d; j++)
			q += inverse[i * d + j] * ((long double)x[i] - n->m[k * d + i]) * ((long double)x[j] - n->m[k * d + j]);
	return logl(n->w[k]) - (q + log_det + (long double)d * logl(2 * acosl(-1))) / 2;
}

/* log p, and the responsibilities; the range of long double needs no shift within 100 standard deviations. */
static inline long double reference_log_density(const mixture_numbers *n, const double *x, long double *share)
{
	long double sum = 0;
	for (int64_t k = 0; k < n->k; k++) sum += share[k] = expl(reference_log_joint(n, k, x));
	for (int64_t k = 0; k < n->k; k++) share[k] /= sum;
	return logl(sum);
}

/* C = a I + B B^T, off-diagonals only for `full`, equal diagonals for spherical */
static inline void random_covariance(uint64_t *random, int32_t kind, int64_t d, double a, double *c)
{
	double b[MOST_DIMS * MOST_DIMS], first = 0;
	for (int64_t i = 0; i < d * d; i++) b[i] = random_signed(random);
	for (int64_t i = 0; i < d; i++)
		for (int64_t j = 0; j < d; j++) {
			double sum = i == j ? a : 0;
			for (int64_t k = 0; k < d; k++) sum += b[i * d + k] * b[j * d + k];
			if (kind != EGM_COVARIANCE_FULL && i != j) sum = 0;
			if (i == 0 && j == 0) first = sum;
			c[i * d + j] = kind == EGM_COVARIANCE_SPHERICAL && i == j ? first : sum;
		}
}

/* Means within 3 of 0, weights within a factor of 3 of each other. */
static inline mixture_numbers random_mixture(uint64_t *random, int32_t kind, int64_t k, int64_t d)
{
	mixture_numbers n = {.k = k, .d = d};
	double sum = 0;
	for (int64_t i = 0; i < k; i++) sum += n.w[i] = 2 + random_signed(random);
	for (int64_t i = 0; i < k; i++) n.w[i] /= sum;
	for (int64_t i = 0; i < k * d; i++) n.m[i] = 3 * random_signed(random);
	for (int64_t i = 0; i < k; i++) random_covariance(random, kind, d, 0.3, n.c + i * d * d);
	return n;
}

/* x [rows, d]: m + B n with C = a I + B B^T is not at hand, so C is factored here. */
static inline void draw_mixture(const mixture_numbers *n, uint64_t *random, int64_t rows, double *x)
{
	const int64_t d = n->d;
	double l[MOST_COMPONENTS][MOST_DIMS * MOST_DIMS] = {{0}}, z[MOST_DIMS];
	for (int64_t k = 0; k < n->k; k++)
		for (int64_t j = 0; j < d; j++)
			for (int64_t i = j; i < d; i++) {
				double sum = n->c[(k * d + i) * d + j];
				for (int64_t p = 0; p < j; p++) sum -= l[k][i * d + p] * l[k][j * d + p];
				l[k][i * d + j] = i == j ? sqrt(sum) : sum / l[k][j * d + j];
			}
	for (int64_t r = 0; r < rows; r++) {
		double u = 0.5 * (random_signed(random) + 1);
		int64_t k = 0;
		while (k + 1 < n->k && (u -= n->w[k]) >= 0) k++;
		for (int64_t i = 0; i < d; i++) z[i] = random_normal(random);
		for (int64_t i = 0; i < d; i++) {
			x[r * d + i] = n->m[k * d + i];
			for (int64_t j = 0; j <= i; j++) x[r * d + i] += l[k][i * d + j] * z[j];
		}
	}
}

#endif
