/* SPDX-License-Identifier: MIT */
/* The chains of a sampler as arrays of a file: a file of chains, or the checkpoint of a trainer. */
#ifndef EGM_TRAIN_SAMPLER_STAGE_IMPL_H
#define EGM_TRAIN_SAMPLER_STAGE_IMPL_H

#include <sampler/sampler_impl.h>
#include <train/state_impl.h>

enum { EGM__SAMPLER_ENTRIES = 24 };

typedef struct egm__sampler_stage {
	const char *prefix;           /* of the arrays' names */
	char *block;                  /* memory of the numbers, freed by the function that made the stage */
	egm__entry *x, *scale;        /* scale NULL: 1 for all */
	egm__entry *walkers, *chains; /* one for each member that is saved */
	egm__entries entries;
	egm__entry list[EGM__SAMPLER_ENTRIES];
} egm__sampler_stage;

/* Arrays of the sampler's shapes, with memory for their numbers. */
egm_status egm__sampler_stage_create(egm__sampler_stage *g, const egm_sampler *s, const char *prefix);
void egm__sampler_stage_fill(egm__sampler_stage *g, const egm_sampler *s);
/* The check that egm__state_check cannot make: in every chain a walker has inner transitions left. Otherwise the chain
 * would never end its transition. */
egm_status egm__sampler_stage_check(const egm__sampler_stage *g, const egm_sampler *s, const char *path);
void egm__sampler_stage_apply(const egm__sampler_stage *g, egm_sampler *s, uint64_t seed);

#endif
