/* SPDX-License-Identifier: MIT */
/* Products by a BLAS. */
#ifndef EGM_TENSOR_GEMM_BLAS_IMPL_H
#define EGM_TENSOR_GEMM_BLAS_IMPL_H

#include <tensor/gemm_impl.h>

/* Computes a product that is not empty by the BLAS of the context. Returns 0, and has done nothing, if the context has
 * none, or if the library's own product is faster or the only one: rows that overlap, strides beyond int, or a forked
 * child. */
int egm__gemm_blas(const egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c);

#endif
