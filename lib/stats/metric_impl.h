/* SPDX-License-Identifier: MIT */
/* What the metrics share: rows of checked samples in double, their scale, and divergences of masses. */
#ifndef EGM_STATS_METRIC_IMPL_H
#define EGM_STATS_METRIC_IMPL_H

#include <egm/metric.h>
#include <stats/sample_impl.h>
#include <stats/steps_impl.h>

/* Stores a finite result; NONFINITE for others, which come from an overflow. */
egm_status egm__metric_store(double value, double *out);

/* ---- scale. Distances of 1e-200 or 1e200 are numbers, but their squares are not. So differences are multiplied by a
 * power of two, the unit, before they are squared, and samples so large that a difference would overflow are multiplied
 * by another, the scale, when they are read. Neither rounds; results are divided by both. */

/* A sample, each of whose numbers is read times `scale`. */
typedef struct egm__points {
	const void *x; /* [rows, columns] */
	int64_t rows, columns;
	egm_dtype dtype;
	double scale;
} egm__points;

/* From two checked samples, with the scale (1 or 2^-84) that keeps sums and differences of their numbers below 2^944.
 * Returns the scale. y may be empty. */
double egm__points_create(egm__points out[2], egm_array x, egm_array y);
/* Rows first .. first+n-1 into out [n, columns]. */
void egm__points_rows(const egm__points *p, int64_t first, int64_t n, double *out);
/* Number i of all rows x columns. */
static inline double egm__points_number(const egm__points *p, int64_t i)
{
	return egm__number(p->dtype, p->x, i) * p->scale;
}
/* The largest difference of any number from that of the first row of the first sample in its column. The largest
 * distance of two rows is between it and 2 sqrt(columns) times it. */
double egm__points_range(const egm__points points[2]);
/* The power of two, at most 2^1000, that scales size into [1, 2); 1 for 0. */
double egm__metric_unit(double size);
/* Whether a sum of squares lost nothing to overflow, and no term that matters to underflow. */
int egm__square_is_exact(double square);
/* sum of ((a - b) unit)^2 over n numbers. */
double egm__squared_distance(const double *a, const double *b, int64_t n, double unit);
/* max |a - b| */
double egm__largest_difference(const double *a, const double *b, int64_t n);

/* ARGUMENT for masses [n] that are negative or do not sum to 1, NONFINITE for others than finite ones. */
egm_status egm__masses_check(const char *name, const double *p, int64_t n);

/* KL(p||q) of masses, in nats. */
double egm__masses_kl(const double *p, const double *q, int64_t n);

#endif
