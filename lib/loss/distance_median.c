/* SPDX-License-Identifier: MIT */
/* The bandwidth of a kernel where none is known: the median distance between two points. The median of all pairs of
 * 1000 points is within a percent or two of that of all, and a kernel does not mind; of 10,000 it would take a
 * gigabyte. Evenly spaced rows and not the first ones, because data often come in order. */
#include <core/size_impl.h>
#include <core/sort_impl.h>
#include <loss/distance_impl.h>
#include <math.h>

enum { MOST_ROWS = 500 }; /* of each sample */

static int64_t taken(const egm__sample *s)
{
	return s->rows < MOST_ROWS ? s->rows : MOST_ROWS;
}

/* out [taken, columns] */
static void take(const egm__sample *s, double *out)
{
	int64_t n = taken(s);
	for (int64_t i = 0; i < n; i++) {
		int64_t row = n == s->rows ? i : (int64_t)((double)i * (double)s->rows / (double)n);
		egm__sample_rows(s, row, 1, out + i * s->columns);
	}
}

/* Distances of the n (n - 1) / 2 pairs of points [n, columns]. */
static void measure(const double *points, int64_t n, int64_t columns, egm__sort_item *items)
{
	for (int64_t i = 1; i < n; i++)
		for (int64_t j = 0; j < i; j++) {
			double square = 0;
			for (int64_t k = 0; k < columns; k++) {
				double d = points[i * columns + k] - points[j * columns + k];
				square += d * d;
			}
			*items++ = (egm__sort_item){sqrt(square), 0};
		}
}

static egm_status compute(egm_context *context, const egm__sample *x, const egm__sample *y, double *out)
{
	egm_status st = EGM_OK;
	int64_t columns = x->columns, first = taken(x), n = first + taken(y), count = n * (n - 1) / 2, numbers;
	double *points = NULL, median;
	egm__sort_item *items = egm__alloc(context, count, 2 * sizeof *items);
	if (!egm__size_mul(n, columns, &numbers)) points = egm__alloc(context, numbers, sizeof *points);
	if (!items || !points)
		EGM_FAIL(EGM_ERR_MEMORY, "median distance: no memory for %lld rows of %lld numbers and their pairs",
		         (long long)n, (long long)columns);
	take(x, points);
	take(y, points + first * columns);
	measure(points, n, columns, items);
	egm__sort(items, items + count, count);
	median = egm__sort_quantile(items, count, 0.5);
	if (median == 0)
		EGM_FAIL(EGM_ERR_ARGUMENT, "median distance: it is 0, half of all pairs of %lld rows are one point twice",
		         (long long)n);
	EGM_TRY(egm__distance_store("median distance", median, out));
out:
	egm__free(context, items);
	egm__free(context, points);
	return st;
}

egm_status egm_distance_median(egm_context *context, egm_dtype dtype, const void *x, int64_t x_rows, const void *y,
                               int64_t y_rows, int64_t columns, double *out)
{
	egm_status st = EGM_OK;
	const egm__sample a = {x, x_rows, columns, dtype}, b = {y, y_rows, columns, dtype};
	if (!context || !out) EGM_FAIL(EGM_ERR_ARGUMENT, "median distance: %s is NULL", context ? "out" : "context");
	EGM_TRY(egm__sample_check("median distance", "x", &a, y_rows == 0 ? 2 : 1));
	if (y_rows != 0) EGM_TRY(egm__sample_check("median distance", "y", &b, 1));
	EGM_TRY(compute(context, &a, &b, out));
out:
	return st;
}
