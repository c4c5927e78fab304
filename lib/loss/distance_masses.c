/* SPDX-License-Identifier: MIT */
/* Laws on finitely many cells: how samples fill a grid, and the divergences between two such laws.
 *
 * KL(p||q) = sum p log(p/q) is summed as sum (p log(p/q) + q - p), the same as p and q both sum to 1: no term is
 * negative, so that what rounding leaves of two nearly equal laws is not. JS is bounded by log 2 as a sum of terms
 * p log(2 p/(p + q)) <= p log 2, which no zero makes infinite; Jeffreys' divergence is not, although texts call it by
 * the other name: {.1, .9} and {0, 1} have JS .035974 and an infinite Jeffreys. */
#include <core/size_impl.h>
#include <loss/distance_impl.h>
#include <math.h>
#include <string.h>

enum { MOST_COLUMNS = 3 };
static const double TOLERANCE = 1e-6; /* of the sum: masses that were float once */

/* ---- the grid */

static egm_status check_grid(const egm__sample *s, const double *lower, const double *upper, const int64_t *bins,
                             const double *masses, int64_t count)
{
	int64_t cells = 1;
	if (!lower || !upper || !bins || !masses)
		return egm__fail(EGM_ERR_ARGUMENT, "histogram: %s is NULL",
		                 !lower   ? "lower"
		                 : !upper ? "upper"
		                 : !bins  ? "bins"
		                          : "masses");
	if (s->columns < 1 || s->columns > MOST_COLUMNS)
		return egm__fail(EGM_ERR_ARGUMENT, "histogram: x has %lld columns, has to have 1 to %d", (long long)s->columns,
		                 MOST_COLUMNS);
	for (int64_t k = 0; k < s->columns; k++) {
		if (bins[k] < 1 || egm__size_mul(cells, bins[k], &cells))
			return egm__fail(EGM_ERR_ARGUMENT, "histogram: column %lld has %lld bins, too %s", (long long)k,
			                 (long long)bins[k], bins[k] < 1 ? "few" : "many");
		if (!(lower[k] < upper[k]) || !isfinite(upper[k] - lower[k]))
			return egm__fail(EGM_ERR_ARGUMENT, "histogram: column %lld goes from %g to %g", (long long)k, lower[k],
			                 upper[k]);
	}
	if (count < 1 || cells != count - 1)
		return egm__fail(EGM_ERR_SHAPE, "histogram: masses has %lld elements, %lld cells and the rest are not as many",
		                 (long long)count, (long long)cells);
	return EGM_OK;
}

/* Of n equal cells of [lower, upper], the one of x, or -1. x < upper can round to n cells away. */
static int64_t cell_of(double x, double lower, double upper, int64_t n)
{
	if (!(x >= lower && x <= upper)) return -1;
	int64_t cell = (int64_t)((x - lower) / (upper - lower) * (double)n);
	return cell < n ? cell : n - 1;
}

egm_status egm_metric_histogram(egm_dtype dtype, const void *x, int64_t rows, int64_t columns, const double *lower,
                                const double *upper, const int64_t *bins, double *masses, int64_t count)
{
	egm_status st = EGM_OK;
	const egm__sample s = {x, rows, columns, dtype};
	EGM_TRY(check_grid(&s, lower, upper, bins, masses, count));
	EGM_TRY(egm__sample_check("histogram", "x", &s, 1));
	memset(masses, 0, (size_t)count * sizeof *masses);
	for (int64_t i = 0; i < rows; i++) {
		int64_t cell = 0;
		for (int64_t k = 0; k < columns && cell >= 0; k++) {
			int64_t c = cell_of(egm__number(dtype, x, i * columns + k), lower[k], upper[k], bins[k]);
			cell = c < 0 ? -1 : cell * bins[k] + c;
		}
		masses[cell < 0 ? count - 1 : cell]++;
	}
	for (int64_t i = 0; i < count; i++) masses[i] /= (double)rows;
out:
	return egm__named(__func__, st);
}

/* ---- divergences */

egm_status egm__masses_check(const char *what, const char *name, const double *p, int64_t n)
{
	double sum = 0;
	if (!p) return egm__fail(EGM_ERR_ARGUMENT, "%s: %s is NULL", what, name);
	for (int64_t i = 0; i < n; i++) {
		if (!isfinite(p[i]))
			return egm__fail(EGM_ERR_NONFINITE, "%s: %s[%lld] is %s", what, name, (long long)i,
			                 egm__nonfinite_name(p[i]));
		if (p[i] < 0)
			return egm__fail(EGM_ERR_ARGUMENT, "%s: %s[%lld] is %g, a mass is not negative", what, name, (long long)i,
			                 p[i]);
		sum += p[i];
	}
	if (!(fabs(sum - 1) <= TOLERANCE))
		return egm__fail(EGM_ERR_ARGUMENT, "%s: %s sums to %.9g, masses sum to 1", what, name, sum);
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

static egm_status check_two(const char *what, const double *p, const double *q, int64_t n, const double *out)
{
	egm_status st = EGM_OK;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "%s: out is NULL", what);
	if (n < 1) EGM_FAIL(EGM_ERR_ARGUMENT, "%s: n is %lld, 1 is the least", what, (long long)n);
	EGM_TRY(egm__masses_check(what, "p", p, n));
	EGM_TRY(egm__masses_check(what, "q", q, n));
out:
	return st;
}

egm_status egm_metric_kl(const double *p, const double *q, int64_t n, double *out)
{
	egm_status st = check_two("kl", p, q, n, out);
	if (st == EGM_OK) *out = egm__masses_kl(p, q, n);
	return egm__named(__func__, st);
}

egm_status egm_metric_jeffreys(const double *p, const double *q, int64_t n, double *out)
{
	egm_status st = check_two("jeffreys", p, q, n, out);
	if (st == EGM_OK) *out = egm__masses_kl(p, q, n) + egm__masses_kl(q, p, n);
	return egm__named(__func__, st);
}

egm_status egm_metric_js(const double *p, const double *q, int64_t n, double *out)
{
	egm_status st = check_two("js", p, q, n, out);
	double sum = 0;
	if (st != EGM_OK) return egm__named(__func__, st);
	for (int64_t i = 0; i < n; i++) {
		double both = p[i] + q[i];
		sum += term(p[i], 2 * p[i] / both, (q[i] - p[i]) / 2) / 2;
		sum += term(q[i], 2 * q[i] / both, (p[i] - q[i]) / 2) / 2;
	}
	*out = sum < M_LN2 ? sum : M_LN2;
	return EGM_OK;
}
