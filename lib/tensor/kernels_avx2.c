/* SPDX-License-Identifier: MIT */
/* The path for CPUs with AVX2 and FMA: vectors of 32 bytes. */
#define VECTOR_BYTES 32
#define PATH_NAME "avx2"
#define PATH_TABLE egm__kernels_avx2
#define MVEC_F32(name) _ZGVdN8v_##name
#define MVEC_F64(name) _ZGVdN4v_##name
#include "kernels_template.h"
