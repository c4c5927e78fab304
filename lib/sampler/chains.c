/* SPDX-License-Identifier: MIT */
/* The calls that place chains and run them. A sampler runs one call at a time. */
#include <core/array_impl.h>
#include <core/size_impl.h>
#include <math.h>
#include <sampler/block_impl.h>
#include <string.h>
#include <tensor/finite_impl.h>

egm_status egm__sampler_idle(const egm_sampler *s, int reads)
{
	if (!s) return egm__fail(EGM_ERR_ARGUMENT, "sampler is NULL");
	int32_t busy = __atomic_load_n(&s->busy, __ATOMIC_SEQ_CST);
	if (busy == EGM__IDLE || (reads && busy == EGM__ASKING)) return EGM_OK;
	return egm__fail(EGM_ERR_STATE, "the sampler is in %s, must not be called from its %s callback", s->call,
	                 busy == EGM__ASKING ? "progress" : "energy");
}

/* Marks the sampler as busy, until `leave`. */
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
	if (s->free_pending) egm_sampler_free(s);
	return st;
}

/* Fails at the first value that is not finite or out of bounds. The noise of block 0 is unused between calls. */
static egm_status check_points(egm_sampler *s, const char *points)
{
	const egm_target *t = s->target;
	char *scratch = s->blocks[0].noise;
	int64_t at = egm__first_nonfinite(s->context, t->dtype, points, s->options.chains * s->dims);
	if (at >= 0)
		return egm__fail(EGM_ERR_NONFINITE, "points is %s at chain %lld, dimension %lld, must be finite",
		                 egm__nonfinite_name(egm__number(t->dtype, points, at)), (long long)(at / s->dims),
		                 (long long)(at % s->dims));
	size_t bytes = (size_t)s->dims * egm__dtype_size(t->dtype);
	for (int64_t c = 0; t->lower && c < s->options.chains; c++) {
		at = egm__target_from_points(t, 1, points + (size_t)c * bytes, scratch);
		if (at >= 0)
			return egm__fail(EGM_ERR_ARGUMENT,
			                 "points is %g at chain %lld, dimension %lld, must be above %g and below %g",
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
	w->evaluated = w->frozen = w->inside = w->inner = 0;
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

static void clear_counters(egm_sampler *s)
{
	for (int64_t i = 0; i < s->n_walkers; i++) {
		egm__walker *w = &s->walkers[i];
		w->transitions = w->gradients = w->divergences = w->leapfrogs = w->saturated = 0;
		w->accept_sum = 0;
	}
	for (int64_t c = 0; c < s->options.chains; c++) s->chains[c].exchanges_tried = s->chains[c].exchanges_done = 0;
}

/* The log function of a program may read the chains or free the sampler. */
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

/* Warns of chains that froze in the call that ends, and fails if all chains are frozen, unless the call itself has
 * failed. */
static egm_status report_frozen(egm_sampler *s, egm_status st)
{
	int64_t frozen, chain = egm__sampler_first_frozen(s, &frozen), newly = -1;
	for (int32_t i = 0; i < s->n_blocks && newly < 0; i++) newly = s->blocks[i].froze;
	if (frozen == s->options.chains && st == EGM_OK)
		return egm__fail(
		    EGM_ERR_NONFINITE,
		    "energy or gradient of chain %lld is not finite after %lld transitions, and all %lld chains are "
		    "frozen; egm_sampler_set_points lets them move again",
		    (long long)chain, (long long)s->chains[chain].transitions, (long long)frozen);
	if (newly >= 0) warn(s, newly, frozen);
	return st;
}

/* A whole warm-up of `all` transitions of each walker, or the rest of one that was stopped. */
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
	st = report_frozen(s, st);
	clear_counters(s);
	return st;
}

egm_status egm_sampler_warmup(egm_sampler *s, int64_t steps, egm_progress_fn progress, void *user)
{
	egm_status st = enter(s, "egm_sampler_warmup");
	int64_t all;
	if (st != EGM_OK) return egm__named(__func__, st);
	if (!s->method->metropolis)
		EGM_FAIL(EGM_ERR_STATE, "%s adapts nothing; egm_sampler_run makes transitions without a warm-up",
		         s->method->name);
	if (steps < 1 || egm__size_mul(steps, s->inner, &all))
		EGM_FAIL(EGM_ERR_ARGUMENT, "steps is %lld, must be at least 1", (long long)steps);
	st = adapt(s, steps, all, progress, user);
out:
	return egm__named(__func__, leave(s, st));
}

/* Checks n and thin, and the sizes of both arrays. */
static egm_status check_run(const egm_sampler *s, int64_t n, int64_t thin, egm_out draws, egm_out energies)
{
	egm_status st = EGM_OK;
	int64_t chains = s->options.chains, all;
	if (n < 1) EGM_FAIL(EGM_ERR_ARGUMENT, "n is %lld, must be at least 1", (long long)n);
	if (thin < 1) EGM_FAIL(EGM_ERR_ARGUMENT, "thin is %lld, must be at least 1", (long long)thin);
	if (egm__size_mul(n, thin, &all))
		EGM_FAIL(EGM_ERR_ARGUMENT, "n is %lld and thin is %lld, must have a product below 2^63", (long long)n,
		         (long long)thin);
	if (egm__size_mul(n, chains, &all) || egm__size_mul(all, s->row_bytes, &all))
		EGM_FAIL(EGM_ERR_ARGUMENT, "n is %lld, must be less: draws of %lld chains would exceed any memory",
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
	st = report_frozen(s, egm__sampler_advance(s, n, thin, draws.data, energies.data, progress, user, &done));
out:
	return egm__named(__func__, leave(s, st));
}
