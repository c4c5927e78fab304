/* SPDX-License-Identifier: MIT */
/* What a program does with its chains: places them, runs them, asks what they have done. */
#include <core/array_impl.h>
#include <core/options_impl.h>
#include <core/size_impl.h>
#include <math.h>
#include <model/evaluator_impl.h>
#include <sampler/block_impl.h>
#include <string.h>
#include <tensor/finite_impl.h>

egm_status egm__sampler_idle(const egm_sampler *s, int reads)
{
	if (!s) return egm__fail(EGM_ERR_ARGUMENT, "sampler is NULL");
	int32_t busy = __atomic_load_n(&s->busy, __ATOMIC_SEQ_CST);
	if (busy == EGM__IDLE || (reads && busy == EGM__ASKING)) return EGM_OK;
	return egm__fail(EGM_ERR_STATE, "the sampler is in %s, whose %s callback cannot call this", s->call,
	                 busy == EGM__ASKING ? "progress" : "energy");
}

/* The sampler is busy until leave. */
static egm_status enter(egm_sampler *s, const char *call)
{
	egm_status st = egm__sampler_idle(s, 0);
	if (st != EGM_OK) return st;
	s->call = call;
	__atomic_store_n(&s->busy, EGM__COMPUTING, __ATOMIC_SEQ_CST);
	return EGM_OK;
}

static egm_status leave(egm_sampler *s, egm_status st)
{
	__atomic_store_n(&s->busy, EGM__IDLE, __ATOMIC_SEQ_CST);
	s->call = NULL;
	if (s->doomed) egm_sampler_free(s);
	return st;
}

/* ---- points */

/* The first value that no chain can stand at. The noise of the first walker is room for a point between two runs. */
static egm_status check_points(egm_sampler *s, const char *points)
{
	const egm_target *t = s->target;
	char *scratch = s->blocks[0].noise;
	int64_t at = egm__first_nonfinite(s->context, t->dtype, points, s->options.chains * s->dims);
	if (at >= 0)
		return egm__fail(EGM_ERR_NONFINITE, "points is %s at chain %lld, dimension %lld",
		                 egm__nonfinite_name(egm__number(t->dtype, points, at)), (long long)(at / s->dims),
		                 (long long)(at % s->dims));
	size_t bytes = (size_t)s->dims * egm__dtype_size(t->dtype);
	for (int64_t c = 0; t->lower && c < s->options.chains; c++) {
		at = egm__target_from_points(t, 1, points + (size_t)c * bytes, scratch);
		if (at >= 0)
			return egm__fail(EGM_ERR_ARGUMENT, "points is %g at chain %lld, dimension %lld, must be inside of %g to %g",
			                 egm__number(t->dtype, points, c * s->dims + at), (long long)c, (long long)at, t->lower[at],
			                 t->upper[at]);
	}
	return EGM_OK;
}

static void place(egm_sampler *s, egm__walker *w, const char *x)
{
	if (s->target->lower)
		egm__target_from_points(s->target, 1, x, w->x);
	else
		memcpy(w->x, x, (size_t)egm__point_bytes(s));
	w->primed = w->frozen = w->inside = w->inner = 0;
	w->value = NAN;
}

egm_status egm_sampler_set_points(egm_sampler *s, egm_array points)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__sampler_idle(s, 0));
	EGM_TRY(egm__array_fits(points, "points", s->target->dtype, s->dims));
	if (points.rows != s->options.chains)
		EGM_FAIL(EGM_ERR_SHAPE, "points has %lld rows, must have one for each of %lld chains", (long long)points.rows,
		         (long long)s->options.chains);
	EGM_TRY(check_points(s, points.data));
	egm__adaptation_free(s);
	for (int64_t i = 0; i < s->n_walkers; i++)
		place(s, &s->walkers[i], (const char *)points.data + i / s->levels * egm__point_bytes(s));
out:
	return egm__named(__func__, st);
}

egm_status egm_sampler_points(const egm_sampler *s, egm_out points)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__sampler_idle(s, 1));
	EGM_TRY(egm__out_fits(points, "points", s->target->dtype, s->options.chains, s->dims));
	for (int64_t c = 0; c < s->options.chains; c++)
		egm__target_to_points(s->target, 1, s->walkers[c * s->levels].x, (char *)points.data + c * egm__point_bytes(s));
out:
	return egm__named(__func__, st);
}

/* ---- running */

static void clear_counters(egm_sampler *s)
{
	for (int64_t i = 0; i < s->n_walkers; i++) {
		egm__walker *w = &s->walkers[i];
		w->transitions = w->gradients = w->divergences = w->leapfrogs = w->saturated = 0;
		w->accept_sum = 0;
	}
	for (int64_t c = 0; c < s->options.chains; c++) s->chains[c].exchanges_tried = s->chains[c].exchanges_done = 0;
}

/* The log may be the program's, which may ask about the chains or free them. */
static void warn(egm_sampler *s, int64_t chain, int64_t frozen)
{
	__atomic_store_n(&s->busy, EGM__ASKING, __ATOMIC_SEQ_CST);
	egm__log(
	    s->context, EGM_LOG_WARNING,
	    "%s: energy or gradient of chain %lld is not finite after %lld transitions; %lld of %lld chains are frozen",
	    s->call, (long long)chain, (long long)s->chains[chain].transitions, (long long)frozen,
	    (long long)s->options.chains);
	__atomic_store_n(&s->busy, EGM__COMPUTING, __ATOMIC_SEQ_CST);
}

/* What is said of chains that froze in the call that ends, or stand still since an earlier one; a failure of the call
 * itself goes before. */
static egm_status judge_frozen(egm_sampler *s, egm_status st)
{
	int64_t frozen, chain = egm__sampler_first_frozen(s, &frozen), newly = -1;
	for (int32_t i = 0; i < s->n_blocks && newly < 0; i++) newly = s->blocks[i].froze;
	if (frozen == s->options.chains && st == EGM_OK)
		return egm__fail(
		    EGM_ERR_NONFINITE,
		    "energy or gradient of chain %lld is not finite after %lld transitions, and all %lld chains are "
		    "frozen; egm_sampler_set_points thaws them",
		    (long long)chain, (long long)s->chains[chain].transitions, (long long)frozen);
	if (newly >= 0) warn(s, newly, frozen);
	return st;
}

/* From the beginning, or the rest of one that was stopped. */
static egm_status adapt(egm_sampler *s, int64_t steps, int64_t all, egm_progress_fn progress, void *user)
{
	egm_status st = EGM_OK;
	int64_t done;
	if (steps == s->warmup_left)
		egm__adaptation_resume(s);
	else
		st = egm__adaptation_create(s, all);
	if (st != EGM_OK) return st;
	st = egm__sampler_advance(s, 1, steps, NULL, NULL, progress, user, &done);
	if (st == EGM_ERR_STOPPED && done > 0 && done < steps)
		egm__adaptation_pause(s, steps - done);
	else
		egm__adaptation_finish(s);
	st = judge_frozen(s, st);
	clear_counters(s);
	return st;
}

egm_status egm_sampler_warmup(egm_sampler *s, int64_t steps, egm_progress_fn progress, void *user)
{
	egm_status st = enter(s, "egm_sampler_warmup");
	int64_t all;
	if (st != EGM_OK) return egm__named(__func__, st);
	if (!s->method->metropolis)
		EGM_FAIL(EGM_ERR_STATE, "%s adapts nothing; run it to forget its start", s->method->name);
	if (steps < 1 || egm__size_mul(steps, s->inner, &all))
		EGM_FAIL(EGM_ERR_ARGUMENT, "steps is %lld, must be at least 1", (long long)steps);
	st = adapt(s, steps, all, progress, user);
out:
	return egm__named(__func__, leave(s, st));
}

/* n and thin, and room for what is drawn. */
static egm_status check_run(const egm_sampler *s, int64_t n, int64_t thin, egm_out draws, egm_out energies)
{
	egm_status st = EGM_OK;
	int64_t chains = s->options.chains, all;
	if (n < 1) EGM_FAIL(EGM_ERR_ARGUMENT, "n is %lld, must be at least 1", (long long)n);
	if (thin < 1) EGM_FAIL(EGM_ERR_ARGUMENT, "thin is %lld, must be at least 1", (long long)thin);
	if (egm__size_mul(n, thin, &all))
		EGM_FAIL(EGM_ERR_ARGUMENT, "n is %lld and thin is %lld, more transitions than can be counted", (long long)n,
		         (long long)thin);
	if (egm__size_mul(n, chains, &all) || egm__size_mul(all, s->row_bytes, &all))
		EGM_FAIL(EGM_ERR_ARGUMENT, "n is %lld: as many draws of %lld chains are more than memory can hold",
		         (long long)n, (long long)chains);
	if (draws.data) EGM_TRY(egm__out_fits(draws, "draws", s->target->dtype, n * chains, s->dims));
	if (energies.data) EGM_TRY(egm__out_fits(energies, "energies", s->target->dtype, n, chains));
out:
	return st;
}

egm_status egm_sampler_run(egm_sampler *s, int64_t n, int64_t thin, egm_out draws, egm_out energies,
                           egm_progress_fn progress, void *user)
{
	egm_status st = enter(s, "egm_sampler_run");
	int64_t done;
	if (st != EGM_OK) return egm__named(__func__, st);
	EGM_TRY(check_run(s, n, thin, draws, energies));
	egm__adaptation_free(s);
	st = judge_frozen(s, egm__sampler_advance(s, n, thin, draws.data, energies.data, progress, user, &done));
out:
	return egm__named(__func__, leave(s, st));
}

/* ---- asking */

static const egm_sampler_statistics none = EGM_SAMPLER_STATISTICS_INIT;
static const egm__option members[] = {
    EGM__RESULT(egm_sampler_statistics, transitions, "Transitions, as thin counts them."),
    EGM__RESULT(egm_sampler_statistics, gradients, "Evaluations of energy and gradient at one point."),
    EGM__RESULT(egm_sampler_statistics, acceptance, "Mean acceptance probability; NaN without a Metropolis test."),
    EGM__RESULT(egm_sampler_statistics, divergences, "Transitions that ended as divergent."),
    EGM__RESULT(egm_sampler_statistics, step_size, "Step size in use, mean over chains."),
    EGM__RESULT(egm_sampler_statistics, leapfrogs, "Mean number of leapfrog steps of a transition (hmc, nuts)."),
    EGM__RESULT(egm_sampler_statistics, saturated, "Transitions that reached max_depth (nuts)."),
    EGM__RESULT(egm_sampler_statistics, energy, "Energy V where the chains stand, mean over chains."),
    EGM__RESULT(egm_sampler_statistics, exchange, "Share of the exchanges that were accepted (tempered)."),
    EGM__RESULT(egm_sampler_statistics, frozen, "Chains that stand still because they went non-finite."),
};
EGM__OPTIONS(egm__options_sampler_statistics, egm_sampler_statistics, none, members);

/* Of a tempered chain, those that all its levels have made. */
static int64_t whole_transitions(const egm_sampler *s, int64_t chain)
{
	const egm__walker *w = &s->walkers[chain * s->levels];
	int64_t least = w[0].transitions;
	for (int64_t l = 1; l < s->levels; l++)
		if (w[l].transitions < least) least = w[l].transitions;
	return least / s->inner;
}

/* Sums over the walkers of chains from .. to-1. The coldest speaks for where a chain is, all for what it cost. */
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
