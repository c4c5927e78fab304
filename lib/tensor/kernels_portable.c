/* SPDX-License-Identifier: MIT */
/* The path for any CPU: vectors of 16 bytes, which are SSE2 on x86-64 and NEON on arm64. For other CPUs the compiler
 * splits them. */
#if defined(__i386__) && !defined(__SSE2_MATH__)
#error "x87 rounding depends on what is kept in registers: compile 32-bit x86 with -msse2 -mfpmath=sse"
#endif
#define VECTOR_BYTES 16
#define PATH_NAME "portable"
#define PATH_TABLE egm__kernels_portable
#define MVEC_F32(name) _ZGVbN4v_##name
#define MVEC_F64(name) _ZGVbN2v_##name
#include "kernels_template.h"
