/* SPDX-License-Identifier: MIT */
/* Points of a model's law for its loss: where chains start, how far they run, and what is kept of them. */
#ifndef EGM_TRAIN_NEGATIVES_IMPL_H
#define EGM_TRAIN_NEGATIVES_IMPL_H

#include <egm/train.h>
#include <loss/loss_impl.h>
#include <sampler/sampler_impl.h>
#include <train/batches_impl.h>

typedef struct egm__negatives {
	egm_context *context;
	egm_negatives_options options;
	egm_sampler *sampler; /* a chain for each row of a batch */
	void *points;         /* [batch, dims]: starts, then what the chains came to */
	void *buffer;         /* pcd: [options.buffer, dims], else NULL */
	egm__batches order;   /* of the buffer's rows */
	const int64_t *rows;  /* [batch] of the buffer that the points are to replace; pcd */
} egm__negatives;

/* For a batch of the loss, its energy in net 0; target NULL: that energy as it is. Options may be NULL. */
egm_status egm__negatives_create(egm__negatives **out, const egm_loss *loss, int64_t batch, uint64_t seed,
                                 egm_target *target, const egm_negatives_options *options,
                                 const egm_sampler_options *sampler);
void egm__negatives_free(egm__negatives *n); /* NULL allowed */
/* Whether chains of this target can start at the rows of a checkpoint's buffer; NULL: there is none. */
egm_status egm__negatives_check(const egm__negatives *n, const void *buffer, const char *path);
/* Another seed for the order of the buffer and for restarts; the chains have their own. */
void egm__negatives_reseed(egm__negatives *n, uint64_t seed);
/* Fills points: `data` [batch, dims] of this run, `number` of the draw and `run` grow with each that is kept. A draw
 * that is not may be repeated and differs: the chains' clocks go on. */
egm_status egm__negatives_draw(egm__negatives *n, const void *data, int64_t number, int64_t run);
/* The phase has happened: the buffer takes the points. */
void egm__negatives_keep(egm__negatives *n);

#endif
