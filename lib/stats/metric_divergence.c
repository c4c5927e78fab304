/* SPDX-License-Identifier: MIT */
/* Laws on finitely many cells: how samples fill a grid, and the divergences between two such laws.
 *
 * KL(p||q) = sum p log(p/q) is summed as sum (p log(p/q) + q - p), the same as p and q both sum to 1: no term is
 * negative, so that what rounding leaves of two nearly equal laws is not. JS is bounded by log 2 as a sum of terms
 * p log(2 p/(p + q)) <= p log 2, which no zero makes infinite; Jeffreys' divergence is not, although texts call it by
 * the other name: {.1, .9} and {0, 1} have JS .035974 and an infinite Jeffreys. */
#include <core/size_impl.h>
#include <stats/metric_impl.h>
#include <math.h>
#include <string.h>

enum { MOST_COLUMNS = 3 };
static const double TOLERANCE = 1e-6; /* of the sum: masses that were float once */

/* ---- the grid */

static egm_status check_column(int64_t k, double lower, double upper, int64_t bins, int64_t *cells)
{
	if (bins < 1)
		return egm__fail(EGM_ERR_ARGUMENT, "bins[%lld] is %lld, must be at least 1", (long long)k, (long long)bins);
	if (egm__size_mul(*cells, bins, cells))
		return egm__fail(EGM_ERR_ARGUMENT, "bins[%lld] is %lld, more cells than memory can hold", (long long)k,
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

/* Of n equal cells of [lower, upper], the one of x, or -1. x < upper can round to n cells away. */
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

/* ---- divergences */

egm_status egm__masses_check(const char *name, const double *p, int64_t n)
{
	double sum = 0;
	for (int64_t i = 0; i < n; i++) {
		if (!isfinite(p[i]))
			return egm__fail(EGM_ERR_NONFINITE, "%s[%lld] is %s, must be finite", name, (long long)i,
			                 egm__nonfinite_name(p[i]));
		if (p[i] < 0)
			return egm__fail(EGM_ERR_ARGUMENT, "%s[%lld] is %g, must be at least 0", name, (long long)i, p[i]);
		sum += p[i];
	}
	if (!(fabs(sum - 1) <= TOLERANCE)) return egm__fail(EGM_ERR_ARGUMENT, "%s sums to %.9g, must sum to 1", name, sum);
	return EGM_OK;
}

/* p log ratio + excess, which is not negative. */
static double term(double p, double ratio, double excess)
{
	if (p == 0) return excess;
	double value = p * log(ratio) + excess;
	return value > 0 ? value : 0;
}

double egm__masses_kl(const double *p, const double *q, int64_t n)
{
	double sum = 0;
	for (int64_t i = 0; i < n; i++) sum += term(p[i], p[i] / q[i], q[i] - p[i]);
	return sum;
}

static egm_status check_two(egm_array p, egm_array q, const double *out)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__array_fits(p, "p", EGM_F64, 0));
	EGM_TRY(egm__array_counts(q, "q", EGM_F64, p.rows * p.columns));
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	EGM_TRY(egm__masses_check("p", p.data, p.rows * p.columns));
	EGM_TRY(egm__masses_check("q", q.data, q.rows * q.columns));
out:
	return st;
}

egm_status egm_metric_kl(egm_array p, egm_array q, double *out)
{
	egm_status st = check_two(p, q, out);
	if (st == EGM_OK) *out = egm__masses_kl(p.data, q.data, p.rows * p.columns);
	return egm__named(__func__, st);
}

egm_status egm_metric_jeffreys(egm_array p, egm_array q, double *out)
{
	egm_status st = check_two(p, q, out);
	if (st != EGM_OK) return egm__named(__func__, st);
	int64_t n = p.rows * p.columns;
	*out = egm__masses_kl(p.data, q.data, n) + egm__masses_kl(q.data, p.data, n);
	return EGM_OK;
}

static double masses_js(const double *p, const double *q, int64_t n)
{
	double sum = 0;
	for (int64_t i = 0; i < n; i++) {
		double both = p[i] + q[i];
		sum += term(p[i], 2 * p[i] / both, (q[i] - p[i]) / 2) / 2;
		sum += term(q[i], 2 * q[i] / both, (p[i] - q[i]) / 2) / 2;
	}
	return sum < M_LN2 ? sum : M_LN2;
}

egm_status egm_metric_js(egm_array p, egm_array q, double *out)
{
	egm_status st = check_two(p, q, out);
	if (st == EGM_OK) *out = masses_js(p.data, q.data, p.rows * p.columns);
	return egm__named(__func__, st);
}
