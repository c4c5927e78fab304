/* SPDX-License-Identifier: MIT */
/* The unit of each column, by which the start of a fit and the default floor are scaled, so that a column times c
 * changes neither. It is a distance of two quantiles over that of N(0, 1), on which single rows have little influence.
 * If the quartiles are equal, as in a column of mostly zeros, quantiles further out are taken, at last the range.
 *
 * A constant column has no spread. Its unit is its magnitude, so that it too scales with c, or 1 if the magnitude is 0
 * or its square leaves the range. Such a column does not affect responsibilities.
 *
 * Quantiles are values of rows, the first at which the sum of the weights reaches the share p of their total: a row of
 * weight 3 counts as three rows, which interpolation between rows would not keep. A sum that is below p only by
 * rounding reaches it: whole weights often hit p exactly, and a common factor of theirs must not choose another row. */
#include <core/sort_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <stats/mixture_impl.h>

static const double RELATIVE_FLOOR = 1e-6;

/* Share of the rows in either tail, and the distance of these quantiles of N(0, 1). The last row has empty tails; its
 * divisor is that of the row before, so that the unit does not jump when a rare value becomes rarer. */
static const struct {
	double tail, normal;
} spreads[] = {
    {0x1p-2, 1.3489795003921634}, {0x1p-4, 3.0682410887050917}, {0x1p-6, 4.307749388122911}, {0, 4.307749388122911}};

/* The rows with weight, ascending. Returns their number. */
static int64_t sort_column(const egm__mixture_data *data, int64_t columns, int64_t j, egm__sort_item *items,
                           egm__sort_item *spare)
{
	int64_t n = 0;
	for (int64_t r = 0; r < data->rows; r++)
		if (egm__mixture_weight(data, r) > 0)
			items[n++] = (egm__sort_item){egm__number(data->dtype, data->x, r * columns + j), r};
	egm__sort(items, spare, n);
	return n;
}

static double quantile(const egm__mixture_data *data, const egm__sort_item *sorted, int64_t n, double p)
{
	double sum = 0, reached = p < 1 ? (p - (double)n * DBL_EPSILON) * data->total : INFINITY;
	for (int64_t i = 0; i < n; i++) {
		sum += egm__mixture_weight(data, sorted[i].place);
		if (sum > 0 && sum >= reached) return sorted[i].value;
	}
	return sorted[n - 1].value;
}

/* 0 if all values are equal. */
static double spread_of(const egm__mixture_data *data, const egm__sort_item *sorted, int64_t n)
{
	for (size_t i = 0; i < sizeof spreads / sizeof *spreads; i++) {
		double low = quantile(data, sorted, n, spreads[i].tail), high = quantile(data, sorted, n, 1 - spreads[i].tail);
		if (high > low) return (high - low) / spreads[i].normal;
	}
	return 0;
}

static double magnitude(double value)
{
	double square = value * value * RELATIVE_FLOOR;
	return square >= DBL_MIN && isfinite(square) ? fabs(value) : 1;
}

/* With a spherical covariance all columns get the root mean square of their units. Else constant columns, for which
 * `units` is -magnitude, get their magnitude. */
static void complete_units(const egm_mixture *m, double *units)
{
	double sum = 0;
	for (int64_t j = 0; j < m->dims; j++) sum += units[j] > 0 ? units[j] * units[j] : 0;
	double common = sqrt(sum / (double)m->dims);
	for (int64_t j = 0; j < m->dims; j++)
		units[j] = m->options.covariance == EGM_COVARIANCE_SPHERICAL && common > 0 ? common : fabs(units[j]);
}

egm_status egm__mixture_find_units(egm_mixture *m, const egm__mixture_data *data)
{
	egm_status st = EGM_OK;
	int64_t varying = 0;
	egm__sort_item *items = egm__alloc(m->context, data->rows, 2 * sizeof *items);
	if (!items) return egm__fail(EGM_ERR_MEMORY, "no memory to sort %lld rows", (long long)data->rows);
	for (int64_t j = 0; j < m->dims; j++) {
		int64_t n = sort_column(data, m->dims, j, items, items + data->rows);
		double spread = spread_of(data, items, n);
		if (!isfinite(spread * spread))
			EGM_FAIL(EGM_ERR_NONFINITE, "the variance of column %lld (from 0) of x is infinite, must be finite",
			         (long long)j);
		if (spread > 0 && spread * spread * RELATIVE_FLOOR < DBL_MIN)
			EGM_FAIL(EGM_ERR_ARGUMENT,
			         "column %lld (from 0) of x has a spread of %g, must be larger: its square underflows",
			         (long long)j, spread);
		varying += spread > 0;
		m->units[j] = spread > 0 ? spread : -magnitude(items[0].value);
	}
	complete_units(m, m->units);
	if (!varying && !(m->floors[0] > 0))
		EGM_FAIL(EGM_ERR_ARGUMENT, "covariance_floor is 0, must be above 0 for %lld rows that are all equal",
		         (long long)data->rows);
	for (int64_t j = 0; j < m->dims && !(m->options.covariance_floor > 0); j++)
		m->floors[j] = RELATIVE_FLOOR * (m->units[j] * m->units[j]);
out:
	egm__free(m->context, items);
	return st;
}
