/* SPDX-License-Identifier: MIT */
/* Making and freeing a trainer. Everything that a step needs is allocated here, so that steps allocate nothing. */
#include <core/rng_impl.h>
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <train/trainer_impl.h>

void egm__trainer_clear_terms(egm_trainer *trainer)
{
	for (int32_t i = 0; i < EGM__MAX_TERMS; i++) trainer->term_values[i] = NAN;
}

static void start_state(egm_trainer *t)
{
	for (int32_t i = 0; i < t->loss->n_state; i++)
		egm__number_put(t->loss->dtype, t->state, i, t->loss->state_start[i]);
}

/* Allocates copies of the networks that some phase keeps as they were. */
static egm_status allocate_old(egm_trainer *t)
{
	uint32_t keeps = 0;
	for (int32_t i = 0; i < t->loss->n_phases; i++) keeps |= t->loss->phases[i].keeps;
	for (int32_t i = 0; i < t->loss->n_nets; i++) {
		const egm_model *net = t->loss->nets[i];
		if (!(keeps >> i & 1)) continue;
		t->old[i] = egm__alloc_zero(t->context, net->count, t->element);
		if (!t->old[i])
			return egm__fail(EGM_ERR_MEMORY, "out of memory for a copy of the %lld parameters of network '%s'",
			                 (long long)net->count, net->name);
	}
	return EGM_OK;
}

egm_status egm__trainer_idle(const egm_trainer *t)
{
	if (!t->filling) return EGM_OK;
	return egm__fail(EGM_ERR_STATE,
	                 "called from the callback that fills a mini-batch of this trainer, must be called outside of it");
}

static int reads_negatives(const egm_trainer *t)
{
	int reads = 0;
	for (int32_t i = 0; i < t->loss->n_phases; i++) reads |= t->loss->phases[i].reads_negatives;
	return reads;
}

static egm_status allocate_buffers(egm_trainer *t)
{
	egm_status st = EGM_OK;
	int64_t count;
	if (egm__size_mul(t->options.batch, t->loss->data_width, &count))
		EGM_FAIL(EGM_ERR_MEMORY, "out of memory for a batch of %lld rows of %lld numbers", (long long)t->options.batch,
		         (long long)t->loss->data_width);
	t->batch = egm__alloc_zero(t->context, count, t->element);
	t->terms = egm__alloc_zero(t->context, EGM__MAX_TERMS, t->element);
	t->state = egm__alloc_zero(t->context, EGM__MAX_STATE, t->element);
	t->state_next = egm__alloc_zero(t->context, EGM__MAX_STATE, t->element);
	t->statistics = egm__alloc_zero(t->context, egm__loss_statistics(t->loss) + 1, t->element);
	if (!t->batch || !t->terms || !t->state || !t->state_next || !t->statistics)
		EGM_FAIL(EGM_ERR_MEMORY, "out of memory for a batch of %lld rows of %lld numbers", (long long)t->options.batch,
		         (long long)t->loss->data_width);
	start_state(t);
	EGM_TRY(allocate_old(t));
out:
	return st;
}

/* One arena for all phases, as large as the largest that a phase needs. */
static egm_status compile(egm_trainer *t)
{
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < t->loss->n_phases; i++) {
		EGM_TRY(egm__loss_compile(t->loss, i, t->options.batch, &t->programs[i], &t->written[i]));
		size_t bytes = egm__program_arena_bytes(t->programs[i]);
		if (bytes > t->arena_bytes) t->arena_bytes = bytes;
	}
	t->arena = egm__alloc_zero(t->context, t->arena_bytes + 1, 1);
	if (!t->arena) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for an arena of %zu bytes", t->arena_bytes);
	for (int32_t i = 0; i < t->loss->n_phases; i++) egm__program_borrow(t->programs[i], t->arena);
out:
	return st;
}

static void bind_slots(egm_trainer *t)
{
	t->bases[EGM__SLOT_DATA] = t->batch;
	t->bases[EGM__SLOT_TERMS] = t->terms;
	t->bases[EGM__SLOT_STATE] = t->state_next;
	for (int32_t i = 0; i < t->loss->n_nets; i++) {
		t->bases[EGM__SLOT_NET + i] = t->loss->nets[i]->parameters;
		t->bases[EGM__SLOT_GRADIENT + i] = t->nets[i].gradient;
		t->bases[EGM__SLOT_OLD + i] = t->old[i];
	}
	if (t->negatives) t->bases[EGM__SLOT_NEGATIVES] = t->negatives->points;
	t->bases[EGM__SLOT_CONSTANTS] = t->loss->constants;
	t->bases[EGM__SLOT_STATISTICS] = t->statistics;
}

static egm_status set_up(egm_trainer *t)
{
	egm_status st = EGM_OK;
	t->element = egm__dtype_size(t->loss->dtype);
	t->batches.context = t->context;
	t->batches.seed = t->options.seed;
	t->batches.stream = EGM__STREAM_SHUFFLE;
	t->batches.batch = t->options.batch;
	t->batches.epoch = -1;
	egm__trainer_clear_terms(t);
	EGM_TRY(allocate_buffers(t));
	for (int32_t i = 0; i < t->loss->n_nets; i++)
		EGM_TRY(egm__optimizer_init(&t->nets[i], t->context, t->loss->nets[i], &t->options, t->loss->clip[i]));
	EGM_TRY(compile(t));
	if (reads_negatives(t))
		EGM_TRY(egm__negatives_create(&t->negatives, t->loss, t->options.batch, t->options.seed, NULL, NULL));
	bind_slots(t);
out:
	return st;
}

static void report(const egm_trainer *t)
{
	int64_t parameters = 0;
	for (int32_t i = 0; i < t->loss->n_nets; i++) parameters += t->loss->nets[i]->count;
	egm__log(t->context, EGM_LOG_INFO,
	         "egm_trainer_create: %s with %lld parameters in %s, mini-batches of %lld rows, %zu bytes of working "
	         "memory for a step",
	         t->loss->kind, (long long)parameters, egm__dtype_name(t->loss->dtype), (long long)t->options.batch,
	         t->arena_bytes);
}

egm_status egm_trainer_create(egm_trainer **out, egm_loss *loss, const egm_trainer_options *options)
{
	egm_status st = EGM_OK;
	egm_trainer *t = NULL;
	egm_trainer_options merged;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!loss) EGM_FAIL(EGM_ERR_ARGUMENT, "loss is NULL");
	EGM_TRY(egm__trainer_options_merge(&merged, options));
	EGM_TRY(egm__trainer_check_dtype(&merged, loss->dtype));
	EGM_TRY(egm__loss_check_batch(loss, merged.batch));
	t = egm__alloc_zero(loss->context, 1, sizeof *t);
	if (!t) EGM_FAIL(EGM_ERR_MEMORY, "out of memory");
	t->context = loss->context;
	egm__context_retain(t->context);
	t->loss = loss;
	egm__loss_retain(loss);
	t->options = merged;
	EGM_TRY(set_up(t));
	*out = t;
	t = NULL;
	report(*out);
out:
	egm_trainer_free(t);
	return egm__named(__func__, st);
}

void egm_trainer_free(egm_trainer *trainer)
{
	egm_context *context;
	if (!trainer) return;
	if (trainer->fitting) {
		trainer->free_pending = 1;
		return;
	}
	context = trainer->context;
	for (int32_t i = 0; i < EGM__MAX_PHASES; i++) egm__program_free(trainer->programs[i]);
	for (int32_t i = 0; i < EGM__MAX_NETS; i++) {
		if (trainer->nets[i].context) egm__optimizer_clear(&trainer->nets[i]);
		egm__free(context, trainer->old[i]);
	}
	egm__negatives_free(trainer->negatives);
	egm__batches_clear(&trainer->batches);
	egm_loss_free(trainer->loss);
	void *owned[] = {trainer->arena,      trainer->batch,      trainer->terms, trainer->state,
	                 trainer->state_next, trainer->statistics, trainer};
	for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) egm__free(context, owned[i]);
	egm_context_free(context);
}
