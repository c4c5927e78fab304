/* SPDX-License-Identifier: MIT */
#ifndef EGM_CORE_CPU_IMPL_H
#define EGM_CORE_CPU_IMPL_H

#include <egm/context.h>
#include <fenv.h>

/* Turns EGM_SIMD_* as the caller asked for it into the code path to use, never EGM_SIMD_AUTO. ARGUMENT for a number
 * that is none of them, UNSUPPORTED for what this CPU (or its operating system) lacks. */
egm_status egm__cpu_resolve(int32_t wanted, int32_t *resolved);

/* "portable", "avx2", "avx512". */
const char *egm__cpu_name(int32_t simd);

/* Tells the CPU that this is a waiting loop. */
static inline void egm__cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#else
	__asm__ volatile("" ::: "memory");
#endif
}

/* How this thread rounds, flushes subnormals and traps; equal numbers mean the same arithmetic. */
static inline uint32_t egm__cpu_fp_mode(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_stmxcsr() & 0xffc0u; /* without the six flags of past exceptions */
#elif defined(__aarch64__)
	uint64_t control;
	__asm__ volatile("mrs %0, fpcr" : "=r"(control));
	return (uint32_t)control;
#else
	return (uint32_t)fegetround();
#endif
}

#endif
