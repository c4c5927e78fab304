/* SPDX-License-Identifier: MIT */
/* A linear autoencoder whose likelihood is known: probabilistic principal components (Tipping and Bishop 1999).
 *
 * Data of covariance diag(4, 2, 1, 1) around 0: the points +- sqrt(4 eigenvalue) along each axis have it exactly. With
 * two components sigma^2 = 1, W = [(sqrt 3, 0), (0, 1), 0, 0] R for any rotation R, M = W^T W + I = R^T diag(4, 2) R;
 * p(z|x) = N(M^-1 W^T x, M^-1), and x is distributed as N(0, C), C = W W^T + I, the covariance of the data. Then
 *
 *   E log q(x) = -(4 ln 2 pi + ln 8 + 4) / 2 = -6.7154749.
 *
 * A diagonal encoder has this posterior only for R = I. Otherwise its best variances are 1 / M_ii, and the bound is
 * (ln prod M_ii - ln det M) / 2 below the likelihood. */
#ifndef EGM_TESTS_PPCA_H
#define EGM_TESTS_PPCA_H

#include <math.h>

enum { PPCA_D = 4, PPCA_K = 2, PPCA_POINTS = 8 };
#define PPCA_LOG_LIKELIHOOD (-6.7154749)

static const double ppca_eigenvalues[PPCA_D] = {4, 2, 1, 1};

/* points [PPCA_POINTS, PPCA_D] */
static inline void ppca_points(double *x)
{
	for (int i = 0; i < PPCA_POINTS; i++)
		for (int j = 0; j < PPCA_D; j++)
			x[i * PPCA_D + j] = i / 2 == j ? (i % 2 ? -1 : 1) * sqrt(PPCA_D * ppca_eigenvalues[j]) : 0;
}

/* log N(x; 0, diag eigenvalues) */
static inline double ppca_log_density(const double *x)
{
	double sum = 0;
	for (int j = 0; j < PPCA_D; j++)
		sum -= 0.5 * (log(2 * acos(-1.0) * ppca_eigenvalues[j]) + x[j] * x[j] / ppca_eigenvalues[j]);
	return sum;
}

typedef struct ppca {
	double decoder[PPCA_D * PPCA_K];     /* W */
	double encoder[2 * PPCA_K * PPCA_D]; /* rows: means by x, then logarithms of variances by x: 0 */
	double encoder_bias[2 * PPCA_K];
	double gap;
} ppca;

/* R turns by `angle`. M^-1 W^T = R^T diag(1/4, 1/2) diag(sqrt 3, 1) [I 0] */
static inline ppca ppca_solution(double angle)
{
	const double c = cos(angle), s = sin(angle), r[2][2] = {{c, -s}, {s, c}}, norm[2] = {sqrt(3), 1}, m[2] = {4, 2};
	ppca p = {{0}, {0}, {0}, 0};
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++) {
			p.decoder[i * PPCA_K + j] = norm[i] * r[i][j];
			p.encoder[j * PPCA_D + i] = r[i][j] * norm[i] / m[i];
		}
	p.gap = -0.5 * log(8);
	for (int j = 0; j < 2; j++) {
		double precision = m[0] * r[0][j] * r[0][j] + m[1] * r[1][j] * r[1][j];
		p.encoder_bias[PPCA_K + j] = -log(precision);
		p.gap += 0.5 * log(precision);
	}
	return p;
}

#endif
