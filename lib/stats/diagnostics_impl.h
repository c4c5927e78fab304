/* SPDX-License-Identifier: MIT */
/* Draws collected (diagnostics.c), their ranks (diagnostics_ranks.c), autocovariances (diagnostics_autocovariance.c),
 * and what is computed from both (diagnostics_compute.c, diagnostics_autocorrelation.c). */
#ifndef EGM_STATS_DIAGNOSTICS_IMPL_H
#define EGM_STATS_DIAGNOSTICS_IMPL_H

#include <core/context_impl.h>
#include <core/sort_impl.h>
#include <egm/diagnostics.h>
#include <tensor/shape_impl.h>

struct egm_diagnostics {
	egm_context *context;
	int64_t chains, dims;
	int64_t row;      /* chains * dims */
	int64_t capacity; /* kept <= capacity */
	int64_t given, kept;
	int64_t stride; /* draw g = 0, 1, ... is kept when stride divides g */
	int64_t room;   /* draws a chain that `draws` can hold */
	double *draws;  /* [kept, chains, dims] */
	double *unit;   /* [chains, dims] powers of two, in which the next two are kept */
	double *mean;   /* [chains, dims] unit * mean of all draws given */
	double *square; /* [chains, dims] unit^2 * sum of squared deviations from it */
	double *latest; /* [chains, dims] */
};

/* ---- scale. Everything that squares draws first multiplies them by a power of two, which rounds nothing, so that
 * neither draws of 1e-200 nor of 1e200 leave the range. */

/* The power of two that takes `largest` >= 0 into [1, 2), as far as 2^-1000 and 2^1000 go: subnormal numbers come to
 * 2^-74, the largest to 2^24, and both have squares. */
double egm__diagnostics_unit(double largest);
/* x [n] times the unit of its largest magnitude. */
void egm__diagnostics_rescale(double *x, int64_t n);

/* ---- order. The place of an item: where its score goes; negative: nowhere. */

/* The standard normal quantile, 0 < p < 1; relative error below 1e-15. */
double egm__diagnostics_normal_quantile(double p);
/* Normal score of each item's rank, equal values sharing the mean of their ranks, to scores[place]. No place may be
 * negative. */
void egm__diagnostics_scores(const egm__sort_item *sorted, int64_t n, double *scores);
/* Sorted items |value - median| from sorted items. */
void egm__diagnostics_fold(const egm__sort_item *sorted, int64_t n, egm__sort_item *folded);

/* ---- autocovariance */

typedef struct egm__diagnostics_fourier {
	int64_t n;             /* length of a series */
	int64_t size;          /* of the transform: a power of two >= 2 n */
	double *cosine, *sine; /* [size]: those of -pi j / h at h + j, for h = 1, 2, 4, ... size/2 and j < h */
	double *re, *im;       /* [size] */
	double *power;         /* [size] */
} egm__diagnostics_fourier;

egm_status egm__diagnostics_fourier_create(egm__diagnostics_fourier *f, egm_context *context, int64_t n);
void egm__diagnostics_fourier_clear(egm__diagnostics_fourier *f, egm_context *context);
/* Exact when all values are the same. */
double egm__diagnostics_mean(const double *x, int64_t n);
/* series [rows, n] -> out [n]: mean over the rows of
 *     1/n sum_t (x[t] - m) (x[t + lag] - m),   m the mean of the row,   lag = 0 .. n-1. */
void egm__diagnostics_autocovariance(egm__diagnostics_fourier *f, const double *series, int64_t rows, double *out);

/* 1 when all n values are the same. */
int egm__diagnostics_constant(const double *x, int64_t n);
/* ARGUMENT unless dim is one of the dimensions and chain one of the chains or -1. */
egm_status egm__diagnostics_check(const egm_diagnostics *d, int64_t dim, int64_t chain);

#endif
