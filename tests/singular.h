/* SPDX-License-Identifier: MIT */
/* Singular values by one-sided Jacobi rotations in long double (Hestenes 1958): pairs of columns are rotated until
 * all columns are orthogonal; their lengths are the singular values. A reference for the power iteration that
 * depends on no start and finds every singular value. */
#ifndef EGM_TESTS_SINGULAR_H
#define EGM_TESTS_SINGULAR_H

#include <math.h>
#include <stdint.h>

enum { SINGULAR_MAX = 32 };

/* Turns columns p and q of a [rows][SINGULAR_MAX] so that they become orthogonal; their cosine before. */
static inline long double rotate_columns(int64_t rows, long double (*a)[SINGULAR_MAX], int64_t p, int64_t q)
{
	long double x = 0, y = 0, z = 0;
	for (int64_t r = 0; r < rows; r++) {
		x += a[r][p] * a[r][p];
		y += a[r][q] * a[r][q];
		z += a[r][p] * a[r][q];
	}
	if (!(fabsl(z) > 0)) return 0;
	long double zeta = (y - x) / (2 * z), t = copysignl(1, zeta) / (fabsl(zeta) + sqrtl(1 + zeta * zeta));
	long double c = 1 / sqrtl(1 + t * t), s = c * t;
	for (int64_t r = 0; r < rows; r++) {
		long double left = a[r][p], right = a[r][q];
		a[r][p] = c * left - s * right;
		a[r][q] = s * left + c * right;
	}
	return fabsl(z) / sqrtl(x * y);
}

/* The largest singular value of w [rows, columns], both at most SINGULAR_MAX, and the next one (0 if there is none). */
static inline double largest_singular_value(int64_t rows, int64_t columns, const double *w, double *second)
{
	static long double a[SINGULAR_MAX][SINGULAR_MAX];
	long double worst = 1, top = 0, next = 0;
	for (int64_t r = 0; r < rows; r++)
		for (int64_t c = 0; c < columns; c++) a[r][c] = w[r * columns + c];
	for (int sweep = 0; worst > 1e-18L && sweep < 60; sweep++) {
		worst = 0;
		for (int64_t p = 0; p < columns; p++)
			for (int64_t q = p + 1; q < columns; q++) worst = fmaxl(worst, rotate_columns(rows, a, p, q));
	}
	for (int64_t c = 0; c < columns; c++) {
		long double length = 0;
		for (int64_t r = 0; r < rows; r++) length = hypotl(length, a[r][c]);
		next = fmaxl(next, fminl(top, length));
		top = fmaxl(top, length);
	}
	*second = (double)next;
	return (double)top;
}

#endif
