/* SPDX-License-Identifier: MIT */
/* Operands of products, and the plain sum in long double that a product is compared with. */
#ifndef EGM_TESTS_TENSOR_GEMM_OPERANDS_H
#define EGM_TESTS_TENSOR_GEMM_OPERANDS_H

#include <tensor/gemm_impl.h>

#include "paths.h"

/* Matrices whose rows are followed by `gap` elements of NaN, which must be neither read nor written. */
typedef struct operands {
	egm__gemm p;
	void *a, *b, *c, *before;
	int64_t rows_a, rows_b;
} operands;

static inline void *matrix(egm_dtype type, int64_t rows, int64_t columns, int64_t ld, uint64_t seed)
{
	void *x = malloc((size_t)(rows * ld + 1) * sizeof(double));
	ck_assert_ptr_nonnull(x);
	for (int64_t i = 0; i < rows * ld; i++) {
		egm_test_set(type, x, i, i % ld < columns ? 2 * egm_test_random(&seed) - 1 : NAN);
	}
	return x;
}

static inline operands make_operands(egm__gemm p, int64_t gap)
{
	egm_dtype type = (egm_dtype)p.dtype;
	operands o = {.rows_a = p.ta ? p.k : p.m, .rows_b = p.tb ? p.n : p.k};
	int64_t columns_a = p.ta ? p.m : p.k, columns_b = p.tb ? p.k : p.n;
	p.lda = columns_a + gap + (columns_a + gap == 0);
	p.ldb = columns_b + gap + (columns_b + gap == 0);
	p.ldc = p.n + gap + (p.n + gap == 0);
	o.p = p;
	o.a = matrix(type, o.rows_a, columns_a, p.lda, 1);
	o.b = matrix(type, o.rows_b, columns_b, p.ldb, 2);
	o.c = matrix(type, p.m, p.n, p.ldc, 3);
	o.before = matrix(type, p.m, p.n, p.ldc, 3);
	return o;
}

static inline void free_operands(operands *o)
{
	free(o->a);
	free(o->b);
	free(o->c);
	free(o->before);
}

/* Any order of k products and k - 1 sums is within gamma_k sum |a||b| (Higham 2002, section 3.1); alpha, beta and the
 * last sum add three roundings. gamma_n = n u / (1 - n u) < n eps here. */
static inline void check_element(const operands *o, int64_t i, int64_t j)
{
	const egm__gemm *p = &o->p;
	egm_dtype type = (egm_dtype)p->dtype;
	long double sum = 0, magnitudes = 0, old = p->beta == 0 ? 0 : egm_test_get(type, o->before, i * p->ldc + j);
	for (int64_t l = 0; l < p->k && p->alpha != 0; l++) {
		long double a = egm_test_get(type, o->a, p->ta ? l * p->lda + i : i * p->lda + l);
		long double b = egm_test_get(type, o->b, p->tb ? j * p->ldb + l : l * p->ldb + j);
		sum += a * b;
		magnitudes += fabsl(a * b);
	}
	long double want = p->alpha * sum + p->beta * old, got = egm_test_get(type, o->c, i * p->ldc + j);
	long double bound = (long double)(p->k + 3) * egm_test_epsilon(type) * (fabs(p->alpha) * magnitudes + fabsl(old));
	if (!(fabsl(got - want) <= bound))
		ck_abort_msg("%s %lldx%lldx%lld ta %d tb %d (%lld, %lld): %Lg, not %Lg", egm__dtype_name(type), (long long)p->m,
		             (long long)p->n, (long long)p->k, p->ta, p->tb, (long long)i, (long long)j, got, want);
}

static inline void check_product(const operands *o)
{
	const egm__gemm *p = &o->p;
	for (int64_t i = 0; i < p->m; i++) {
		for (int64_t j = 0; j < p->ldc; j++) {
			if (j < p->n) {
				check_element(o, i, j);
			} else {
				if (!isnan(egm_test_get((egm_dtype)p->dtype, o->c, i * p->ldc + j)))
					ck_abort_msg("writes between rows");
			}
		}
	}
}

#endif
