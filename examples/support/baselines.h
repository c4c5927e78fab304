/* SPDX-License-Identifier: MIT */
/* Baselines for anomaly scores: a Gaussian, and the distance to the nearest training row. */
#ifndef BASELINES_H
#define BASELINES_H

#include <egm.h>

/* Writes the Mahalanobis distances of x [rows, columns] from a Gaussian fitted to `train` [train_rows, columns] to
 * scores [rows]. Because S is singular if a pixel never changes, the covariance is shrunk towards a multiple of the
 * identity, (1 - rho) S + rho tr(S)/d I, with the rho that Ledoit and Wolf 2004 estimate from the same rows. Returns
 * rho, or -1 if all rows are equal. */
double baseline_gaussian(const float *train, int64_t train_rows, const float *x, int64_t rows, int64_t columns,
                         double *scores);

/* Writes the distance of each row of x to the nearest row of `train` to scores [rows]. */
egm_status baseline_neighbour(egm_context *context, const float *train, int64_t train_rows, const float *x,
                              int64_t rows, int64_t columns, double *scores);

#endif
