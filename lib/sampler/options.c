/* SPDX-License-Identifier: MIT */
/* Options of a sampler: what each kernel uses, its defaults, and the checks. */
#include <core/options_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <sampler/sampler_impl.h>
#include <string.h>

enum { MAX_LEVELS = 256 };

/* By EGM_SAMPLER_*, from 1. */
static const egm__method *const methods[] = {NULL,
                                             &egm__method_ula,
                                             &egm__method_mala,
                                             &egm__method_hmc,
                                             &egm__method_nuts,
                                             &egm__method_annealed,
                                             &egm__method_tempered};

enum { KERNELS = sizeof methods / sizeof *methods };

static const egm_sampler_options defaults[KERNELS] = {
    [EGM_SAMPLER_ULA] = {.step_size = 0.01},
    [EGM_SAMPLER_MALA] = {.step_size = 0.1, .target_accept = 0.574},
    [EGM_SAMPLER_HMC] = {.step_size = 0.1, .target_accept = 0.8, .leapfrog_steps = 10, .divergence = 1000},
    [EGM_SAMPLER_NUTS] =
        {.step_size = 0.1, .target_accept = 0.8, .max_depth = 10, .divergence = 1000, .adapt_scale = 1},
    [EGM_SAMPLER_ANNEALED_LANGEVIN] = {.step_size = 0.01, .levels = 1, .steps_per_level = 100},
    [EGM_SAMPLER_TEMPERED] = {.step_size = 0.1, .target_accept = 0.574, .levels = 1, .steps_per_level = 1}};

const egm__method *egm__method_find(int32_t kernel)
{
	return kernel > 0 && kernel < KERNELS ? methods[kernel] : NULL;
}

/* ---- checks */

/* Allowed is low < value < high; `low` is -DBL_MIN where 0 is allowed. */
static egm_status check_number(const char *kernel, const char *name, double value, double low, double high, int used)
{
	if (!used && value != 0)
		return egm__fail(EGM_ERR_ARGUMENT, "%s: %s = %g is not used and has to be 0", kernel, name, value);
	if (used && !(value > low && value < high))
		return egm__fail(EGM_ERR_ARGUMENT, "%s: %s = %g, has to be %s %g and below %g", kernel, name, value,
		                 low < 0 ? "at least" : "above", low < 0 ? 0 : low, high);
	return EGM_OK;
}

static egm_status check_count(const char *kernel, const char *name, int64_t value, int64_t most, int used)
{
	if (!used && value != 0)
		return egm__fail(EGM_ERR_ARGUMENT, "%s: %s = %lld is not used and has to be 0", kernel, name, (long long)value);
	if (used && (value < 1 || value > most))
		return egm__fail(EGM_ERR_ARGUMENT, "%s: %s = %lld, has to be 1 to %lld", kernel, name, (long long)value,
		                 (long long)most);
	return EGM_OK;
}

static egm_status check_numbers(const egm__method *m, const egm_sampler_options *o)
{
	egm_status st = EGM_OK;
	int mala = m->kernel == EGM_SAMPLER_MALA, hmc = m->kernel == EGM_SAMPLER_HMC, nuts = m->kernel == EGM_SAMPLER_NUTS;
	int annealed = m->kernel == EGM_SAMPLER_ANNEALED_LANGEVIN, tempered = m->kernel == EGM_SAMPLER_TEMPERED;
	EGM_TRY(check_number(m->name, "step_size", o->step_size, 0, INFINITY, 1));
	EGM_TRY(check_number(m->name, "jitter", o->jitter, -DBL_MIN, 1, hmc || mala));
	EGM_TRY(check_number(m->name, "start_scale", o->start_scale, -DBL_MIN, INFINITY, 1));
	EGM_TRY(check_number(m->name, "target_accept", o->target_accept, 0, 1, m->metropolis));
	EGM_TRY(check_number(m->name, "divergence", o->divergence, 0, INFINITY, hmc || nuts));
	EGM_TRY(check_number(m->name, "denoise", o->denoise, -DBL_MIN, INFINITY, annealed));
	EGM_TRY(check_count(m->name, "leapfrog_steps", o->leapfrog_steps, INT32_MAX, hmc));
	EGM_TRY(check_count(m->name, "max_depth", o->max_depth, EGM__MAX_DEPTH, nuts));
	EGM_TRY(check_count(m->name, "levels", o->levels, MAX_LEVELS, annealed || tempered));
	EGM_TRY(check_count(m->name, "steps_per_level", o->steps_per_level, INT32_MAX, annealed || tempered));
	if (o->adapt_scale != 0 && (o->adapt_scale != 1 || !m->metropolis || tempered))
		EGM_FAIL(EGM_ERR_ARGUMENT, "%s: adapt_scale = %d; 0, or 1 with mala, hmc and nuts", m->name, o->adapt_scale);
	if (o->reserved || o->reserved2) EGM_FAIL(EGM_ERR_ARGUMENT, "%s: a reserved member is not 0", m->name);
out:
	return st;
}

/* Scales are kept in the dtype, where one that is infinite or subnormal would move nothing or everything. */
static egm_status check_scale(const egm__method *m, const egm_sampler_options *o, const egm_target *target)
{
	double least = target->dtype == EGM_F32 ? (double)FLT_MIN : DBL_MIN;
	double most = target->dtype == EGM_F32 ? (double)FLT_MAX : DBL_MAX;
	for (int64_t j = 0; o->scale && j < target->dims; j++)
		if (!(o->scale[j] >= least && o->scale[j] <= most))
			return egm__fail(EGM_ERR_ARGUMENT, "%s: scale[%lld] = %g is not a positive finite %s", m->name,
			                 (long long)j, o->scale[j], egm__dtype_name(target->dtype));
	return EGM_OK;
}

static egm_status check_temperatures(const egm__method *m, const egm_sampler_options *o)
{
	const double *t = o->temperatures;
	int tempered = m->kernel == EGM_SAMPLER_TEMPERED;
	if (t && !tempered && m->kernel != EGM_SAMPLER_ANNEALED_LANGEVIN)
		return egm__fail(EGM_ERR_ARGUMENT, "%s: temperatures are not used and have to be NULL", m->name);
	if (!t && o->levels > 1)
		return egm__fail(EGM_ERR_ARGUMENT, "%s: %lld levels, but temperatures is NULL", m->name, (long long)o->levels);
	for (int64_t l = 0; t && l < o->levels; l++) {
		if (!(t[l] > 0) || !isfinite(t[l]))
			return egm__fail(EGM_ERR_ARGUMENT, "%s: temperatures[%lld] = %g is not a positive number", m->name,
			                 (long long)l, t[l]);
		if (tempered && (l == 0 ? t[0] != 1 : t[l] <= t[l - 1]))
			return egm__fail(EGM_ERR_ARGUMENT, "%s: temperatures[%lld] = %g; they rise from 1", m->name, (long long)l,
			                 t[l]);
		if (!tempered && l > 0 && t[l] > t[l - 1])
			return egm__fail(EGM_ERR_ARGUMENT, "%s: temperatures[%lld] = %g is above the one before, %g", m->name,
			                 (long long)l, t[l], t[l - 1]);
	}
	return EGM_OK;
}

/* Merged twice: what an older program's struct does not have takes the default of its kernel. */
egm_status egm__sampler_options_check(egm_sampler_options *merged, const egm_sampler_options *options,
                                      const egm_target *target)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm_sampler_options_init(merged, sizeof *merged, EGM_SAMPLER_NUTS));
	EGM_TRY(egm__options_merge("egm_sampler_options", merged, sizeof *merged, options));
	const egm__method *m = egm__method_find(merged->kernel);
	if (!m) EGM_FAIL(EGM_ERR_ARGUMENT, "kernel %d is none of EGM_SAMPLER_*", merged->kernel);
	EGM_TRY(egm_sampler_options_init(merged, sizeof *merged, m->kernel));
	EGM_TRY(egm__options_merge("egm_sampler_options", merged, sizeof *merged, options));
	if (merged->chains < 1)
		EGM_FAIL(EGM_ERR_ARGUMENT, "%s: chains = %lld, at least 1 is needed", m->name, (long long)merged->chains);
	EGM_TRY(check_numbers(m, merged));
	EGM_TRY(check_scale(m, merged, target));
	EGM_TRY(check_temperatures(m, merged));
out:
	return st;
}
