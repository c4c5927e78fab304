/* SPDX-License-Identifier: MIT */
/* A compiled network with its buffers, and the list of those that wait for the next call. */
#ifndef EGM_MODEL_EVALUATOR_IMPL_H
#define EGM_MODEL_EVALUATOR_IMPL_H

#include <compile/program_impl.h>
#include <model/model_impl.h>

/* What a program computes: all outputs, or a single output with its gradient by x. */
enum { EGM__EVALUATE_VALUE = 0, EGM__EVALUATE_GRADIENT = 1 };

typedef struct egm__evaluator egm__evaluator;
struct egm__evaluator {
	egm__evaluator *next;
	int32_t kind;  /* EGM__EVALUATE_* */
	int64_t chunk; /* rows of a run */
	egm__program *program;
	void *x;        /* [chunk, inputs] */
	void *y;        /* [chunk, outputs] */
	void *gradient; /* [chunk, inputs]; NULL for EGM__EVALUATE_VALUE */
};

egm_status egm__evaluators_create(egm__evaluators **out, egm_context *context);
void egm__evaluators_free(egm_context *context, egm__evaluators *evaluators); /* NULL allowed */
/* An idle evaluator, which leaves the list; NULL: none of this kind and chunk is idle. */
egm__evaluator *egm__evaluators_take(egm__evaluators *evaluators, int32_t kind, int64_t chunk);
void egm__evaluators_give(egm_context *context, egm__evaluators *evaluators, egm__evaluator *e); /* NULL allowed */
void egm__evaluator_free(egm_context *context, egm__evaluator *e);                               /* NULL allowed */

/* An idle evaluator, or a new one; egm__evaluators_give takes it back. */
egm_status egm__evaluator_take(const egm_model *model, int32_t kind, int64_t chunk, egm__evaluator **out);
void egm__evaluator_run(const egm_model *model, egm__evaluator *e);

#endif
