/* SPDX-License-Identifier: MIT */
/* The Gaussian uses plain loops over columns, which a compiler can vectorise. The nearest neighbour is found by a
 * network, at the speed of its products: a dense layer whose weights are training rows t and whose biases are -|t|^2 /
 * 2 computes x.t - |t|^2 / 2, and the largest output belongs to the nearest t. */
#include "baselines.h"

#include <math.h>
#include <stdlib.h>

#include "program.h"

/* ---- Gaussian */

static void find_mean(const float *x, int64_t rows, int64_t d, double *mean)
{
	for (int64_t i = 0; i < rows; i++)
		for (int64_t k = 0; k < d; k++) mean[k] += x[i * d + k] / (double)rows;
}

static void centre(const float *x, int64_t d, const double *mean, double *out)
{
	for (int64_t k = 0; k < d; k++) out[k] = x[k] - mean[k];
}

/* Computes the lower half of S; returns the sum of |x|^4, where x are the centred rows. */
static double find_covariance(const float *x, int64_t rows, int64_t d, const double *mean, double *s)
{
	double fourth = 0, *row = program_alloc((size_t)d, sizeof *row);
	for (int64_t i = 0; i < rows; i++) {
		double square = 0;
		centre(x + i * d, d, mean, row);
		for (int64_t k = 0; k < d; k++) square += row[k] * row[k];
		fourth += square * square;
		for (int64_t k = 0; k < d; k++) {
			double *to = s + k * d, weight = row[k] / (double)rows;
			if (weight == 0) continue;
			for (int64_t l = 0; l <= k; l++) to[l] += weight * row[l];
		}
	}
	free(row);
	return fourth;
}

/* rho = min(1, b^2 / c^2), c^2 = |S - m I|^2, b^2 = sum |x x^T - S|^2 / n^2 = (sum |x|^4 - n |S|^2) / n^2. */
static double shrink(double *s, int64_t d, int64_t rows, double fourth)
{
	double trace = 0, norm = 0, n = (double)rows;
	for (int64_t k = 0; k < d; k++) {
		trace += s[k * d + k];
		norm += s[k * d + k] * s[k * d + k];
		for (int64_t l = 0; l < k; l++) norm += 2 * s[k * d + l] * s[k * d + l];
	}
	double m = trace / (double)d, from_sphere = norm - m * trace, noise = (fourth - n * norm) / (n * n);
	double rho = from_sphere > 0 ? fmin(fmax(noise / from_sphere, 0), 1) : 1;
	for (int64_t k = 0; k < d; k++) {
		for (int64_t l = 0; l <= k; l++) s[k * d + l] *= 1 - rho;
		s[k * d + k] += rho * m;
	}
	return m > 0 ? rho : -1;
}

/* S = L L^T in place, column by column. Returns 0, or -1 if S is not positive definite. */
static int factor(double *s, int64_t d)
{
	for (int64_t k = 0; k < d; k++) {
		double *row = s + k * d;
		for (int64_t l = 0; l <= k; l++) {
			double sum = row[l];
			for (int64_t i = 0; i < l; i++) sum -= row[i] * s[l * d + i];
			if (l < k)
				row[l] = sum / s[l * d + l];
			else if (sum > 0)
				row[k] = sqrt(sum);
			else
				return -1;
		}
	}
	return 0;
}

/* Returns |L^-1 y| and overwrites y. `columns` is L^T, so that the inner loop runs along a row. */
static double whitened_norm(const double *columns, int64_t d, double *y)
{
	double square = 0;
	for (int64_t k = 0; k < d; k++) {
		const double *column = columns + k * d;
		double z = y[k] / column[k];
		square += z * z;
		for (int64_t l = k + 1; l < d; l++) y[l] -= z * column[l];
	}
	return sqrt(square);
}

double baseline_gaussian(const float *train, int64_t train_rows, const float *x, int64_t rows, int64_t columns,
                         double *scores)
{
	int64_t d = columns;
	double *mean = program_alloc((size_t)d, 2 * sizeof *mean), *row = mean + d;
	double *s = program_alloc((size_t)(d * d), sizeof *s);
	find_mean(train, train_rows, d, mean);
	double fourth = find_covariance(train, train_rows, d, mean, s), rho = shrink(s, d, train_rows, fourth);
	if (rho >= 0 && factor(s, d) != 0) rho = -1;
	for (int64_t k = 0; k < d; k++)
		for (int64_t l = 0; l < k; l++) s[l * d + k] = s[k * d + l];
	for (int64_t i = 0; i < rows && rho >= 0; i++) {
		centre(x + i * d, d, mean, row);
		scores[i] = whitened_norm(s, d, row);
	}
	free(mean);
	free(s);
	return rho;
}

/* ---- nearest neighbour */

enum { UNITS = 4096, BATCH = 512 };

/* Sets the weights to `units` training rows; if there are fewer, the last one is repeated. */
static egm_status set_references(egm_model *net, const float *train, int64_t train_rows, int64_t first, int64_t d,
                                 int64_t units, float *weight, float *bias)
{
	for (int64_t u = 0; u < units; u++) {
		const float *t = train + (first + u < train_rows ? first + u : train_rows - 1) * d;
		double square = 0;
		for (int64_t k = 0; k < d; k++) {
			weight[u * d + k] = t[k];
			square += (double)t[k] * t[k];
		}
		bias[u] = (float)(-square / 2);
	}
	TRY(egm_model_set_tensor(net, "0.weight", egm_f32(weight, units * d, 1)));
	return egm_model_set_tensor(net, "0.bias", egm_f32(bias, units, 1));
}

/* best [rows] = the larger of itself and the largest output. */
static egm_status raise_best(const egm_model *net, const float *x, int64_t rows, int64_t d, int64_t units, float *out,
                             double *best)
{
	for (int64_t i = 0; i < rows; i += BATCH) {
		int64_t n = rows - i < BATCH ? rows - i : BATCH;
		TRY(egm_model_run(net, egm_f32(x + i * d, n, d), egm_f32_out(out, n, units)));
		for (int64_t r = 0; r < n; r++)
			for (int64_t u = 0; u < units; u++) {
				if (out[r * units + u] > best[i + r]) best[i + r] = out[r * units + u];
			}
	}
	return EGM_OK;
}

static egm_status search(egm_model *net, const float *train, int64_t train_rows, const float *x, int64_t rows,
                         int64_t d, int64_t units, float *memory, double *best)
{
	float *weight = memory, *bias = weight + units * d, *out = bias + units;
	TRY(egm_model_dense(net, units));
	TRY(egm_model_build(net, EGM_F32, 1));
	for (int64_t first = 0; first < train_rows; first += units) {
		TRY(set_references(net, train, train_rows, first, d, units, weight, bias));
		TRY(raise_best(net, x, rows, d, units, out, best));
	}
	return EGM_OK;
}

egm_status baseline_neighbour(egm_context *context, const float *train, int64_t train_rows, const float *x,
                              int64_t rows, int64_t columns, double *scores)
{
	egm_model *net = NULL;
	int64_t units = train_rows < UNITS ? train_rows : UNITS;
	for (int64_t i = 0; i < rows; i++) scores[i] = -INFINITY;
	TRY(egm_model_create(&net, context, "neighbours", columns));
	float *memory = program_alloc((size_t)units, (size_t)(columns + 1 + BATCH) * sizeof *memory);
	egm_status status = search(net, train, train_rows, x, rows, columns, units, memory, scores);
	free(memory);
	egm_model_free(net);
	for (int64_t i = 0; i < rows && status == EGM_OK; i++) {
		double square = 0;
		for (int64_t k = 0; k < columns; k++) square += (double)x[i * columns + k] * x[i * columns + k];
		scores[i] = sqrt(fmax(square - 2 * scores[i], 0));
	}
	return status;
}
