/* SPDX-License-Identifier: MIT */
/* What the metrics share: samples that have been checked, rows of them in double, and work in steps. */
#ifndef EGM_STATS_METRIC_IMPL_H
#define EGM_STATS_METRIC_IMPL_H

#include <core/options_impl.h>
#include <core/progress_impl.h>
#include <egm/metric.h>
#include <stats/sample_impl.h>

/* egm__sample_check of x and y, and of a context and a result that are NULL. */
egm_status egm__sample_check_pair(const egm_context *context, egm_array x, egm_array y, int64_t least,
                                  const double *out);

/* Stores a result that is finite; else NONFINITE, for then something overflowed. */
egm_status egm__distance_store(double value, double *out);

/* ---- steps. The work is cut into steps by its size alone; when the callback is asked, and how many threads share the
 * steps, changes no result. */

typedef struct egm__steps {
	egm_context *context; /* held, as the callback may free it */
	egm__progress progress;
	int64_t done, total;
} egm__steps;

void egm__steps_start(egm__steps *s, egm_context *context, int64_t total, egm_progress_fn progress, void *user);
/* The call is over, whatever became of it; nothing where it has not begun. */
void egm__steps_end(egm__steps *s);
/* One step was done. STOPPED if the callback wants no more of them. */
egm_status egm__steps_count(egm__steps *s);
/* The last step was done: asks if it has not been asked about. */
egm_status egm__steps_finish(egm__steps *s);
/* Steps 0 .. n-1 on `workers` threads: `work` does those of [first, last) that are the worker's. */
typedef struct egm__steps_range egm__steps_range;
struct egm__steps_range {
	void (*work)(const egm__steps_range *range, int32_t worker);
	const void *argument;
	int64_t first, last;
};
egm_status egm__steps_run(egm__steps *s, int64_t n, int32_t workers,
                          void (*work)(const egm__steps_range *range, int32_t worker), const void *argument);

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

/* metric_options.c */
extern const egm__options egm__options_mmd, egm__options_sliced, egm__options_mode;

#endif
