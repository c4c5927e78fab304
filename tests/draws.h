/* SPDX-License-Identifier: MIT */
/* Arrays with the sizes of a sampler. */
#ifndef EGM_TESTS_DRAWS_H
#define EGM_TESTS_DRAWS_H

#include <egm/sampler.h>

static inline egm_array points_in(const egm_sampler *s, egm_dtype dtype, const void *points)
{
	return egm_array_of(dtype, points, egm_sampler_chains(s), egm_sampler_dims(s));
}

static inline egm_out points_out(const egm_sampler *s, egm_dtype dtype, void *points)
{
	return egm_out_of(dtype, points, egm_sampler_chains(s), egm_sampler_dims(s));
}

/* Room for n draws in the dtype of the target; NULL: not wanted. */
static inline egm_out draws_out(const egm_sampler *s, int64_t n, void *draws)
{
	return egm_out_of(egm_sampler_dtype(s), draws, n * egm_sampler_chains(s), egm_sampler_dims(s));
}

static inline egm_out energies_out(const egm_sampler *s, int64_t n, void *energies)
{
	return egm_out_of(egm_sampler_dtype(s), energies, n, egm_sampler_chains(s));
}

#endif
