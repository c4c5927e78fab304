/* SPDX-License-Identifier: MIT */
/* The arrays in the options of kernels: their numbers, which no option table describes, and copies of them. */
#include <core/array_impl.h>
#include <math.h>
#include <sampler/sampler_impl.h>
#include <string.h>

static egm_status copy(egm_sampler *s, const char *what, const double **to, const double *from, int64_t n)
{
	double *own = egm__alloc(s->context, n, sizeof *own);
	if (!own) return egm__fail(EGM_ERR_MEMORY, "out of memory for %lld %s", (long long)n, what);
	memcpy(own, from, (size_t)n * sizeof *own);
	*to = own;
	return EGM_OK;
}

/* Scales are converted to the dtype, so one that is subnormal or infinite there is rejected. */
egm_status egm__sampler_keep_scale(egm_sampler *s)
{
	egm_dtype dtype = s->target->dtype;
	egm__sampler_options *own = s->own; /* as far as every kernel's goes */
	if (!own->scale) return EGM_OK;
	for (int64_t j = 0; j < s->dims; j++)
		if (!egm__is_positive_normal(dtype, own->scale[j]))
			return egm__fail(EGM_ERR_ARGUMENT, "scale[%lld] is %g, must be a positive finite %s", (long long)j,
			                 own->scale[j], egm__dtype_name(dtype));
	egm_status st = copy(s, "scales", &s->options.scale, own->scale, s->dims);
	own->scale = s->options.scale;
	return st;
}

egm_status egm__sampler_keep_temperatures(egm_sampler *s, const double **temperatures, int64_t levels)
{
	const double *t = *temperatures;
	s->options.levels = levels;
	if (!t && levels > 1)
		return egm__fail(EGM_ERR_ARGUMENT, "temperatures is NULL, must have one for each of %lld levels",
		                 (long long)levels);
	for (int64_t l = 0; t && l < levels; l++)
		if (!(t[l] > 0) || !isfinite(t[l]))
			return egm__fail(EGM_ERR_ARGUMENT, "temperatures[%lld] is %g, must be above 0 and finite", (long long)l,
			                 t[l]);
	if (!t) return EGM_OK;
	egm_status st = copy(s, "temperatures", &s->options.temperatures, t, levels);
	*temperatures = s->options.temperatures;
	return st;
}
