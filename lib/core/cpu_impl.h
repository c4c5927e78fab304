/* SPDX-License-Identifier: MIT */
/* What depends on the CPU: code paths, the clock, and the modes of floating-point arithmetic. */
#ifndef EGM_CORE_CPU_IMPL_H
#define EGM_CORE_CPU_IMPL_H

#include <egm/context.h>
#include <fenv.h>
#include <time.h>

/* Sets *resolved to the code path for a requested EGM_SIMD_*, never to EGM_SIMD_AUTO. EGM_ERR_ARGUMENT for another
 * number; EGM_ERR_UNSUPPORTED if this CPU, its operating system or this build lacks the path. */
egm_status egm__cpu_resolve(int32_t wanted, int32_t *resolved);

/* The best path that this CPU supports. */
int32_t egm__cpu_best(void);

/* "portable", "avx2", "avx512", "neon". */
const char *egm__cpu_name(int32_t simd);

/* A monotonic clock. It may decide when to sleep or to report, but never what is computed. */
static inline int64_t egm__cpu_clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* 1: arithmetic is done by SSE, whose control word is the mode. On i386 too, because meson.build requests it. */
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

/* The mode of this thread: rounding, flushing of subnormal numbers, traps. Equal modes mean the same arithmetic. */
static inline uint32_t egm__cpu_fp_mode(void)
{
#if EGM__CPU_SSE
	return __builtin_ia32_stmxcsr() & 0xffc0u; /* without the six flags of earlier exceptions */
#elif defined(__aarch64__)
	uint64_t control;
	__asm__ volatile("mrs %0, fpcr" : "=r"(control));
	return (uint32_t)control;
#else
	return (uint32_t)fegetround();
#endif
}

/* Sets a mode that egm__cpu_fp_mode returned. The flags of earlier exceptions are kept. */
static inline void egm__cpu_fp_set(uint32_t mode)
{
#if EGM__CPU_SSE
	uint16_t x87, rounding = mode >> 3 & 0xc00u; /* the control word of long double */
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

/* Treats subnormal numbers as zero until the returned mode is set again. The gradient of a confident critic contains
 * sigmoid(-90). A multiplication with one subnormal factor needs some 150 cycles, and products with such rows ran four
 * times slower than others. */
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
