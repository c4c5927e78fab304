/* SPDX-License-Identifier: MIT */
/* The path for CPUs with AVX-512 F, BW, DQ and VL: vectors of 64 bytes. */
#define VECTOR_BYTES 64
#define PATH_NAME "avx512"
#define PATH_TABLE egm__kernels_avx512
#define MVEC_F32(name) _ZGVeN16v_##name
#define MVEC_F64(name) _ZGVeN8v_##name
#include "kernels_template.h"
