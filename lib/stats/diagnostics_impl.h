/* SPDX-License-Identifier: MIT */
/* Diagnostics of chains: collected draws, their scale, ranks and autocovariance. */
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
	int64_t room;   /* draws of each chain for which `draws` has memory */
	double *draws;  /* [kept, chains, dims] */
	double *unit;   /* [chains, dims] powers of two by which the next two are scaled */
	double *mean;   /* [chains, dims] unit * mean of all draws given */
	double *square; /* [chains, dims] unit^2 * sum of squared deviations from it */
	double *latest; /* [chains, dims] */
};

/* ---- scale. Draws are multiplied by a power of two, which does not round, before they are squared, so that the
 * squares of draws of 1e-200 or 1e200 stay in range. */

/* The power of two, from 2^-1000 to 2^1000, that scales `largest` >= 0 into [1, 2). It takes subnormal numbers to 2^-74
 * and the largest numbers to 2^24, and both have squares. */
double egm__diagnostics_unit(double largest);
/* Multiplies x [n] by the unit of its largest magnitude. */
void egm__diagnostics_rescale(double *x, int64_t n);

/* ---- ranks. The place of an item is where its score goes; negative: nowhere. */

/* The standard normal quantile, 0 < p < 1; relative error below 1e-15. */
double egm__diagnostics_normal_quantile(double p);
/* Writes the normal score of the rank of each item to scores[place]; equal values have the mean of their ranks. No
 * place may be negative. */
void egm__diagnostics_scores(const egm__sort_item *sorted, int64_t n, double *scores);
/* The items |value - median|, sorted, from sorted items. */
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
/* Exact if all values are equal. */
double egm__diagnostics_mean(const double *x, int64_t n);
/* series [rows, n] -> out [n]: mean over the rows of
 *     1/n sum_t (x[t] - m) (x[t + lag] - m),   m the mean of the row,   lag = 0 .. n-1. */
void egm__diagnostics_autocovariance(egm__diagnostics_fourier *f, const double *series, int64_t rows, double *out);

/* 1 if all n values are equal. */
int egm__diagnostics_constant(const double *x, int64_t n);
/* ARGUMENT unless dim is one of the dimensions and chain one of the chains or -1. */
egm_status egm__diagnostics_check(const egm_diagnostics *d, int64_t dim, int64_t chain);

#endif
