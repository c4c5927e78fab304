/* SPDX-License-Identifier: MIT */
/* The start of EM by k-means++ (Arthur and Vassilvitskii 2007). The first centre is a row drawn by the weights of the
 * rows, each further one a row drawn with probability proportional to its weight and D^2, its squared distance from the
 * nearest centre so far. Distances are measured in the units of the columns: z = x / unit.
 *
 * The variance of z is one number for all components, mean D^2 / dims. Covariances of the cells of the centers would
 * seem better and are worse: a cell of one row, which k-means++ often makes of an outlier, has variance 0, and EM does
 * not leave such a component again.
 *
 * Centre j of start s uses the draw (seed, s, j), so that starts do not depend on each other. */
#include <core/rng_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <stats/mixture_impl.h>
#include <string.h>
#include <tensor/shape_impl.h>

static double uniform(const egm__rng *rng, int64_t centre)
{
	uint32_t words[4];
	egm__rng_block(rng, (uint32_t)centre, words);
	return egm__rng_unit(words);
}

static double squared_distance(const egm_mixture *m, const egm__mixture_data *data, int64_t row, const double *centre)
{
	double sum = 0;
	for (int64_t i = 0; i < m->dims; i++) {
		double off = (egm__number(data->dtype, data->x, row * m->dims + i) - centre[i]) / m->units[i];
		sum += off * off;
	}
	return sum;
}

/* Updates the distances for one more centre. Returns their weighted sum. */
static double update_distances(const egm_mixture *m, const egm__mixture_data *data, const double *centre, int first,
                               double *distances)
{
	double total = 0;
	for (int64_t r = 0; r < data->rows; r++) {
		double w = egm__mixture_weight(data, r), d = w > 0 ? squared_distance(m, data, r, centre) : 0;
		if (first || d < distances[r]) distances[r] = d;
		total += w * distances[r];
	}
	return total;
}

/* The row at which the running sum of weight times distance (`distances` NULL: of weights) passes `target`; never one
 * that adds 0. */
static int64_t pick(const egm__mixture_data *data, const double *distances, double target)
{
	int64_t last = 0;
	double sum = 0;
	for (int64_t r = 0; r < data->rows; r++) {
		double grows = egm__mixture_weight(data, r) * (distances ? distances[r] : 1);
		if (!(grows > 0)) continue;
		sum += grows;
		last = r;
		if (sum > target) break;
	}
	return last;
}

static egm_status choose_centres(egm_mixture *m, const egm__mixture_data *data, const egm__rng *rng, double *distances,
                                 double *total)
{
	const int64_t n = m->options.components, d = m->dims;
	for (int64_t k = 0; k < n; k++) {
		double u = uniform(rng, k), *centre = m->now.means + k * d;
		if (k > 0 && !(*total > 0))
			return egm__fail(EGM_ERR_ARGUMENT, "components is %lld, must be at most the %lld distinct rows of x",
			                 (long long)n, (long long)k);
		int64_t row = k == 0 ? pick(data, NULL, u * data->total) : pick(data, distances, u * *total);
		for (int64_t i = 0; i < d; i++) centre[i] = egm__number(data->dtype, data->x, row * d + i);
		*total = update_distances(m, data, centre, k == 0, distances);
		if (!isfinite(*total))
			return egm__fail(EGM_ERR_NONFINITE, "the squared distances of the rows of x are infinite, must be finite");
	}
	return EGM_OK;
}

egm_status egm__mixture_start(egm_mixture *m, const egm__mixture_data *data, int64_t start, double *distances)
{
	const egm__rng rng = {.seed = m->options.seed, .step = (uint64_t)start, .stream = EGM__STREAM_CENTRES};
	const int64_t n = m->options.components, d = m->dims, diagonal = m->spread == d ? 1 : d + 1;
	double total = 0;
	egm_status st = choose_centres(m, data, &rng, distances, &total);
	if (st != EGM_OK) return st;
	const double variance = total / data->total / (double)d;
	memset(m->now.covariances, 0, (size_t)(n * m->spread) * sizeof *m->now.covariances);
	for (int64_t k = 0; k < n; k++) {
		m->now.weights[k] = 1 / (double)n;
		for (int64_t i = 0; i < d; i++) {
			double own = variance * (m->units[i] * m->units[i]);
			m->now.covariances[k * m->spread + i * diagonal] = own < m->floors[i] ? m->floors[i] : own;
		}
	}
	if (egm__mixture_factorise(m, &m->now) >= 0)
		return egm__fail(EGM_ERR_NONFINITE, "the variance of x is %g, must be above 0 and finite",
		                 fabs(variance)); /* no "-nan" */
	return EGM_OK;
}
