/* SPDX-License-Identifier: MIT */
/* A network compiled for a fixed number of rows. The program reads the parameters in the model, also while it trains.
 */
#include <core/size_impl.h>
#include <model/evaluator_impl.h>

/* Slot 0 is the program's own arena. */
enum { SLOT_PARAMETERS = 1, SLOT_X, SLOT_Y, SLOT_GRADIENT };

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

/* Zeros, so that rows that were never filled are numbers. NULL also if the size overflows. */
static void *alloc_rows(const egm_model *model, int64_t rows, int64_t columns)
{
	int64_t count;
	if (egm__size_mul(rows, columns, &count)) return NULL;
	return egm__alloc_zero(model->context, count, egm__dtype_size(model->dtype));
}

/* The buffers are allocated first: a network too wide for memory fails here, before the compiler sees its sizes. */
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
	egm__evaluator_free(model->context, e);
	return st;
}

egm_status egm__evaluator_take(const egm_model *model, int32_t kind, int64_t chunk, egm__evaluator **out)
{
	*out = egm__evaluators_take(model->evaluators, kind, chunk);
	return *out ? EGM_OK : evaluator_create(model, kind, chunk, out);
}

void egm__evaluator_run(const egm_model *model, egm__evaluator *e)
{
	void *bases[EGM__MAX_SLOTS] = {
	    [SLOT_PARAMETERS] = model->parameters, [SLOT_X] = e->x, [SLOT_Y] = e->y, [SLOT_GRADIENT] = e->gradient};
	egm__program_run(e->program, bases, 0, 0);
}
