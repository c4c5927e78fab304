/* SPDX-License-Identifier: MIT */
#ifndef EGM_CORE_CPU_IMPL_H
#define EGM_CORE_CPU_IMPL_H

#include <egm/context.h>
#include <fenv.h>
#include <time.h>

/* Turns EGM_SIMD_* as the caller asked for it into the code path to use, never EGM_SIMD_AUTO. ARGUMENT for a number
 * that is none of them, UNSUPPORTED for what this CPU (or its operating system) lacks. */
egm_status egm__cpu_resolve(int32_t wanted, int32_t *resolved);

/* "portable", "avx2", "avx512". */
const char *egm__cpu_name(int32_t simd);

/* Of a clock that only goes forwards. Decides when to sleep or to report, never what is computed. */
static inline int64_t egm__cpu_clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Whether SSE does the arithmetic, and its control word is the mode: on i386 too, where meson.build asks for it. */
#if defined(__x86_64__) || defined(__SSE2_MATH__)
#define EGM__CPU_SSE 1
#else
#define EGM__CPU_SSE 0
#endif

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
#if EGM__CPU_SSE
	return __builtin_ia32_stmxcsr() & 0xffc0u; /* without the six flags of past exceptions */
#elif defined(__aarch64__)
	uint64_t control;
	__asm__ volatile("mrs %0, fpcr" : "=r"(control));
	return (uint32_t)control;
#else
	return (uint32_t)fegetround();
#endif
}

/* Takes up a mode that egm__cpu_fp_mode returned; the flags of past exceptions stay. */
static inline void egm__cpu_fp_set(uint32_t mode)
{
#if EGM__CPU_SSE
	uint16_t x87, rounding = mode >> 3 & 0xc00u; /* long double's unit has a word of its own */
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	if ((x87 & 0xc00u) != rounding) {
		x87 = (uint16_t)((x87 & ~0xc00u) | rounding);
		__asm__ volatile("fldcw %0" : : "m"(x87));
	}
	__builtin_ia32_ldmxcsr((__builtin_ia32_stmxcsr() & 0x3fu) | mode);
#elif defined(__aarch64__)
	uint64_t control = mode;
	__asm__ volatile("msr fpcr, %0" : : "r"(control));
#else
	fesetround((int)mode);
#endif
}

/* From here on subnormal numbers count as zero, until the mode that is returned is set again. A critic that is sure of
 * itself sends back sigmoid(-90): a single subnormal factor costs a multiplication some 150 cycles, and products of
 * such rows ran four times slower than others. */
static inline uint32_t egm__cpu_fp_flush(void)
{
	uint32_t mode = egm__cpu_fp_mode();
#if EGM__CPU_SSE
	egm__cpu_fp_set(mode | 0x8040u);
#elif defined(__aarch64__)
	egm__cpu_fp_set(mode | 1u << 24);
#endif
	return mode;
}

#endif
