/* SPDX-License-Identifier: MIT */
/* Whether training with these negatives diverges: the averages of watch.c, and what may help with this kernel. */
#include <core/status_impl.h>
#include <math.h>
#include <stdio.h>
#include <train/negatives_impl.h>

static int64_t count_far(const egm__negatives *n)
{
	int64_t count = 0;
	for (int64_t i = 0; n->buffer && i < n->order.batch; i++)
		count += egm__negatives_is_far(n, (const char *)n->points + i * egm__point_bytes(n->sampler));
	return count;
}

double egm__negatives_gap_limit(const egm__negatives *n)
{
	int cooled =
	    n->sampler->options.levels > n->sampler->levels; /* annealed_langevin: one walker at several temperatures */
	return egm__watch_limit(n->sampler->dims, cooled || n->options.start == EGM_NEGATIVES_SHORT_RUN);
}

/* What may help against divergence with this kernel. */
static const char *advice(const egm__negatives *n)
{
	if (!n->sampler->method->metropolis)
		return "the step is too long for the curvature of the energy, which grows in training, or too short to follow; "
		       "leave the choice to the library (sampler NULL), or try another step";
	if (!n->options.adapt_step) return "nothing adapts the step; set adapt_step, or try another step";
	return "lower the learning rate, use more transitions, or add noise to data on a thin set";
}

egm_status egm__negatives_watch(const egm__negatives *n, double data, double negative, int64_t step, egm__watch *next)
{
	const egm_sampler *s = n->sampler;
	double weight = fmin(s->target->bridge.beta, 1); /* below temperature 1 the limit applies to U itself */
	double share = (double)(n->ran_away + count_far(n)) / (double)s->options.chains;
	egm_sampler_statistics stats = {.struct_size = sizeof stats};
	*next = egm__watch_after(&n->watch, egm__negatives_gap_limit(n), weight * (negative - data), share);
	const char *alarm = egm__watch_alarm(next, egm__negatives_gap_limit(n));
	if (!alarm) return EGM_OK;
	egm_status st = egm_sampler_stats(s, -1, &stats);
	if (st != EGM_OK) return st;
	char acceptance[32] = "";
	if (s->method->metropolis) snprintf(acceptance, sizeof acceptance, ", acceptance %.2g", n->acceptance);
	return egm__fail(
	    EGM_ERR_DIVERGED,
	    "training diverged at step %lld: the negatives %s. Mean U is %.4g there and %.4g at the data; "
	    "the average difference over some 50 steps is %.4g, must be within +-%g; %.2g %% of the chains ran away. "
	    "Chains of %s, step_size %.3g%s: %s",
	    (long long)step, alarm, negative, data, next->gap, egm__negatives_gap_limit(n), 100 * next->ran_away,
	    s->method->name, stats.step_size, acceptance, advice(n));
}
