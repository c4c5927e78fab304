/* SPDX-License-Identifier: MIT */
/* Reading a trainer, and changing its learning rates and negatives between steps. */
#include <core/options_impl.h>
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <string.h>
#include <train/trainer_impl.h>

int64_t egm_trainer_steps(const egm_trainer *trainer)
{
	return trainer ? trainer->steps : 0;
}

double egm_trainer_term(const egm_trainer *trainer, int32_t index)
{
	if (!trainer || index < 0 || index >= trainer->loss->n_terms) return NAN;
	return trainer->term_values[index];
}

/* The arena of the phases, the gradients and the mini-batch: memory whose contents are not needed after a step. */
size_t egm_trainer_arena_bytes(const egm_trainer *trainer)
{
	if (!trainer) return 0;
	size_t bytes = trainer->arena_bytes;
	for (int32_t i = 0; i < trainer->loss->n_nets; i++) bytes += (size_t)trainer->nets[i].count * trainer->element;
	return bytes + (size_t)(trainer->options.batch * trainer->loss->data_width) * trainer->element;
}

/* Index of a network in the loss; -1: not a network of this loss. */
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
	EGM_TRY(egm__trainer_idle(trainer));
	if (!(learning_rate > 0) || !isfinite(learning_rate))
		EGM_FAIL(EGM_ERR_ARGUMENT, "learning_rate is %g, must be positive and finite", learning_rate);
	if (trainer->loss->dtype == EGM_F32 && learning_rate > (double)FLT_MAX)
		EGM_FAIL(EGM_ERR_ARGUMENT, "learning_rate is %g, must be finite in f32", learning_rate);
	if (net && (index = find_net(trainer, net)) < 0)
		EGM_FAIL(EGM_ERR_ARGUMENT, "network '%s' is not one of this %s", net->name, trainer->loss->kind);
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
	EGM_TRY(egm__trainer_idle(trainer));
	if ((index = find_net(trainer, net)) < 0)
		EGM_FAIL(EGM_ERR_ARGUMENT, "network '%s' is not one of this %s", net->name, trainer->loss->kind);
	if (!trainer->nets[index].average) EGM_FAIL(EGM_ERR_STATE, "average_decay is 0, must be above 0 to keep averages");
	EGM_TRY(egm_model_clone(out, net));
	if (trainer->nets[index].moves == 0) goto out; /* no move yet: the average is the network itself */
	memcpy((*out)->parameters, trainer->nets[index].average, (size_t)net->count * trainer->element);
	(*out)->version++;
	/* a mean is rounded and may leave the box; checkpoints of 0.4 averaged the weights before they were clipped */
	if (trainer->loss->clip[index] > 0) egm__model_clip(*out, trainer->loss->clip[index]);
	/* buffers belong to these weights; an average of buffers does not */
	egm__model_recompute_buffers(*out, 0, (*out)->n_layers, 0);
out:
	return egm__named(__func__, st);
}

egm_status egm_trainer_set_negatives(egm_trainer *trainer, const egm_sampler *sampler,
                                     const egm_negatives_options *options)
{
	egm_status st = EGM_OK;
	egm__negatives *n = NULL;
	if (!trainer) EGM_FAIL(EGM_ERR_ARGUMENT, "trainer is NULL");
	EGM_TRY(egm__trainer_idle(trainer));
	if (!trainer->negatives) EGM_FAIL(EGM_ERR_STATE, "%s reads no negative samples", trainer->loss->kind);
	EGM_TRY(egm__negatives_create(&n, trainer->loss, trainer->options.batch, trainer->options.seed, sampler, options));
	egm__negatives_free(trainer->negatives);
	trainer->negatives = n;
	trainer->bases[EGM__SLOT_NEGATIVES] = n->points;
out:
	return egm__named(__func__, st);
}

static const egm_negatives_statistics none = {.struct_size = sizeof none};

egm_status egm_trainer_negatives_stats(const egm_trainer *trainer, egm_negatives_statistics *statistics)
{
	egm_status st = EGM_OK;
	egm_negatives_statistics all;
	egm_sampler_statistics chains = {.struct_size = sizeof chains};
	if (!trainer || !statistics) EGM_FAIL(EGM_ERR_ARGUMENT, "%s is NULL", trainer ? "statistics" : "trainer");
	EGM_TRY(egm__trainer_idle(trainer));
	if (!trainer->negatives) EGM_FAIL(EGM_ERR_STATE, "%s reads no negative samples", trainer->loss->kind);
	EGM_TRY(egm__result_check("egm_negatives_statistics", statistics));
	const egm__negatives *n = trainer->negatives;
	EGM_TRY(egm_sampler_stats(n->sampler, -1, &chains));
	all = none;
	all.acceptance = n->acceptance;
	all.step_size = chains.step_size;
	all.restarted = (double)n->restarted / (double)n->sampler->options.chains;
	all.ran_away = n->watch.ran_away;
	all.gap = n->watch.gap;
	all.gap_limit = egm__negatives_gap_limit(n);
	EGM_TRY(egm__options_init("egm_negatives_statistics", statistics, statistics->struct_size, &all, sizeof all));
out:
	return egm__named(__func__, st);
}
