/* SPDX-License-Identifier: MIT */
/* What the metrics share: samples that have been checked, rows of them in double, and work in steps. */
#ifndef EGM_STATS_METRIC_IMPL_H
#define EGM_STATS_METRIC_IMPL_H

#include <core/options_impl.h>
#include <egm/metric.h>
#include <stats/sample_impl.h>
#include <stats/steps_impl.h>

/* Stores a result that is finite; else NONFINITE, for then something overflowed. */
egm_status egm__distance_store(double value, double *out);

/* ---- scale. A distance of 1e-200 or of 1e200 is a number, its square is not. Where something is squared, differences
 * are taken first and multiplied by a power of two, which rounds nothing; and numbers so large that their difference
 * would overflow are read in a smaller unit. Results are divided by both. */

/* A sample as a distance reads it: each number times `room`. */
typedef struct egm__points {
	const void *x; /* [rows, columns] */
	int64_t rows, columns;
	egm_dtype dtype;
	double room;
} egm__points;

/* Both samples, checked, read so that sums and differences of their numbers are finite, below 2^944 each. Returns the
 * room, 1 or 2^-84. y may be none. */
double egm__points_create(egm__points out[2], egm_array x, egm_array y);
/* Rows first .. first+n-1 into out [n, columns]. */
void egm__points_rows(const egm__points *p, int64_t first, int64_t n, double *out);
/* Number i of all rows. */
static inline double egm__points_number(const egm__points *p, int64_t i)
{
	return egm__number(p->dtype, p->x, i) * p->room;
}
/* The largest difference to the first row of the first sample, in any row and column. The largest distance of two rows
 * is between it and 2 sqrt(columns) times it. */
double egm__distance_range(const egm__points points[2]);
/* The power of two that takes size into [1, 2), as far as 2^1000 goes; 1 for 0. */
double egm__distance_unit(double size);
/* Whether neither the sum of squares nor a term that counts in it has left the range. */
int egm__distance_square_is_exact(double square);
/* sum of ((a - b) unit)^2 over n numbers. */
double egm__distance_square(const double *a, const double *b, int64_t n, double unit);
/* max |a - b| */
double egm__distance_largest(const double *a, const double *b, int64_t n);

/* Refuses masses `name` [n] that are negative or not finite, or whose sum is not 1. */
egm_status egm__masses_check(const char *name, const double *p, int64_t n);

/* KL(p||q) of masses. */
double egm__masses_kl(const double *p, const double *q, int64_t n);

#endif
