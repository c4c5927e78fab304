/* SPDX-License-Identifier: MIT */
/* Products whose right factor is packed once and used many times: samplers run one program hundreds of times over the
 * same weights, where a BLAS packs them again in each call, a fifth of the time for 32 to 64 rows, and rounds a row by
 * its place in the batch.
 *
 * C = alpha A op(B) + beta C, A m x k and C m x n, row-major. Element (i, j) of the result depends on row i of A,
 * column j of op(B), k, alpha, beta and the old C(i, j) alone: it has one accumulator, which takes up the products in
 * ascending order of k by the same instruction everywhere in a code path. So a product may be cut by rows and columns
 * at will. One column alone (n = 1) is a product of another form, a sum in lanes; it, too, can be cut by rows.
 *
 * On the calling thread. The entries of the kernel table for it are packed_count, pack and multiply. */
#ifndef EGM_TENSOR_PACKED_IMPL_H
#define EGM_TENSOR_PACKED_IMPL_H

#include <stdint.h>

typedef struct egm__product {
	int64_t m, n, k;
	int64_t lda, ldc;   /* elements between rows */
	double alpha, beta; /* beta 0 or 1; with 0 what C held does not matter. alpha 0 still multiplies: NaN stays. */
} egm__product;

#endif
