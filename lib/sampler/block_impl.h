/* SPDX-License-Identifier: MIT */
/* Blocks: chains that are evaluated together, by one thread at a time. */
#ifndef EGM_SAMPLER_BLOCK_IMPL_H
#define EGM_SAMPLER_BLOCK_IMPL_H

#include <sampler/sampler_impl.h>

struct egm__block {
	egm_sampler *sampler;
	int64_t first, count; /* walkers */
	egm__probe *probe;
	char *x, *gradient;  /* [count, dims] of its walkers */
	char *noise;         /* [count] rows of egm__noise_stride elements */
	egm__walker **asked; /* [count] the walker that asked for row i */
	int64_t *made;       /* [chains of the block] transitions in this call */
	int may_begin;       /* a walker ended a transition in the last round or was evaluated for the first time */
	egm_status status;
	int64_t froze; /* the lowest chain that froze in this call, -1: none */
};

/* Points x and gradient of its walkers to the rows of the block. */
void egm__block_place(const egm__block *b);

/* A call that moves chains. */
typedef struct egm__advance {
	egm_sampler *s;
	int64_t n, thin;
	int64_t until; /* transitions, since the start of the call, after which the progress callback is asked next */
	char *draws, *energies;
	int stop; /* 1: the callback of a block has stopped the call; accessed by __atomic builtins */
} egm__advance;

/* ---- round.c */

/* One round; *n is the number of walkers that took part. */
egm_status egm__block_round(egm__advance *a, egm__block *b, int64_t *n);
/* Parts of a round. Evaluate the target at the n points asked for, with or without energies; fails if a callback stops
 * it or has stopped another block. */
egm_status egm__block_evaluate(egm__advance *a, egm__block *b, int64_t n, int energy);
/* Every walker receives its answer. */
void egm__block_take(egm__block *b, int64_t n);
/* Ends the transitions of chains whose walkers are done, and writes their draws. */
void egm__block_close(const egm__advance *a, egm__block *b);

/* Whether walker i of the block has transitions left in this call. */
int egm__walker_has_work(const egm__advance *a, const egm__block *b, int64_t i);
/* Whether the energy after transition number `made` of the call, counted from 1, is returned to the program. */
int egm__advance_reports(const egm__advance *a, int64_t made);
/* Writes draw number `draw` of the call from the current point of the chain. */
void egm__chain_write(const egm__advance *a, int64_t chain, int64_t draw);

/* Rounds of a block whose walkers move in step, until it has no transitions left or a walker freezes (lockstep.c).
 * Returns at once if they do not. */
egm_status egm__block_lockstep(egm__advance *a, egm__block *b);

#endif
