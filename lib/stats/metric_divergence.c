/* SPDX-License-Identifier: MIT */
/* Divergences of masses on finitely many cells.
 *
 * KL(p||q) = sum p log(p/q) is summed as sum (p log(p/q) + q - p), which is the same since p and q sum to 1: no term is
 * negative, so that rounding cannot make the divergence of nearly equal masses negative. JS is a sum of terms
 * p log(2 p/(p + q)) <= p log 2, bounded by log 2 and finite also where masses are 0. Jeffreys' divergence, which texts
 * also call JS, is not: {.1, .9} and {0, 1} have JS .035974 and an infinite Jeffreys divergence. */
#include <math.h>
#include <stats/metric_impl.h>

static const double TOLERANCE = 1e-6; /* of the sum, for masses that were computed in f32 */

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
	if (!(fabs(sum - 1) <= TOLERANCE))
		return egm__fail(EGM_ERR_ARGUMENT, "the sum of %s is %.9g, must be 1", name, sum);
	return EGM_OK;
}

/* p log ratio + excess, not below 0 by rounding. */
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
