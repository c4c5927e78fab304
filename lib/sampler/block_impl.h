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
	int turned;          /* a walker ended a transition in the last round, or learnt where it stands */
	egm_status status;
	int64_t froze; /* the lowest chain that froze in this call, -1: none */
};

/* Its walkers stand in its rows x and gradient. */
void egm__block_place(const egm__block *b);

#endif
