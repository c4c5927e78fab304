/* SPDX-License-Identifier: MIT */
/* Where chains of negatives start: at the rows of data (cd), at noise (short_run), or at rows of a buffer (pcd) that
 * has the end points of earlier chains, except for a fraction of chains that are restarted. All rows of the buffer are
 * used once, in random order, before one is used again; the order is a function of (seed, number), so that a resumed
 * training needs only the buffer.
 *
 * Why the default restarts chains near data. If chains do not move between modes, a mode keeps its depth only if the
 * fraction of chains that start in its basin is that of the data. N(0, I) starts too many chains at the inner modes,
 * and lacks the scale of the data. A kernel density estimate from the mini-batch has about the right fractions, and
 * some width. If a program gives a sampler, its start_scale says where chains start. */
#include <core/rng_impl.h>
#include <math.h>
#include <string.h>
#include <train/negatives_impl.h>

static const double FAR = 100;

static const char *data_row(const egm__negatives *n, int64_t i)
{
	return (const char *)n->data + i * egm__point_bytes(n->sampler);
}

/* The start of chain i, from draw `number` of rng: near row i of the mini-batch, or at noise if there is no bandwidth
 * or this row is out of bounds. */
static void draw_start(egm__negatives *n, const egm__rng *rng, int64_t number, int64_t i, void *point)
{
	const egm_sampler *s = n->sampler;
	const egm_dtype dtype = s->target->dtype;
	if (!n->data || egm__target_from_points(s->target, 1, data_row(n, i), point) >= 0) {
		egm__start_draw(s, rng, number, point);
	} else {
		s->table->normal(s->dims, n->noise, rng, number * egm__noise_stride(s->dims));
		for (int64_t j = 0; j < s->dims; j++)
			egm__number_put(dtype, point, j,
			                egm__number(dtype, point, j) + n->bandwidth[j] * egm__number(dtype, n->noise, j));
	}
	egm__target_to_points(s->target, 1, point, point);
}

void egm__negatives_draw_starts(egm__negatives *n, uint64_t step, int64_t count, char *points)
{
	egm__rng rng = {.seed = n->sampler->options.seed, .step = step, .stream = EGM__STREAM_NEW_POINT};
	for (int64_t i = 0; i < count; i++) draw_start(n, &rng, i, i, points + i * egm__point_bytes(n->sampler));
}

/* Replaces starts by rows of the buffer, except for the fraction of chains that are restarted. */
static void read_buffer(egm__negatives *n, int64_t number)
{
	size_t row = (size_t)egm__point_bytes(n->sampler);
	egm__rng rng = {.seed = n->order.seed, .step = (uint64_t)n->run, .stream = EGM__STREAM_RESTART};
	n->rows = egm__batches_rows(&n->order, number);
	for (int64_t i = 0; i < n->order.batch; i++) {
		uint32_t words[4];
		egm__rng_block(&rng, (uint32_t)i, words);
		if (egm__rng_unit(words) < n->options.restart) continue;
		memcpy((char *)n->points + (size_t)i * row, (char *)n->buffer + (size_t)n->rows[i] * row, row);
		n->restarted--;
	}
}

/* Largest absolute value of `count` numbers. */
static double reach_of(const egm_sampler *s, const void *values, int64_t count)
{
	double most = 0;
	for (int64_t i = 0; i < count; i++) most = fmax(most, fabs(egm__number(s->target->dtype, values, i)));
	return most;
}

/* Standard deviation of a column of x [rows, dims], scaled so that no square overflows. */
static double deviation_of(const egm_sampler *s, const void *x, int64_t rows, int64_t column)
{
	const egm_dtype dtype = s->target->dtype;
	double mean = 0, most = 0, sum = 0;
	for (int64_t i = 0; i < rows; i++) mean += egm__number(dtype, x, i * s->dims + column) / (double)rows;
	for (int64_t i = 0; i < rows; i++) most = fmax(most, fabs(egm__number(dtype, x, i * s->dims + column) - mean));
	for (int64_t i = 0; i < rows && most > 0; i++) {
		double d = (egm__number(dtype, x, i * s->dims + column) - mean) / most;
		sum += d * d;
	}
	return most * sqrt(sum / (double)rows);
}

/* Restarts use a kernel density estimate from these rows, with the bandwidth of Scott 1992: the standard deviation of
 * each column times rows^(-1/(dims + 4)). n->points is working memory. */
static void estimate_density(egm__negatives *n, const void *data)
{
	const egm_sampler *s = n->sampler;
	int64_t row = egm__point_bytes(s), rows = 0;
	n->data = data;
	for (int64_t i = 0; i < s->options.chains; i++)
		rows += egm__target_from_points(s->target, 1, data_row(n, i), (char *)n->points + rows * row) < 0;
	for (int64_t j = 0; j < s->dims; j++)
		n->bandwidth[j] =
		    deviation_of(s, n->points, rows, j) * pow((double)(rows ? rows : 1), -1 / ((double)s->dims + 4));
}

void egm__negatives_place_starts(egm__negatives *n, const void *data, int64_t number)
{
	const egm_sampler *s = n->sampler;
	int64_t chains = s->options.chains, numbers = chains * s->dims;
	n->restarted = n->ran_away = 0;
	if (n->options.start == EGM_NEGATIVES_CD) {
		memcpy(n->points, data, (size_t)chains * (size_t)egm__point_bytes(s));
		return;
	}
	if (n->bandwidth) estimate_density(n, data);
	egm__negatives_draw_starts(n, (uint64_t)n->run, chains, n->points);
	n->restarted = chains;
	if (n->options.start == EGM_NEGATIVES_SHORT_RUN) return;
	n->far = FAR * fmax(reach_of(s, data, numbers), reach_of(s, n->points, numbers));
	read_buffer(n, number);
}

void egm__negatives_restart(egm__negatives *n, int64_t i, int64_t attempt, void *point)
{
	const egm_sampler *s = n->sampler;
	egm__rng rng = {.seed = s->options.seed, .step = (uint64_t)n->run, .stream = EGM__STREAM_NEW_POINT};
	draw_start(n, &rng, s->options.chains * attempt + i, i, point);
	n->ran_away++;
}

int egm__negatives_is_far(const egm__negatives *n, const void *point)
{
	return !(reach_of(n->sampler, point, n->sampler->dims) <= n->far);
}
