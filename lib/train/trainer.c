/* SPDX-License-Identifier: MIT */
/* Making and asking a trainer. Everything that a step needs is allocated here, so that a step allocates nothing. */
#include <core/rng_impl.h>
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <string.h>
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

/* Room for the nets that some phase keeps. */
static egm_status allocate_old(egm_trainer *t)
{
	uint32_t keeps = 0;
	for (int32_t i = 0; i < t->loss->n_phases; i++) keeps |= t->loss->phases[i].keeps;
	for (int32_t i = 0; i < t->loss->n_nets; i++) {
		const egm_model *net = t->loss->nets[i];
		if (!(keeps >> i & 1)) continue;
		t->old[i] = egm__alloc_zero(t->context, net->count, t->element);
		if (!t->old[i])
			return egm__fail(EGM_ERR_MEMORY, "no memory for another %lld parameters of net '%s'", (long long)net->count,
			                 net->name);
	}
	return EGM_OK;
}

int egm__trainer_reads_data(const egm_trainer *t)
{
	int reads = 0;
	for (int32_t i = 0; i < t->loss->n_phases; i++) reads |= t->loss->phases[i].reads_data;
	return reads;
}

/* Points of the model. */
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
		EGM_FAIL(EGM_ERR_MEMORY, "a batch of %lld rows of %lld numbers", (long long)t->options.batch,
		         (long long)t->loss->data_width);
	t->batch = egm__alloc_zero(t->context, count, t->element);
	t->terms = egm__alloc_zero(t->context, EGM__MAX_TERMS, t->element);
	t->state = egm__alloc_zero(t->context, EGM__MAX_STATE, t->element);
	t->state_next = egm__alloc_zero(t->context, EGM__MAX_STATE, t->element);
	t->statistics = egm__alloc_zero(t->context, egm__loss_statistics(t->loss) + 1, t->element);
	if (!t->batch || !t->terms || !t->state || !t->state_next || !t->statistics)
		EGM_FAIL(EGM_ERR_MEMORY, "no memory for a batch of %lld rows of %lld numbers", (long long)t->options.batch,
		         (long long)t->loss->data_width);
	start_state(t);
	EGM_TRY(allocate_old(t));
out:
	return st;
}

/* One arena for all phases, as large as the largest asks for. */
static egm_status compile(egm_trainer *t)
{
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < t->loss->n_phases; i++) {
		EGM_TRY(egm__loss_compile(t->loss, i, t->options.batch, &t->programs[i]));
		size_t bytes = egm__program_arena_bytes(t->programs[i]);
		if (bytes > t->arena_bytes) t->arena_bytes = bytes;
	}
	t->arena = egm__alloc_zero(t->context, t->arena_bytes + 1, 1);
	if (!t->arena) EGM_FAIL(EGM_ERR_MEMORY, "no memory for an arena of %zu bytes", t->arena_bytes);
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
	         "egm_trainer_create: %s with %lld parameters of %s, mini-batches of %lld rows, %zu bytes for a step",
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
	if (!t) EGM_FAIL(EGM_ERR_MEMORY, "no memory for a trainer");
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
		trainer->doomed = 1;
		return;
	}
	context = trainer->context;
	for (int32_t i = 0; i < EGM__MAX_PHASES; i++) egm__program_free(trainer->programs[i]);
	egm__free(context, trainer->arena);
	for (int32_t i = 0; i < EGM__MAX_NETS; i++)
		if (trainer->nets[i].context) egm__optimizer_clear(&trainer->nets[i]);
	for (int32_t i = 0; i < EGM__MAX_NETS; i++) egm__free(context, trainer->old[i]);
	egm__negatives_free(trainer->negatives);
	egm__batches_clear(&trainer->batches);
	egm__free(context, trainer->batch);
	egm__free(context, trainer->terms);
	egm__free(context, trainer->state);
	egm__free(context, trainer->state_next);
	egm__free(context, trainer->statistics);
	egm_loss_free(trainer->loss);
	egm__free(context, trainer);
	egm_context_free(context);
}

int64_t egm_trainer_steps(const egm_trainer *trainer)
{
	return trainer ? trainer->steps : 0;
}

double egm_trainer_term(const egm_trainer *trainer, int32_t index)
{
	if (!trainer || index < 0 || index >= trainer->loss->n_terms) return NAN;
	return trainer->term_values[index];
}

/* The arena of the phases, the gradients and the mini-batch: what a step writes and nobody needs after it. */
size_t egm_trainer_arena_bytes(const egm_trainer *trainer)
{
	if (!trainer) return 0;
	size_t bytes = trainer->arena_bytes;
	for (int32_t i = 0; i < trainer->loss->n_nets; i++) bytes += (size_t)trainer->nets[i].count * trainer->element;
	return bytes + (size_t)(trainer->options.batch * trainer->loss->data_width) * trainer->element;
}

/* Index of a net in the loss, -1 if it is not one of its nets. */
static int32_t find_net(const egm_trainer *trainer, const egm_model *net)
{
	for (int32_t i = 0; i < trainer->loss->n_nets; i++)
		if (trainer->loss->nets[i] == net) return i;
	return -1;
}

egm_status egm_trainer_set_learning_rate(egm_trainer *trainer, const egm_model *net, double learning_rate)
{
	egm_status st = EGM_OK;
	int32_t index = -1;
	if (!trainer) EGM_FAIL(EGM_ERR_ARGUMENT, "trainer is NULL");
	EGM_TRY(egm__trainer_whole(trainer));
	if (!(learning_rate > 0) || !isfinite(learning_rate))
		EGM_FAIL(EGM_ERR_ARGUMENT, "learning_rate is %g, must be positive and finite", learning_rate);
	if (trainer->loss->dtype == EGM_F32 && learning_rate > (double)FLT_MAX)
		EGM_FAIL(EGM_ERR_ARGUMENT, "learning_rate is %g, which is infinite in f32", learning_rate);
	if (net && (index = find_net(trainer, net)) < 0)
		EGM_FAIL(EGM_ERR_ARGUMENT, "net '%s' is not one of this %s", net->name, trainer->loss->kind);
	for (int32_t i = 0; i < trainer->loss->n_nets; i++)
		if (!net || i == index) trainer->nets[i].learning_rate = learning_rate;
out:
	return egm__named(__func__, st);
}

egm_status egm_trainer_average(egm_model **out, const egm_trainer *trainer, const egm_model *net)
{
	egm_status st = EGM_OK;
	int32_t index;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!trainer || !net) EGM_FAIL(EGM_ERR_ARGUMENT, "%s is NULL", trainer ? "net" : "trainer");
	EGM_TRY(egm__trainer_whole(trainer));
	if ((index = find_net(trainer, net)) < 0)
		EGM_FAIL(EGM_ERR_ARGUMENT, "net '%s' is not one of this %s", net->name, trainer->loss->kind);
	if (!trainer->nets[index].average) EGM_FAIL(EGM_ERR_STATE, "no averages are kept: average_decay is 0");
	EGM_TRY(egm_model_clone(out, net));
	if (trainer->nets[index].moves == 0) goto out; /* there is no other net yet */
	memcpy((*out)->parameters, trainer->nets[index].average, (size_t)net->count * trainer->element);
	(*out)->version++;
	/* a mean of numbers in the box is rounded, and checkpoints of 0.4 averaged what stood before each cut */
	if (trainer->loss->clip[index] > 0) egm__model_clip(*out, trainer->loss->clip[index]);
	egm__model_recompute_buffers(*out, 0, (*out)->n_layers, 0); /* an average of buffers is the buffer of nothing */
out:
	return egm__named(__func__, st);
}
