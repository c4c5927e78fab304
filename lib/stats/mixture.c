/* SPDX-License-Identifier: MIT */
/* The handle of a mixture of normal distributions: its options, memory and figures. */
#include <core/options_impl.h>
#include <core/size_impl.h>
#include <math.h>
#include <stats/mixture_impl.h>
#include <string.h>

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
    EGM__BITS(egm_mixture_options, fixed, fixed_parts, "Parameters that a step of EM leaves unchanged."),
    EGM__WEIGHT(
        egm_mixture_options, covariance_floor,
        "Smallest variance that a fit allows, in squared data units; 0: 1e-6 of the squared spread of each column."),
    EGM__SEED(egm_mixture_options, seed, "Seed of the starts of a fit."),
    EGM__COUNT(egm_mixture_options, starts, "Starts of a fit, the best of which is kept."),
    EGM__COUNT(egm_mixture_options, max_iterations, "Most steps of EM from one start."),
    EGM__WEIGHT(egm_mixture_options, tolerance, "Gain of a step, in nats per row, at or below which a start ends."),
};
EGM__OPTIONS(egm__options_mixture, egm_mixture_options, defaults, members);

static void lay_numbers(const egm_mixture *m, egm__mixture_numbers *n, double *at)
{
	const int64_t k = m->options.components, spread = k * m->spread;
	n->weights = at;
	n->means = n->weights + k;
	n->covariances = n->means + k * m->dims;
	n->factors = n->covariances + spread;
	n->constants = n->factors + spread;
}

/* Doubles of one egm__mixture_numbers. Returns 1 if there are too many: other memory is at most a few hundred times
 * this. */
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
		EGM_FAIL(EGM_ERR_ARGUMENT, "%lld components in %lld dimensions are more than memory can hold, must be fewer",
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
