/* SPDX-License-Identifier: MIT */
/* A region with the default arithmetic of IEEE 754, whatever mode the calling thread has: numbers in files must not
 * depend on the rounding of the host program. strtod, snprintf and conversions all use the mode of the thread.
 *
 *   uint32_t mode = egm__round_nearest();
 *   st = function_that_computes(...);
 *   egm__round_restore(mode);
 *
 * A compiler may move arithmetic across these two calls, but not the call of a function that it cannot inline. The work
 * must therefore be in another function, which is marked EGM__OWN_FUNCTION if it is in the same file. */
#ifndef EGM_CORE_ROUNDING_IMPL_H
#define EGM_CORE_ROUNDING_IMPL_H

#include <core/cpu_impl.h>

#define EGM__OWN_FUNCTION __attribute__((noinline))

/* Sets rounding to nearest, subnormal numbers and no traps. Returns the mode for egm__round_restore. */
static inline uint32_t egm__round_nearest(void)
{
	uint32_t mode = egm__cpu_fp_mode();
#if EGM__CPU_SSE
	egm__cpu_fp_set(0x1f80u);
#elif defined(__aarch64__)
	egm__cpu_fp_set(0);
#else
	egm__cpu_fp_set(FE_TONEAREST);
#endif
	return mode;
}

static inline void egm__round_restore(uint32_t mode)
{
	egm__cpu_fp_set(mode);
}

#endif
