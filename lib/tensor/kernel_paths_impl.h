/* SPDX-License-Identifier: MIT */
/* The tables of each code path, indexed by dtype - EGM_F32. A path's file is compiled for its instructions, so that
 * nothing in it may run before the path was chosen: it exports its tables and nothing else. */
#ifndef EGM_TENSOR_KERNEL_PATHS_IMPL_H
#define EGM_TENSOR_KERNEL_PATHS_IMPL_H

#include <tensor/kernels_impl.h>

extern const egm__kernels egm__kernels_portable[2];
#if defined(__x86_64__)
extern const egm__kernels egm__kernels_avx2[2];
extern const egm__kernels egm__kernels_avx512[2];
#endif

#endif
