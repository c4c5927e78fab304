/* SPDX-License-Identifier: MIT */
/* Reading samples for metrics, and the scale that keeps their squares in the range of numbers. */
#include <math.h>
#include <stats/metric_impl.h>

egm_status egm__metric_store(double value, double *out)
{
	if (!isfinite(value))
		return egm__fail(EGM_ERR_NONFINITE, "the result is %s, must be finite: it is beyond the largest number",
		                 egm__nonfinite_name(value));
	*out = value;
	return EGM_OK;
}

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
	double scale = a <= 0x1p940 && b <= 0x1p940 ? 1 : 0x1p-84;
	out[0] = (egm__points){x.data, x.rows, x.columns, x.dtype, scale};
	out[1] = (egm__points){y.data, y.rows, y.columns, y.dtype, scale};
	return scale;
}

void egm__points_rows(const egm__points *p, int64_t first, int64_t n, double *out)
{
	int64_t from = first * p->columns, count = n * p->columns;
	for (int64_t i = 0; i < count; i++) out[i] = egm__points_number(p, from + i);
}

double egm__points_range(const egm__points p[2])
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

double egm__metric_unit(double size)
{
	if (size == 0) return 1;
	int exponent = ilogb(size);
	return ldexp(1, exponent < -1000 ? 1000 : -exponent);
}

int egm__square_is_exact(double square)
{
	return square > 0x1p-900 && square < 0x1p1000;
}

double egm__squared_distance(const double *a, const double *b, int64_t n, double unit)
{
	double square = 0;
	for (int64_t k = 0; k < n; k++) {
		double d = (a[k] - b[k]) * unit;
		square += d * d;
	}
	return square;
}

double egm__largest_difference(const double *a, const double *b, int64_t n)
{
	double largest = 0;
	for (int64_t k = 0; k < n; k++) {
		double d = fabs(a[k] - b[k]);
		largest = d > largest ? d : largest;
	}
	return largest;
}
