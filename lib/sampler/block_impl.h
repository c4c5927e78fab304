/* SPDX-License-Identifier: MIT */
/* Chains that are evaluated together and run by one thread at a time. blocks.c makes them, run.c drives them. */
#ifndef EGM_SAMPLER_BLOCK_IMPL_H
#define EGM_SAMPLER_BLOCK_IMPL_H

#include <sampler/sampler_impl.h>

struct egm__block {
	egm_sampler *sampler;
	int64_t first, count; /* walkers */
	egm__probe *probe;
	char *x, *gradient;  /* [count, dims] of its walkers */
	char *noise;         /* [count] rows of egm__noise_stride elements */
	egm__walker **asked; /* [count] who asked for row i */
	int64_t *made;       /* [chains of the block] transitions in this call */
	int may_begin;       /* a walker ended a transition in the last round, or learnt where it stands */
	egm_status status;
	int64_t froze; /* the lowest chain that froze in this call, -1: none */
};

/* Its walkers stand in its rows x and gradient. */
void egm__block_place(const egm__block *b);

/* A call that moves chains. */
typedef struct egm__advance {
	egm_sampler *s;
	int64_t n, thin;
	int64_t until; /* transitions from the start of the call to the next question, the same for all chains */
	char *draws, *energies;
	int stop; /* a block's callback has stopped: the others follow. Through __atomic builtins */
} egm__advance;

/* One round of a block: *n walkers asked, the target was evaluated where they did, and they took the answers. */
egm_status egm__block_round(egm__advance *a, egm__block *b, int64_t *n);
/* Parts of a round, for all walkers that were asked (run.c): the target where they asked, with or without the
 * energy, an error when a callback stops or has stopped elsewhere; every walker takes its answer; chains whose walkers
 * are done write their draws. */
egm_status egm__block_evaluate(egm__advance *a, egm__block *b, int64_t n, int energy);
void egm__block_take(egm__block *b, int64_t n);
void egm__block_close(const egm__advance *a, egm__block *b);

/* Whether walker i of the block has something to do in this call. */
int egm__walker_has_work(const egm__advance *a, const egm__block *b, int64_t i);
/* Whether the energy after transition number `made` of the call, counted from 1, is told to anyone. */
int egm__advance_reports(const egm__advance *a, int64_t made);
/* Draw number `draw` of the call, from where the chain stands. */
void egm__chain_write(const egm__advance *a, int64_t chain, int64_t draw);

/* Rounds of a block whose chains are all in step, until it has nothing left to do or a walker freezes; returns at once
 * when they are not. */
egm_status egm__block_lockstep(egm__advance *a, egm__block *b);

#endif
