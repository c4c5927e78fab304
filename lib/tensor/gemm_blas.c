/* SPDX-License-Identifier: MIT */
/* Products by a BLAS, whose sizes and strides are int. A stride is at least as long as its row, so if all strides fit,
 * only the numbers of stored rows can be too large: m of A, and k of A and B where these have rows of k. The product is
 * then cut into several. */
#include <core/size_impl.h>
#include <tensor/gemm_blas_impl.h>
#include <tensor/shape_impl.h>

/* With AUTO, other products are own. Rate of OpenBLAS 0.3.21 relative to the portable kernels on a Zen 5, f32 (f64),
 * one thread, with its kernels for
 *  - Haswell: 16^3 0.8 (1.2), 32^3 1.9 (2.0), 1024 x 16 x 16 2.2 (2.0), larger products 2.3 to 4.0 (2.2 to 3.9);
 *  - Sandy Bridge: 0.8 (1.0), 1.6 (1.7), 1.3 (1.6), 1.9 to 3.6 (1.9 to 3.3);
 *  - Nehalem, which has no AVX: A transposed 1.2 to 1.4 (1.3 to 1.6), other products 0.8 to 1.0 (0.9 to 1.2);
 *  - all three: 1024 x 2 x 64 0.5 to 1.6 (0.6), 1 x 512 x 512 0.7 to 1.1 (0.8 to 0.9), 512 x 1 x 512 0.1 to 0.4. */
enum { THIN = 8, SMALL = 32 * 32 * 8 };

static int has_fast_kernels(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_cpu_supports("avx") != 0;
#else
	return 1;
#endif
}

static int is_faster(const egm_context *context, const egm__gemm *p)
{
	if (context->products == EGM_PRODUCTS_BLAS) return 1;
	return p->m >= THIN && p->n >= THIN && (double)p->m * (double)p->n * (double)p->k >= SMALL &&
	       (p->ta || has_fast_kernels());
}

/* The stride of a matrix as CBLAS wants it, at least one row; 0 if there is none: rows overlap, or it exceeds int. */
static int stride(const egm_context *context, int64_t rows, int64_t columns, int64_t ld)
{
	if (rows == 1) ld = columns;
	return ld >= columns && ld <= context->blas.largest ? (int)ld : 0;
}

typedef struct call {
	const egm__blas *blas;
	int32_t wide, ta, tb;
	int n, lda, ldb, ldc;
	double alpha;
} call;

static void multiply(const call *x, int m, int k, const void *a, const void *b, double beta, void *c)
{
	int ta = x->ta ? EGM__BLAS_TRANSPOSED : EGM__BLAS_AS_IT_IS, tb = x->tb ? EGM__BLAS_TRANSPOSED : EGM__BLAS_AS_IT_IS;
	if (x->wide)
		x->blas->dgemm(EGM__BLAS_ROW_MAJOR, ta, tb, m, x->n, k, x->alpha, a, x->lda, b, x->ldb, beta, c, x->ldc);
	else
		x->blas->sgemm(EGM__BLAS_ROW_MAJOR, ta, tb, m, x->n, k, (float)x->alpha, a, x->lda, b, x->ldb, (float)beta, c,
		               x->ldc);
}

int egm__gemm_blas(const egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c)
{
	const egm__blas *blas = &context->blas;
	if (!blas->sgemm || !is_faster(context, p)) return 0;
	int lda = p->ta ? stride(context, p->k, p->m, p->lda) : stride(context, p->m, p->k, p->lda),
	    ldb = p->tb ? stride(context, p->n, p->k, p->ldb) : stride(context, p->k, p->n, p->ldb),
	    ldc = stride(context, p->m, p->n, p->ldc);
	uint32_t mode = 0;
	if (!lda || !ldb || !ldc || !egm__blas_enter(blas, &mode)) return 0;
	call x = {blas, p->dtype == EGM_F64, p->ta, p->tb, (int)p->n, lda, ldb, ldc, p->alpha};
	int64_t size = (int64_t)egm__dtype_size((egm_dtype)p->dtype), most = blas->largest;
	for (int64_t i = 0; i < p->m; i += most)
		for (int64_t l = 0; l < p->k; l += most)
			multiply(&x, (int)egm__least(most, p->m - i), (int)egm__least(most, p->k - l),
			         (const char *)a + (p->ta ? l * lda + i : i * lda + l) * size,
			         (const char *)b + (p->tb ? l : l * ldb) * size, l ? 1 : p->beta, (char *)c + i * ldc * size);
	egm__blas_leave(blas, mode);
	return 1;
}
