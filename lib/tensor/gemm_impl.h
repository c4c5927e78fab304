/* SPDX-License-Identifier: MIT */
#ifndef EGM_TENSOR_GEMM_IMPL_H
#define EGM_TENSOR_GEMM_IMPL_H

#include <core/context_impl.h>

typedef struct egm__gemm {
	int64_t m, n, k;       /* C is m x n */
	int64_t lda, ldb, ldc; /* elements between rows as stored */
	double alpha, beta;    /* beta 0 or 1; with 0 what C held (NaN too) does not matter */
	int32_t dtype;
	int32_t ta, tb; /* A is stored k x m, B is stored n x k */
} egm__gemm;

/* C = alpha op(A) op(B) + beta C, row-major, through CBLAS. Sizes beyond int are cut into pieces. When the BLAS runs
 * one thread, large products are spread over the context's threads by columns or rows of C. m, n or k = 0 is allowed.
 */
void egm__gemm_run(egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c);
/* The same on this thread: a block of a larger product, whose threads the caller makes. scratch: egm__gemm_here_scratch
 * bytes for each of them, 64-byte aligned; what a product with this k needs, or a smaller one. */
void egm__gemm_here(egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c, void *scratch);
int64_t egm__gemm_here_scratch(const egm_context *context, egm_dtype dtype, int64_t k);

#endif
