/* SPDX-License-Identifier: MIT */
/* Negative samples of a loss: points of its model, drawn by chains. */
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
	egm_negatives_options options; /* adapt_step and near_data are 1 with the default kernel */
	int32_t default_kernel;        /* 1: the program gave no sampler */
	egm_sampler *sampler;          /* a chain for each row of a batch */
	void *points;                  /* [batch, dims]: starts, then end points of the chains */
	void *buffer;                  /* pcd: [options.buffer, dims], else NULL */
	egm__batches order;            /* in which rows of the buffer are used */
	const int64_t *rows;           /* pcd: [batch] rows of the buffer that the points replace */
	egm__watch watch;
	double *bandwidth; /* pcd near data: [dims] standard deviation of restarts about rows of data; else NULL */
	void *noise;       /* with a bandwidth: [dims] for a draw */
	/* of the last draw */
	const void *data; /* with a bandwidth: the mini-batch [batch, dims], borrowed; else NULL */
	int64_t run;
	double far;        /* pcd: a chain with a larger |coordinate| has run away */
	double acceptance; /* mean over transitions, NaN without a Metropolis test */
	int64_t restarted; /* chains that were restarted */
	int64_t ran_away;  /* chains that were restarted because they froze or ran away */
} egm__negatives;

/* Negatives for batches of the loss, whose network 0 is the energy. `sampler` has this energy as its target, and its
 * kernel and options are used; NULL: the default kernel. Options may be NULL. */
egm_status egm__negatives_create(egm__negatives **out, const egm_loss *loss, int64_t batch, uint64_t seed,
                                 const egm_sampler *sampler, const egm_negatives_options *options);
void egm__negatives_free(egm__negatives *n); /* NULL allowed */
/* Checks that the rows of a buffer from a checkpoint are within the bounds of the target. NULL: no buffer. */
egm_status egm__negatives_check(const egm__negatives *n, const void *buffer, const char *path);
/* Sets the seed for the order of the buffer and for the choice of restarts; chains have their own. */
void egm__negatives_reseed(egm__negatives *n, uint64_t seed);
/* Fills points. data [batch, dims] is the mini-batch; `number` and `run` increase with each draw that is kept. If a
 * draw is repeated it differs, because the clocks of the chains advance. */
egm_status egm__negatives_draw(egm__negatives *n, const void *data, int64_t number, int64_t run);
/* Computes the watch after this run from the mean energies of data and negatives. EGM_ERR_DIVERGED if it exceeds its
 * limits. Changes nothing; `step` is only for the message. */
egm_status egm__negatives_watch(const egm__negatives *n, double data, double negative, int64_t step, egm__watch *next);
/* After the phase has succeeded: stores the points in the buffer, and the new watch. */
void egm__negatives_keep(egm__negatives *n, const egm__watch *next);
/* The limit of |gap| for these chains. */
double egm__negatives_gap_limit(const egm__negatives *n);

/* ---- where chains begin (negatives_start.c) */

/* Draws `count` first points from (seed, step). */
void egm__negatives_draw_starts(egm__negatives *n, uint64_t step, int64_t count, char *points);
/* Fills points with the starts of a draw, and sets n->far. */
void egm__negatives_place_starts(egm__negatives *n, const void *data, int64_t number);
/* Writes the point at which chain i is restarted the `attempt`-th time in this draw. */
void egm__negatives_restart(egm__negatives *n, int64_t i, int64_t attempt, void *point);
int egm__negatives_is_far(const egm__negatives *n, const void *point);

#endif
