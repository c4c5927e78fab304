/* SPDX-License-Identifier: MIT */
/* Products as the kernels compute them: C = alpha L R + beta C. Rows of R are read in vectors; each element of L is
 * multiplied with such vectors. C or its transpose is stored.
 *
 * Bits: C(i, j) depends only on row i of L, column j of R, k, alpha, beta and the old C(i, j). Its products are added
 * in ascending order of k; one accumulator adds `depth` of them (kernels_impl.h), and these partial sums are added to C
 * in order. A code path uses the same instruction everywhere, and a b + c equals b a + c. A product may therefore be
 * split by rows and columns, spread over threads, or computed with its factors exchanged, without changing a bit.
 *
 * A product with one column (packed_count with n = 1) has another form, a sum in lanes. It can be split by rows.
 *
 * k must be at least 1 if R is not packed. Products run on the calling thread and allocate nothing. */
#ifndef EGM_TENSOR_PRODUCT_IMPL_H
#define EGM_TENSOR_PRODUCT_IMPL_H

#include <stdint.h>

typedef struct egm__product {
	int64_t rows, columns, k;
	int64_t left_row, left_step;      /* elements from L(i, l) to L(i+1, l) and to L(i, l+1) */
	int64_t right_column, right_step; /* from R(l, j) to R(l, j+1) and to R(l+1, j); one of them is 1 */
	int64_t ldc;                      /* elements from row to row of what is stored */
	int32_t transposed;               /* 1: C^T is stored, columns x rows */
	double alpha, beta; /* beta is 0 or 1; with 0, the old C does not matter. With alpha = 0, NaN still propagates. */
} egm__product;

#endif
