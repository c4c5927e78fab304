/* SPDX-License-Identifier: MIT */
/* What any score for anomalies has to beat: a Gaussian, and the distance to the nearest training row. */
#ifndef BASELINES_H
#define BASELINES_H

#include <egm.h>

/* scores [rows] = Mahalanobis distances of x [rows, columns] from a Gaussian fitted to `train` [train_rows, columns].
 * Its covariance is shrunk towards a multiple of the identity, (1 - rho) S + rho tr(S)/d I, with the rho that Ledoit
 * and Wolf 2004 estimate from the same rows: pixels that never change leave S singular. Returns rho, or -1 when the
 * rows are all alike. */
double baseline_gaussian(const float *train, int64_t train_rows, const float *x, int64_t rows, int64_t columns,
                         double *scores);

/* scores [rows] = distance of each row of x to the nearest row of `train`. */
egm_status baseline_neighbour(egm_context *context, const float *train, int64_t train_rows, const float *x,
                              int64_t rows, int64_t columns, double *scores);

#endif
