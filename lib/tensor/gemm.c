/* SPDX-License-Identifier: MIT */
/* Matrix products: decides which factor is read in vectors and how the work is spread over threads. Neither changes a
 * bit (product_impl.h).
 *
 * Why not always a BLAS: it packs both factors, which takes too long for the 64 to 256 rows of a batch; it rounds a row
 * differently at different positions; and it has its own threads. Speed relative to OpenBLAS 0.3.21, in f32, on one
 * thread of a Zen 4:
 *  - AVX-512: x W^T 1.15 to 1.28, y W 1.07 to 1.17, y^T x 0.97 to 1.13, 2048^3 1.03
 *  - AVX2, against its kernels for Haswell: 0.9 to 1.1, and 1.1 at 64^3
 *  - vectors of 16 bytes, against its kernels for CPUs without AVX: 0.7 to 1.1 */
#include <core/size_impl.h>
#include <string.h>
#include <tensor/gemm_blas_impl.h>
#include <tensor/gemm_impl.h>
#include <tensor/kernels_impl.h>
#include <tensor/shape_impl.h>

enum {
	ALIGN = 64,
	SPLIT_FLOPS =
	    2000000,    /* smaller products stay on one thread: at 1e6, networks of width 64 lost a third of their time */
	ROW_UNIT = 16,  /* parts by rows are multiples of this */
	PART_ROWS = 64, /* with fewer rows in a part, packing R for each part takes a noticeable time */
	PAGE = 4096,    /* bytes */
	COPY = 3,
	TRANSPOSE = 8,
	STORE_TRANSPOSED = 10 /* the last three: rough costs for a vector of R or C, in vector operations */
};

typedef struct spread {
	const egm__kernels *table;
	egm__product p;
	const char *left, *right;
	char *c, *scratch;
	int64_t part, room; /* rows or columns of a part, bytes of scratch for each */
	int by_rows, packed;
	int64_t size;
} spread;

/* C from elements of op(A) and vectors of op(B), or, if transposed, C^T from elements of op(B)^T and vectors of
 * op(A)^T. */
static egm__product orient(const egm__gemm *p, int transposed)
{
	int64_t a_row = p->ta ? 1 : p->lda, a_step = p->ta ? p->lda : 1;
	int64_t b_column = p->tb ? p->ldb : 1, b_step = p->tb ? 1 : p->ldb;
	if (!transposed)
		return (egm__product){p->m, p->n, p->k, a_row, a_step, b_column, b_step, p->ldc, 0, p->alpha, p->beta};
	/* a contiguous column is stored like a row */
	int stored = !(p->n == 1 && p->ldc == 1);
	return (egm__product){p->n, p->m, p->k, b_column, b_step, a_row, a_step, p->ldc, stored, p->alpha, p->beta};
}

/* The factor by which a vector operation costs more if L is read down the columns of a matrix: every step of k is then
 * in another cache line or page, and lines a power of two apart share few sets of the cache. Measured relative to
 * copied panels, f32 and f64: y W of 64 rows ran at 0.5 to 1.1 times their rate; of 16 rows at 1.2 to 1.3 times, and at
 * 0.7 times if a step crosses a page. */
static double reading_cost(const egm__product *p, int64_t size)
{
	if (p->left_row != 1) return 1;
	return p->left_step * size < PAGE ? 1.1 : 1.3;
}

/* In vector operations. */
static double cost(const egm__product *p, const egm__kernels *table, int64_t size)
{
	double vectors = (double)egm__blocks_of(p->columns, table->lanes),
	       blocks = (double)egm__blocks_of(p->k, table->depth);
	double each = (double)p->rows + (p->right_column == 1 ? COPY : TRANSPOSE);
	each *= reading_cost(p, size);
	return vectors * ((double)p->k * each + (p->transposed ? STORE_TRANSPOSED * blocks * (double)p->rows : 0));
}

static void run_part(int32_t index, void *argument)
{
	const spread *s = argument;
	egm__product p = s->p;
	int64_t first = index * s->part, size = s->size;
	const char *left = s->left, *right = s->right;
	char *c = s->c;
	if (s->by_rows) {
		p.rows = egm__least(s->part, p.rows - first);
		left += first * p.left_row * size;
		c += first * (p.transposed ? 1 : p.ldc) * size;
	} else {
		p.columns = egm__least(s->part, p.columns - first);
		right += first * p.right_column * size;
		c += first * (p.transposed ? p.ldc : 1) * size;
	}
	if (s->packed)
		s->table->multiply(&p, left, right, c);
	else
		s->table->product(&p, left, right, c, s->scratch + index * s->room);
}

/* Every part by rows packs all of R; every part by columns reads all of L. */
static void run_spread(egm_context *context, spread *s)
{
	const egm__product *p = &s->p;
	int64_t vectors = egm__blocks_of(p->columns, s->table->lanes), threads = context->threads;
	s->by_rows = s->packed || p->rows >= threads * PART_ROWS || vectors < threads;
	int64_t unit = s->by_rows ? ROW_UNIT : s->table->lanes,
	        units = s->by_rows ? egm__blocks_of(p->rows, unit) : vectors;
	int64_t parts = egm__least(threads, units);
	if (2.0 * (double)p->rows * (double)p->columns * (double)p->k < SPLIT_FLOPS) parts = 1;
	s->part = egm__blocks_of(units, parts) * unit;
	egm__parallel(context, (int32_t)egm__blocks_of(s->by_rows ? p->rows : p->columns, s->part), run_part, s);
}

/* A matrix times a column, which is computed by sums in lanes. */
static int is_column(const egm__gemm *p)
{
	return p->n == 1 && !p->ta;
}

static void pack_column(spread *s, const egm__gemm *p)
{
	s->p = orient(p, 0);
	s->packed = 1;
	s->table->pack(1, p->k, s->right, p->ldb, p->tb, s->scratch);
	s->right = s->scratch;
}

static int is_empty(const egm__gemm *p)
{
	return p->m == 0 || p->n == 0 || p->k == 0 || p->alpha == 0;
}

static void clear(const egm__gemm *p, void *c)
{
	size_t size = egm__dtype_size((egm_dtype)p->dtype);
	if (p->beta != 0) return;
	for (int64_t i = 0; i < p->m; i++) memset((char *)c + i * p->ldc * (int64_t)size, 0, (size_t)p->n * size);
}

static void prepare(spread *s, const egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c,
                    void *scratch)
{
	const egm__kernels *table = egm__kernels_get(context->simd, (egm_dtype)p->dtype);
	*s = (spread){.table = table, .left = a, .right = b, .c = c, .scratch = scratch};
	s->size = (int64_t)egm__dtype_size((egm_dtype)p->dtype);
	if (is_column(p)) {
		pack_column(s, p);
		return;
	}
	egm__product straight = orient(p, 0), transposed = orient(p, 1);
	int transpose = cost(&transposed, table, s->size) < cost(&straight, table, s->size);
	s->p = transpose ? transposed : straight;
	s->left = transpose ? b : a;
	s->right = transpose ? a : b;
	s->room = egm__gemm_serial_scratch(context, p);
}

void egm__gemm_run(egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c, void *scratch)
{
	spread s;
	if (is_empty(p)) {
		clear(p, c);
	} else if (!egm__gemm_blas(context, p, a, b, c)) {
		prepare(&s, context, p, a, b, c, scratch);
		run_spread(context, &s);
	}
}

/* Never by a BLAS, which has threads of its own: several callers would wait for each other. */
void egm__gemm_serial(egm_context *context, const egm__gemm *p, const void *a, const void *b, void *c, void *scratch)
{
	spread s;
	if (is_empty(p)) {
		clear(p, c);
	} else {
		prepare(&s, context, p, a, b, c, scratch);
		s.by_rows = 1;
		s.part = s.p.rows;
		run_part(0, &s);
	}
}

int64_t egm__gemm_serial_scratch(const egm_context *context, const egm__gemm *p)
{
	const egm__kernels *table = egm__kernels_get(context->simd, (egm_dtype)p->dtype);
	int64_t size = (int64_t)egm__dtype_size((egm_dtype)p->dtype);
	return egm__blocks_of((is_column(p) ? table->packed_count(1, p->k) : table->product_room(p->k)) * size, ALIGN) *
	       ALIGN;
}

/* A column is packed once and shared by all threads. */
int64_t egm__gemm_scratch(const egm_context *context, const egm__gemm *p)
{
	return egm__gemm_serial_scratch(context, p) * (is_column(p) ? 1 : context->threads);
}
