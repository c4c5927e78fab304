/* SPDX-License-Identifier: MIT */
/* Checks a BLAS by a product that is known.
 *
 * All numbers are integers whose sums are below 2^24, so that a right product has no rounding and is exact in any order
 * of its sums. Those of A need 15 bits: with less precise factors (16-bit formats, TF32) it would be wrong. Sizes are
 * odd, and so large that OpenBLAS uses its threads and their buffers. With GAP, rows are further apart than long, and
 * all that is not a number of a matrix is NaN: a BLAS that reads it has a wrong product, one that writes it is found.
 *
 * This finds out whether a library is the CBLAS that it seems to be. It does not replace the tests of the library: a
 * fault at other sizes only is not found. */
#include "core/blas_impl.h"
#include "core/os_impl.h"
#include "core/status_impl.h"

#include <math.h>
#include <string.h>

enum { M = 65, N = 67, K = 66, GAP = 3, MOST = (N + GAP) * (N + GAP), FORMS = 16 };

typedef union numbers {
	float f32[MOST];
	double f64[MOST];
} numbers;

typedef struct probe {
	double want[M * N];
	numbers a_before, b_before, a, b, c;
} probe;

static double left(int i, int l)
{
	return (i * 7919 + l * 104729) % 40001 - 20000;
}

static double right(int l, int j)
{
	return (l * 31 + j * 17) % 7 - 3;
}

static void set(numbers *x, int wide, int at, double value)
{
	if (wide)
		x->f64[at] = value;
	else
		x->f32[at] = (float)value;
}

static double get(const numbers *x, int wide, int at)
{
	return wide ? x->f64[at] : (double)x->f32[at];
}

/* The product alpha op(A) op(B) + beta C of a form: alpha = 1 and beta = 0, or other factors. */
typedef struct product_form {
	int wide, ta, tb;
	double alpha, beta;
} product_form;

static product_form form_of(int index)
{
	int scaled = index >> 3 & 1;
	return (product_form){index & 1, index >> 1 & 1, index >> 2 & 1, scaled ? -2 : 1, scaled ? 1 : 0};
}

/* What C is at first: with beta = 0 its old value must not be read. */
static double old(const product_form *f, int i, int j)
{
	return f->beta != 0 ? left(j, i) : (double)NAN;
}

/* A matrix of rows x columns in a buffer that is NaN elsewhere. */
static void fill(numbers *x, const product_form *f, double (*value)(int i, int j), int rows, int columns,
                 int transposed)
{
	int ld = (transposed ? rows : columns) + GAP;
	for (int i = 0; i < MOST; i++) set(x, f->wide, i, NAN);
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < columns; j++) set(x, f->wide, transposed ? j * ld + i : i * ld + j, value(i, j));
}

static void multiply(const egm__blas *blas, probe *p, const product_form *f)
{
	int lda = (f->ta ? M : K) + GAP, ldb = (f->tb ? K : N) + GAP, ldc = N + GAP, order = EGM__BLAS_ROW_MAJOR;
	int ta = f->ta ? EGM__BLAS_TRANSPOSED : EGM__BLAS_AS_IT_IS, tb = f->tb ? EGM__BLAS_TRANSPOSED : EGM__BLAS_AS_IT_IS;
	float alpha = (float)f->alpha, beta = (float)f->beta;
	fill(&p->a, f, left, M, K, f->ta);
	fill(&p->b, f, right, K, N, f->tb);
	for (int i = 0; i < MOST; i++)
		set(&p->c, f->wide, i, i < M * ldc && i % ldc < N ? old(f, i / ldc, i % ldc) : (double)NAN);
	p->a_before = p->a;
	p->b_before = p->b;
	if (f->wide)
		blas->dgemm(order, ta, tb, M, N, K, f->alpha, p->a.f64, lda, p->b.f64, ldb, f->beta, p->c.f64, ldc);
	else
		blas->sgemm(order, ta, tb, M, N, K, alpha, p->a.f32, lda, p->b.f32, ldb, beta, p->c.f32, ldc);
}

/* Whether all is as it was that is not C: A, B, and what is between and after the rows of C. */
static int is_rest_unchanged(const probe *p, const product_form *f)
{
	int ldc = N + GAP, kept = !memcmp(&p->a_before, &p->a, sizeof p->a) && !memcmp(&p->b_before, &p->b, sizeof p->b);
	for (int i = 0; i < MOST; i++) kept &= (i < M * ldc && i % ldc < N) || isnan(get(&p->c, f->wide, i));
	return kept;
}

static egm_status check_product(const egm__blas *blas, probe *p, const product_form *f, const char *name)
{
	char type = f->wide ? 'd' : 's';
	multiply(blas, p, f);
	for (int i = 0; i < M; i++)
		for (int j = 0; j < N; j++) {
			double c = get(&p->c, f->wide, i * (N + GAP) + j), want = f->alpha * p->want[i * N + j];
			if (f->beta != 0) want += f->beta * old(f, i, j);
			if (!(c == want))
				return egm__fail(EGM_ERR_UNSUPPORTED,
				                 "blas is '%s', whose cblas_%cgemm computes %.9g as element (%d, %d) of a product of "
				                 "%d x %d x %d with alpha = %g and beta = %g, must be %.9g",
				                 name, type, c, i, j, M, N, K, f->alpha, f->beta, want);
		}
	if (!is_rest_unchanged(p, f))
		return egm__fail(EGM_ERR_UNSUPPORTED,
		                 "blas is '%s', whose cblas_%cgemm writes to A, to B or beyond the rows of C, "
		                 "must write to C alone",
		                 name, type);
	return EGM_OK;
}

static void expect(probe *p)
{
	for (int i = 0; i < M; i++)
		for (int j = 0; j < N; j++)
			for (int l = 0; l < K; l++) p->want[i * N + j] += left(i, l) * right(l, j);
}

egm_status egm__blas_check_products(const egm__blas *blas, const char *name)
{
	egm_status st = EGM_OK;
	probe *p = egm__os_map(sizeof *p);
	if (!p) return egm__fail(EGM_ERR_MEMORY, "no memory to check the products of blas, '%s'", name);
	expect(p);
	for (int i = 0; i < FORMS && st == EGM_OK; i++) {
		product_form f = form_of(i);
		st = check_product(blas, p, &f, name);
	}
	egm__os_unmap(p, sizeof *p);
	return st;
}
