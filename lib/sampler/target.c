/* SPDX-License-Identifier: MIT */
/* Targets: the options that all of them share, their lifetime, and energies that are callbacks. */
#include <core/array_impl.h>
#include <core/options_impl.h>
#include <float.h>
#include <math.h>
#include <sampler/target_impl.h>

/* The bytes of a row of so many doubles, with alignment, fit in an int64_t. */
static const int64_t MOST_DIMS = INT64_MAX / 64;

static const egm_target_options defaults = EGM_TARGET_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__POSITIVE(egm_target_options, beta, "Inverse temperature, which multiplies the energy."),
    EGM__WEIGHT(egm_target_options, prior_scale,
                "Standard deviation of a normal prior; 0: 1 for a latent posterior, no prior for other targets."),
    EGM__ARRAY(egm_target_options, lower, "[dims] Lower bounds, -INFINITY for none; NULL: no lower bounds."),
    EGM__ARRAY(egm_target_options, upper, "[dims] Upper bounds, INFINITY for none; NULL: no upper bounds."),
    EGM__FLAG(egm_target_options, concurrent, "1: the energy callback may be called from several threads at once."),
    EGM__RESERVED(egm_target_options, reserved),
    EGM__COUNT(egm_target_options, max_rows, "Largest number of rows in one call of a concurrent callback."),
};
EGM__OPTIONS(egm__options_target, egm_target_options, defaults, members);

/* Weights are converted to the dtype, so a weight that is subnormal or infinite there is rejected. */
static egm_status check_numbers(const egm_target_options *o, egm_dtype dtype)
{
	if (!egm__is_positive_normal(dtype, o->beta))
		return egm__fail(EGM_ERR_ARGUMENT, "beta is %g, must be a positive finite %s", o->beta, egm__dtype_name(dtype));
	if (o->prior_scale != 0 &&
	    !(o->prior_scale > 0 && egm__is_positive_normal(dtype, 1 / (o->prior_scale * o->prior_scale))))
		return egm__fail(EGM_ERR_ARGUMENT,
		                 "prior_scale is %g, must be 0 or positive with 1 / prior_scale^2 a finite %s", o->prior_scale,
		                 egm__dtype_name(dtype));
	return EGM_OK;
}

static egm_status check_interval(egm_dtype dtype, int64_t dimension, double lower, double upper)
{
	double most = dtype == EGM_F32 ? (double)FLT_MAX : DBL_MAX;
	if (!(lower < upper))
		return egm__fail(EGM_ERR_ARGUMENT, "lower[%lld] is %g, must be below upper[%lld], %g", (long long)dimension,
		                 lower, (long long)dimension, upper);
	if ((isfinite(lower) && fabs(lower) > most) || (isfinite(upper) && fabs(upper) > most))
		return egm__fail(EGM_ERR_ARGUMENT, "dimension %lld has the bounds %g and %g, must be infinite or finite in %s",
		                 (long long)dimension, lower, upper, egm__dtype_name(dtype));
	if (isfinite(lower) && isfinite(upper) && !(upper - lower <= most))
		return egm__fail(EGM_ERR_ARGUMENT, "dimension %lld has the bounds %g and %g, must have a finite width in %s",
		                 (long long)dimension, lower, upper, egm__dtype_name(dtype));
	if (!(egm__bounds_innermost(dtype, lower) <= -egm__bounds_innermost(dtype, -upper)))
		return egm__fail(EGM_ERR_ARGUMENT,
		                 "dimension %lld has the bounds %.17g and %.17g, must have a number between them in %s",
		                 (long long)dimension, lower, upper, egm__dtype_name(dtype));
	return EGM_OK;
}

/* Copies the bounds, unless all are infinite. */
static egm_status set_bounds(egm_target *t, const egm_target_options *o)
{
	egm_status st = EGM_OK;
	double *lower = NULL, *upper = NULL;
	int bounded = 0;
	if (!o->lower && !o->upper) goto out;
	lower = egm__alloc(t->context, t->dims, sizeof *lower);
	upper = egm__alloc(t->context, t->dims, sizeof *upper);
	if (!lower || !upper)
		EGM_FAIL(EGM_ERR_MEMORY, "out of memory for the bounds of %lld dimensions", (long long)t->dims);
	for (int64_t d = 0; d < t->dims; d++) {
		lower[d] = o->lower ? o->lower[d] : -INFINITY;
		upper[d] = o->upper ? o->upper[d] : INFINITY;
		EGM_TRY(check_interval(t->dtype, d, lower[d], upper[d]));
		bounded |= lower[d] > -INFINITY || upper[d] < INFINITY;
	}
	if (!bounded) goto out;
	t->lower = lower;
	t->upper = upper;
	return EGM_OK;
out:
	egm__free(t->context, lower);
	egm__free(t->context, upper);
	return st;
}

egm_status egm__target_create(egm_target **out, egm_context *context, egm_dtype dtype, int64_t dims,
                              double default_prior, const egm_target_options *options)
{
	egm_status st = EGM_OK;
	egm_target_options o;
	egm_target *t = NULL;
	*out = NULL;
	EGM_TRY(egm__options_check(&egm__options_target, &o, options));
	EGM_TRY(check_numbers(&o, dtype));
	if (dims < 1) EGM_FAIL(EGM_ERR_ARGUMENT, "dims is %lld, must be at least 1", (long long)dims);
	if (dims > MOST_DIMS)
		EGM_FAIL(EGM_ERR_ARGUMENT, "dims is %lld, must be at most %lld", (long long)dims, (long long)MOST_DIMS);
	t = egm__alloc_zero(context, 1, sizeof *t);
	if (!t) EGM_FAIL(EGM_ERR_MEMORY, "out of memory");
	t->context = context;
	egm__context_retain(context);
	t->refs = 1;
	t->dtype = dtype;
	t->dims = dims;
	double prior = o.prior_scale != 0 ? o.prior_scale : default_prior;
	t->bridge = (egm__bridge){o.beta, prior != 0 ? 1 / (prior * prior) : 0};
	t->concurrent = o.concurrent;
	t->callback_rows = o.max_rows;
	EGM_TRY(set_bounds(t, &o));
	*out = t;
	t = NULL;
out:
	egm_target_free(t);
	return st;
}

void egm__target_retain(egm_target *target)
{
	__atomic_add_fetch(&target->refs, 1, __ATOMIC_RELAXED);
}

void egm_target_free(egm_target *target)
{
	if (!target || __atomic_sub_fetch(&target->refs, 1, __ATOMIC_ACQ_REL) > 0) return;
	egm_context *context = target->context;
	for (int32_t i = 0; i < EGM__TARGET_NETS; i++) egm_model_free(target->nets[i]);
	egm__error_state state;
	egm__error_save(&state);
	if (target->release) target->release(target->user);
	egm__error_restore(&state);
	egm__free(context, target->lower);
	egm__free(context, target->upper);
	egm__free(context, target);
	egm_context_free(context);
}

egm_status egm_target_callback(egm_target **out, egm_context *context, egm_dtype dtype, int64_t dims,
                               const egm_target_options *options, egm_energy_fn energy, void *user,
                               void (*user_free)(void *user))
{
	egm_status st = EGM_OK;
	if (!out) return egm__named(__func__, egm__fail(EGM_ERR_ARGUMENT, "out is NULL"));
	*out = NULL;
	if (!context || !energy) EGM_FAIL(EGM_ERR_ARGUMENT, "%s is NULL", context ? "energy" : "context");
	if (dtype != EGM_F32 && dtype != EGM_F64)
		EGM_FAIL(EGM_ERR_ARGUMENT, "dtype is %d, must be EGM_F32 or EGM_F64", (int)dtype);
	EGM_TRY(egm__target_create(out, context, dtype, dims, 0, options));
	(*out)->callback = energy;
	(*out)->user = user;
	(*out)->release = user_free;
out:
	return egm__named(__func__, st);
}

int64_t egm_target_dims(const egm_target *target)
{
	return target ? target->dims : 0;
}

egm_dtype egm_target_dtype(const egm_target *target)
{
	return target ? target->dtype : (egm_dtype)0;
}

/* Versions only increase, and so does their sum. */
uint64_t egm__target_version(const egm_target *target)
{
	uint64_t version = target->version ? *target->version : 0;
	for (int32_t i = 0; i < EGM__TARGET_NETS; i++)
		if (target->nets[i]) version += target->nets[i]->version;
	return version;
}
