/* SPDX-License-Identifier: MIT */
/* Counters, step sizes and scales of chains. */
#include <core/array_impl.h>
#include <core/options_impl.h>
#include <math.h>
#include <sampler/sampler_impl.h>

static const egm_sampler_statistics none = EGM_SAMPLER_STATISTICS_INIT;
static const egm__option members[] = {
    EGM__RESULT(egm_sampler_statistics, transitions, "Transitions, in the unit of the argument thin."),
    EGM__RESULT(egm_sampler_statistics, gradients, "Evaluations of energy and gradient, each at one point."),
    EGM__RESULT(egm_sampler_statistics, acceptance, "Mean acceptance probability; NaN without a Metropolis test."),
    EGM__RESULT(egm_sampler_statistics, divergences, "Divergent transitions."),
    EGM__RESULT(egm_sampler_statistics, step_size, "Current step size, mean over chains."),
    EGM__RESULT(egm_sampler_statistics, leapfrogs, "Mean number of leapfrog steps per transition (hmc, nuts)."),
    EGM__RESULT(egm_sampler_statistics, saturated, "Transitions that reached max_depth (nuts)."),
    EGM__RESULT(egm_sampler_statistics, energy, "Energy V at the current points, mean over chains."),
    EGM__RESULT(egm_sampler_statistics, exchange, "Fraction of the proposed exchanges that were accepted (tempered)."),
    EGM__RESULT(egm_sampler_statistics, frozen, "Chains that stopped because energy or gradient was not finite."),
};
EGM__OPTIONS(egm__options_sampler_statistics, egm_sampler_statistics, none, members);

/* The transitions that all levels of a chain have completed. */
static int64_t whole_transitions(const egm_sampler *s, int64_t chain)
{
	const egm__walker *w = &s->walkers[chain * s->levels];
	int64_t least = w[0].transitions;
	for (int64_t l = 1; l < s->levels; l++)
		if (w[l].transitions < least) least = w[l].transitions;
	return least / s->inner;
}

/* Sums over chains from .. to-1. Energy and step size are those of level 0, all other counts are of all walkers. */
static void add_up(const egm_sampler *s, int64_t from, int64_t to, egm_sampler_statistics *sum)
{
	double accept = 0, energy = 0, step = 0;
	int64_t made = 0, leapfrogs = 0, tried = 0, done = 0;
	for (int64_t i = from * s->levels; i < to * s->levels; i++) {
		const egm__walker *w = &s->walkers[i];
		int cold = i % s->levels == 0;
		made += w->transitions;
		accept += w->accept_sum;
		leapfrogs += w->leapfrogs;
		sum->gradients += w->gradients;
		sum->divergences += w->divergences;
		sum->saturated += w->saturated;
		step += cold ? s->method->langevin ? w->step * w->step : w->step : 0;
		energy += cold ? w->value + w->jacobian : 0;
	}
	for (int64_t c = from; c < to; c++) {
		sum->transitions += whole_transitions(s, c);
		sum->frozen += egm__chain_is_frozen(s, c);
		tried += s->chains[c].exchanges_tried;
		done += s->chains[c].exchanges_done;
	}
	sum->acceptance = s->method->metropolis ? accept / (double)made : NAN;
	sum->leapfrogs = s->method->langevin || made == 0 ? 0 : (double)leapfrogs / (double)made;
	sum->step_size = step / (double)(to - from);
	sum->energy = energy / (double)(to - from);
	sum->exchange = (double)done / (double)tried;
}

static egm_status check_chain(const egm_sampler *s, int64_t chain, int64_t least)
{
	egm_status st = egm__sampler_idle(s, 1);
	if (st != EGM_OK) return st;
	if (chain < least || chain >= s->options.chains)
		return egm__fail(EGM_ERR_ARGUMENT, "chain is %lld, must be in [%lld, %lld]", (long long)chain, (long long)least,
		                 (long long)s->options.chains - 1);
	return EGM_OK;
}

egm_status egm_sampler_stats(const egm_sampler *s, int64_t chain, egm_sampler_statistics *statistics)
{
	egm_status st = EGM_OK;
	egm_sampler_statistics sum;
	EGM_TRY(check_chain(s, chain, -1));
	if (!statistics) EGM_FAIL(EGM_ERR_ARGUMENT, "statistics is NULL");
	EGM_TRY(egm__result_check("egm_sampler_statistics", statistics));
	sum = none;
	add_up(s, chain < 0 ? 0 : chain, chain < 0 ? s->options.chains : chain + 1, &sum);
	size_t size = statistics->struct_size;
	EGM_TRY(egm__options_init("egm_sampler_statistics", statistics, size, &sum, sizeof sum));
out:
	return egm__named(__func__, st);
}

egm_status egm_sampler_scale(const egm_sampler *s, int64_t chain, egm_out scale)
{
	egm_status st = EGM_OK;
	EGM_TRY(check_chain(s, chain, 0));
	EGM_TRY(egm__out_fits(scale, "scale", EGM_F64, s->dims, 1));
	const char *row = s->walkers[chain * s->levels].scale;
	for (int64_t j = 0; j < s->dims; j++)
		egm__number_put(EGM_F64, scale.data, j, row ? egm__number(s->target->dtype, row, j) : 1);
out:
	return egm__named(__func__, st);
}
