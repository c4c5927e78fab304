/* SPDX-License-Identifier: MIT */
/* The share of the rows in each cell of a grid, and the share outside. */
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <egm/metric.h>
#include <math.h>
#include <stats/sample_impl.h>
#include <string.h>

enum { MOST_COLUMNS = 3 };

static egm_status check_column(int64_t k, double lower, double upper, int64_t bins, int64_t *cells)
{
	if (bins < 1)
		return egm__fail(EGM_ERR_ARGUMENT, "bins[%lld] is %lld, must be at least 1", (long long)k, (long long)bins);
	if (egm__size_mul(*cells, bins, cells))
		return egm__fail(EGM_ERR_ARGUMENT,
		                 "bins[%lld] is %lld, must be smaller: there are more cells than memory can hold", (long long)k,
		                 (long long)bins);
	if (!(lower < upper) || !isfinite(upper - lower))
		return egm__fail(EGM_ERR_ARGUMENT, "column %lld has bins from %g to %g, lower must be below upper, both finite",
		                 (long long)k, lower, upper);
	return EGM_OK;
}

static egm_status check_grid(egm_array x, const double *lower, const double *upper, const int64_t *bins, egm_out masses,
                             int64_t *cells)
{
	egm_status st = EGM_OK;
	*cells = 1;
	EGM_TRY(egm__array_fits(x, "x", 0, 0));
	if (x.columns > MOST_COLUMNS)
		EGM_FAIL(EGM_ERR_ARGUMENT, "x has %lld columns, must have 1 to %d", (long long)x.columns, MOST_COLUMNS);
	if (!lower || !upper || !bins)
		EGM_FAIL(EGM_ERR_ARGUMENT, "%s is NULL", !lower ? "lower" : !upper ? "upper" : "bins");
	for (int64_t k = 0; k < x.columns; k++) EGM_TRY(check_column(k, lower[k], upper[k], bins[k], cells));
	EGM_TRY(egm__out_fits(masses, "masses", EGM_F64, *cells == INT64_MAX ? *cells : *cells + 1, 1));
out:
	return st;
}

/* Which of n equal cells of [lower, upper] contains x; -1: none. x < upper may be rounded to cell n. */
static int64_t cell_of(double x, double lower, double upper, int64_t n)
{
	if (!(x >= lower && x <= upper)) return -1;
	int64_t cell = (int64_t)((x - lower) / (upper - lower) * (double)n);
	return cell < n ? cell : n - 1;
}

egm_status egm_metric_histogram(egm_array x, const double *lower, const double *upper, const int64_t *bins,
                                egm_out masses)
{
	egm_status st = EGM_OK;
	int64_t cells;
	EGM_TRY(check_grid(x, lower, upper, bins, masses, &cells));
	EGM_TRY(egm__sample_check(x, "x", 0, 0, 1));
	double *mass = masses.data;
	memset(mass, 0, (size_t)(cells + 1) * sizeof *mass);
	for (int64_t i = 0; i < x.rows; i++) {
		int64_t cell = 0;
		for (int64_t k = 0; k < x.columns && cell >= 0; k++) {
			int64_t c = cell_of(egm__number(x.dtype, x.data, i * x.columns + k), lower[k], upper[k], bins[k]);
			cell = c < 0 ? -1 : cell * bins[k] + c;
		}
		mass[cell < 0 ? cells : cell]++;
	}
	for (int64_t i = 0; i <= cells; i++) mass[i] /= (double)x.rows;
out:
	return egm__named(__func__, st);
}
