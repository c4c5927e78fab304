/* SPDX-License-Identifier: MIT */
/* Starts by option: the rows of data (cd), noise (short_run), or rows of a buffer (pcd) that remembers where chains
 * have been, a share of which begin anew at noise. All rows of the buffer are used once, in random order, before one is
 * used again; which ones is a function of (seed, number), so that a resumed run needs the buffer alone.
 *
 * The chains' kernel, step and temperature are those of an ordinary sampler with one chain for each row of a batch. */
#include <core/options_impl.h>
#include <core/rng_impl.h>
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <string.h>
#include <train/trainer_impl.h>

enum { DEFAULT_BUFFER = 10000 };

static const egm_negatives_options defaults = {
    .struct_size = sizeof(egm_negatives_options), .start = EGM_NEGATIVES_PCD, .steps = 20, .restart = 0.05};

egm_status egm_negatives_options_init(egm_negatives_options *options, size_t size)
{
	return egm__options_init("egm_negatives_options", options, size, &defaults, sizeof defaults);
}

/* ---- checks */

static egm_status merge(egm_negatives_options *o, const egm_negatives_options *options, int64_t batch)
{
	egm_status st = EGM_OK;
	*o = defaults;
	EGM_TRY(egm__options_merge("egm_negatives_options", o, sizeof *o, options));
	if (o->start < EGM_NEGATIVES_CD || o->start > EGM_NEGATIVES_SHORT_RUN)
		EGM_FAIL(EGM_ERR_ARGUMENT, "negatives: start = %d is none of EGM_NEGATIVES_*", (int)o->start);
	if (o->reserved) EGM_FAIL(EGM_ERR_ARGUMENT, "negatives: reserved = %d is not 0", (int)o->reserved);
	if (o->steps < 1) EGM_FAIL(EGM_ERR_ARGUMENT, "negatives: steps = %lld is below 1", (long long)o->steps);
	if (!(o->restart >= 0 && o->restart <= 1))
		EGM_FAIL(EGM_ERR_ARGUMENT, "negatives: restart = %g is not in [0, 1]", o->restart);
	if (o->buffer == 0) o->buffer = batch > DEFAULT_BUFFER ? batch : DEFAULT_BUFFER;
	if (o->start == EGM_NEGATIVES_PCD && o->buffer < batch)
		EGM_FAIL(EGM_ERR_ARGUMENT, "negatives: a buffer of %lld rows is smaller than a batch of %lld",
		         (long long)o->buffer, (long long)batch);
out:
	return st;
}

static egm_status check_target(const egm_target *target, const egm_model *energy)
{
	if (target->nets[0] == energy && !target->nets[1]) return EGM_OK;
	return egm__fail(EGM_ERR_ARGUMENT, "negatives: the target is not egm_target_model of the loss's energy '%s'",
	                 energy->name);
}

/* ---- making */

/* n first points, numbers first .. of the draws of (seed, step), as the target sees them. */
static void give_birth(egm__negatives *n, uint64_t step, int64_t count, char *points)
{
	const egm_sampler *s = n->sampler;
	egm__rng rng = {.seed = s->options.seed, .step = step, .stream = EGM__STREAM_BIRTH};
	for (int64_t i = 0; i < count; i++) egm__start_draw(s, &rng, i, points + i * egm__point_bytes(s));
	egm__target_to_points(s->target, count, points, points);
}

static egm_status allocate(egm__negatives *n, int64_t batch)
{
	egm_status st = EGM_OK;
	size_t row = (size_t)egm__point_bytes(n->sampler);
	int64_t bytes;
	n->points = egm__alloc_zero(n->context, batch, row);
	if (!n->points) EGM_FAIL(EGM_ERR_MEMORY, "negatives: no memory for %lld points", (long long)batch);
	if (n->options.start != EGM_NEGATIVES_PCD) goto out;
	if (!egm__size_mul(n->options.buffer, (int64_t)row, &bytes))
		n->buffer = egm__alloc(n->context, n->options.buffer, row);
	if (!n->buffer)
		EGM_FAIL(EGM_ERR_MEMORY, "negatives: no memory for a buffer of %lld rows", (long long)n->options.buffer);
	n->order = (egm__batches){.context = n->context, .stream = EGM__STREAM_BUFFER, .batch = batch, .epoch = -1};
	EGM_TRY(egm__batches_fit(&n->order, n->options.buffer));
out:
	return st;
}

static egm_status create_sampler(egm__negatives *n, const egm_loss *loss, int64_t batch, uint64_t seed,
                                 egm_target *given, const egm_sampler_options *options)
{
	egm_status st = EGM_OK;
	egm_target *target = given;
	egm_sampler_options o;
	EGM_TRY(egm_sampler_options_init(&o, sizeof o, EGM_SAMPLER_ULA));
	for (int pass = 0; pass < 2; pass++) { /* what an older program's struct lacks takes the default of its kernel */
		EGM_TRY(egm_sampler_options_init(&o, sizeof o, o.kernel));
		EGM_TRY(egm__options_merge("egm_sampler_options", &o, sizeof o, options));
	}
	o.chains = batch;
	o.seed = seed;
	if (given)
		EGM_TRY(check_target(given, loss->nets[0]));
	else
		EGM_TRY(egm_target_model(&target, loss->nets[0], NULL));
	EGM_TRY(egm_sampler_create(&n->sampler, target, &o));
out:
	if (!given) egm_target_free(target);
	return st;
}

egm_status egm__negatives_create(egm__negatives **out, const egm_loss *loss, int64_t batch, uint64_t seed,
                                 egm_target *target, const egm_negatives_options *options,
                                 const egm_sampler_options *sampler)
{
	egm_status st = EGM_OK;
	egm__negatives *n = NULL;
	egm_negatives_options merged;
	*out = NULL;
	EGM_TRY(merge(&merged, options, batch));
	n = egm__alloc_zero(loss->context, 1, sizeof *n);
	if (!n) EGM_FAIL(EGM_ERR_MEMORY, "negatives: out of memory");
	n->context = loss->context;
	n->options = merged;
	EGM_TRY(create_sampler(n, loss, batch, seed, target, sampler));
	EGM_TRY(allocate(n, batch));
	egm__negatives_reseed(n, seed);
	if (n->buffer) give_birth(n, UINT64_MAX, n->options.buffer, n->buffer);
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
	egm__free(context, n->points);
	egm__free(context, n->buffer);
	egm__free(context, n);
}

egm_status egm__negatives_check(const egm__negatives *n, const void *buffer, const char *path)
{
	size_t row = (size_t)egm__point_bytes(n->sampler);
	for (int64_t i = 0; buffer && i < n->options.buffer; i++) {
		int64_t at = egm__target_from_points(n->sampler->target, 1, (const char *)buffer + (size_t)i * row, n->points);
		if (at >= 0)
			return egm__fail(EGM_ERR_FORMAT,
			                 "%s: row %lld of 'negatives.buffer' is outside of the bounds in dimension %lld", path,
			                 (long long)i, (long long)at);
	}
	return EGM_OK;
}

void egm__negatives_reseed(egm__negatives *n, uint64_t seed)
{
	n->order.seed = seed;
	n->order.epoch = -1;
}

/* ---- drawing */

/* Rows of the buffer over births, but for those that begin anew. */
static void recall(egm__negatives *n, int64_t number, int64_t run)
{
	size_t row = (size_t)egm__point_bytes(n->sampler);
	egm__rng rng = {.seed = n->order.seed, .step = (uint64_t)run, .stream = EGM__STREAM_RESTART};
	n->rows = egm__batches_rows(&n->order, number);
	for (int64_t i = 0; i < n->order.batch; i++) {
		uint32_t words[4];
		egm__rng_block(&rng, (uint32_t)i, words);
		if (egm__rng_unit(words) < n->options.restart) continue;
		memcpy((char *)n->points + (size_t)i * row, (char *)n->buffer + (size_t)n->rows[i] * row, row);
	}
}

egm_status egm__negatives_draw(egm__negatives *n, const void *data, int64_t number, int64_t run)
{
	egm_status st = EGM_OK;
	egm_sampler *s = n->sampler;
	if (n->options.start == EGM_NEGATIVES_CD)
		memcpy(n->points, data, (size_t)s->options.chains * (size_t)egm__point_bytes(s));
	else
		give_birth(n, (uint64_t)run, s->options.chains, n->points);
	if (n->options.start == EGM_NEGATIVES_PCD) recall(n, number, run);
	EGM_TRY(egm_sampler_set_points(s, s->target->dtype, n->points));
	EGM_TRY(egm_sampler_run(s, 1, n->options.steps, n->points, NULL));
out:
	return st;
}

void egm__negatives_keep(egm__negatives *n)
{
	size_t row = (size_t)egm__point_bytes(n->sampler);
	for (int64_t i = 0; n->buffer && i < n->order.batch; i++)
		memcpy((char *)n->buffer + (size_t)n->rows[i] * row, (char *)n->points + (size_t)i * row, row);
}

/* ---- the call */

egm_status egm_trainer_set_negatives(egm_trainer *trainer, egm_target *target, const egm_negatives_options *options,
                                     const egm_sampler_options *sampler)
{
	egm_status st = EGM_OK;
	egm__negatives *n = NULL;
	if (!trainer) EGM_FAIL(EGM_ERR_ARGUMENT, "egm_trainer_set_negatives: trainer is NULL");
	if (!trainer->negatives)
		EGM_FAIL(EGM_ERR_STATE, "egm_trainer_set_negatives: %s reads no negative samples", trainer->loss->kind);
	EGM_TRY(egm__negatives_create(&n, trainer->loss, trainer->options.batch, trainer->options.seed, target, options,
	                              sampler));
	egm__negatives_free(trainer->negatives);
	trainer->negatives = n;
	trainer->bases[EGM__SLOT_NEGATIVES] = n->points;
out:
	return st;
}
