/* SPDX-License-Identifier: MIT */
/* Matrix products through CBLAS.
 *
 * CBLAS counts in int. A product beyond that is cut along m, n and k into pieces that fit; a matrix whose rows lie more
 * than INT_MAX elements apart is taken one row at a time, where the distance does not matter.
 *
 * A BLAS of one thread gets large products in as many parts as there are threads, each a contiguous run of columns or
 * rows of C. The same number of threads gives the same bits; another number may not, because a BLAS sums the edge of a
 * part in another order than its middle, and edges move: OpenBLAS 0.3.21 does so in sgemm for Haswell and Zen, in dgemm
 * for SkylakeX where a size is no multiple of 16. Cutting by size alone would cure it and cost a single thread 2 to 12
 * % (64 x 512 x 512 in 2 to 4 parts), since each part packs the shared operand again. */
#include <cblas.h>
#include <core/size_impl.h>
#include <limits.h>
#include <string.h>
#include <tensor/gemm_impl.h>
#include <tensor/shape_impl.h>

enum {
	PIECE = 1 << 30,      /* largest m, n or k of one call */
	SPLIT_UNIT = 16,      /* parts are multiples of this, the widest micro-tile of common BLAS kernels */
	SPLIT_FLOPS = 1000000 /* below, handing work to a thread costs more than it saves */
};

typedef struct split {
	const egm__gemm *p;
	const char *a, *b;
	char *c;
	int64_t part; /* columns or rows in a part */
	int by_columns;
} split;

/* A distance between rows as CBLAS takes it; beyond int there is one row only, and any that holds it does. */
static int stride(int64_t ld, int64_t columns)
{
	return (int)(ld <= INT_MAX ? ld : columns);
}

static const char *at(const char *x, int64_t row, int64_t column, int64_t ld, size_t size)
{
	return x + (row * ld + column) * (int64_t)size;
}

/* One product whose sizes fit. */
static void call_blas(const egm__gemm *p, const char *a, const char *b, char *c)
{
	CBLAS_TRANSPOSE ta = p->ta ? CblasTrans : CblasNoTrans, tb = p->tb ? CblasTrans : CblasNoTrans;
	int m = (int)p->m, n = (int)p->n, k = (int)p->k;
	int lda = stride(p->lda, p->ta ? m : k), ldb = stride(p->ldb, p->tb ? k : n), ldc = stride(p->ldc, n);
	const void *va = a, *vb = b;
	void *vc = c;
	egm__blas_enter();
	if (p->dtype == EGM_F64) {
		cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, p->alpha, va, lda, vb, ldb, p->beta, vc, ldc);
	} else {
		cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, (float)p->alpha, va, lda, vb, ldb, (float)p->beta, vc, ldc);
	}
	egm__blas_leave();
}

/* Rows i .. i+m, columns j .. j+n of the product, in pieces over k. */
static void run_block(const egm__gemm *p, const char *a, const char *b, char *c, int64_t i, int64_t j, int64_t step)
{
	size_t size = egm__dtype_size((egm_dtype)p->dtype);
	egm__gemm piece = *p;
	for (int64_t l = 0; l < p->k; l += step) {
		piece.k = egm__least(step, p->k - l);
		piece.beta = l ? 1 : p->beta;
		call_blas(&piece, p->ta ? at(a, l, i, p->lda, size) : at(a, i, l, p->lda, size),
		          p->tb ? at(b, j, l, p->ldb, size) : at(b, l, j, p->ldb, size), c);
	}
}

static void run_pieces(const egm__gemm *p, const char *a, const char *b, char *c)
{
	int far_a = p->lda > INT_MAX, far_b = p->ldb > INT_MAX, far_c = p->ldc > INT_MAX;
	int64_t step_m = (far_a && !p->ta) || far_c ? 1 : PIECE;
	int64_t step_n = far_b && p->tb ? 1 : PIECE;
	int64_t step_k = (far_a && p->ta) || (far_b && !p->tb) ? 1 : PIECE;
	size_t size = egm__dtype_size((egm_dtype)p->dtype);
	egm__gemm block = *p;
	for (int64_t i = 0; i < p->m; i += step_m) {
		for (int64_t j = 0; j < p->n; j += step_n) {
			block.m = egm__least(step_m, p->m - i);
			block.n = egm__least(step_n, p->n - j);
			run_block(&block, a, b, c + (i * p->ldc + j) * (int64_t)size, i, j, step_k);
		}
	}
}

void egm__gemm_clear(const egm__gemm *p, void *c)
{
	size_t size = egm__dtype_size((egm_dtype)p->dtype);
	if (p->beta != 0) return;
	for (int64_t i = 0; i < p->m; i++) memset((char *)c + i * p->ldc * (int64_t)size, 0, (size_t)p->n * size);
}

static void run_part(int32_t index, void *argument)
{
	const split *s = argument;
	egm__gemm p = *s->p;
	size_t size = egm__dtype_size((egm_dtype)p.dtype);
	int64_t first = index * s->part;
	const char *a = s->a, *b = s->b;
	char *c = s->c;
	if (s->by_columns) {
		p.n = egm__least(s->part, p.n - first);
		b = p.tb ? at(b, first, 0, p.ldb, size) : at(b, 0, first, p.ldb, size);
		c += first * (int64_t)size;
	} else {
		p.m = egm__least(s->part, p.m - first);
		a = p.ta ? at(a, 0, first, p.lda, size) : at(a, first, 0, p.lda, size);
		c += first * p.ldc * (int64_t)size;
	}
	run_pieces(&p, a, b, c);
}

void egm__gemm_blas_here(const egm__gemm *p, const void *a, const void *b, void *c)
{
	if (p->m == 0 || p->n == 0 || p->k == 0 || p->alpha == 0)
		egm__gemm_clear(p, c);
	else
		run_pieces(p, a, b, c);
}

void egm__gemm_blas(egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c)
{
	split s = {.p = p, .a = a, .b = b, .c = c, .by_columns = p->n >= p->m};
	int64_t length = s.by_columns ? p->n : p->m, units = (length + SPLIT_UNIT - 1) / SPLIT_UNIT;
	int64_t parts = egm__least(context->threads, units);
	double flops = 2.0 * (double)p->m * (double)p->n * (double)p->k;
	if (!context->blas_split || parts < 2 || flops < SPLIT_FLOPS) {
		egm__gemm_blas_here(p, a, b, c);
		return;
	}
	s.part = (units + parts - 1) / parts * SPLIT_UNIT;
	egm__parallel(context, (int32_t)((length + s.part - 1) / s.part), run_part, &s);
}
