/* SPDX-License-Identifier: MIT */
#ifndef EGM_TRAIN_TRAINER_IMPL_H
#define EGM_TRAIN_TRAINER_IMPL_H

#include <loss/loss_impl.h>
#include <train/batches_impl.h>
#include <train/negatives_impl.h>
#include <train/optimizer_impl.h>

/* A phase that fails changes nothing of what is below "what a phase changes", nor the nets. */
struct egm_trainer {
	egm_context *context; /* that of the loss, retained */
	egm_loss *loss;       /* retained */
	egm_trainer_options options;
	egm__program *programs[EGM__MAX_PHASES];
	void *arena; /* in which all of them run, one after the other */
	size_t arena_bytes;
	void *bases[EGM__MAX_SLOTS]; /* what every phase runs on */
	size_t element;              /* bytes of a number in the dtype of the loss */
	int32_t fitting;             /* inside egm_trainer_fit */
	int32_t filling;             /* a callback of the data may be running */
	int32_t free_pending;        /* freed from the progress callback: egm_trainer_fit frees it when it ends */

	void *batch;              /* [batch, data width] */
	void *old[EGM__MAX_NETS]; /* parameters of nets that a phase keeps, NULL of others */
	void *terms;              /* [EGM__MAX_TERMS] as the running phase writes them */
	void *state_next;         /* [EGM__MAX_STATE] as the running phase writes them */
	void *statistics;         /* running statistics of all nets as the running phase leaves them */

	/* what a phase changes */
	egm__optimizer nets[EGM__MAX_NETS];
	egm__batches batches;
	egm__negatives *negatives; /* NULL where no phase reads any */
	void *state;               /* [EGM__MAX_STATE] */
	double term_values[EGM__MAX_TERMS];
	int64_t steps;        /* done */
	int64_t batch_number; /* of the next mini-batch */
	int64_t run;          /* of the next phase run: the step of its noise, never used twice */
};

/* The caller's options over the defaults, each checked against its range. */
egm_status egm__trainer_options_merge(egm_trainer_options *merged, const egm_trainer_options *options);
egm_status egm__trainer_check_dtype(const egm_trainer_options *o, egm_dtype dtype);

/* STATE within the callback that fills rows of the data: the step is not whole. */
egm_status egm__trainer_idle(const egm_trainer *trainer);

/* Whether a phase of the loss reads data. */
int egm__trainer_reads_data(const egm_trainer *trainer);

/* What a phase keeps of its nets, before its first run. */
void egm__trainer_keep(egm_trainer *trainer, int32_t phase);
/* One run of a phase on fresh noise: all of it, or nothing and NONFINITE. */
egm_status egm__trainer_phase(egm_trainer *trainer, int32_t phase, const egm_data *data);

/* Forgets the terms: they count as not evaluated. */
void egm__trainer_clear_terms(egm_trainer *trainer);

#endif
