/* SPDX-License-Identifier: MIT */
/* The path of the compiler's baseline: vectors of 16 bytes, which is SSE2 on x86-64 and NEON on arm64, and which the
 * compiler takes apart where there is neither. */
#define VECTOR_BYTES 16
#define PATH_NAME "portable"
#define PATH_TABLE egm__kernels_portable
#define MVEC_F32(name) _ZGVbN4v_##name
#define MVEC_F64(name) _ZGVbN2v_##name
#include "kernels_template.h"
