/* SPDX-License-Identifier: MIT */
/* The path of the compiler's baseline: vectors of 16 bytes, which is SSE2 on x86-64 and NEON on arm64, and which the
 * compiler takes apart where there is neither. */
#if defined(__i386__) && !defined(__SSE2_MATH__)
#error "x87 rounds by what it keeps in registers: compile 32-bit x86 with -msse2 -mfpmath=sse"
#endif
#define VECTOR_BYTES 16
#define PATH_NAME "portable"
#define PATH_TABLE egm__kernels_portable
#define MVEC_F32(name) _ZGVbN4v_##name
#define MVEC_F64(name) _ZGVbN2v_##name
#include "kernels_template.h"
