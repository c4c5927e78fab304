/* SPDX-License-Identifier: MIT */
/* The tables of each code path, indexed by dtype - EGM_F32. The file of a path is compiled for the instructions of that
 * path. Nothing in it may run before the path is chosen, so it exports only its tables. */
#ifndef EGM_TENSOR_KERNEL_PATHS_IMPL_H
#define EGM_TENSOR_KERNEL_PATHS_IMPL_H

#include <tensor/kernels_impl.h>

extern const egm__kernels egm__kernels_portable[2];
#if defined(__x86_64__)
extern const egm__kernels egm__kernels_avx2[2];
extern const egm__kernels egm__kernels_avx512[2];
#elif defined(__AARCH64EL__)
extern const egm__kernels egm__kernels_neon[2];
#endif

#endif
