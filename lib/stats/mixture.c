/* SPDX-License-Identifier: MIT */
/* The handle of a mixture of normal laws, and what is checked before anything is computed. */
#include <core/options_impl.h>
#include <core/size_impl.h>
#include <math.h>
#include <stats/mixture_impl.h>
#include <string.h>
#include <tensor/finite_impl.h>

static const egm_mixture_options defaults = EGM_MIXTURE_OPTIONS_INIT;
static const egm_choice covariance_choices[] = {
    {"full", EGM_COVARIANCE_FULL}, {"diagonal", EGM_COVARIANCE_DIAGONAL}, {"spherical", EGM_COVARIANCE_SPHERICAL}};
static EGM__FAMILY(covariances_of, "EGM_COVARIANCE_", covariance_choices);
static const egm_choice fixed_choices[] = {{"weights", EGM_MIXTURE_FIX_WEIGHTS},
                                           {"means", EGM_MIXTURE_FIX_MEANS},
                                           {"covariances", EGM_MIXTURE_FIX_COVARIANCES}};
static EGM__FAMILY(fixed_parts, "EGM_MIXTURE_FIX_", fixed_choices);
static const egm__option members[] = {
    EGM__COUNT(egm_mixture_options, components, "Number of normal distributions, at most that of the distinct rows."),
    EGM__CHOICE(egm_mixture_options, covariance, covariances_of, "Which covariance matrices the components have."),
    EGM__BITS(egm_mixture_options, fixed, fixed_parts, "What a step of EM leaves unchanged."),
    EGM__WEIGHT(egm_mixture_options, covariance_floor,
                "Smallest variance that is fitted, in squared data units; 0: 1e-6 of the spread of each column."),
    EGM__SEED(egm_mixture_options, seed, "Seed of the starts of a fit."),
    EGM__COUNT(egm_mixture_options, starts, "Starts of a fit, the best of which is kept."),
    EGM__COUNT(egm_mixture_options, max_iterations, "Steps of EM from one start, at most."),
    EGM__WEIGHT(egm_mixture_options, tolerance, "A start ends when a step gains no more than this, in nats per row."),
};
EGM__OPTIONS(egm__options_mixture, egm_mixture_options, defaults, members);

/* ---- checks */

egm_status egm__mixture_options(egm_mixture_options *merged, const egm_mixture_options *options)
{
	return egm__options_check(&egm__options_mixture, merged, options);
}

egm_status egm__mixture_take(const egm_mixture *m, egm__mixture_data *data, egm_array x, egm_array row_weights)
{
	if (!m) return egm__fail(EGM_ERR_ARGUMENT, "mixture is NULL");
	return egm__mixture_data_take(data, x, row_weights, m->dims);
}

/* ---- life */

static void lay_numbers(const egm_mixture *m, egm__mixture_numbers *n, double *at)
{
	const int64_t k = m->options.components, spread = k * m->spread;
	n->weights = at;
	n->means = n->weights + k;
	n->covariances = n->means + k * m->dims;
	n->factors = n->covariances + spread;
	n->constants = n->factors + spread;
}

/* Doubles of one egm__mixture_numbers; 1: too many. Blocks of rows and sums stay within a few hundred of them. */
static int count_numbers(const egm_mixture *m, int64_t *count)
{
	int64_t each, bytes;
	return egm__size_mul(m->spread, 2, &each) || egm__size_add(each, m->dims, &each) || egm__size_add(each, 2, &each) ||
	       egm__size_mul(each, m->options.components, count) || egm__size_mul(*count, INT64_C(8192), &bytes);
}

egm_status egm__mixture_make(egm_mixture **out, egm_context *context, const egm_mixture_options *options, int64_t dims)
{
	egm_status st = EGM_OK;
	int64_t count;
	egm_mixture *m = egm__alloc_zero(context, 1, sizeof *m);
	*out = NULL;
	if (!m) return egm__fail(EGM_ERR_MEMORY, "no memory for a mixture");
	egm__context_retain(context);
	*m = (egm_mixture){.context = context,
	                   .refs = 1,
	                   .table = egm__kernels_get(context->simd, EGM_F64),
	                   .options = *options,
	                   .dims = dims,
	                   .spread = dims};
	if ((options->covariance == EGM_COVARIANCE_FULL && egm__size_mul(dims, dims, &m->spread)) ||
	    count_numbers(m, &count))
		EGM_FAIL(EGM_ERR_ARGUMENT, "%lld components in %lld dimensions are more than memory can hold",
		         (long long)options->components, (long long)dims);
	m->now.weights = egm__alloc_zero(context, count, sizeof(double));
	m->next.weights = egm__alloc_zero(context, count, sizeof(double));
	m->units = egm__alloc_zero(context, dims, 2 * sizeof(double));
	if (!m->now.weights || !m->next.weights || !m->units)
		EGM_FAIL(EGM_ERR_MEMORY, "no memory for %lld components in %lld dimensions", (long long)options->components,
		         (long long)dims);
	lay_numbers(m, &m->now, m->now.weights);
	lay_numbers(m, &m->next, m->next.weights);
	m->floors = m->units + dims;
	for (int64_t j = 0; j < dims; j++) m->units[j] = 1;
	for (int64_t j = 0; j < dims; j++) m->floors[j] = options->covariance_floor;
	*out = m;
out:
	if (st != EGM_OK) egm_mixture_free(m);
	return st;
}

void egm__mixture_retain(egm_mixture *mixture)
{
	__atomic_add_fetch(&mixture->refs, 1, __ATOMIC_RELAXED);
}

void egm_mixture_free(egm_mixture *mixture)
{
	if (!mixture || __atomic_sub_fetch(&mixture->refs, 1, __ATOMIC_ACQ_REL) > 0) return;
	egm_context *context = mixture->context;
	egm__free(context, mixture->units);
	egm__free(context, mixture->now.weights);
	egm__free(context, mixture->next.weights);
	egm__free(context, mixture);
	egm_context_free(context);
}

/* ---- numbers in and out */

/* Doubles of one covariance as the caller has it. */
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
		return egm__fail(EGM_ERR_ARGUMENT, "weights sums to %g, must be above 0 and finite", sum);
	for (int64_t k = 0; k < n; k++) m->now.weights[k] /= sum;
	return EGM_OK;
}

/* Rounding may part a_ij and a_ji by less than this of sqrt(a_ii a_jj); more is a mistake of the caller. */
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

/* Before memory is asked for. */
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
	EGM_TRY(egm__mixture_options(&o, options));
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

double egm__mixture_least_floor(const egm_mixture *m)
{
	double least = m->floors[0];
	for (int64_t j = 1; j < m->dims; j++) least = fmin(least, m->floors[j]);
	return least;
}

egm_status egm_mixture_floors(const egm_mixture *mixture, egm_out floors)
{
	egm_status st = EGM_OK;
	if (!mixture) EGM_FAIL(EGM_ERR_ARGUMENT, "mixture is NULL");
	EGM_TRY(egm__out_fits(floors, "floors", EGM_F64, mixture->dims, 1));
	memcpy(floors.data, mixture->floors, (size_t)mixture->dims * sizeof(double));
out:
	return egm__named(__func__, st);
}

int64_t egm_mixture_components(const egm_mixture *mixture)
{
	return mixture ? mixture->options.components : 0;
}

int64_t egm_mixture_dims(const egm_mixture *mixture)
{
	return mixture ? mixture->dims : 0;
}

int32_t egm_mixture_covariance(const egm_mixture *mixture)
{
	return mixture ? mixture->options.covariance : 0;
}

static void give_covariances(const egm_mixture *m, double *covariances)
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
	if (covariances.data) give_covariances(m, covariances.data);
out:
	return egm__named(__func__, st);
}
