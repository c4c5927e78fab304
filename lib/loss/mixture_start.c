/* SPDX-License-Identifier: MIT */
/* Where EM begins: k-means++ (Arthur and Vassilvitskii 2007). The first centre is a row drawn uniformly, each further
 * one a row drawn with probability proportional to D^2, its squared distance to the nearest centre so far.
 *
 * The variance is one number for all components, mean D^2 / dims. Covariances of the cells of the centres would look
 * like a better start and are a worse one: a cell of one row, which k-means++ likes to make of an outlier, has variance
 * 0, and EM does not leave such a component again.
 *
 * Centre j of start s reads the draw (seed, s, j): starts do not depend on each other. */
#include <core/rng_impl.h>
#include <core/status_impl.h>
#include <loss/mixture_impl.h>
#include <math.h>
#include <string.h>
#include <tensor/shape_impl.h>

static const double RELATIVE_FLOOR = 1e-6;

/* Sum of the columns' variances by Welford's update along the rows. */
static double total_variance(egm_dtype dtype, const void *x, int64_t rows, int64_t dims, double *mean)
{
	double squares = 0;
	for (int64_t i = 0; i < dims; i++) mean[i] = 0;
	for (int64_t r = 0; r < rows; r++)
		for (int64_t i = 0; i < dims; i++) {
			double value = egm__number(dtype, x, r * dims + i), delta = value - mean[i];
			mean[i] += delta / (double)(r + 1);
			squares += delta * (value - mean[i]);
		}
	return squares / (double)rows;
}

egm_status egm__mixture_find_floor(const egm_mixture *m, egm_dtype dtype, const void *x, int64_t rows,
                                   double *column_mean, double *floor)
{
	*floor = m->floor;
	if (m->floor > 0) return EGM_OK;
	double variance = total_variance(dtype, x, rows, m->dims, column_mean) / (double)m->dims;
	if (!isfinite(variance)) return egm__fail(EGM_ERR_NONFINITE, "mixture: the variance of the data overflows");
	*floor = RELATIVE_FLOOR * variance;
	if (*floor > 0) return EGM_OK;
	return egm__fail(EGM_ERR_ARGUMENT, "mixture: %lld rows without variance say nothing about covariance_floor; set it",
	                 (long long)rows);
}

/* ---- k-means++ */

static double uniform(const egm__rng *rng, int64_t centre)
{
	uint32_t words[4];
	egm__rng_block(rng, (uint32_t)centre, words);
	return egm__rng_unit(words);
}

static double squared_distance(egm_dtype dtype, const void *x, int64_t row, int64_t dims, const double *centre)
{
	double sum = 0;
	for (int64_t i = 0; i < dims; i++) {
		double off = egm__number(dtype, x, row * dims + i) - centre[i];
		sum += off * off;
	}
	return sum;
}

/* Moves the distances on to one more centre; their sum. */
static double approach(egm_dtype dtype, const void *x, int64_t rows, int64_t dims, const double *centre, int first,
                       double *distances)
{
	double total = 0;
	for (int64_t r = 0; r < rows; r++) {
		double d = squared_distance(dtype, x, r, dims, centre);
		if (first || d < distances[r]) distances[r] = d;
		total += distances[r];
	}
	return total;
}

/* The row at which the running sum passes `target`, never one at distance 0. */
static int64_t pick(const double *distances, int64_t rows, double target)
{
	int64_t last = 0;
	double sum = 0;
	for (int64_t r = 0; r < rows; r++) {
		if (!(distances[r] > 0)) continue;
		sum += distances[r];
		last = r;
		if (sum > target) break;
	}
	return last;
}

static egm_status choose_centres(egm_mixture *m, egm_dtype dtype, const void *x, int64_t rows, const egm__rng *rng,
                                 double *distances, double *total)
{
	const int64_t n = m->options.components, d = m->dims;
	for (int64_t k = 0; k < n; k++) {
		double u = uniform(rng, k), *centre = m->now.means + k * d;
		if (k > 0 && !(*total > 0))
			return egm__fail(EGM_ERR_ARGUMENT, "mixture: %lld components, the data have %lld distinct rows",
			                 (long long)n, (long long)k);
		int64_t row = k == 0 ? (int64_t)(u * (double)rows) : pick(distances, rows, u * *total);
		for (int64_t i = 0; i < d; i++) centre[i] = egm__number(dtype, x, row * d + i);
		*total = approach(dtype, x, rows, d, centre, k == 0, distances);
		if (!isfinite(*total)) return egm__fail(EGM_ERR_NONFINITE, "mixture: squared distances of the data overflow");
	}
	return EGM_OK;
}

egm_status egm__mixture_start(egm_mixture *m, egm_dtype dtype, const void *x, int64_t rows, int64_t start,
                              double *distances)
{
	const egm__rng rng = {.seed = m->options.seed, .step = (uint64_t)start, .stream = EGM__STREAM_CENTRES};
	const int64_t n = m->options.components, d = m->dims, diagonal = m->spread == d ? 1 : d + 1;
	double total = 0;
	egm_status st = choose_centres(m, dtype, x, rows, &rng, distances, &total);
	if (st != EGM_OK) return st;
	double variance = total / (double)rows / (double)d;
	if (variance < m->floor) variance = m->floor;
	memset(m->now.covariances, 0, (size_t)(n * m->spread) * sizeof *m->now.covariances);
	for (int64_t k = 0; k < n; k++) {
		m->now.weights[k] = 1 / (double)n;
		for (int64_t i = 0; i < d; i++) m->now.covariances[k * m->spread + i * diagonal] = variance;
	}
	if (egm__mixture_factorise(m, &m->now) >= 0)
		return egm__fail(EGM_ERR_NONFINITE, "mixture: a start with variance %g is none",
		                 fabs(variance)); /* no "-nan" */
	return EGM_OK;
}
