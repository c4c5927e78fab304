/* SPDX-License-Identifier: MIT */
/* Sliced Wasserstein distance: (mean W_p^p)^(1/p) over random directions, W_p the distance of the projected samples.
 *
 * On a line the optimal transport moves the u-quantile of one to the u-quantile of the other. The quantile functions of
 * n and m points are steps with jumps at i/n and j/m, so the integral over u is a sum over the merged jumps, whose
 * places are integers in units of 1/(n m). With n = m this is the sum over sorted pairs. A direction is a normal vector
 * of the stream (seed, direction), divided by its length. */
#include <core/options_impl.h>
#include <core/rng_impl.h>
#include <core/size_impl.h>
#include <core/sort_impl.h>
#include <math.h>
#include <stats/metric_impl.h>
#include <tensor/kernels_impl.h>

static const egm_sliced_options defaults = EGM_SLICED_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__SEED(egm_sliced_options, seed, "Seed of the directions."),
    EGM__BETWEEN(egm_sliced_options, projections, 1, INT32_MAX, "Number of random directions."),
    EGM__BETWEEN(egm_sliced_options, power, 1, 2, "The power p of the distance W_p."),
    EGM__RESERVED(egm_sliced_options, reserved),
};
EGM__OPTIONS(egm__options_sliced, egm_sliced_options, defaults, members);

typedef struct slices {
	const egm__kernels *table;
	egm_sliced_options options;
	const egm__points *x, *y;
	int32_t workers;
	double *costs;         /* [projections], W_p^p of each in its unit */
	double *units;         /* [projections] */
	double *directions;    /* [workers, columns] */
	egm__sort_item *items; /* [workers, 2 * (x rows + y rows)] */
} slices;

static void draw_direction(const slices *s, int64_t index, double *direction)
{
	int64_t columns = s->x->columns;
	egm__rng rng = {.seed = s->options.seed, .step = (uint64_t)index, .stream = EGM__STREAM_SLICES};
	if (columns == 1) {
		direction[0] = 1;
		return;
	}
	s->table->normal(columns, direction, &rng, 0);
	double length = sqrt(s->table->sum_squares(columns, direction));
	for (int64_t k = 0; k < columns; k++) direction[k] /= length;
}

/* Sorted projections into items [rows]; `rows` more items after them are scratch. */
static void project(const egm__points *s, const double *direction, egm__sort_item *items)
{
	for (int64_t i = 0; i < s->rows; i++) {
		double sum = 0;
		for (int64_t k = 0; k < s->columns; k++) sum += direction[k] * egm__points_number(s, i * s->columns + k);
		items[i] = (egm__sort_item){sum, 0};
	}
	egm__sort(items, items + s->rows, s->rows);
}

/* W_p^p of sorted u [n] and v [m] in a unit; (n + 1) (m + 1) does not overflow. *farthest: the longest way. */
static double transport(const egm__sort_item *u, int64_t n, const egm__sort_item *v, int64_t m, int32_t power,
                        double unit, double *farthest)
{
	double sum = 0;
	int64_t i = 0, j = 0, at = 0; /* at / (n m): mass that has been moved */
	*farthest = 0;
	while (i < n && j < m) {
		int64_t u_end = (i + 1) * m, v_end = (j + 1) * n, end = u_end < v_end ? u_end : v_end;
		double d = fabs(u[i].value - v[j].value) * unit;
		*farthest = d > *farthest ? d : *farthest;
		sum += (double)(end - at) * (power == 1 ? d : d * d);
		at = end;
		i += end == u_end;
		j += end == v_end;
	}
	return sum / ((double)n * (double)m);
}

/* Of slice p, in the unit 1 unless its squares leave the range. Where nothing moves the unit is the largest, so that it
 * does not limit that of the other slices. */
static void measure(const slices *s, int64_t p, const egm__sort_item *u, const egm__sort_item *v)
{
	int64_t n = s->x->rows, m = s->y->rows;
	int32_t power = s->options.power;
	double farthest;
	s->units[p] = 1;
	s->costs[p] = transport(u, n, v, m, power, 1, &farthest);
	if (farthest == 0) {
		s->units[p] = 0x1p1000;
	} else if (power == 2 && !egm__square_is_exact(s->costs[p])) {
		s->units[p] = egm__metric_unit(farthest);
		s->costs[p] = transport(u, n, v, m, power, s->units[p], &farthest);
	}
}

/* A step is a direction. */
static void work(const egm__steps_range *range, int32_t worker)
{
	const slices *s = range->argument;
	double *direction = s->directions + worker * s->x->columns;
	egm__sort_item *u = s->items + worker * 2 * (s->x->rows + s->y->rows), *v = u + 2 * s->x->rows;
	for (int64_t p = range->first + worker; p < range->last; p += s->workers) {
		draw_direction(s, p, direction);
		project(s->x, direction, u);
		project(s->y, direction, v);
		measure(s, p, u, v);
	}
}

/* (mean W_p^p)^(1/p) in the smallest unit of a slice, and this unit. */
static double gather(const slices *s, double *unit)
{
	double sum = 0, count = (double)s->options.projections;
	*unit = INFINITY;
	for (int64_t p = 0; p < s->options.projections; p++) *unit = s->units[p] < *unit ? s->units[p] : *unit;
	for (int64_t p = 0; p < s->options.projections; p++) {
		double ratio = *unit / s->units[p];
		sum += s->costs[p] * ratio * (s->options.power == 1 ? 1 : ratio) / count;
	}
	return s->options.power == 1 ? sum : sqrt(sum);
}

static egm_status run(slices *s, egm__steps *steps, double scale, double *out)
{
	egm_status st = EGM_OK;
	egm_context *context = steps->context;
	int64_t n = s->x->rows, m = s->y->rows, items, numbers;
	double unit;
	if (egm__size_mul(n + 1, m + 1, &items) || egm__size_mul(2 * (n + m), s->workers, &items) ||
	    egm__size_mul(s->x->columns, s->workers, &numbers))
		EGM_FAIL(EGM_ERR_ARGUMENT, "x has %lld rows and y %lld, must have fewer: they are more than memory can hold",
		         (long long)n, (long long)m);
	s->costs = egm__alloc(context, s->options.projections, 2 * sizeof *s->costs);
	s->directions = egm__alloc(context, numbers, sizeof *s->directions);
	s->items = egm__alloc(context, items, sizeof *s->items);
	if (!s->costs || !s->directions || !s->items)
		EGM_FAIL(EGM_ERR_MEMORY, "no memory to sort %lld and %lld rows", (long long)n, (long long)m);
	s->units = s->costs + s->options.projections;
	EGM_TRY(egm__steps_run(steps, s->options.projections, s->workers, work, s));
	double mean = gather(s, &unit);
	EGM_TRY(egm__metric_store(mean / unit / scale, out));
out:
	egm__free(context, s->costs);
	egm__free(context, s->directions);
	egm__free(context, s->items);
	return st;
}

egm_status egm_metric_sliced(egm_context *context, egm_array x, egm_array y, const egm_sliced_options *options,
                             double *out, egm_progress_fn progress, void *user)
{
	egm_status st = EGM_OK;
	egm__points points[2];
	egm__steps steps = {.context = NULL};
	slices s = {.x = points, .y = points + 1};
	EGM_TRY(egm__options_check(&egm__options_sliced, &s.options, options));
	EGM_TRY(egm__sample_check_pair(context, x, y, 1, out));
	double scale = egm__points_create(points, x, y);
	if (x.columns == 1) s.options.projections = 1;
	s.table = egm__kernels_get(context->simd, EGM_F64);
	s.workers = s.options.projections < context->threads ? (int32_t)s.options.projections : context->threads;
	egm__steps_start(&steps, context, s.options.projections, progress, user);
	EGM_TRY(run(&s, &steps, scale, out));
out:
	egm__steps_end(&steps);
	return egm__named(__func__, st);
}
