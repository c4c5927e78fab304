/* SPDX-License-Identifier: MIT */
/* The factor of the learning rate in each step: warm-up and schedule. */
#include <math.h>
#include <train/optimizer_impl.h>

static double decay_factor(const egm_trainer_options *options, int64_t steps)
{
	double f = options->final_fraction, t;
	if (options->schedule == EGM_SCHEDULE_CONSTANT) return 1;
	t = steps < options->schedule_steps ? (double)steps / (double)options->schedule_steps : 1;
	if (options->schedule == EGM_SCHEDULE_LINEAR) return 1 - (1 - f) * t;
	return f + (1 - f) * (1 + cos(3.14159265358979323846 * t)) / 2;
}

double egm__schedule_factor(const egm_trainer_options *options, int64_t steps)
{
	double factor = decay_factor(options, steps);
	if (steps < options->warmup_steps) factor *= (double)(steps + 1) / (double)options->warmup_steps;
	return factor;
}
