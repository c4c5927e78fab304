/* SPDX-License-Identifier: MIT */
/* Products of matrices as programs ask for them. */
#ifndef EGM_TENSOR_GEMM_IMPL_H
#define EGM_TENSOR_GEMM_IMPL_H

#include <core/context_impl.h>

typedef struct egm__gemm {
	int64_t m, n, k;       /* C is m x n */
	int64_t lda, ldb, ldc; /* elements between rows as stored */
	double alpha, beta;    /* beta is 0 or 1; with 0, the old C does not matter */
	int32_t dtype;
	int32_t ta, tb; /* 1: A is stored as k x m, B as n x k */
} egm__gemm;

/* C = alpha op(A) op(B) + beta C, row-major. m, n and k may be 0, and may exceed int. If k or alpha is 0, C = beta C.
 *
 * Bits, where the product is not a BLAS's (gemm_blas_impl.h): C(i, j) depends on row i of op(A), column j of op(B), k,
 * alpha, beta, the old C(i, j), and on whether n is 1 and A is not transposed. It does not depend on m, i, the other
 * elements or the number of threads.
 *
 * scratch is egm__gemm_scratch bytes, 64-byte aligned, for one call at a time. Nothing is allocated. */
void egm__gemm_run(egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c, void *scratch);
int64_t egm__gemm_scratch(const egm_context *context, const egm__gemm *p);
/* The same by the library's own product, on this thread alone and with egm__gemm_serial_scratch bytes: for callers that
 * use the threads themselves. */
void egm__gemm_serial(egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c, void *scratch);
int64_t egm__gemm_serial_scratch(const egm_context *context, const egm__gemm *p);

#endif
