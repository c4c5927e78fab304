/* SPDX-License-Identifier: MIT */
/* The first and the last line of every distance, its steps, and what keeps its squares in the range of numbers. */
#include <core/size_impl.h>
#include <stats/metric_impl.h>
#include <math.h>

egm_status egm__sample_check_pair(const egm_context *context, egm_array x, egm_array y, int64_t least,
                                  const double *out)
{
	if (!context || !out) return egm__fail(EGM_ERR_ARGUMENT, "%s is NULL", context ? "out" : "context");
	egm_status st = egm__sample_check(x, "x", 0, 0, least);
	return st == EGM_OK ? egm__sample_check(y, "y", x.dtype, x.columns, least) : st;
}

egm_status egm__distance_store(double value, double *out)
{
	if (!isfinite(value))
		return egm__fail(EGM_ERR_NONFINITE, "the result is %s: it is beyond the largest number",
		                 egm__nonfinite_name(value));
	*out = value;
	return EGM_OK;
}

/* ---- steps */

void egm__steps_start(egm__steps *s, egm_context *context, int64_t total, egm_progress_fn progress, void *user)
{
	*s = (egm__steps){.context = context, .total = total};
	egm__context_retain(context);
	egm__progress_start(&s->progress, progress, user);
}

void egm__steps_end(egm__steps *s)
{
	egm_context_free(s->context);
}

static egm_status ask(egm__steps *s)
{
	if (!egm__progress_ask(&s->progress, s->done, s->total)) return EGM_OK;
	return egm__fail(EGM_ERR_STOPPED, "the callback stopped it after step %lld of %lld", (long long)s->done,
	                 (long long)s->total);
}

egm_status egm__steps_count(egm__steps *s)
{
	s->done++;
	return egm__progress_due(&s->progress) ? ask(s) : EGM_OK;
}

egm_status egm__steps_finish(egm__steps *s)
{
	return s->progress.steps > 0 ? ask(s) : EGM_OK;
}

static void run_worker(int32_t worker, void *argument)
{
	const egm__steps_range *range = argument;
	range->work(range, worker);
}

/* Behind the first step, portions that leave no thread without work. */
egm_status egm__steps_run(egm__steps *s, int64_t n, int32_t workers,
                          void (*work)(const egm__steps_range *range, int32_t worker), const void *argument)
{
	egm_status st = EGM_OK;
	for (int64_t first = 0; first < n && st == EGM_OK;) {
		int64_t portion = egm__progress_portion(&s->progress);
		if (portion < workers && s->done > 0) portion = workers;
		egm__steps_range range = {work, argument, first, first + egm__least(n - first, portion)};
		egm__parallel(s->context, workers, run_worker, &range);
		s->done += range.last - first;
		first = range.last;
		st = ask(s);
	}
	return st;
}

/* ---- scale */

static double largest_number(egm_array x)
{
	double largest = 0;
	for (int64_t i = 0; i < x.rows * x.columns; i++) {
		double size = fabs(egm__number(x.dtype, x.data, i));
		largest = size > largest ? size : largest;
	}
	return largest;
}

double egm__points_create(egm__points out[2], egm_array x, egm_array y)
{
	double a = largest_number(x), b = largest_number(y);
	double room = a <= 0x1p940 && b <= 0x1p940 ? 1 : 0x1p-84;
	out[0] = (egm__points){x.data, x.rows, x.columns, x.dtype, room};
	out[1] = (egm__points){y.data, y.rows, y.columns, y.dtype, room};
	return room;
}

void egm__points_rows(const egm__points *p, int64_t first, int64_t n, double *out)
{
	int64_t from = first * p->columns, count = n * p->columns;
	for (int64_t i = 0; i < count; i++) out[i] = egm__points_number(p, from + i);
}

double egm__distance_range(const egm__points p[2])
{
	double widest = 0;
	for (int side = 0; side < 2; side++)
		for (int64_t i = 0; i < p[side].rows; i++)
			for (int64_t k = 0; k < p->columns; k++) {
				double d = fabs(egm__points_number(p + side, i * p->columns + k) - egm__points_number(p, k));
				widest = d > widest ? d : widest;
			}
	return widest;
}

double egm__distance_unit(double size)
{
	if (size == 0) return 1;
	int exponent = ilogb(size);
	return ldexp(1, exponent < -1000 ? 1000 : -exponent);
}

int egm__distance_square_is_exact(double square)
{
	return square > 0x1p-900 && square < 0x1p1000;
}

double egm__distance_square(const double *a, const double *b, int64_t n, double unit)
{
	double square = 0;
	for (int64_t k = 0; k < n; k++) {
		double d = (a[k] - b[k]) * unit;
		square += d * d;
	}
	return square;
}

double egm__distance_largest(const double *a, const double *b, int64_t n)
{
	double largest = 0;
	for (int64_t k = 0; k < n; k++) {
		double d = fabs(a[k] - b[k]);
		largest = d > largest ? d : largest;
	}
	return largest;
}
