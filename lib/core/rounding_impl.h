/* SPDX-License-Identifier: MIT */
/* A region whose arithmetic is the one that IEEE 754 has by default, whatever mode the calling thread is in: numbers in
 * files must not depend on how the host rounds. strtod, snprintf and conversions all follow the thread's mode.
 *
 *   uint32_t mode = egm__round_nearest();
 *   st = function_that_computes(...);
 *   egm__round_restore(mode);
 *
 * A compiler may move arithmetic across these two calls, but not a call of a function that it does not see through:
 * the work belongs into another function, which is marked EGM__OWN_FUNCTION where it is in the same file. */
#ifndef EGM_CORE_ROUNDING_IMPL_H
#define EGM_CORE_ROUNDING_IMPL_H

#include <core/cpu_impl.h>

#define EGM__OWN_FUNCTION __attribute__((noinline))

/* Rounds to nearest, keeps subnormal numbers and traps nothing from here on; returns what egm__round_restore needs. */
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
