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

/* C = alpha op(A) op(B) + beta C, row-major. m, n or k = 0 and sizes beyond int are allowed; without a sum, or with
 * alpha = 0, C = beta C.
 *
 * Element (i, j) depends on row i of op(A), column j of op(B), k, alpha, beta, the old C(i, j), and on whether n is 1
 * with A as it is: not on m, on i, on the other elements, or on the number of threads.
 *
 * scratch: egm__gemm_scratch bytes, 64-byte aligned, for one call at a time. Allocates nothing. */
void egm__gemm_run(egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c, void *scratch);
int64_t egm__gemm_scratch(const egm_context *context, const egm__gemm *p);
/* The same on this thread, in egm__gemm_room bytes: a block of a larger product whose threads the caller makes. */
void egm__gemm_here(egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c, void *scratch);
int64_t egm__gemm_room(const egm_context *context, const egm__gemm *p);

#endif
