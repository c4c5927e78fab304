/* SPDX-License-Identifier: MIT */
/* For tests that loop over the kernels: one struct with the options of all kernels, and one function that makes a
 * sampler of any of them. A kernel reads the members that its own struct has and ignores the others. */
#ifndef EGM_TESTS_ANY_KERNEL_H
#define EGM_TESTS_ANY_KERNEL_H

#include <egm/sampler.h>
#include <string.h>

/* Every kernel, and whether it has a warm-up. */
/* clang-format off */
#define ANY_KERNELS(X) \
	X(ULA, ula, 0) \
	X(MALA, mala, 1) \
	X(HMC, hmc, 1) \
	X(NUTS, nuts, 1) \
	X(ANNEALED_LANGEVIN, annealed_langevin, 0) \
	X(TEMPERED, tempered, 1)
/* clang-format on */

#define ANY_NUMBER(NAME, name, adapts) ANY_##NAME,
enum { ANY_NONE, ANY_KERNELS(ANY_NUMBER) ANY_END };

typedef struct any_kernel_options {
	int32_t kernel; /* ANY_* */
	int64_t chains;
	uint64_t seed;
	double step_size, start_scale;
	const double *scale;
	double jitter, target_accept, divergence, denoise;
	const double *temperatures;
	int64_t levels, steps_per_level;
	int32_t leapfrog_steps, max_depth, adapt_scale;
} any_kernel_options;

/* Members from one struct to another, either way. */
#define ANY_ULA_MEMBERS(to, from)                                                                   \
	((to)->chains = (from)->chains, (to)->seed = (from)->seed, (to)->step_size = (from)->step_size, \
	 (to)->start_scale = (from)->start_scale, (to)->scale = (from)->scale)
#define ANY_MALA_MEMBERS(to, from)                                                                          \
	(ANY_ULA_MEMBERS(to, from), (to)->jitter = (from)->jitter, (to)->target_accept = (from)->target_accept, \
	 (to)->adapt_scale = (from)->adapt_scale)
#define ANY_HMC_MEMBERS(to, from) \
	(ANY_MALA_MEMBERS(to, from), (to)->divergence = (from)->divergence, (to)->leapfrog_steps = (from)->leapfrog_steps)
#define ANY_NUTS_MEMBERS(to, from)                                                                                  \
	(ANY_ULA_MEMBERS(to, from), (to)->target_accept = (from)->target_accept, (to)->divergence = (from)->divergence, \
	 (to)->max_depth = (from)->max_depth, (to)->adapt_scale = (from)->adapt_scale)
#define ANY_LADDER_MEMBERS(to, from)                                                                      \
	(ANY_ULA_MEMBERS(to, from), (to)->temperatures = (from)->temperatures, (to)->levels = (from)->levels, \
	 (to)->steps_per_level = (from)->steps_per_level)
#define ANY_ANNEALED_LANGEVIN_MEMBERS(to, from) (ANY_LADDER_MEMBERS(to, from), (to)->denoise = (from)->denoise)
#define ANY_TEMPERED_MEMBERS(to, from) (ANY_LADDER_MEMBERS(to, from), (to)->target_accept = (from)->target_accept)

/* The defaults of the kernel. */
#define ANY_DEFAULTS(NAME, name, adapts)                                        \
	case ANY_##NAME: {                                                          \
		static const egm_##name##_options defaults = EGM_##NAME##_OPTIONS_INIT; \
		ANY_##NAME##_MEMBERS(o, &defaults);                                     \
		return EGM_OK;                                                          \
	}

static inline egm_status any_kernel_init(any_kernel_options *o, int32_t kernel)
{
	memset(o, 0, sizeof *o);
	o->kernel = kernel;
	switch (kernel) {
		ANY_KERNELS(ANY_DEFAULTS)
	default:
		return EGM_ERR_ARGUMENT;
	}
}

#define ANY_SAMPLER(NAME, name, adapts)                       \
	case ANY_##NAME: {                                        \
		egm_##name##_options own = EGM_##NAME##_OPTIONS_INIT; \
		ANY_##NAME##_MEMBERS(&own, options);                  \
		return egm_sampler_##name(out, target, &own);         \
	}

static inline egm_status any_kernel_sampler(egm_sampler **out, egm_target *target, const any_kernel_options *options)
{
	switch (options->kernel) {
		ANY_KERNELS(ANY_SAMPLER)
	default:
		return EGM_ERR_ARGUMENT;
	}
}

/* "ula", as a sampler's file and messages name it. */
static inline const char *any_kernel_name(int32_t kernel)
{
#define ANY_NAME(NAME, name, adapts) #name,
	static const char *const names[ANY_END] = {"", ANY_KERNELS(ANY_NAME)};
	return kernel > 0 && kernel < ANY_END ? names[kernel] : "";
}

static inline int any_kernel_adapts(int32_t kernel)
{
#define ANY_ADAPTS(NAME, name, adapts) adapts,
	static const int all[ANY_END] = {0, ANY_KERNELS(ANY_ADAPTS)};
	return kernel > 0 && kernel < ANY_END && all[kernel];
}

#endif
