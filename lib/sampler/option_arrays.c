/* SPDX-License-Identifier: MIT */
/* What the options of all kernels have in common beyond their ranges: arrays, whose numbers no table knows. */
#include <core/array_impl.h>
#include <float.h>
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

/* Scales are kept in the dtype, where one that is infinite or subnormal would move nothing or everything. */
egm_status egm__sampler_keep_scale(egm_sampler *s)
{
	egm_dtype dtype = s->target->dtype;
	egm__sampler_options *own = s->own; /* as far as every kernel's goes */
	double least = dtype == EGM_F32 ? (double)FLT_MIN : DBL_MIN, most = dtype == EGM_F32 ? (double)FLT_MAX : DBL_MAX;
	if (!own->scale) return EGM_OK;
	for (int64_t j = 0; j < s->dims; j++)
		if (!(own->scale[j] >= least && own->scale[j] <= most))
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
