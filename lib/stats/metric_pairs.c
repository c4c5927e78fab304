/* SPDX-License-Identifier: MIT */
/* MMD and energy distance: means over all pairs of rows of a function of their distance r,
 *
 *     MMD^2  = A(x, x) + A(y, y) - 2 A(x, y),       A the mean of k(r) = mean over h of exp(-r^2 / (2 h^2))
 *     energy = -(A(x, x) + A(y, y) - 2 A(x, y)),    A the mean of r
 *
 * Squared distances are sums of squared differences and not |a|^2 + |b|^2 - 2 a.b, which would be fast as a product but
 * loses the digits of near pairs, on which a narrow kernel depends. They are taken in units of the range of the data,
 * or of h, if squares would otherwise leave the range of numbers. Pairs are taken in tiles of 64 by 64 rows; within a
 * sample each pair once. Each block of 64 rows has its own sum, and the sums are added in order, so that the result
 * does not depend on the number of threads.
 *
 * A step is a block against a strip of the other sample, some tiles long: a few milliseconds, whatever the size of the
 * samples. All blocks are done with their first strip before any with its second. A thread has the same blocks in all
 * steps. */
#include <core/context_impl.h>
#include <core/options_impl.h>
#include <core/size_impl.h>
#include <math.h>
#include <stats/metric_impl.h>
#include <string.h>
#include <tensor/kernels_impl.h>

enum { TILE = 64 };

static const egm_choice estimator_choices[] = {{"unbiased", EGM_ESTIMATOR_UNBIASED}, {"biased", EGM_ESTIMATOR_BIASED}};
static EGM__FAMILY(estimators, "EGM_ESTIMATOR_", estimator_choices);

static const egm_mmd_options defaults = EGM_MMD_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__ARRAY(egm_mmd_options, bandwidths, "[bandwidth_count] bandwidths of the kernel, above 0, in data units."),
    EGM__WEIGHT(egm_mmd_options, bandwidth_count, "Number of bandwidths; 0: one bandwidth, the median distance."),
    EGM__CHOICE(egm_mmd_options, estimator, estimators, "Whether a point is paired with itself."),
    EGM__RESERVED(egm_mmd_options, reserved),
};
EGM__OPTIONS(egm__options_mmd, egm_mmd_options, defaults, members);

/* The sum over pairs of a row of a with one of b. */
typedef struct pairs {
	egm__steps *steps;
	const egm__kernels *table;
	const double *bandwidths; /* NULL: the function is r, not a kernel */
	int64_t n_bandwidths;
	const egm__points *a, *b; /* if both are the same sample: its pairs i < j */
	double unit;              /* of r without a kernel */
	double scale;             /* of the samples; bandwidths are not yet multiplied by it */
	int64_t blocks;           /* of a */
	int64_t strip;            /* rows of b in a step */
	int32_t workers;
	double *sums;    /* [blocks] */
	double *scratch; /* [workers, columns + 1, 2 * TILE] */
} pairs;

/* ---- one tile */

/* 1 where squares need no unit, which saves a product. */
static double unit_of(double size)
{
	return size >= 0x1p-200 && size <= 0x1p200 ? 1 : egm__metric_unit(size);
}

/* squared [TILE] = distances of a row to the rows in `across` [columns, TILE], transposed so that the inner loop is
 * vectorised. */
static void square_distances(const double *restrict row, const double *restrict across, int64_t columns,
                             double *restrict squared)
{
	for (int64_t j = 0; j < TILE; j++) squared[j] = 0;
	for (int64_t k = 0; k < columns; k++)
		for (int64_t j = 0; j < TILE; j++) {
			double d = row[k] - across[k * TILE + j];
			squared[j] += d * d;
		}
}

/* The same in a unit. */
static void square_distances_in(double unit, const double *restrict row, const double *restrict across, int64_t columns,
                                double *restrict squared)
{
	for (int64_t j = 0; j < TILE; j++) squared[j] = 0;
	for (int64_t k = 0; k < columns; k++)
		for (int64_t j = 0; j < TILE; j++) {
			double d = (row[k] - across[k * TILE + j]) * unit;
			squared[j] += d * d;
		}
}

/* A row of one sample, and rows skip .. width-1 of a tile of the other. */
typedef struct strip {
	const double *row, *across; /* [columns], [columns, TILE] */
	int64_t columns, skip, width;
	double *squared, *scratch; /* [TILE] each */
} strip;

/* Not inlined, because gcc makes a slower loop of it at either caller: 1.5 times for 400 columns. */
static __attribute__((noinline)) void square(const strip *s, double unit)
{
	if (unit == 1)
		square_distances(s->row, s->across, s->columns, s->squared);
	else
		square_distances_in(unit, s->row, s->across, s->columns, s->squared);
}

static double sum_distances(const pairs *p, const strip *s)
{
	const double none[3] = {0};
	int64_t n = s->width - s->skip;
	square(s, p->unit);
	p->table->tile[EGM__TILE_SQRT](n, s->scratch, s->squared + s->skip, NULL, none);
	return p->table->sum(n, s->scratch);
}

/* Bandwidths of similar size share the squares. A bandwidth that underflows times the scale becomes 2^-1000,
 * which is smaller than any difference of two numbers there. */
static double sum_kernels(const pairs *p, const strip *s)
{
	const double none[3] = {0};
	int64_t n = s->width - s->skip;
	double sum = 0, unit = 0;
	for (int64_t h = 0; h < p->n_bandwidths; h++) {
		double width = p->scale == 1 ? p->bandwidths[h] : fmax(p->bandwidths[h] * p->scale, 0x1p-1000);
		if (!(width * unit >= 0x1p-200 && width * unit <= 0x1p200)) {
			unit = unit_of(width);
			square(s, unit);
		}
		width *= unit;
		for (int64_t j = 0; j < n; j++) s->scratch[j] = -0.5 * (s->squared[s->skip + j] / width / width);
		p->table->tile[EGM__TILE_EXP](n, s->scratch, s->scratch, NULL, none);
		sum += p->table->sum(n, s->scratch);
	}
	return sum / (double)p->n_bandwidths;
}

/* Rows first .. first+n-1 of a sample into across [columns, TILE], zeros behind them. */
static void load_across(const egm__points *s, int64_t first, int64_t n, double *across)
{
	memset(across, 0, (size_t)(s->columns * TILE) * sizeof *across);
	for (int64_t j = 0; j < n; j++)
		for (int64_t k = 0; k < s->columns; k++)
			across[k * TILE + j] = egm__points_number(s, (first + j) * s->columns + k);
}

static int64_t rows_from(const egm__points *s, int64_t first)
{
	return s->rows - first < TILE ? s->rows - first : TILE;
}

/* Adds to the sum of a block its pairs with rows from .. to-1 of b; `from` is the start of a tile. */
static void add_strip(const pairs *p, int64_t block, int64_t from, int64_t to, double *scratch)
{
	int64_t columns = p->a->columns, first = block * TILE, n = rows_from(p->a, first);
	int within = p->a == p->b;
	double *rows = scratch, *across = rows + columns * TILE, *squared = across + columns * TILE, *sum = &p->sums[block];
	egm__points_rows(p->a, first, n, rows);
	for (; from < to; from += TILE) {
		int64_t width = rows_from(p->b, from);
		load_across(p->b, from, width, across);
		for (int64_t i = 0; i < n; i++) {
			int64_t skip = within && from == first ? i + 1 : 0;
			if (skip >= width) continue;
			const strip s = {rows + i * columns, across, columns, skip, width, squared, squared + TILE};
			*sum += p->bandwidths ? sum_kernels(p, &s) : sum_distances(p, &s);
		}
	}
}

/* ---- steps */

/* Whole tiles; a pair costs as much as 32 columns besides its own. */
static int64_t strip_rows(int64_t columns)
{
	return TILE * (1 + 1024 / (columns < 1024 ? columns + 32 : columns));
}

/* How many blocks have a strip with this number: within a sample a block begins with itself, so the last have fewer. */
static int64_t blocks_with(const pairs *p, int64_t number)
{
	if (p->a != p->b) return number * p->strip < p->b->rows ? p->blocks : 0;
	return egm__blocks_of(p->a->rows - number * p->strip, TILE);
}

static int64_t count_steps(const pairs *p)
{
	int64_t n = 0;
	for (int64_t number = 0; number * p->strip < p->b->rows; number++) n += blocks_with(p, number);
	return n;
}

static void work(const egm__steps_range *range, int32_t worker)
{
	const pairs *p = range->argument;
	double *scratch = p->scratch + worker * (p->a->columns + 1) * 2 * TILE;
	int64_t step = 0;
	for (int64_t number = 0; step < range->last; number++) {
		int64_t n = blocks_with(p, number), end = egm__least(n, range->last - step);
		for (int64_t block = range->first > step ? range->first - step : 0; block < end; block++) {
			int64_t from = (p->a == p->b ? block * TILE : 0) + number * p->strip;
			if (block % p->workers == worker)
				add_strip(p, block, from, egm__least(p->b->rows, from + p->strip), scratch);
		}
		step += n;
	}
}

/* ---- all pairs */

static void set_samples(pairs *p, const egm__points *a, const egm__points *b)
{
	p->a = a;
	p->b = b;
	p->blocks = egm__blocks_of(a->rows, TILE);
	p->strip = strip_rows(a->columns);
}

static egm_status sum_pairs(pairs *p, const egm__points *a, const egm__points *b, double *sum)
{
	egm_status st = EGM_OK;
	egm_context *context = p->steps->context;
	int64_t scratch;
	set_samples(p, a, b);
	p->workers = p->blocks < context->threads ? (int32_t)p->blocks : context->threads;
	p->sums = p->scratch = NULL;
	*sum = 0;
	if (!egm__size_mul(a->columns + 1, 2 * TILE * (int64_t)p->workers, &scratch)) {
		p->sums = egm__alloc_zero(context, p->blocks, sizeof *p->sums);
		p->scratch = egm__alloc(context, scratch, sizeof *p->scratch);
	}
	if (!p->sums || !p->scratch)
		EGM_FAIL(EGM_ERR_MEMORY, "no memory for tiles of rows of %lld numbers", (long long)a->columns);
	EGM_TRY(egm__steps_run(p->steps, count_steps(p), p->workers, work, p));
	for (int64_t i = 0; i < p->blocks; i++) *sum += p->sums[i];
out:
	egm__free(context, p->sums);
	egm__free(context, p->scratch);
	return st;
}

/* A(x, x) with or without the pairs of a point with itself, for which k is 1 and r is 0. */
static egm_status mean_within(pairs *p, const egm__points *x, int32_t estimator, double *mean)
{
	double n = (double)x->rows, sum;
	egm_status st = sum_pairs(p, x, x, &sum);
	if (st != EGM_OK) return st;
	if (estimator == EGM_ESTIMATOR_UNBIASED)
		*mean = 2 * sum / (n * (n - 1));
	else
		*mean = (2 * sum + (p->bandwidths ? n : 0)) / (n * n);
	return EGM_OK;
}

static int64_t count_all_steps(pairs *p, const egm__points points[2])
{
	int64_t total = 0;
	for (int i = 0; i < 3; i++) {
		set_samples(p, points + (i == 1), points + (i > 0));
		total += count_steps(p);
	}
	return total;
}

/* A(x, x) + A(y, y) - 2 A(x, y), with the sign of the metric. */
static egm_status compare(egm_context *context, egm_array x, egm_array y, pairs *p, int32_t estimator, double *out,
                          egm_progress_fn progress, void *user)
{
	egm_status st = EGM_OK;
	egm__points points[2];
	egm__steps steps;
	double xx, yy, xy, sign = p->bandwidths ? 1 : -1, n = (double)x.rows, m = (double)y.rows;
	p->scale = egm__points_create(points, x, y);
	p->unit = p->bandwidths ? 1 : unit_of(egm__points_range(points));
	p->table = egm__kernels_get(context->simd, EGM_F64);
	p->steps = &steps;
	egm__steps_start(&steps, context, count_all_steps(p, points), progress, user);
	EGM_TRY(mean_within(p, &points[0], estimator, &xx));
	EGM_TRY(mean_within(p, &points[1], estimator, &yy));
	EGM_TRY(sum_pairs(p, &points[0], &points[1], &xy));
	double value = sign * (xx + yy - 2 * xy / (n * m));
	if (estimator == EGM_ESTIMATOR_BIASED && value < 0) value = 0; /* by rounding */
	EGM_TRY(egm__metric_store(p->bandwidths ? value : value / p->unit / p->scale, out));
out:
	egm__steps_end(&steps);
	return st;
}

static int64_t least_rows(int32_t estimator)
{
	return estimator == EGM_ESTIMATOR_UNBIASED ? 2 : 1;
}

static egm_status check_bandwidths(const egm_mmd_options *o)
{
	if (!o->bandwidths != !o->bandwidth_count)
		return egm__fail(EGM_ERR_ARGUMENT, "bandwidths is %s and bandwidth_count is %lld, must be given together",
		                 o->bandwidths ? "given" : "NULL", (long long)o->bandwidth_count);
	for (int64_t h = 0; h < o->bandwidth_count; h++)
		if (!(o->bandwidths[h] > 0) || !isfinite(o->bandwidths[h]))
			return egm__fail(EGM_ERR_ARGUMENT, "bandwidths[%lld] is %g, must be above 0 and finite", (long long)h,
			                 o->bandwidths[h]);
	return EGM_OK;
}

egm_status egm_metric_mmd(egm_context *context, egm_array x, egm_array y, const egm_mmd_options *options, double *out,
                          egm_progress_fn progress, void *user)
{
	egm_status st = EGM_OK;
	egm_mmd_options o;
	double median = 0;
	EGM_TRY(egm__options_check(&egm__options_mmd, &o, options));
	EGM_TRY(check_bandwidths(&o));
	EGM_TRY(egm__sample_check_pair(context, x, y, least_rows(o.estimator), out));
	pairs p = {.bandwidths = o.bandwidths, .n_bandwidths = o.bandwidth_count};
	if (o.bandwidth_count == 0) {
		EGM_TRY(egm_metric_median(context, x, y, &median));
		p.bandwidths = &median;
		p.n_bandwidths = 1;
	}
	egm__context_retain(context); /* the progress callback may free it */
	st = compare(context, x, y, &p, o.estimator, out, progress, user);
	if (st == EGM_OK && o.bandwidth_count == 0)
		egm__log(context, EGM_LOG_INFO, "egm_metric_mmd: the bandwidth is the median distance, %g", median);
	egm_context_free(context);
out:
	return egm__named(__func__, st);
}

egm_status egm_metric_energy(egm_context *context, egm_array x, egm_array y, int32_t estimator, double *out,
                             egm_progress_fn progress, void *user)
{
	egm_status st = EGM_OK;
	pairs p = {.bandwidths = NULL};
	if (estimator != EGM_ESTIMATOR_UNBIASED && estimator != EGM_ESTIMATOR_BIASED)
		EGM_FAIL(EGM_ERR_ARGUMENT, "estimator is %d, must be EGM_ESTIMATOR_UNBIASED (1) or EGM_ESTIMATOR_BIASED (2)",
		         (int)estimator);
	EGM_TRY(egm__sample_check_pair(context, x, y, least_rows(estimator), out));
	EGM_TRY(compare(context, x, y, &p, estimator, out, progress, user));
out:
	return egm__named(__func__, st);
}
