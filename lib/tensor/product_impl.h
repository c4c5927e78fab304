/* SPDX-License-Identifier: MIT */
/* Products as the kernels compute them: C = alpha L R + beta C. R, the right factor, is read in vectors along its
 * columns, L element by element, each of them multiplied with such vectors; C or its transpose is stored.
 *
 * Element (i, j) of the result depends on row i of L, column j of R, k, alpha, beta and the old C(i, j) alone: its
 * products are taken up in ascending order of k by one accumulator for each `depth` of them (kernels_impl.h), by the
 * same instruction everywhere in a code path, and these sums are added to C in their order. a b + c and b a + c are the
 * same number. So a product may be cut by rows and columns, spread over threads, or have its factors change places at
 * will, and no bit changes.
 *
 * A product with one column (packed_count with n = 1) is of another form, a sum in lanes; it can be cut by rows.
 *
 * k is 1 or more where R is not packed. On the calling thread, without allocating. */
#ifndef EGM_TENSOR_PRODUCT_IMPL_H
#define EGM_TENSOR_PRODUCT_IMPL_H

#include <stdint.h>

typedef struct egm__product {
	int64_t rows, columns, k;
	int64_t left_row, left_step;      /* elements from L(i, l) to L(i+1, l) and to L(i, l+1) */
	int64_t right_column, right_step; /* from R(l, j) to R(l, j+1) and to R(l+1, j); one of them is 1 */
	int64_t ldc;                      /* between rows of what is stored */
	int32_t transposed;               /* what is stored is C^T, columns x rows */
	double alpha, beta; /* beta 0 or 1; with 0 what C held does not matter. alpha 0 still multiplies: NaN stays. */
} egm__product;

#endif
