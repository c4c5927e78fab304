/* SPDX-License-Identifier: MIT */
/* Frechet distance of two fitted Gaussians, |m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2).
 *
 * With C1 = R^T R and C2 = S^T S the last trace is the sum of the singular values of M = R S^T: C1 C2 = R^T (R S^T) S
 * has the eigenvalues of M M^T. R and S come from Cholesky's factoring with pivots, which ends where a covariance of
 * few rows has no more rank; the singular values from Hestenes 1958, rotations of pairs of rows of M until all are
 * orthogonal, when their lengths are the values. Eigenvalues of C1^(1/2) C2 C1^(1/2), the textbook way, would be
 * rounded to 1e-16 of the largest before their root is taken, and every direction that neither sample has would add its
 * 1e-8: samples compared with themselves would not be at distance 0.
 *
 * Rows are taken from the first row of x, in units of the range of the data: the rotations take its eighth power. */
#include <core/size_impl.h>
#include <float.h>
#include <loss/distance_impl.h>
#include <math.h>
#include <string.h>
#include <tensor/gemm_impl.h>
#include <tensor/kernels_impl.h>

enum { CHUNK = 256, MOST_SWEEPS = 60 };

/* A fitted Gaussian: mean [d]; C [d, d], of which `factor` leaves nothing; R [rank, d], C = R^T R. */
typedef struct gaussian {
	double *mean, *covariance, *root;
	double trace;
	int64_t rank;
} gaussian;

typedef struct frechet {
	egm_context *context;
	const egm__kernels *table;
	int64_t d;
	gaussian g[2];
	double unit;
	double *origin;  /* [d] */
	double *chunk;   /* [CHUNK, d] */
	void *scratch;   /* for products */
	double *squares; /* [d] of M's rows */
	double *m;       /* [d, d], the memory of the first covariance */
} frechet;

/* ---- moments */

/* Rows first .. first+n-1 from the origin, into the chunk. */
static void read_rows(const frechet *f, const egm__points *s, int64_t first, int64_t n)
{
	egm__points_rows(s, first, n, f->chunk);
	for (int64_t i = 0; i < n; i++)
		for (int64_t k = 0; k < f->d; k++) f->chunk[i * f->d + k] = (f->chunk[i * f->d + k] - f->origin[k]) * f->unit;
}

static void find_mean(const frechet *f, const egm__points *s, double *mean)
{
	memset(mean, 0, (size_t)f->d * sizeof *mean);
	for (int64_t i = 0; i < s->rows; i++) {
		read_rows(f, s, i, 1);
		for (int64_t k = 0; k < f->d; k++) mean[k] += f->chunk[k];
	}
	for (int64_t k = 0; k < f->d; k++) mean[k] /= (double)s->rows;
}

/* A product of up to CHUNK centred rows. */
static egm__gemm moment_product(int64_t d)
{
	return (egm__gemm){d, d, CHUNK, d, d, d, 1, 0, EGM_F64, 1, 0};
}

/* Of the roots. */
static egm__gemm cross_product(int64_t rows, int64_t columns, int64_t d)
{
	return (egm__gemm){rows, columns, d, d, d, columns, 1, 0, EGM_F64, 0, 1};
}

/* Sums of products of centred rows, CHUNK of them at a time. */
static void find_covariance(const frechet *f, const egm__points *s, gaussian *g)
{
	int64_t d = f->d;
	egm__gemm product = moment_product(d);
	product.alpha = 1 / ((double)s->rows - 1);
	for (int64_t first = 0; first < s->rows; first += CHUNK) {
		int64_t n = s->rows - first < CHUNK ? s->rows - first : CHUNK;
		read_rows(f, s, first, n);
		for (int64_t i = 0; i < n * d; i++) f->chunk[i] -= g->mean[i % d];
		product.k = n;
		egm__gemm_run(f->context, &product, f->chunk, f->chunk, g->covariance, f->scratch);
		product.beta = 1;
	}
	g->trace = 0;
	for (int64_t k = 0; k < d; k++) g->trace += g->covariance[k * d + k];
}

/* ---- C = R^T R */

static int64_t largest_diagonal(const double *c, int64_t d)
{
	int64_t best = 0;
	for (int64_t k = 1; k < d; k++)
		if (c[k * d + k] > c[best * d + best]) best = k;
	return best;
}

/* A row of R at a time, c losing its product with itself, until what is left is rounding. */
static void factor(int64_t d, gaussian *g)
{
	double *c = g->covariance, least = 0;
	for (g->rank = 0; g->rank < d; g->rank++) {
		int64_t pivot = largest_diagonal(c, d);
		double value = c[pivot * d + pivot], *row = g->root + g->rank * d;
		if (g->rank == 0) least = (double)d * DBL_EPSILON * value;
		if (!(value > least)) break;
		for (int64_t k = 0; k < d; k++) row[k] = c[pivot * d + k] / sqrt(value);
		for (int64_t k = 0; k < d; k++)
			for (int64_t l = 0; l < d; l++) c[k * d + l] -= row[k] * row[l];
		for (int64_t k = 0; k < d; k++) c[pivot * d + k] = c[k * d + pivot] = 0;
	}
}

/* ---- singular values of M [rows, columns] */

static void rotate(int64_t n, double c, double s, double *restrict a, double *restrict b)
{
	for (int64_t k = 0; k < n; k++) {
		double old = a[k];
		a[k] = c * old - s * b[k];
		b[k] = s * old + c * b[k];
	}
}

/* Makes rows i and j orthogonal; 1 when they were not, up to rounding. `least`: products that the shortest of rows
 * have by rounding. */
static int orthogonalise(const frechet *f, int64_t i, int64_t j, int64_t columns, double least)
{
	double *a = f->m + i * columns, *b = f->m + j * columns, *aa = &f->squares[i], *bb = &f->squares[j];
	double ab = f->table->dot(columns, a, b);
	if (!(fabs(ab) > (double)columns * DBL_EPSILON * sqrt(*aa * *bb) && fabs(ab) > least)) return 0;
	double zeta = (*bb - *aa) / (2 * ab), t = copysign(1, zeta) / (fabs(zeta) + sqrt(1 + zeta * zeta));
	double c = 1 / sqrt(1 + t * t);
	rotate(columns, c, c * t, a, b);
	*aa -= t * ab;
	*bb += t * ab;
	return 1;
}

static double sum_singular_values(const frechet *f, int64_t rows, int64_t columns)
{
	double sum = 0;
	int moved = 1;
	for (int sweep = 0; moved && sweep < MOST_SWEEPS; sweep++) {
		double all = 0;
		for (int64_t i = 0; i < rows; i++) all += f->squares[i] = f->table->sum_squares(columns, f->m + i * columns);
		moved = 0;
		for (int64_t i = 0; i < rows; i++)
			for (int64_t j = i + 1; j < rows; j++)
				moved |= orthogonalise(f, i, j, columns, DBL_EPSILON * DBL_EPSILON * all);
	}
	for (int64_t i = 0; i < rows; i++) sum += sqrt(f->table->sum_squares(columns, f->m + i * columns));
	return sum;
}

/* M = R S^T, or its transpose when that has fewer rows. */
static double cross_trace(const frechet *f)
{
	const gaussian *a = &f->g[0], *b = &f->g[1];
	if (a->rank > b->rank) a = &f->g[1], b = &f->g[0];
	egm__gemm product = cross_product(a->rank, b->rank, f->d);
	egm__gemm_run(f->context, &product, a->root, b->root, f->m, f->scratch);
	return sum_singular_values(f, a->rank, b->rank);
}

/* ---- memory */

static void *allocate_scratch(const frechet *f)
{
	egm__gemm moment = moment_product(f->d), cross = cross_product(f->d, f->d, f->d), column = cross;
	column.n = 1;
	const egm__gemm *all[] = {&moment, &cross, &column};
	int64_t most = 1;
	for (int i = 0; i < 3; i++) {
		int64_t bytes = egm__gemm_scratch(f->context, all[i]);
		if (bytes > most) most = bytes;
	}
	return egm__alloc(f->context, most, 1);
}

static egm_status create(frechet *f, egm_context *context, int64_t d)
{
	int64_t matrix, chunk;
	f->context = context;
	f->table = egm__kernels_get(context->simd, EGM_F64);
	f->d = d;
	if (egm__size_mul(d, d, &matrix) || egm__size_mul(d, CHUNK, &chunk))
		return egm__fail(EGM_ERR_ARGUMENT, "frechet: %lld columns are too many", (long long)d);
	for (int i = 0; i < 2; i++) {
		f->g[i].mean = egm__alloc(context, d, sizeof(double));
		f->g[i].covariance = egm__alloc(context, matrix, sizeof(double));
		f->g[i].root = egm__alloc(context, matrix, sizeof(double));
	}
	f->origin = egm__alloc(context, d, sizeof(double));
	f->chunk = egm__alloc(context, chunk, sizeof(double));
	f->squares = egm__alloc(context, d, sizeof(double));
	f->scratch = allocate_scratch(f);
	f->m = f->g[0].covariance;
	for (int i = 0; i < 2; i++)
		if (!f->g[i].mean || !f->g[i].covariance || !f->g[i].root || !f->origin || !f->chunk || !f->squares ||
		    !f->scratch)
			return egm__fail(EGM_ERR_MEMORY, "frechet: no memory for four matrices of %lld columns", (long long)d);
	return EGM_OK;
}

static void destroy(frechet *f)
{
	for (int i = 0; i < 2 && f->context; i++) {
		egm__free(f->context, f->g[i].mean);
		egm__free(f->context, f->g[i].covariance);
		egm__free(f->context, f->g[i].root);
	}
	if (f->context) egm__free(f->context, f->origin);
	if (f->context) egm__free(f->context, f->chunk);
	if (f->context) egm__free(f->context, f->squares);
	if (f->context) egm__free(f->context, f->scratch);
}

egm_status egm_metric_frechet(egm_context *context, egm_dtype dtype, const void *x, int64_t x_rows, const void *y,
                              int64_t y_rows, int64_t columns, double *out)
{
	egm_status st = EGM_OK;
	const egm__sample samples[2] = {{x, x_rows, columns, dtype}, {y, y_rows, columns, dtype}};
	egm__points points[2];
	frechet f = {.context = NULL};
	double apart = 0;
	EGM_TRY(egm__sample_check_pair("frechet", context, &samples[0], &samples[1], 2, out));
	EGM_TRY(create(&f, context, columns));
	double room = egm__points_create(points, &samples[0], &samples[1]);
	f.unit = egm__distance_unit(egm__distance_range(points));
	egm__points_rows(points, 0, 1, f.origin);
	for (int i = 0; i < 2; i++) {
		find_mean(&f, &points[i], f.g[i].mean);
		find_covariance(&f, &points[i], &f.g[i]);
		factor(columns, &f.g[i]);
	}
	for (int64_t k = 0; k < columns; k++) {
		double d = f.g[0].mean[k] - f.g[1].mean[k];
		apart += d * d;
	}
	double spread = f.g[0].trace + f.g[1].trace - 2 * cross_trace(&f);
	double squared = apart + (spread < 0 ? 0 : spread);
	EGM_TRY(egm__distance_store("frechet", squared / f.unit / f.unit / room / room, out));
out:
	destroy(&f);
	return egm__named(__func__, st);
}
