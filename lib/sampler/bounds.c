/* SPDX-License-Identifier: MIT */
/* Bounded coordinates x as functions of unbounded coordinates y, separately in each dimension:
 *
 *                      t            x                                         dx/dy                  log |dx/dy|
 *   no bound                        y                                         1                      0
 *   below by l         e^y          l + t                                     t                      y
 *   above by u         e^-y         u - t                                     t                      -y
 *   both, w = u - l    e^-|y|       l + w t/(1+t), u - w t/(1+t) for y >= 0   w t/(1+t)^2    log w - |y| - 2 log(1+t)
 *
 * The last row is l + w sigmoid(y), measured from the nearer bound: the distance to either bound keeps its digits, and
 * t is at most 1. log |dx/dy| is computed from y, because dx/dy underflows. A point that rounds to a bound becomes the
 * nearest number inside of the box, so that every draw is a valid first point. Numbers are computed in double for
 * either dtype; t is kept, so that the gradient needs no exponential. */
#include <float.h>
#include <math.h>
#include <sampler/target_impl.h>
#include <string.h>

typedef struct interval {
	double l, u;
	int below, above; /* whether there is such a bound */
} interval;

static interval interval_at(const egm_target *target, int64_t dimension)
{
	double l = target->lower[dimension], u = target->upper[dimension];
	return (interval){l, u, l > -INFINITY, u < INFINITY};
}

double egm__bounds_innermost(egm_dtype dtype, double l)
{
	double x = l, tiny = dtype == EGM_F32 ? (double)FLT_MIN : DBL_MIN;
	if (dtype == EGM_F32) {
		float rounded = (float)l;
		x = (double)rounded > l ? (double)rounded : (double)nextafterf(rounded, INFINITY);
	} else {
		x = nextafter(l, INFINITY);
	}
	/* compiled programs read a subnormal number as 0 */
	if (x > 0 && x < tiny) return tiny;
	return x < 0 && x > -tiny ? 0 : x;
}

/* x rounded to a number of the dtype inside of the box. */
static double keep_inside(egm_dtype dtype, const interval *b, double x)
{
	double tiny = dtype == EGM_F32 ? (double)FLT_MIN : DBL_MIN;
	if (dtype == EGM_F32) x = (double)(float)x;
	if (x > b->l && x < b->u && fabs(x) >= tiny) return x;
	if (b->below) {
		double first = egm__bounds_innermost(dtype, b->l);
		if (x < first) return first;
	}
	if (b->above) {
		double last = -egm__bounds_innermost(dtype, -b->u);
		if (x > last) return last;
	}
	return x;
}

static double point(egm_dtype dtype, const interval *b, double y, double *t)
{
	double x;
	*t = 1;
	if (!b->below && !b->above) return y;
	if (!b->above) {
		*t = exp(y);
		x = b->l + *t;
	} else if (!b->below) {
		*t = exp(-y);
		x = b->u - *t;
	} else {
		*t = exp(-fabs(y));
		double away = (b->u - b->l) * (*t / (1 + *t));
		x = y < 0 ? b->l + away : b->u - away;
	}
	return keep_inside(dtype, b, x);
}

/* d(V - log |dx/dy|)/dy from dV/dx. */
static double pull_back(const interval *b, double y, double t, double gradient)
{
	if (!b->below && !b->above) return gradient;
	if (!b->above) return gradient * t - 1;
	if (!b->below) return gradient * t + 1;
	double share = 1 / (1 + t), slope = (b->u - b->l) * t * share * share, bend = (1 - t) * share;
	return gradient * slope + (y < 0 ? -bend : bend);
}

/* The inverse of `point`; infinite on a bound, NaN outside. */
static double coordinate(const interval *b, double x)
{
	if (!b->below && !b->above) return x;
	if (!b->above) return log(x - b->l);
	if (!b->below) return -log(b->u - x);
	return log(x - b->l) - log(b->u - x);
}

void egm__target_to_points(const egm_target *target, int64_t rows, const void *y, void *x)
{
	const egm_dtype dtype = target->dtype;
	const int64_t dims = target->dims;
	if (!target->lower) {
		if (x != y) memcpy(x, y, (size_t)(rows * dims) * egm__dtype_size(dtype));
		return;
	}
	for (int64_t i = 0; i < rows * dims; i++) {
		interval b = interval_at(target, i % dims);
		double t;
		egm__number_put(dtype, x, i, point(dtype, &b, egm__number(dtype, y, i), &t));
	}
}

int64_t egm__target_from_points(const egm_target *target, int64_t rows, const void *x, void *y)
{
	const egm_dtype dtype = target->dtype;
	const int64_t dims = target->dims;
	if (!target->lower) {
		if (x != y) memcpy(y, x, (size_t)(rows * dims) * egm__dtype_size(dtype));
		return -1;
	}
	for (int64_t i = 0; i < rows * dims; i++) {
		interval b = interval_at(target, i % dims);
		double value = coordinate(&b, egm__number(dtype, x, i));
		if ((b.below || b.above) && !isfinite(value)) return i;
		egm__number_put(dtype, y, i, value);
	}
	return -1;
}

/* Sum of log w: the part of log |dx/dy| that is equal for all rows. */
static double log_widths(const egm_target *target)
{
	double sum = 0;
	for (int64_t d = 0; d < target->dims; d++) {
		interval b = interval_at(target, d);
		if (b.below && b.above) sum += log(b.u - b.l);
	}
	return sum;
}

/* The factors 1 + t <= 2 are multiplied before a logarithm is taken, which costs more than all the rest. */
enum { MOST_FACTORS = 1000 };

void egm__bounds_forward(const egm_target *target, int64_t rows, const void *y, void *x, void *t, double *jacobian)
{
	const egm_dtype dtype = target->dtype;
	const double widths = log_widths(target);
	for (int64_t row = 0, i = 0; row < rows; row++) {
		double sum = widths, product = 1, power;
		int factors = 0;
		for (int64_t d = 0; d < target->dims; d++, i++) {
			interval b = interval_at(target, d);
			double from = egm__number(dtype, y, i);
			egm__number_put(dtype, x, i, point(dtype, &b, from, &power));
			egm__number_put(dtype, t, i, power);
			if (b.below && b.above) {
				sum -= fabs(from);
				product *= 1 + power;
				if (++factors % MOST_FACTORS == 0) {
					sum -= 2 * log(product);
					product = 1;
				}
			} else if (b.below || b.above) {
				sum += b.below ? from : -from;
			}
		}
		jacobian[row] = sum - 2 * log(product);
	}
}

void egm__bounds_backward(const egm_target *target, int64_t rows, const void *y, const void *t, void *gradient)
{
	const egm_dtype dtype = target->dtype;
	for (int64_t row = 0, i = 0; row < rows; row++)
		for (int64_t d = 0; d < target->dims; d++, i++) {
			interval b = interval_at(target, d);
			double g = egm__number(dtype, gradient, i);
			egm__number_put(dtype, gradient, i, pull_back(&b, egm__number(dtype, y, i), egm__number(dtype, t, i), g));
		}
}
