/* SPDX-License-Identifier: MIT */
/* Creating a mixture from weights, means and covariances, and reading them back. */
#include <core/options_impl.h>
#include <core/size_impl.h>
#include <math.h>
#include <stats/mixture_impl.h>
#include <string.h>
#include <tensor/finite_impl.h>

/* Doubles of one covariance in the arrays of the caller. */
static int64_t stored(const egm_mixture *m)
{
	return m->options.covariance == EGM_COVARIANCE_SPHERICAL ? 1 : m->spread;
}

static egm_status take_weights(egm_mixture *m, const double *weights)
{
	const int64_t n = m->options.components;
	double sum = 0;
	for (int64_t k = 0; k < n; k++) {
		double w = weights ? weights[k] : 1;
		if (!(w >= 0) || !isfinite(w))
			return egm__fail(EGM_ERR_ARGUMENT, "weights[%lld] is %g, must be at least 0 and finite", (long long)k, w);
		sum += m->now.weights[k] = w;
	}
	if (!(sum > 0) || !isfinite(sum))
		return egm__fail(EGM_ERR_ARGUMENT, "the sum of weights is %g, must be above 0 and finite", sum);
	for (int64_t k = 0; k < n; k++) m->now.weights[k] /= sum;
	return EGM_OK;
}

/* Rounding makes a_ij and a_ji differ by less than this times sqrt(a_ii a_jj); more is a mistake of the caller. */
static const double ASYMMETRY = 1e-9;

static int symmetric(int64_t n, double *a)
{
	for (int64_t i = 0; i < n; i++)
		for (int64_t j = 0; j < i; j++) {
			double *p = &a[i * n + j], *q = &a[j * n + i];
			if (!(fabs(*p - *q) <= ASYMMETRY * sqrt(fabs(a[i * n + i])) * sqrt(fabs(a[j * n + j])))) return 0;
			*p = *q = *p / 2 + *q / 2;
		}
	return 1;
}

static egm_status take_covariances(egm_mixture *m, const double *covariances)
{
	const int64_t n = m->options.components, s = m->spread, each = stored(m);
	for (int64_t k = 0; k < n; k++)
		for (int64_t i = 0; i < s; i++) m->now.covariances[k * s + i] = covariances[k * each + i % each];
	for (int64_t k = 0; k < n && m->options.covariance == EGM_COVARIANCE_FULL; k++)
		if (!symmetric(m->dims, m->now.covariances + k * s))
			return egm__fail(EGM_ERR_ARGUMENT, "the covariance of component %lld is not symmetric", (long long)k);
	int64_t bad = egm__mixture_factorise(m, &m->now);
	if (bad < 0) return EGM_OK;
	return egm__fail(EGM_ERR_ARGUMENT, "the covariance of component %lld is not positive definite", (long long)bad);
}

static egm_status check_finite(const egm_mixture *m, const char *what, const double *values, int64_t each)
{
	int64_t at = egm__first_nonfinite(m->context, EGM_F64, values, m->options.components * each);
	if (at < 0) return EGM_OK;
	return egm__fail(EGM_ERR_NONFINITE, "the %s of component %lld is not finite", what, (long long)(at / each));
}

/* Before memory is allocated. */
static egm_status check_shapes(egm_array weights, egm_array means, egm_array covariances, int32_t kind)
{
	egm_status st = EGM_OK;
	int64_t count;
	EGM_TRY(egm__array_fits(means, "means", EGM_F64, 0));
	if (weights.data) EGM_TRY(egm__array_counts(weights, "weights", EGM_F64, means.rows));
	count = means.rows * (kind == EGM_COVARIANCE_SPHERICAL ? 1 : means.columns);
	if (kind == EGM_COVARIANCE_FULL && egm__size_mul(count, means.columns, &count)) count = INT64_MAX;
	EGM_TRY(egm__array_counts(covariances, "covariances", EGM_F64, count));
out:
	return st;
}

egm_status egm_mixture_create(egm_mixture **out, egm_context *context, egm_array weights, egm_array means,
                              egm_array covariances, const egm_mixture_options *options)
{
	egm_status st = EGM_OK;
	egm_mixture *m = NULL;
	egm_mixture_options o;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(egm__options_check(&egm__options_mixture, &o, options));
	EGM_TRY(check_shapes(weights, means, covariances, o.covariance));
	o.components = means.rows;
	EGM_TRY(egm__mixture_make(&m, context, &o, means.columns));
	EGM_TRY(check_finite(m, "mean", means.data, m->dims));
	EGM_TRY(check_finite(m, "covariance", covariances.data, stored(m)));
	memcpy(m->now.means, means.data, (size_t)(o.components * m->dims) * sizeof(double));
	EGM_TRY(take_weights(m, weights.data));
	EGM_TRY(take_covariances(m, covariances.data));
	*out = m;
	m = NULL;
out:
	egm_mixture_free(m);
	return egm__named(__func__, st);
}

static void copy_covariances(const egm_mixture *m, double *covariances)
{
	const int64_t each = stored(m);
	for (int64_t k = 0; k < m->options.components; k++)
		memcpy(covariances + k * each, m->now.covariances + k * m->spread, (size_t)each * sizeof *covariances);
}

egm_status egm_mixture_parameters(const egm_mixture *mixture, egm_out weights, egm_out means, egm_out covariances)
{
	egm_status st = EGM_OK;
	const egm_mixture *m = mixture;
	if (!m) EGM_FAIL(EGM_ERR_ARGUMENT, "mixture is NULL");
	const int64_t n = m->options.components;
	if (weights.data) EGM_TRY(egm__out_fits(weights, "weights", EGM_F64, n, 1));
	if (means.data) EGM_TRY(egm__out_fits(means, "means", EGM_F64, n, m->dims));
	if (covariances.data) EGM_TRY(egm__out_fits(covariances, "covariances", EGM_F64, n, stored(m)));
	if (weights.data) memcpy(weights.data, m->now.weights, (size_t)n * sizeof(double));
	if (means.data) memcpy(means.data, m->now.means, (size_t)(n * m->dims) * sizeof(double));
	if (covariances.data) copy_covariances(m, covariances.data);
out:
	return egm__named(__func__, st);
}
