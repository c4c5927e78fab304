/* SPDX-License-Identifier: MIT */
/* Defaults and ranges of egm_trainer_options. Adam's betas are those of the WGAN-GP and maximum-entropy-generator
 * papers (0.5, 0.9) and not Adam's own (0.9, 0.999): adversarial training is what this trainer does most. */
#include <core/options_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <train/trainer_impl.h>

static const egm_trainer_options defaults = EGM_TRAINER_OPTIONS_INIT;

typedef struct real_range {
	const char *name;
	double value;
	int ok; /* NaN makes every comparison false, so it is never ok */
	const char *range;
} real_range;

static egm_status check_reals(const egm_trainer_options *o)
{
	egm_status st = EGM_OK;
	const real_range table[] = {
	    {"final_fraction", o->final_fraction, o->final_fraction >= 0 && o->final_fraction <= 1, "in [0, 1]"},
	    {"learning_rate", o->learning_rate, o->learning_rate > 0 && isfinite(o->learning_rate), "positive and finite"},
	    {"beta1", o->beta1, o->beta1 >= 0 && o->beta1 < 1, "in [0, 1)"},
	    {"beta2", o->beta2, o->beta2 >= 0 && o->beta2 < 1, "in [0, 1)"},
	    {"epsilon", o->epsilon, o->epsilon > 0 && isfinite(o->epsilon), "positive and finite"},
	    {"momentum", o->momentum, o->momentum >= 0 && o->momentum < 1, "in [0, 1)"},
	    {"clip_norm", o->clip_norm, o->clip_norm >= 0 && isfinite(o->clip_norm), "at least 0 and finite"},
	    {"average_decay", o->average_decay, o->average_decay >= 0 && o->average_decay < 1, "in [0, 1)"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!table[i].ok)
			EGM_FAIL(EGM_ERR_ARGUMENT, "%s is %g, must be %s", table[i].name, table[i].value, table[i].range);
out:
	return st;
}

static egm_status check_integers(const egm_trainer_options *o)
{
	egm_status st = EGM_OK;
	if (o->batch < 1) EGM_FAIL(EGM_ERR_ARGUMENT, "batch is %lld, must be at least 1", (long long)o->batch);
	if (o->optimizer < EGM_OPTIMIZER_ADAM || o->optimizer > EGM_OPTIMIZER_SGD)
		EGM_FAIL(EGM_ERR_ARGUMENT, "optimizer is %d, no EGM_OPTIMIZER_*", (int)o->optimizer);
	if (o->schedule < EGM_SCHEDULE_CONSTANT || o->schedule > EGM_SCHEDULE_COSINE)
		EGM_FAIL(EGM_ERR_ARGUMENT, "schedule is %d, no EGM_SCHEDULE_*", (int)o->schedule);
	if (o->schedule != EGM_SCHEDULE_CONSTANT && o->schedule_steps < 1)
		EGM_FAIL(EGM_ERR_ARGUMENT, "schedule_steps is %lld, a schedule needs at least 1", (long long)o->schedule_steps);
	if (o->warmup_steps < 0)
		EGM_FAIL(EGM_ERR_ARGUMENT, "warmup_steps is %lld, must be at least 0", (long long)o->warmup_steps);
out:
	return st;
}

/* The numbers as the kernels see them: an epsilon that is 0 in f32 would make 0/0 of a zero gradient. */
egm_status egm__trainer_check_dtype(const egm_trainer_options *o, egm_dtype dtype)
{
	if (dtype != EGM_F32) return EGM_OK;
	if (!(o->epsilon * sqrt(1 - o->beta2) >= (double)FLT_MIN))
		return egm__fail(EGM_ERR_ARGUMENT, "epsilon %g is too small for f32", o->epsilon);
	if (!(o->learning_rate <= (double)FLT_MAX))
		return egm__fail(EGM_ERR_ARGUMENT, "learning_rate %g is too large for f32", o->learning_rate);
	return EGM_OK;
}

egm_status egm__trainer_options_merge(egm_trainer_options *merged, const egm_trainer_options *options)
{
	egm_status st = EGM_OK;
	*merged = defaults;
	EGM_TRY(egm__options_merge("egm_trainer_options", merged, sizeof *merged, options));
	EGM_TRY(check_integers(merged));
	EGM_TRY(check_reals(merged));
out:
	return st;
}
