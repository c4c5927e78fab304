/* SPDX-License-Identifier: MIT */
/* Eigenvalues and singular values by plane rotations: each makes a pair of columns or rows orthogonal, and sweeps over
 * all pairs end when no pair needs one. Both methods converge quadratically.
 *
 * Eigenvalues of a symmetric matrix: Jacobi 1846, who turns rows and columns. Singular values: Hestenes 1958, who turns
 * rows alone; when all rows are orthogonal, their lengths are the singular values. */
#include <float.h>
#include <math.h>
#include <stats/matrix_impl.h>
#include <string.h>

/* ---- eigenvalues */

/* Columns p and q of m [n, n] turned by the angle of (c, s). */
static void turn_columns(int64_t n, double *m, int64_t p, int64_t q, double c, double s)
{
	for (int64_t i = 0; i < n; i++) {
		double x = m[i * n + p], y = m[i * n + q];
		m[i * n + p] = c * x - s * y;
		m[i * n + q] = s * x + c * y;
	}
}

/* Rows a and b [n] turned by the same angle. */
static void turn_rows(int64_t n, double c, double s, double *restrict a, double *restrict b)
{
	for (int64_t k = 0; k < n; k++) {
		double x = a[k], y = b[k];
		a[k] = c * x - s * y;
		b[k] = s * x + c * y;
	}
}

/* a <- J^T a J with a_pq = 0, v <- v J; J the rotation by the smaller of the two angles. Returns 0 if a_pq is 0 up to
 * rounding already. */
static int rotate(int64_t n, double *a, double *v, int64_t p, int64_t q)
{
	double off = a[p * n + q], app = a[p * n + p], aqq = a[q * n + q];
	if (!(fabs(off) > 0x1p-53 * sqrt(fabs(app)) * sqrt(fabs(aqq)))) return 0;
	double theta = (aqq - app) / (2 * off), t = copysign(1, theta) / (fabs(theta) + hypot(theta, 1));
	double c = 1 / hypot(t, 1), s = t * c;
	turn_columns(n, a, p, q, c, s);
	turn_rows(n, c, s, a + p * n, a + q * n);
	turn_columns(n, v, p, q, c, s);
	a[p * n + q] = a[q * n + p] = 0;
	return 1;
}

/* 30 sweeps are never reached by finite numbers. */
void egm__eigenvectors(int64_t n, double *a, double *v)
{
	int turned = 1;
	memset(v, 0, (size_t)(n * n) * sizeof *v);
	for (int64_t i = 0; i < n; i++) v[i * n + i] = 1;
	for (int sweep = 0; sweep < 30 && turned; sweep++) {
		turned = 0;
		for (int64_t p = 0; p < n; p++)
			for (int64_t q = p + 1; q < n; q++) turned |= rotate(n, a, v, p, q);
	}
}

/* ---- singular values */

/* Makes two rows orthogonal and updates their squared lengths aa and bb. Returns 0 if they are orthogonal up to
 * rounding already; `least` is the product that the shortest rows have by rounding. */
static int orthogonalise(const egm__kernels *table, int64_t n, double *a, double *b, double *aa, double *bb,
                         double least)
{
	double ab = table->dot(n, a, b);
	if (!(fabs(ab) > (double)n * DBL_EPSILON * sqrt(*aa * *bb) && fabs(ab) > least)) return 0;
	double zeta = (*bb - *aa) / (2 * ab), t = copysign(1, zeta) / (fabs(zeta) + sqrt(1 + zeta * zeta));
	double c = 1 / sqrt(1 + t * t);
	turn_rows(n, c, c * t, a, b);
	*aa -= t * ab;
	*bb += t * ab;
	return 1;
}

double egm__row_squares(const egm__kernels *table, int64_t rows, int64_t n, const double *m, double *squares)
{
	double all = 0;
	for (int64_t i = 0; i < rows; i++) all += squares[i] = table->sum_squares(n, m + i * n);
	return all;
}

int egm__orthogonalise_row(const egm__kernels *table, int64_t i, int64_t rows, int64_t n, double *m, double *squares,
                           double all)
{
	int turned = 0;
	for (int64_t j = i + 1; j < rows; j++)
		turned |=
		    orthogonalise(table, n, m + i * n, m + j * n, &squares[i], &squares[j], DBL_EPSILON * DBL_EPSILON * all);
	return turned;
}
