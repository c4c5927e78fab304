/* SPDX-License-Identifier: MIT */
/* Negative samples: points of the model, drawn by an ordinary sampler with one chain for each row of a batch. This file
 * makes them and runs the chains; negatives_start.c says where chains start, negatives_watch.c detects divergence.
 *
 * Why the default kernel is MALA with jitter and an adapted step. As training sharpens U, any fixed step becomes too
 * long: ULA is unstable beyond eps k = 4, k the curvature, and a Metropolis test then rejects everything. In either
 * case the negatives stay at high energies, training makes U steeper at their points, and it never recovers. So the
 * step is adapted to the mean acceptance of the batch, between draws: within a draw every transition leaves exp(-V)
 * invariant. The mean hides chains that reject everything at a steeper place, the outer side of a valley. Jitter helps
 * these: with h uniform in 0.1 to 1.9 steps, some transitions are short enough everywhere, and a mixture of reversible
 * kernels is reversible. */
#include <core/options_impl.h>
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <string.h>
#include <train/trainer_impl.h>

enum { DEFAULT_BUFFER = 10000, ATTEMPTS = 4 };
static const double JITTER = 0.9, GAIN = 0.25, LEAST_STEP = 1e-30;

static egm_status merge(egm_negatives_options *o, const egm_negatives_options *options, int64_t batch)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__options_check(&egm__options_negatives, o, options));
	if (o->buffer == 0) o->buffer = batch > DEFAULT_BUFFER ? batch : DEFAULT_BUFFER;
	if (o->start == EGM_NEGATIVES_PCD && o->buffer < batch)
		EGM_FAIL(EGM_ERR_ARGUMENT, "buffer is %lld, must be at least the %lld rows of a batch", (long long)o->buffer,
		         (long long)batch);
out:
	return st;
}

static egm_status check_target(const egm_target *target, const egm_model *energy)
{
	const char *what = "of no network";
	if (target->nets[0] == energy && !target->nets[1]) return EGM_OK;
	if (target->nets[0]) what = "of another network";
	if (target->nets[1]) what = "egm_target_latent";
	return egm__fail(EGM_ERR_ARGUMENT,
	                 "the target of the sampler is %s, must be egm_target_model of the loss's energy '%s'", what,
	                 energy->name);
}

/* ---- making */

static egm_status allocate(egm__negatives *n, int64_t batch)
{
	egm_status st = EGM_OK;
	size_t row = (size_t)egm__point_bytes(n->sampler);
	int64_t bytes;
	n->points = egm__alloc_zero(n->context, batch, row);
	if (!n->points) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for %lld points", (long long)batch);
	if (n->options.start != EGM_NEGATIVES_PCD) goto out;
	if (n->options.near_data) {
		n->bandwidth = egm__alloc_zero(n->context, n->sampler->dims, sizeof *n->bandwidth);
		n->noise = egm__alloc_zero(n->context, 1, row);
		if (!n->bandwidth || !n->noise) EGM_FAIL(EGM_ERR_MEMORY, "out of memory");
	}
	if (!egm__size_mul(n->options.buffer, (int64_t)row, &bytes))
		n->buffer = egm__alloc(n->context, n->options.buffer, row);
	if (!n->buffer) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for a buffer of %lld rows", (long long)n->options.buffer);
	n->order = (egm__batches){.context = n->context, .stream = EGM__STREAM_BUFFER, .batch = batch, .epoch = -1};
	EGM_TRY(egm__batches_fit(&n->order, n->options.buffer));
out:
	return st;
}

static egm_status create_default(egm__negatives *n, const egm_loss *loss, int64_t batch, uint64_t seed)
{
	egm_mala_options o = EGM_MALA_OPTIONS_INIT;
	egm_target *target;
	egm_status st = egm_target_model(&target, loss->nets[0], NULL);
	o.chains = batch;
	o.seed = seed;
	o.jitter = JITTER;
	if (st == EGM_OK) st = egm__sampler_create(&n->sampler, &egm__method_mala, target, &o);
	egm_target_free(target);
	return st;
}

static egm_status create_sampler(egm__negatives *n, const egm_loss *loss, int64_t batch, uint64_t seed,
                                 const egm_sampler *model)
{
	egm_status st = EGM_OK;
	if (!model) return create_default(n, loss, batch, seed);
	EGM_TRY(check_target(model->target, loss->nets[0]));
	if (n->options.adapt_step && !model->method->metropolis)
		EGM_FAIL(EGM_ERR_ARGUMENT,
		         "adapt_step is 1, must be 0 for %s, which has no Metropolis test; mala, hmc, nuts and tempered "
		         "have one",
		         model->method->name);
	EGM_TRY(egm__sampler_like(&n->sampler, model, batch, seed));
out:
	return st;
}

egm_status egm__negatives_create(egm__negatives **out, const egm_loss *loss, int64_t batch, uint64_t seed,
                                 const egm_sampler *sampler, const egm_negatives_options *options)
{
	egm_status st = EGM_OK;
	egm__negatives *n = NULL;
	egm_negatives_options merged;
	*out = NULL;
	EGM_TRY(merge(&merged, options, batch));
	n = egm__alloc_zero(loss->context, 1, sizeof *n);
	if (!n) EGM_FAIL(EGM_ERR_MEMORY, "out of memory");
	n->context = loss->context;
	n->options = merged;
	n->default_kernel = !sampler;
	if (n->default_kernel) n->options.adapt_step = n->options.near_data = 1;
	n->acceptance = NAN;
	EGM_TRY(create_sampler(n, loss, batch, seed, sampler));
	EGM_TRY(allocate(n, batch));
	egm__negatives_reseed(n, seed);
	if (n->buffer) egm__negatives_draw_starts(n, UINT64_MAX, n->options.buffer, n->buffer);
	*out = n;
	n = NULL;
out:
	egm__negatives_free(n);
	return st;
}

void egm__negatives_free(egm__negatives *n)
{
	if (!n) return;
	egm_context *context = n->context;
	egm_sampler_free(n->sampler);
	if (n->order.context) egm__batches_clear(&n->order);
	void *owned[] = {n->points, n->buffer, n->bandwidth, n->noise, n};
	for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) egm__free(context, owned[i]);
}

egm_status egm__negatives_check(const egm__negatives *n, const void *buffer, const char *path)
{
	size_t row = (size_t)egm__point_bytes(n->sampler);
	for (int64_t i = 0; buffer && i < n->options.buffer; i++) {
		int64_t at = egm__target_from_points(n->sampler->target, 1, (const char *)buffer + (size_t)i * row, n->points);
		if (at >= 0)
			return egm__fail(EGM_ERR_FORMAT,
			                 "%s: row %lld of 'negatives.buffer' is out of bounds in dimension %lld, must be inside",
			                 path, (long long)i, (long long)at);
	}
	return EGM_OK;
}

void egm__negatives_reseed(egm__negatives *n, uint64_t seed)
{
	n->order.seed = seed;
	n->order.epoch = -1;
}

/* ---- drawing */

/* Sum of acceptance probabilities over all walkers; *transitions: their number. */
static double count_accepted(const egm_sampler *s, int64_t *transitions)
{
	double sum = 0;
	*transitions = 0;
	for (int64_t i = 0; i < s->n_walkers; i++) {
		sum += s->walkers[i].accept_sum;
		*transitions += s->walkers[i].transitions;
	}
	return sum;
}

/* Longer steps if more than target_accept is accepted, up to the step_size of the sampler. */
static void adapt_step(egm__negatives *n)
{
	egm_sampler *s = n->sampler;
	const egm__sampler_options *o = &s->options;
	double factor = exp(GAIN * (n->acceptance - o->target_accept));
	for (int64_t i = 0; i < s->n_walkers; i++) {
		double temperature = s->levels > 1 ? o->temperatures[i % s->levels] : 1;
		double most = s->method->langevin ? sqrt(o->step_size * temperature) : o->step_size;
		s->walkers[i].step = fmax(fmin(s->walkers[i].step * factor, most), LEAST_STEP);
	}
}

static egm_status run_chains(egm__negatives *n)
{
	egm_status st = EGM_OK;
	egm_sampler *s = n->sampler;
	int64_t before, made, done;
	EGM_TRY(egm_sampler_set_points(s, egm_array_of(s->target->dtype, n->points, s->options.chains, s->dims)));
	double accepted = -count_accepted(s, &before);
	st = egm__sampler_advance(s, 1, n->options.steps, n->points, NULL, NULL, NULL, &done);
	accepted += count_accepted(s, &made);
	n->acceptance = s->method->metropolis ? accepted / (double)(made - before) : NAN;
	if (n->options.adapt_step && made > before) adapt_step(n);
out:
	return st;
}

static egm_status fail_frozen(const egm_sampler *s, int64_t chain)
{
	return egm__fail(EGM_ERR_NONFINITE,
	                 "energy or gradient of chain %lld of the negatives is not finite after %lld transitions",
	                 (long long)chain, (long long)s->chains[chain].transitions);
}

/* With pcd, chains that freeze are restarted and the others continue: longer runs do not change their distribution. */
egm_status egm__negatives_draw(egm__negatives *n, const void *data, int64_t number, int64_t run)
{
	egm_status st = EGM_OK;
	egm_sampler *s = n->sampler;
	int64_t row = egm__point_bytes(s), frozen;
	n->run = run;
	egm__negatives_place_starts(n, data, number);
	for (int64_t attempt = 1;; attempt++) {
		EGM_TRY(run_chains(n));
		int64_t chain = egm__sampler_first_frozen(s, &frozen);
		if (chain < 0) break;
		if (!n->buffer || attempt == ATTEMPTS) return fail_frozen(s, chain);
		for (int64_t i = 0; i < n->order.batch; i++)
			if (egm__chain_is_frozen(s, i)) egm__negatives_restart(n, i, attempt, (char *)n->points + i * row);
	}
out:
	return st;
}

/* The loss has used points that ran away and raises U there. Their rows are restarted all the same, because such a
 * chain may never come back. */
void egm__negatives_keep(egm__negatives *n, const egm__watch *next)
{
	size_t row = (size_t)egm__point_bytes(n->sampler);
	n->watch = *next;
	for (int64_t i = 0; n->buffer && i < n->order.batch; i++) {
		char *point = (char *)n->points + (size_t)i * row, *kept = (char *)n->buffer + (size_t)n->rows[i] * row;
		if (egm__negatives_is_far(n, point))
			egm__negatives_restart(n, i, ATTEMPTS, kept);
		else
			memcpy(kept, point, row);
	}
}
