/* SPDX-License-Identifier: MIT */
/* Frechet distance of two fitted Gaussians, |m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2).
 *
 * With C1 = R^T R and C2 = S^T S the last trace is the sum of the singular values of M = R S^T: C1 C2 = R^T (R S^T) S
 * has the eigenvalues of M M^T. R and S come from Cholesky's method with pivots, because the covariance of few
 * rows has no full rank. The textbook takes roots of the eigenvalues of C1^(1/2) C2 C1^(1/2) instead. These have errors
 * of 1e-16 of the largest, so each direction that neither sample has would add 1e-8 of the largest root, and a sample
 * would have a distance from itself.
 *
 * Rows are taken relative to the first row of x, in units of the range of the data, because the rotations need its
 * eighth power.
 *
 * A step is CHUNK rows of a sample in one of the two passes over it, a row of R or S, the product of both, or the
 * rotations of a row of M in a sweep. */
#include <core/size_impl.h>
#include <math.h>
#include <stats/matrix_impl.h>
#include <stats/metric_impl.h>
#include <string.h>
#include <tensor/gemm_impl.h>
#include <tensor/kernels_impl.h>

enum { CHUNK = 256, MOST_SWEEPS = 60 };

/* A fitted Gaussian: mean [d]; C [d, d], which `factor` consumes; R [rank, d], C = R^T R. */
typedef struct gaussian {
	double *mean, *covariance, *root;
	double trace;
	int64_t rank;
} gaussian;

typedef struct frechet {
	egm_context *context; /* NULL before `create` */
	egm__steps *steps;
	const egm__kernels *table;
	int64_t d;
	gaussian g[2];
	double unit;
	double *origin;  /* [d] */
	double *chunk;   /* [CHUNK, d] */
	void *scratch;   /* for products */
	double *memory;  /* of all arrays of double */
	double *squares; /* [d] of M's rows */
	double *m;       /* [d, d], the memory of the first covariance */
} frechet;

/* ---- moments */

/* Rows first .. first+n-1, relative to the origin, into the chunk. */
static void read_rows(const frechet *f, const egm__points *s, int64_t first, int64_t n)
{
	egm__points_rows(s, first, n, f->chunk);
	for (int64_t i = 0; i < n; i++)
		for (int64_t k = 0; k < f->d; k++) f->chunk[i * f->d + k] = (f->chunk[i * f->d + k] - f->origin[k]) * f->unit;
}

static egm_status find_mean(const frechet *f, const egm__points *s, double *mean)
{
	egm_status st = EGM_OK;
	memset(mean, 0, (size_t)f->d * sizeof *mean);
	for (int64_t first = 0; first < s->rows && st == EGM_OK; first += CHUNK) {
		int64_t n = egm__least(s->rows - first, CHUNK);
		read_rows(f, s, first, n);
		for (int64_t i = 0; i < n; i++)
			for (int64_t k = 0; k < f->d; k++) mean[k] += f->chunk[i * f->d + k];
		st = egm__steps_count(f->steps);
	}
	for (int64_t k = 0; k < f->d; k++) mean[k] /= (double)s->rows;
	return st;
}

/* A product of up to CHUNK centred rows. */
static egm__gemm moment_product(int64_t d)
{
	return (egm__gemm){d, d, CHUNK, d, d, d, 1, 0, EGM_F64, 1, 0};
}

/* The product of the roots. */
static egm__gemm cross_product(int64_t rows, int64_t columns, int64_t d)
{
	return (egm__gemm){rows, columns, d, d, d, columns, 1, 0, EGM_F64, 0, 1};
}

/* Sums of products of centred rows, CHUNK of them at a time. */
static egm_status find_covariance(const frechet *f, const egm__points *s, gaussian *g)
{
	egm_status st = EGM_OK;
	int64_t d = f->d;
	egm__gemm product = moment_product(d);
	product.alpha = 1 / ((double)s->rows - 1);
	for (int64_t first = 0; first < s->rows && st == EGM_OK; first += CHUNK) {
		int64_t n = egm__least(s->rows - first, CHUNK);
		read_rows(f, s, first, n);
		for (int64_t i = 0; i < n * d; i++) f->chunk[i] -= g->mean[i % d];
		product.k = n;
		egm__gemm_run(f->context, &product, f->chunk, f->chunk, g->covariance, f->scratch);
		product.beta = 1;
		st = egm__steps_count(f->steps);
	}
	g->trace = 0;
	for (int64_t k = 0; k < d; k++) g->trace += g->covariance[k * d + k];
	return st;
}

/* C = R^T R */
static egm_status factor(const frechet *f, gaussian *g)
{
	egm_status st = EGM_OK;
	double least = -1;
	for (g->rank = 0; g->rank < f->d && st == EGM_OK; g->rank++) {
		if (!egm__cholesky_next_row(f->d, g->covariance, &least, g->root + g->rank * f->d)) break;
		st = egm__steps_count(f->steps);
	}
	return st;
}

/* ---- singular values of M [rows, columns] */

/* Makes all rows orthogonal once; *turned becomes 0 if they were already. */
static egm_status sweep(const frechet *f, int64_t rows, int64_t columns, int *turned)
{
	egm_status st = EGM_OK;
	double all = egm__row_squares(f->table, rows, columns, f->m, f->squares);
	*turned = 0;
	for (int64_t i = 0; i < rows && st == EGM_OK; i++) {
		*turned |= egm__orthogonalise_row(f->table, i, rows, columns, f->m, f->squares, all);
		st = egm__steps_count(f->steps);
	}
	return st;
}

static egm_status sum_singular_values(const frechet *f, int64_t rows, int64_t columns, double *sum)
{
	egm_status st = EGM_OK;
	int turned = 1;
	*sum = 0;
	for (int n = 0; turned && n < MOST_SWEEPS; n++) EGM_TRY(sweep(f, rows, columns, &turned));
	egm__row_squares(f->table, rows, columns, f->m, f->squares);
	for (int64_t i = 0; i < rows; i++) *sum += sqrt(f->squares[i]);
out:
	return st;
}

/* M = R S^T, or its transpose when that has fewer rows. */
static egm_status cross_trace(const frechet *f, double *trace)
{
	const gaussian *a = &f->g[0], *b = &f->g[1];
	if (a->rank > b->rank) a = &f->g[1], b = &f->g[0];
	egm__gemm product = cross_product(a->rank, b->rank, f->d);
	egm__gemm_run(f->context, &product, a->root, b->root, f->m, f->scratch);
	egm_status st = egm__steps_count(f->steps);
	return st == EGM_OK ? sum_singular_values(f, a->rank, b->rank, trace) : st;
}

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
	int64_t count;
	f->context = context;
	f->table = egm__kernels_get(context->simd, EGM_F64);
	f->d = d;
	if (egm__size_mul(d, 4 * d + CHUNK + 4, &count))
		return egm__fail(EGM_ERR_ARGUMENT,
		                 "x has %lld columns, must have fewer: their covariance is larger than memory", (long long)d);
	double *at = f->memory = egm__alloc(context, count, sizeof *at);
	f->scratch = allocate_scratch(f);
	if (!at || !f->scratch)
		return egm__fail(EGM_ERR_MEMORY, "no memory for four matrices of %lld columns", (long long)d);
	for (int i = 0; i < 2; i++, at += 2 * d * d + d) f->g[i] = (gaussian){at + 2 * d * d, at, at + d * d, 0, 0};
	f->m = f->g[0].covariance;
	f->origin = at;
	f->squares = at + d;
	f->chunk = at + 2 * d;
	return EGM_OK;
}

static void destroy(frechet *f)
{
	if (!f->context) return;
	egm__free(f->context, f->memory);
	egm__free(f->context, f->scratch);
}

/* An upper bound. */
static int64_t count_steps(const egm__points points[2])
{
	int64_t d = points->columns, chunks = egm__blocks_of(points[0].rows, CHUNK) + egm__blocks_of(points[1].rows, CHUNK);
	return 2 * chunks + 2 * d + 1 + MOST_SWEEPS * d;
}

static egm_status fit(frechet *f, const egm__points *s, gaussian *g)
{
	egm_status st = find_mean(f, s, g->mean);
	if (st == EGM_OK) st = find_covariance(f, s, g);
	return st == EGM_OK ? factor(f, g) : st;
}

/* In squares of the unit. */
static egm_status compare(frechet *f, const egm__points points[2], double *squared)
{
	egm_status st = EGM_OK;
	double apart = 0, cross;
	f->unit = egm__metric_unit(egm__points_range(points));
	egm__points_rows(points, 0, 1, f->origin);
	for (int i = 0; i < 2; i++) EGM_TRY(fit(f, &points[i], &f->g[i]));
	for (int64_t k = 0; k < f->d; k++) {
		double d = f->g[0].mean[k] - f->g[1].mean[k];
		apart += d * d;
	}
	EGM_TRY(cross_trace(f, &cross));
	EGM_TRY(egm__steps_finish(f->steps));
	double spread = f->g[0].trace + f->g[1].trace - 2 * cross;
	*squared = apart + (spread < 0 ? 0 : spread);
out:
	return st;
}

egm_status egm_metric_frechet(egm_context *context, egm_array x, egm_array y, double *out, egm_progress_fn progress,
                              void *user)
{
	egm_status st = EGM_OK;
	egm__points points[2];
	egm__steps steps = {.context = NULL};
	frechet f = {.steps = &steps};
	double squared;
	EGM_TRY(egm__sample_check_pair(context, x, y, 2, out));
	double scale = egm__points_create(points, x, y);
	egm__steps_start(&steps, context, count_steps(points), progress, user);
	EGM_TRY(create(&f, context, x.columns));
	EGM_TRY(compare(&f, points, &squared));
	EGM_TRY(egm__metric_store(squared / f.unit / f.unit / scale / scale, out));
out:
	destroy(&f);
	egm__steps_end(&steps);
	return egm__named(__func__, st);
}
