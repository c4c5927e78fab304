/* SPDX-License-Identifier: MIT */
/* One phase of a training step. It reads the networks and the state, and writes terms, gradients, running statistics
 * and the next state to separate buffers. Only if all of these are finite does it change the trainer and the networks,
 * so a phase that fails changes nothing. */
#include <core/status_impl.h>
#include <io/data_impl.h>
#include <math.h>
#include <string.h>
#include <train/trainer_impl.h>

static egm_status check_numbers(const egm_trainer *t, uint32_t written)
{
	egm_status st = EGM_OK;
	long long step = (long long)t->steps + 1;
	for (int32_t i = 0; i < t->loss->n_terms; i++) {
		double value = egm__number(t->loss->dtype, t->terms, i);
		if ((written >> i & 1) && !isfinite(value))
			EGM_FAIL(EGM_ERR_NONFINITE, "term '%s' of loss '%s' is %s at step %lld", t->loss->term_names[i],
			         t->loss->kind, egm__nonfinite_name(value), step);
	}
	for (int32_t i = 0; i < t->loss->n_state; i++) {
		double value = egm__number(t->loss->dtype, t->state_next, i);
		if (!isfinite(value))
			EGM_FAIL(EGM_ERR_NONFINITE, "state %d of loss '%s' is %s at step %lld", (int)i, t->loss->kind,
			         egm__nonfinite_name(value), step);
	}
out:
	return st;
}

static void *statistics_of(const egm_trainer *t, int32_t net)
{
	return (char *)t->statistics + (size_t)egm__loss_first_statistic(t->loss, net) * t->element;
}

/* A phase overwrites those of batches that it normalises; the others keep these values. */
static void copy_statistics(const egm_trainer *t)
{
	for (int32_t i = 0; i < t->loss->n_nets; i++) egm__model_get_statistics(t->loss->nets[i], statistics_of(t, i));
}

static egm_status check_statistics(const egm_trainer *t)
{
	const egm__kernels *kernels = egm__kernels_get(t->context->simd, t->loss->dtype);
	for (int32_t i = 0; i < t->loss->n_nets; i++)
		if (!kernels->all_finite(t->loss->nets[i]->statistics, statistics_of(t, i)))
			return egm__fail(EGM_ERR_NONFINITE, "a running statistic of network '%s' is not finite at step %lld",
			                 t->loss->roles[i], (long long)t->steps + 1);
	return EGM_OK;
}

static egm_status check_gradients(egm_trainer *t, const egm__phase *phase)
{
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < t->loss->n_nets; i++) {
		egm__scan scan = phase->moves >> i & 1 ? egm__optimizer_scan(&t->nets[i]) : EGM__SCAN_OK;
		if (scan != EGM__SCAN_OK)
			EGM_FAIL(EGM_ERR_NONFINITE, "the %s of network '%s' is not finite at step %lld, phase '%s'",
			         scan == EGM__SCAN_OVERFLOW ? "gradient norm" : "gradient", t->loss->roles[i],
			         (long long)t->steps + 1, phase->name);
	}
out:
	return st;
}

/* In a phase that reads negatives, terms 0 and 1 are the mean energies of data and negatives. */
static egm_status watch_negatives(const egm_trainer *t, const egm__phase *phase, egm__watch *next)
{
	if (!phase->reads_negatives) return EGM_OK;
	return egm__negatives_watch(t->negatives, egm__number(t->loss->dtype, t->terms, 0),
	                            egm__number(t->loss->dtype, t->terms, 1), t->steps + 1, next);
}

static void take_over(egm_trainer *t, const egm__phase *phase, uint32_t written, const egm__watch *watch)
{
	double factor = egm__schedule_factor(&t->options, t->steps);
	for (int32_t i = 0; i < t->loss->n_terms; i++)
		if (written >> i & 1) t->term_values[i] = egm__number(t->loss->dtype, t->terms, i);
	memcpy(t->state, t->state_next, EGM__MAX_STATE * t->element);
	for (int32_t i = 0; i < t->loss->n_nets; i++) {
		if (!(phase->moves >> i & 1)) continue;
		egm__model_put_statistics(t->loss->nets[i], statistics_of(t, i)); /* before the move, which averages them */
		egm__optimizer_move(&t->nets[i], factor);
		egm__model_refresh(t->loss->nets[i]);
	}
	if (phase->reads_negatives) egm__negatives_keep(t->negatives, watch);
	t->run++;
	if (phase->reads_data) t->batch_number++;
}

/* Copies the next mini-batch. The rows may come from a callback of the program, which runs within the step. */
static egm_status gather(egm_trainer *t, const egm_data *data)
{
	t->filling = 1;
	egm_status st = egm__batches_gather(&t->batches, data, t->batch_number, t->batch);
	t->filling = 0;
	return st;
}

egm_status egm__trainer_phase(egm_trainer *trainer, int32_t index, const egm_data *data)
{
	egm_status st = EGM_OK;
	const egm__phase *phase = &trainer->loss->phases[index];
	egm__watch watch = {0};
	if (phase->reads_data) EGM_TRY(gather(trainer, data));
	if (phase->reads_negatives)
		EGM_TRY(egm__negatives_draw(trainer->negatives, trainer->batch, trainer->batch_number, trainer->run));
	memcpy(trainer->state_next, trainer->state, EGM__MAX_STATE * trainer->element);
	copy_statistics(trainer);
	egm__program_run(trainer->programs[index], trainer->bases, trainer->options.seed, (uint64_t)trainer->run);
	EGM_TRY(check_numbers(trainer, trainer->written[index]));
	EGM_TRY(check_gradients(trainer, phase));
	EGM_TRY(check_statistics(trainer));
	EGM_TRY(watch_negatives(trainer, phase, &watch));
	take_over(trainer, phase, trainer->written[index], &watch);
out:
	return st;
}

void egm__trainer_keep(egm_trainer *t, int32_t phase)
{
	for (int32_t i = 0; i < t->loss->n_nets; i++)
		if (t->loss->phases[phase].keeps >> i & 1)
			memcpy(t->old[i], t->loss->nets[i]->parameters, (size_t)t->loss->nets[i]->count * t->element);
}
