/* SPDX-License-Identifier: MIT */
/* Spectral normalisation (Miyato et al. 2018, algorithm 1): y = product / s + b, where the product has been computed
 * with a weight W, read as a matrix [rows, columns], and s = u^T W v approximates its largest singular value. u [rows]
 * and v [columns] approach the singular vectors by power iteration, one round for each step of training:
 *
 *     v <- W^T u / |W^T u|,   u <- W v / |W v|.
 *
 * u and v are buffers, constants to derivatives, so ds/dW = u v^T, which is exact for singular vectors, and
 * d(W/s) = (dW - (W/s) <u v^T, dW>) / s. The product is divided and not W: it has rows x outputs numbers. If s = 0,
 * then y = b without a gradient, because 1/0 is 0 here.
 *
 * One round shrinks the angle between v and the singular vector by (s2/s1)^2, and the error of s by (s2/s1)^4; s is
 * never above the singular value, since |u| = |v| = 1. u starts at random, because a fixed start, such as all ones,
 * would never find a singular vector that is orthogonal to it. */
#include <float.h>
#include <math.h>
#include <model/layer_impl.h>
#include <string.h>
#include <tensor/kernels_impl.h>

enum { WEIGHT = EGM__WEIGHT, BIAS = EGM__BIAS, U = EGM__SPECTRAL_U, V = EGM__SPECTRAL_V };

static void matrix_size(const egm__layer *layer, int64_t *rows, int64_t *columns)
{
	int64_t shape[4] = {1, 1, 1, 1};
	int32_t rank;
	layer->kind->tensor_shape(layer, WEIGHT, shape, &rank);
	*rows = shape[0];
	*columns = shape[1] * shape[2] * shape[3];
}

void egm__spectral_shape(const egm__layer *layer, int32_t which, int64_t shape[4], int32_t *rank)
{
	int64_t rows, columns;
	matrix_size(layer, &rows, &columns);
	*rank = 1;
	shape[0] = which == V ? columns : rows;
}

void egm__spectral_initialize(const egm__layer *layer, int32_t which, egm_context *context, egm_dtype dtype,
                              const egm__rng *rng, void *values, int64_t count)
{
	if (which == U)
		egm__kernels_get(context->simd, dtype)->normal(count, values, rng, 0);
	else
		egm__initialize_constant(0, context, dtype, values, count);
}

egm__id egm__spectral_apply(egm__graph *graph, egm__id product, const egm__id *tensors)
{
	egm__id wv = egm__matmul(graph, tensors[V], tensors[WEIGHT], 0, 1);        /* [1, rows of W] */
	egm__id sigma = egm__sum(graph, egm__mul(graph, tensors[U], wv), 1u << 1); /* [1, 1] */
	return egm__add(graph, egm__mul(graph, product, egm__recip(graph, sigma)), tensors[BIAS]);
}

/* ---- the power iteration */

typedef struct matrix {
	const egm__kernels *kernels;
	egm_dtype dtype;
	int64_t rows, columns;
	const void *values;
} matrix;

static const void *row_of(const matrix *w, int64_t row)
{
	return (const char *)w->values + (size_t)(row * w->columns) * egm__dtype_size(w->dtype);
}

/* v = W^T u */
static void times_transposed(const matrix *w, const void *u, void *v)
{
	memset(v, 0, (size_t)w->columns * egm__dtype_size(w->dtype));
	for (int64_t r = 0; r < w->rows; r++) {
		const double c[3] = {1, egm__number(w->dtype, u, r), 0};
		w->kernels->tile[EGM__TILE_LIN_VV](w->columns, v, v, row_of(w, r), c);
	}
}

/* u = W v */
static void times(const matrix *w, const void *v, void *u)
{
	for (int64_t r = 0; r < w->rows; r++) egm__number_put(w->dtype, u, r, w->kernels->dot(w->columns, row_of(w, r), v));
}

/* v = the row of W with the largest element */
static void largest_row(const matrix *w, void *v)
{
	int64_t row = 0;
	double top = 0;
	for (int64_t i = 0; i < w->rows * w->columns; i++) {
		double size = fabs(egm__number(w->dtype, w->values, i));
		if (!(size > top)) continue;
		top = size;
		row = i / w->columns;
	}
	memcpy(v, row_of(w, row), (size_t)w->columns * egm__dtype_size(w->dtype));
}

/* x / |x| in double; division by the largest element first keeps all squares in range. Returns 0 and leaves x unchanged
 * if x is zero or not finite. */
static int normalize(egm_dtype dtype, int64_t n, void *x)
{
	double top = 0, sum = 0;
	for (int64_t i = 0; i < n; i++) {
		double size = fabs(egm__number(dtype, x, i));
		if (size > top) top = size; /* not fmax: gcc 12 for arm64 ends in an internal error over this loop */
	}
	if (!(top > 0 && top <= DBL_MAX)) return 0;
	for (int64_t i = 0; i < n; i++) {
		double part = egm__number(dtype, x, i) / top;
		sum += part * part;
	}
	if (!isfinite(sum)) return 0; /* the largest element is never a NaN */
	for (int64_t i = 0; i < n; i++) egm__number_put(dtype, x, i, egm__number(dtype, x, i) / top / sqrt(sum));
	return 1;
}

/* If W^T u = 0, v starts again from the row with the largest element, for which W v is not 0. If W is zero or not
 * finite, u stays as it is. */
void egm__spectral_refresh(const egm__layer *layer, egm_context *context, egm_dtype dtype, void *const *tensors)
{
	matrix w = {.kernels = egm__kernels_get(context->simd, dtype), .dtype = dtype, .values = tensors[WEIGHT]};
	matrix_size(layer, &w.rows, &w.columns);
	times_transposed(&w, tensors[U], tensors[V]);
	if (!normalize(dtype, w.columns, tensors[V])) {
		largest_row(&w, tensors[V]);
		if (!normalize(dtype, w.columns, tensors[V])) return;
	}
	times(&w, tensors[V], tensors[U]);
	normalize(dtype, w.rows, tensors[U]);
}
