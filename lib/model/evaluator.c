/* SPDX-License-Identifier: MIT */
/* Compiled nets. A program has an arena of its own and serves one caller at a time, so a call takes an evaluator out of
 * the model's list and gives it back: threads that evaluate one model at once each get their own, and a call that comes
 * back finds it warm. The lock is held for the taking alone. Parameters are read where the model keeps them, so that
 * training does not outdate a program. */
#include <core/size_impl.h>
#include <model/evaluator_impl.h>
#include <pthread.h>

/* Idle evaluators kept: two kinds in three sizes, and some threads. The longest unused goes first. */
enum { MAX_IDLE = 12 };

/* Slot 0 is the program's own arena. */
enum { SLOT_PARAMETERS = 1, SLOT_X, SLOT_Y, SLOT_GRADIENT };

struct egm__evaluators {
	pthread_mutex_t mutex;
	egm__evaluator *idle; /* last used first */
};

static void evaluator_free(egm_context *context, egm__evaluator *e)
{
	if (!e) return;
	egm__program_free(e->program);
	egm__free(context, e->x);
	egm__free(context, e->y);
	egm__free(context, e->gradient);
	egm__free(context, e);
}

egm_status egm__evaluators_create(egm__evaluators **out, egm_context *context)
{
	egm__evaluators *evaluators = egm__alloc_zero(context, 1, sizeof *evaluators);
	if (!evaluators || pthread_mutex_init(&evaluators->mutex, NULL)) {
		egm__free(context, evaluators);
		return egm__fail(EGM_ERR_MEMORY, "no memory for the lock of a model");
	}
	*out = evaluators;
	return EGM_OK;
}

void egm__evaluators_free(egm_context *context, egm__evaluators *evaluators)
{
	if (!evaluators) return;
	for (egm__evaluator *e = evaluators->idle, *next; e; e = next) {
		next = e->next;
		evaluator_free(context, e);
	}
	pthread_mutex_destroy(&evaluators->mutex);
	egm__free(context, evaluators);
}

/* ---- compiling */

static egm_status compile(const egm_model *model, egm__evaluator *e)
{
	egm_status st = EGM_OK;
	egm__graph *graph = NULL;
	EGM_TRY(egm__graph_create(&graph, model->context, model->dtype));
	egm__id x = egm__leaf(graph, SLOT_X, 0, egm__shape2(e->chunk, model->inputs));
	egm__id y = egm__model_apply(graph, model, SLOT_PARAMETERS, x);
	egm__graph_output(graph, y, SLOT_Y, 0);
	if (e->kind == EGM__EVALUATE_GRADIENT) {
		egm__id gradient;
		egm__gradient(graph, y, 1, &x, &gradient);
		egm__graph_output(graph, gradient, SLOT_GRADIENT, 0);
	}
	EGM_TRY(egm__graph_status(graph));
	EGM_TRY(egm__program_create(&e->program, graph));
out:
	egm__graph_free(graph);
	return st;
}

/* Zeros, so that the rows of a chunk that nobody filled yet hold numbers; NULL too when the size overflows. */
static void *alloc_rows(const egm_model *model, int64_t rows, int64_t columns)
{
	int64_t count;
	if (egm__size_mul(rows, columns, &count)) return NULL;
	return egm__alloc_zero(model->context, count, egm__dtype_size(model->dtype));
}

/* The buffers come first: a net too wide for memory fails on them, before sizes reach the compiler. */
static egm_status evaluator_create(const egm_model *model, int32_t kind, int64_t chunk, egm__evaluator **out)
{
	egm_status st = EGM_OK;
	egm__evaluator *e = egm__alloc_zero(model->context, 1, sizeof *e);
	if (!e) EGM_FAIL(EGM_ERR_MEMORY, "no memory to evaluate model '%s'", model->name);
	e->kind = kind;
	e->chunk = chunk;
	e->x = alloc_rows(model, chunk, model->inputs);
	e->y = alloc_rows(model, chunk, egm__model_outputs(model));
	if (kind == EGM__EVALUATE_GRADIENT) e->gradient = alloc_rows(model, chunk, model->inputs);
	if (!e->x || !e->y || (kind == EGM__EVALUATE_GRADIENT && !e->gradient))
		EGM_FAIL(EGM_ERR_MEMORY, "no memory for %lld rows of %lld inputs and %lld outputs of model '%s'",
		         (long long)chunk, (long long)model->inputs, (long long)egm__model_outputs(model), model->name);
	EGM_TRY(compile(model, e));
	*out = e;
	e = NULL;
out:
	evaluator_free(model->context, e);
	return st;
}

/* ---- taking and giving */

egm_status egm__evaluator_take(const egm_model *model, int32_t kind, int64_t chunk, egm__evaluator **out)
{
	egm__evaluators *evaluators = model->evaluators;
	pthread_mutex_lock(&evaluators->mutex);
	egm__evaluator **link = &evaluators->idle;
	while (*link && ((*link)->kind != kind || (*link)->chunk != chunk)) link = &(*link)->next;
	egm__evaluator *e = *link;
	if (e) *link = e->next;
	pthread_mutex_unlock(&evaluators->mutex);
	*out = e;
	return e ? EGM_OK : evaluator_create(model, kind, chunk, out);
}

void egm__evaluator_give(const egm_model *model, egm__evaluator *e)
{
	if (!e) return;
	egm__evaluators *evaluators = model->evaluators;
	pthread_mutex_lock(&evaluators->mutex);
	e->next = evaluators->idle;
	evaluators->idle = e;
	egm__evaluator **link = &evaluators->idle;
	for (int i = 0; *link && i < MAX_IDLE; i++) link = &(*link)->next;
	egm__evaluator *surplus = *link; /* one at most */
	*link = NULL;
	pthread_mutex_unlock(&evaluators->mutex);
	evaluator_free(model->context, surplus);
}

void egm__evaluator_run(const egm_model *model, egm__evaluator *e)
{
	void *bases[EGM__MAX_SLOTS] = {
	    [SLOT_PARAMETERS] = model->parameters, [SLOT_X] = e->x, [SLOT_Y] = e->y, [SLOT_GRADIENT] = e->gradient};
	egm__program_run(e->program, bases, 0, 0);
}
