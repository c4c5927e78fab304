/* SPDX-License-Identifier: MIT */
/* Factors of dense matrices in double, row-major: Cholesky's (cholesky.c), eigenvalues and singular values by rotations
 * (jacobi.c). */
#ifndef EGM_STATS_MATRIX_IMPL_H
#define EGM_STATS_MATRIX_IMPL_H

#include <tensor/kernels_impl.h>

/* L L^T = a - shift I. Reads the lower triangle of a [n, n]; the upper one of l becomes 0. Returns 1 if a - shift I is
 * not positive definite. */
int egm__cholesky(int64_t n, const double *a, double shift, double *l);

/* The next row of R, R^T R = a [n, n] of any rank, by the largest pivot; a loses the row's product with itself. Returns
 * 0 if only rounding is left. *least is -1 before the first row; the first call sets the limit there. */
int egm__cholesky_next_row(int64_t n, double *a, double *least, double *row);

/* The symmetric a [n, n] becomes the diagonal matrix of its eigenvalues; the columns of v [n, n] their eigenvectors. */
void egm__eigenvectors(int64_t n, double *a, double *v);

/* Singular values of m [rows, n]: the lengths of its rows when a sweep turns none. A sweep is egm__row_squares, which
 * sets the squared lengths of the rows and returns their sum `all`, and then for each i egm__orthogonalise_row, which
 * makes row i orthogonal to the rows after it and returns 0 if it was already. */
double egm__row_squares(const egm__kernels *table, int64_t rows, int64_t n, const double *m, double *squares);
int egm__orthogonalise_row(const egm__kernels *table, int64_t i, int64_t rows, int64_t n, double *m, double *squares,
                           double all);

#endif
