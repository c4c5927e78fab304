/* SPDX-License-Identifier: MIT */
/* A trainer: made in trainer.c, steps in fit.c, their phases in phase.c, other calls in trainer_calls.c. */
#ifndef EGM_TRAIN_TRAINER_IMPL_H
#define EGM_TRAIN_TRAINER_IMPL_H

#include <loss/loss_impl.h>
#include <train/batches_impl.h>
#include <train/negatives_impl.h>
#include <train/optimizer_impl.h>

/* A phase that fails changes neither the networks nor any member below "changed by phases". */
struct egm_trainer {
	egm_context *context; /* that of the loss, retained */
	egm_loss *loss;       /* retained */
	egm_trainer_options options;
	egm__program *programs[EGM__MAX_PHASES];
	uint32_t written[EGM__MAX_PHASES]; /* bit i: the program of the phase writes term i */
	void *arena;                       /* working memory of all programs, which run one after the other */
	size_t arena_bytes;
	void *bases[EGM__MAX_SLOTS]; /* the arrays that phases read and write */
	size_t element;              /* bytes of a number in the dtype of the loss */
	int32_t fitting;             /* 1: within egm_trainer_fit */
	int32_t filling;             /* 1: a callback of the data may be running */
	int32_t free_pending;        /* 1: freed from a callback; egm_trainer_fit frees it at its end */

	void *batch;              /* [batch, data width] */
	void *old[EGM__MAX_NETS]; /* earlier parameters of networks that a phase keeps; NULL for others */
	void *terms;              /* [EGM__MAX_TERMS] written by the current phase */
	void *state_next;         /* [EGM__MAX_STATE] written by the current phase */
	void *statistics;         /* running statistics of all networks, after the current phase */

	/* changed by phases */
	egm__optimizer nets[EGM__MAX_NETS];
	egm__batches batches;
	egm__negatives *negatives; /* NULL if no phase reads any */
	void *state;               /* [EGM__MAX_STATE] */
	double term_values[EGM__MAX_TERMS];
	int64_t steps;        /* done */
	int64_t batch_number; /* of the next mini-batch */
	int64_t run;          /* of the next phase: the `step` of its random numbers, never used twice */
};

/* Merges options with the defaults and checks their ranges; checks that they remain valid in the dtype. */
egm_status egm__trainer_options_merge(egm_trainer_options *merged, const egm_trainer_options *options);
egm_status egm__trainer_check_dtype(const egm_trainer_options *o, egm_dtype dtype);

/* EGM_OPTIMIZER_* and EGM_NEGATIVES_*, whose names are in checkpoints. */
extern const egm__family egm__optimizers, egm__negatives_starts;

/* EGM_ERR_STATE in the callback that fills rows of the data, when a step is not complete. */
egm_status egm__trainer_idle(const egm_trainer *trainer);

/* Copies the networks that a phase keeps, before its first run. */
void egm__trainer_keep(egm_trainer *trainer, int32_t phase);
/* Runs a phase once, with new noise. An error, such as EGM_ERR_NONFINITE, changes nothing. */
egm_status egm__trainer_phase(egm_trainer *trainer, int32_t phase, const egm_data *data);

/* Makes all terms NaN, as before the first step. */
void egm__trainer_clear_terms(egm_trainer *trainer);

#endif
