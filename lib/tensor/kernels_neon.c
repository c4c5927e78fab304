/* SPDX-License-Identifier: MIT */
/* The path for 64-bit ARM, little-endian: vectors of 16 bytes, and intrinsics where compilers make slow code of GNU
 * vectors. The portable path stays as it is there, so that its bits do. */
#define VECTOR_BYTES 16
#define PATH_NEON
#define PATH_NAME "neon"
#define PATH_TABLE egm__kernels_neon
#include "kernels_template.h"
