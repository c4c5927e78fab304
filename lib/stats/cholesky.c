/* SPDX-License-Identifier: MIT */
/* Cholesky factors. The method without pivots fails for a matrix that is not positive definite, and so tests for it.
 * The one with pivots gives a factor of any rank, which ends when only rounding is left. */
#include <float.h>
#include <math.h>
#include <stats/matrix_impl.h>
#include <string.h>

int egm__cholesky(int64_t n, const double *a, double shift, double *l)
{
	memset(l, 0, (size_t)(n * n) * sizeof *l);
	for (int64_t i = 0; i < n; i++)
		for (int64_t j = 0; j <= i; j++) {
			double sum = a[i * n + j] - (i == j ? shift : 0);
			for (int64_t k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
			if (i == j && !(sum > 0 && isfinite(sum))) return 1;
			l[i * n + j] = i == j ? sqrt(sum) : sum / l[j * n + j];
		}
	return 0;
}

static int64_t largest_diagonal(int64_t n, const double *a)
{
	int64_t best = 0;
	for (int64_t k = 1; k < n; k++)
		if (a[k * n + k] > a[best * n + best]) best = k;
	return best;
}

int egm__cholesky_next_row(int64_t n, double *a, double *least, double *row)
{
	int64_t pivot = largest_diagonal(n, a);
	double value = a[pivot * n + pivot];
	if (*least < 0) *least = (double)n * DBL_EPSILON * value;
	if (!(value > *least)) return 0;
	for (int64_t k = 0; k < n; k++) row[k] = a[pivot * n + k] / sqrt(value);
	for (int64_t k = 0; k < n; k++)
		for (int64_t l = 0; l < n; l++) a[k * n + l] -= row[k] * row[l];
	for (int64_t k = 0; k < n; k++) a[pivot * n + k] = a[k * n + pivot] = 0;
	return 1;
}
