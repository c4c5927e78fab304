/* SPDX-License-Identifier: MIT */
/* Factors of covariances, and covariances that respect a floor.
 *
 * Of the positive definite C without eigenvalue below f, log det C + tr(C^-1 S) is least at V max(L, f) V^T, S = V L
 * V^T: for given eigenvalues c of C the trace is at least sum_i l_i / c_i with both in the same order (von Neumann),
 * reached where C has the eigenvectors of S; and log c + l / c falls until c = l and rises from there.
 *
 * Where no eigenvalue is below f, S itself is that C. Then S - f I has a Cholesky factor, which is tried first: the
 * eigenvectors, by Jacobi's rotations, are some hundred times the work and needed only where a component collapses. */
#include <stats/mixture_impl.h>
#include <math.h>
#include <string.h>

int egm__mixture_cholesky(int64_t n, const double *a, double shift, double *l)
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

static void turn_rows(int64_t n, double *m, int64_t p, int64_t q, double c, double s)
{
	for (int64_t i = 0; i < n; i++) {
		double x = m[p * n + i], y = m[q * n + i];
		m[p * n + i] = c * x - s * y;
		m[q * n + i] = s * x + c * y;
	}
}

/* a <- J^T a J with a_pq = 0, v <- v J; J the rotation by the smaller of the two angles. 0: a_pq is nothing already. */
static int rotate(int64_t n, double *a, double *v, int64_t p, int64_t q)
{
	double off = a[p * n + q], app = a[p * n + p], aqq = a[q * n + q];
	if (!(fabs(off) > 0x1p-53 * sqrt(fabs(app)) * sqrt(fabs(aqq)))) return 0;
	double theta = (aqq - app) / (2 * off), t = copysign(1, theta) / (fabs(theta) + hypot(theta, 1));
	double c = 1 / hypot(t, 1), s = t * c;
	turn_columns(n, a, p, q, c, s);
	turn_rows(n, a, p, q, c, s);
	turn_columns(n, v, p, q, c, s);
	a[p * n + q] = a[q * n + p] = 0;
	return 1;
}

/* a becomes diagonal, v [n, n] has the eigenvectors as columns. Converges quadratically: 30 sweeps are never reached
 * but by numbers that are none. */
static void diagonalise(int64_t n, double *a, double *v)
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

int egm__mixture_lift(int64_t n, double *c, double floor, double *work)
{
	double *a = work, *v = work + n * n;
	if (!egm__mixture_cholesky(n, c, floor, a)) return 0;
	memcpy(a, c, (size_t)(n * n) * sizeof *a);
	diagonalise(n, a, v);
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

/* ---- factors */

static int factorise_full(int64_t n, const double *c, double *l, double *half_log_det)
{
	if (egm__mixture_cholesky(n, c, 0, l)) return 1;
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
