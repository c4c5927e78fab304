/* SPDX-License-Identifier: MIT */
/* egm_trainer_fit: runs steps, each of which is all phases of the loss, with a progress callback after each step. */
#include <core/status_impl.h>
#include <io/data_impl.h>
#include <train/trainer_impl.h>

static egm_status one_step(egm_trainer *t, const egm_data *data)
{
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < t->loss->n_phases; i++) {
		egm__trainer_keep(t, i);
		for (int32_t k = 0; k < t->loss->phases[i].repeat; k++) EGM_TRY(egm__trainer_phase(t, i, data));
	}
	t->steps++;
out:
	return st;
}

static int reads_data(const egm_trainer *t)
{
	int reads = 0;
	for (int32_t i = 0; i < t->loss->n_phases; i++) reads |= t->loss->phases[i].reads_data;
	return reads;
}

static egm_status check_data(const egm_trainer *t, const egm_data *data)
{
	egm_status st = EGM_OK;
	if (!data && !reads_data(t)) goto out;
	if (!data) EGM_FAIL(EGM_ERR_ARGUMENT, "data is NULL");
	if (egm_data_dtype(data) != t->loss->dtype)
		EGM_FAIL(EGM_ERR_DTYPE, "data is %s, must be %s as the networks of this %s",
		         egm__dtype_name(egm_data_dtype(data)), egm__dtype_name(t->loss->dtype), t->loss->kind);
	if (egm_data_columns(data) != t->loss->data_width)
		EGM_FAIL(EGM_ERR_SHAPE, "data has %lld columns, must have %lld for the networks of this %s",
		         (long long)egm_data_columns(data), (long long)t->loss->data_width, t->loss->kind);
	if (egm_data_rows(data) < t->options.batch)
		EGM_FAIL(EGM_ERR_SHAPE, "data has %lld rows, must have at least the %lld of a batch",
		         (long long)egm_data_rows(data), (long long)t->options.batch);
out:
	return st;
}

static int report(const egm_trainer *t, int64_t done, int64_t total, egm_progress_fn progress, void *user)
{
	egm_progress p = {.struct_size = sizeof p, .step = t->steps, .done = done, .total = total};
	if (!progress) return 0;
	p.term_count = t->loss->n_terms;
	p.term_names = t->loss->term_names;
	p.terms = t->term_values;
	/* of the step just made and of the first network; networks may have different rates */
	p.learning_rate = t->nets[0].learning_rate * egm__schedule_factor(&t->options, t->steps - 1);
	return progress(&p, user);
}

static egm_status do_steps(egm_trainer *t, const egm_data *data, int64_t steps, egm_progress_fn progress, void *user)
{
	egm_status st = EGM_OK;
	for (int64_t done = 1; done <= steps; done++) {
		EGM_TRY(one_step(t, data));
		if (report(t, done, steps, progress, user))
			EGM_FAIL(EGM_ERR_STOPPED, "the progress callback stopped the call after step %lld", (long long)t->steps);
	}
out:
	return st;
}

egm_status egm_trainer_fit(egm_trainer *trainer, const egm_data *data, int64_t steps, egm_progress_fn progress,
                           void *user)
{
	egm_status st = EGM_OK;
	union {
		const egm_data *given;
		egm_data *held; /* the callback may free it */
	} d = {data};
	if (!trainer) EGM_FAIL(EGM_ERR_ARGUMENT, "trainer is NULL");
	if (steps < 0) EGM_FAIL(EGM_ERR_ARGUMENT, "steps is %lld, must be at least 0", (long long)steps);
	if (trainer->fitting)
		EGM_FAIL(EGM_ERR_STATE, "called from its own callback, must be called after egm_trainer_fit has returned");
	EGM_TRY(check_data(trainer, data));
	if (data) EGM_TRY(egm__batches_fit(&trainer->batches, egm_data_rows(data)));
	trainer->fitting = 1;
	if (data) egm__data_retain(d.held);
	st = do_steps(trainer, data, steps, progress, user);
	if (data) egm_data_free(d.held);
	trainer->fitting = 0;
	if (trainer->free_pending) egm_trainer_free(trainer);
out:
	return egm__named(__func__, st);
}
