/* SPDX-License-Identifier: MIT */
/* Factors of covariances, and covariances that respect a floor.
 *
 * Among the positive definite C without eigenvalue below f, log det C + tr(C^-1 S) is least at V max(L, f) V^T, S = V L
 * V^T. For given eigenvalues c of C the trace is at least sum_i l_i / c_i with both in the same order (von Neumann),
 * and is equal to it if C has the eigenvectors of S; and log c + l / c falls until c = l and rises from there.
 *
 * If no eigenvalue is below f, this C is S itself, and S - f I has a Cholesky factor, which is tried first:
 * eigenvectors are some hundred times the work and needed only if a component collapses. */
#include <math.h>
#include <stats/matrix_impl.h>
#include <stats/mixture_impl.h>
#include <string.h>

int egm__mixture_raise_eigenvalues(int64_t n, double *c, double floor, double *work)
{
	double *a = work, *v = work + n * n;
	if (!egm__cholesky(n, c, floor, a)) return 0;
	memcpy(a, c, (size_t)(n * n) * sizeof *a);
	egm__eigenvectors(n, a, v);
	for (int64_t i = 0; i < n; i++)
		for (int64_t j = 0; j <= i; j++) {
			double sum = 0;
			for (int64_t k = 0; k < n; k++) {
				double eigenvalue = a[k * n + k];
				sum += (eigenvalue <= floor ? floor : eigenvalue) * v[i * n + k] * v[j * n + k];
			}
			c[i * n + j] = c[j * n + i] = sum;
		}
	return 1;
}

static int factorise_full(int64_t n, const double *c, double *l, double *half_log_det)
{
	if (egm__cholesky(n, c, 0, l)) return 1;
	for (int64_t i = 0; i < n; i++) *half_log_det += log(l[i * n + i]);
	return 0;
}

static int factorise_diagonal(int64_t n, const double *c, double *deviations, double *half_log_det)
{
	for (int64_t i = 0; i < n; i++) {
		if (!(c[i] > 0 && isfinite(c[i]))) return 1;
		deviations[i] = sqrt(c[i]);
		*half_log_det += log(deviations[i]);
	}
	return 0;
}

int64_t egm__mixture_factorise(const egm_mixture *m, egm__mixture_numbers *numbers)
{
	const int full = m->options.covariance == EGM_COVARIANCE_FULL;
	for (int64_t k = 0; k < m->options.components; k++) {
		double half = 0, w = numbers->weights[k], *c = numbers->covariances + k * m->spread;
		double *factor = numbers->factors + k * m->spread;
		if ((full ? factorise_full : factorise_diagonal)(m->dims, c, factor, &half)) return k;
		numbers->constants[k] = (w > 0 ? log(w) : -INFINITY) - (double)m->dims / 2 * log(2 * M_PI) - half;
	}
	return -1;
}
