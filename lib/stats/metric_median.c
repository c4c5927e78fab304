/* SPDX-License-Identifier: MIT */
/* The bandwidth of a kernel if none is given: the median distance between two points. All pairs of 10,000 points would
 * take a gigabyte, or several passes, each as long as the metric itself. Of n random points the share of pairs below
 * the true median is a U-statistic of degree 2 with a kernel of 0 or 1, so its variance is at most 4/n times 1/8
 * (Hoeffding 1948): the level of the quantile that is found is off by 1/sqrt(2 n). The points are evenly spaced rows
 * and not the first ones, because data are often sorted. */
#include <core/size_impl.h>
#include <core/sort_impl.h>
#include <math.h>
#include <stats/metric_impl.h>

enum { MOST_ROWS = 500 }; /* of each sample */

static int64_t rows_used(const egm__points *s)
{
	return s->rows < MOST_ROWS ? s->rows : MOST_ROWS;
}

/* out [rows_used, columns] */
static void read_rows(const egm__points *s, double *out)
{
	int64_t n = rows_used(s);
	for (int64_t i = 0; i < n; i++) {
		int64_t row = n == s->rows ? i : (int64_t)((double)i * (double)s->rows / (double)n);
		egm__points_rows(s, row, 1, out + i * s->columns);
	}
}

/* In a unit of the pair if it needs one: an outlier at 1e200 must not make the other distances 0. */
static double distance(const double *a, const double *b, int64_t columns)
{
	double square = egm__squared_distance(a, b, columns, 1);
	if (egm__square_is_exact(square)) return sqrt(square);
	double unit = egm__metric_unit(egm__largest_difference(a, b, columns));
	return sqrt(egm__squared_distance(a, b, columns, unit)) / unit;
}

/* Distances of the n (n - 1) / 2 pairs of points [n, columns]. */
static void measure(const double *points, int64_t n, int64_t columns, egm__sort_item *items)
{
	for (int64_t i = 1; i < n; i++)
		for (int64_t j = 0; j < i; j++)
			*items++ = (egm__sort_item){distance(points + i * columns, points + j * columns, columns), 0};
}

static egm_status compute(egm_context *context, const egm__points p[2], double scale, double *out)
{
	egm_status st = EGM_OK;
	int64_t columns = p->columns, first = rows_used(p), n = first + rows_used(p + 1), count = n * (n - 1) / 2, numbers;
	double *points = NULL, median;
	egm__sort_item *items = egm__alloc(context, count, 2 * sizeof *items);
	if (!egm__size_mul(n, columns, &numbers)) points = egm__alloc(context, numbers, sizeof *points);
	if (!items || !points)
		EGM_FAIL(EGM_ERR_MEMORY, "no memory for %lld rows of %lld numbers and their pairs", (long long)n,
		         (long long)columns);
	read_rows(p, points);
	read_rows(p + 1, points + first * columns);
	measure(points, n, columns, items);
	egm__sort(items, items + count, count);
	median = egm__sort_quantile(items, count, 0.5);
	if (median == 0)
		EGM_FAIL(EGM_ERR_ARGUMENT,
		         "the median distance of %lld rows is 0, must be above 0: half of their pairs are equal", (long long)n);
	EGM_TRY(egm__metric_store(median / scale, out));
out:
	egm__free(context, items);
	egm__free(context, points);
	return st;
}

egm_status egm_metric_median(egm_context *context, egm_array x, egm_array y, double *out)
{
	egm_status st = EGM_OK;
	egm__points points[2];
	int alone = !y.data;
	if (alone) y = egm_array_of(x.dtype, NULL, 0, x.columns);
	if (!context || !out) EGM_FAIL(EGM_ERR_ARGUMENT, "%s is NULL", context ? "out" : "context");
	EGM_TRY(egm__sample_check(x, "x", 0, 0, alone ? 2 : 1));
	if (!alone) EGM_TRY(egm__sample_check(y, "y", x.dtype, x.columns, 1));
	double scale = egm__points_create(points, x, y);
	EGM_TRY(compute(context, points, scale, out));
out:
	return egm__named(__func__, st);
}
