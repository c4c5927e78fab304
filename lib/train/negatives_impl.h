/* SPDX-License-Identifier: MIT */
/* Points of a model's law for its loss: where chains start, how far they run, and what is kept of them. */
#ifndef EGM_TRAIN_NEGATIVES_IMPL_H
#define EGM_TRAIN_NEGATIVES_IMPL_H

#include <core/options_impl.h>
#include <egm/trainer.h>
#include <loss/loss_impl.h>
#include <sampler/sampler_impl.h>
#include <train/batches_impl.h>
#include <train/watch_impl.h>

extern const egm__options egm__options_negatives; /* options.c */

typedef struct egm__negatives {
	egm_context *context;
	egm_negatives_options options; /* adapt_step is 1 where the kernel was left to the library */
	int32_t default_kernel;        /* it was: the caller gave no sampler */
	egm_sampler *sampler;          /* a chain for each row of a batch */
	void *points;                  /* [batch, dims]: starts, then what the chains came to */
	void *buffer;                  /* pcd: [options.buffer, dims], else NULL */
	egm__batches order;            /* of the buffer's rows */
	const int64_t *rows;           /* [batch] of the buffer that the points are to replace; pcd */
	egm__watch watch;
	double *bandwidth; /* pcd near data: [dims], of the noise around the rows at which chains begin; else NULL */
	void *noise;       /* with it: [dims] for a draw */
	/* of the last draw */
	const void *data; /* with a bandwidth: the mini-batch [batch, dims], borrowed; else NULL */
	int64_t run;
	double far;        /* pcd: the largest |coordinate| of a chain that has not run away */
	double acceptance; /* mean over transitions, NaN without a Metropolis test */
	int64_t restarted; /* chains that began anew */
	int64_t ran_away;  /* and those that had to begin once more */
} egm__negatives;

/* For a batch of the loss, its energy in net 0. Chains as those of `sampler`, whose target that energy is; NULL: the
 * library's choice, on the energy as it is. Options may be NULL. */
egm_status egm__negatives_create(egm__negatives **out, const egm_loss *loss, int64_t batch, uint64_t seed,
                                 const egm_sampler *sampler, const egm_negatives_options *options);
void egm__negatives_free(egm__negatives *n); /* NULL allowed */
/* Whether chains of this target can start at the rows of a checkpoint's buffer; NULL: there is none. */
egm_status egm__negatives_check(const egm__negatives *n, const void *buffer, const char *path);
/* Another seed for the order of the buffer and for restarts; the chains have their own. */
void egm__negatives_reseed(egm__negatives *n, uint64_t seed);
/* Fills points: `data` [batch, dims] of this run, `number` of the draw and `run` grow with each that is kept. A draw
 * that is not may be repeated and differs: the chains' clocks go on. */
egm_status egm__negatives_draw(egm__negatives *n, const void *data, int64_t number, int64_t run);
/* Looks at the mean energies of a run's data and negatives before it is kept. DIVERGED, with nothing changed, when the
 * negatives have run away for long; `step` is of the trainer. */
egm_status egm__negatives_watch(const egm__negatives *n, double data, double negative, int64_t step, egm__watch *next);
/* The phase has happened: the buffer takes the points, the watch what judge made of it. */
void egm__negatives_keep(egm__negatives *n, const egm__watch *next);
/* The largest |gap| of the watch that is sound for these chains. */
double egm__negatives_gap_limit(const egm__negatives *n);

/* ---- where chains begin (negatives_start.c) */

/* `count` first points, the draws of (seed, step). */
void egm__negatives_draw_starts(egm__negatives *n, uint64_t step, int64_t count, char *points);
/* Fills points with starts, and decides how far chains may go from 0. */
void egm__negatives_place_starts(egm__negatives *n, const void *data, int64_t number);
/* Point number `attempt` of the present draw at which chain i begins anew. */
void egm__negatives_restart(egm__negatives *n, int64_t i, int64_t attempt, void *point);
int egm__negatives_is_far(const egm__negatives *n, const void *point);

#endif
