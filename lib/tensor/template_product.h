/* SPDX-License-Identifier: MIT */
/* Products (product_impl.h), for one T.
 *
 * A tile of C is in registers for all k: TILE_ROWS rows of PANEL vectors, which are 24 of the 32 registers of AVX-512
 * and NEON, and 12 of 16 elsewhere. Narrow panels have tiles of twice the rows. A step of k loads a row of the panel of
 * R, broadcasts an element of each row of L, which therefore need not be packed, and multiplies every pair. The panel
 * stays in the second cache while all rows of L are multiplied with it.
 *
 * A BLAS packs both factors. With the 64 to 256 rows of a batch, the larger factor is not used often enough to pay for
 * that. Here the larger factor is L, read where it is, and the smaller one is transposed into vectors; or the larger
 * one is R, if its rows are contiguous, and is copied a panel at a time, which is a load and a store for the work of
 * all rows. For few rows R is not even copied.
 *
 * L is any matrix with strides. A tile has a pointer to every third row. The loops over k of NEON are in
 * template_neon.h. */
#ifndef TEMPLATE_PRODUCT_SIZES
#define TEMPLATE_PRODUCT_SIZES
enum {
	DEPTH = VECTOR_BYTES == 64 ? 512 : 256, /* steps of k at a time: a panel fills an eighth of the second cache of a
	                                           CPU with AVX-512, or most of the first cache of others */
#ifdef PATH_NEON
	TILE_ROWS = 8,
#else
	TILE_ROWS = VECTOR_BYTES == 64 ? 6 : 4,
#endif
	MAX_ROWS = 2 * TILE_ROWS,
	WIDE_ROWS = VECTOR_BYTES == 64 ? 2 : 1, /* a panel of at most this many vectors has tiles of MAX_ROWS */
	GROUP = 3,                              /* rows that share a pointer: addresses of x86 can add one or two strides */
	ROW_BLOCK = 96,                         /* rows of L that stay in the second cache together with a packed panel */
	TRANSPOSED_ROWS = 48,        /* rows that are stored transposed at a time: whole tiles and whole vectors */
	DIRECT_ROWS = 2 * TILE_ROWS, /* with at most this many rows R is not packed, which would read all of it once more */
	FETCH_STEPS = 16,            /* a tile fetches L this many steps ahead */
	LINES = (PANEL * VECTOR_BYTES + LINE - 1) / LINE /* cache lines of a row of a panel */
};

typedef struct panel_job {
	int64_t k, left_row, left_step, down, ldc; /* down: from a row of the panel to the next */
	double alpha, beta;
} panel_job;

/* What a tile prefetches: an address that moves on by `step` bytes for each step of k and by `tile` bytes for each
 * tile. */
typedef struct prefetch {
	uintptr_t at;
	int64_t step, tile;
} prefetch;
#endif

/* ---- tiles */

#ifdef PATH_NEON
#include "template_neon.h"
#endif

/* rows x vectors of C, `last` columns of them in the last vector. */
INLINE void FN(tile)(const int rows, const int vectors, const panel_job *w, const T *a, const T *b, T *c, int64_t last,
                     uintptr_t fetch, int64_t fetch_step)
{
#ifdef PATH_NEON
	V sum[MAX_ROWS][PANEL];
	UNROLL
	for (int i = 0; i < rows * vectors; i++) sum[i / vectors][i % vectors] = (V){0};
	if (w->left_row == 1)
		FN(add_by_columns)(rows, vectors, w, a, b, sum, fetch, fetch_step);
	else
		FN(add_by_rows)(rows, vectors, w, a, b, sum, fetch, fetch_step);
#else
	V sum[MAX_ROWS][PANEL], right[PANEL];
	const T *left[MAX_ROWS / GROUP + 1];
	const int64_t left_row = w->left_row, left_step = w->left_step, down = w->down;
	UNROLL
	for (int i = 0; i < rows * vectors; i++) sum[i / vectors][i % vectors] = (V){0};
	UNROLL
	for (int i = 0; i < rows; i += GROUP) left[i / GROUP] = a + i * left_row;
	for (int64_t l = w->k; l > 0; l--, b += down) {
		if (rows >= TILE_ROWS) __builtin_prefetch((const void *)fetch, 0, 3);
		fetch += (uintptr_t)fetch_step;
		UNROLL
		for (int j = 0; j < vectors; j++) right[j] = FN(load)(b + j * LANES);
		UNROLL
		for (int i = 0; i < rows; i++) {
			V x = FN(vector)(left[i / GROUP][i % GROUP * left_row]);
			UNROLL
			for (int j = 0; j < vectors; j++) sum[i][j] = FN(madd)(x, right[j], sum[i][j]);
		}
		UNROLL
		for (int i = 0; i < rows; i += GROUP) left[i / GROUP] += left_step;
	}
#endif
	V alpha = FN(vector)((T)w->alpha);
	UNROLL
	for (int i = 0; i < rows * vectors; i++) {
		V x = sum[i / vectors][i % vectors];
		T *at = c + i / vectors * w->ldc + i % vectors * LANES;
		int64_t count = i % vectors == vectors - 1 ? last : LANES;
		x = w->beta != 0 ? FN(madd)(alpha, x, FN(load_k)(at, count)) : alpha * x;
		FN(store_k)(at, x, count);
	}
}

#define TILE(rows, vectors)                                                                                           \
	static __attribute__((noinline)) void FN(tile_##rows##_##vectors)(const panel_job *w, const T *a, const T *b,     \
	                                                                  T *c, int64_t last, uintptr_t at, int64_t step) \
	{                                                                                                                 \
		FN(tile)(rows, vectors, w, a, b, c, last, at, step);                                                          \
	}
#define CASE(rows, vectors)                                      \
	case rows *(PANEL + 1) + vectors:                            \
		FN(tile_##rows##_##vectors)(w, a, b, c, last, at, step); \
		break;
#if VECTOR_BYTES == 64
#define ROW_OF(X, rows) X(rows, 1) X(rows, 2) X(rows, 3) X(rows, 4)
#define ALL(X) ROW_OF(X, 1) ROW_OF(X, 2) ROW_OF(X, 3) ROW_OF(X, 4) ROW_OF(X, 5) ROW_OF(X, 6) X(12, 1) X(12, 2)
#elif defined(PATH_NEON)
#define ROW_OF(X, rows) X(rows, 1) X(rows, 2) X(rows, 3)
#define ALL(X) \
	ROW_OF(X, 1) ROW_OF(X, 2) ROW_OF(X, 3) ROW_OF(X, 4) ROW_OF(X, 5) ROW_OF(X, 6) ROW_OF(X, 7) ROW_OF(X, 8) X(16, 1)
#else
#define ROW_OF(X, rows) X(rows, 1) X(rows, 2) X(rows, 3)
#define ALL(X) ROW_OF(X, 1) ROW_OF(X, 2) ROW_OF(X, 3) ROW_OF(X, 4) X(8, 1)
#endif

ALL(TILE)

INLINE void FN(run_tile)(int rows, int vectors, const panel_job *w, const T *a, const T *b, T *c, int64_t last,
                         uintptr_t at, int64_t step)
{
	switch (rows * (PANEL + 1) + vectors) {
		ALL(CASE)
	}
}
#undef ALL
#undef ROW_OF
#undef CASE
#undef TILE

/* All rows times one panel, which has `last` columns in its last vector. The first LINES tiles prefetch what `next`
 * says, one line in a step, from the third cache, where the weights of a network usually are: 18 % faster with packed
 * factors, and 4 % slower if all of it was in the second cache already. Later tiles prefetch L if each step of k is in
 * another line, and perhaps another page, which no CPU prefetches itself: 3 % for the gradient of weights of 2048 x
 * 2048. */
static void FN(run_panel)(const panel_job *w, int64_t rows, const T *a, const T *b, T *c, int vectors, int64_t last,
                          prefetch next)
{
	int64_t most = vectors <= WIDE_ROWS ? MAX_ROWS : TILE_ROWS, step = w->left_step * (int64_t)sizeof(T);
	prefetch left = {(uintptr_t)a + (uintptr_t)(FETCH_STEPS * step), w->left_row == 1 ? step : 0, 0};
	for (int64_t i = 0, count, tiles = 0; i < rows; i += count, tiles++) {
		count = rows - i >= most ? most : rows - i >= TILE_ROWS ? TILE_ROWS : rows - i;
		if (tiles == LINES) next = left;
		FN(run_tile)((int)count, vectors, w, a + i * w->left_row, b, c + i * w->ldc, last, next.at, next.step);
		next.at += (uintptr_t)(tiles < LINES ? next.tile : count * (int64_t)sizeof(T));
	}
}

/* ---- R not packed in advance */

/* C^T = alpha S^T (+ C^T) with S a block of sums: `rows` of `width` elements, of which the first `columns` are used. */
static void FN(store_transposed)(const egm__product *p, double beta, int64_t rows, int64_t columns, int64_t width,
                                 const T *sums, T *c)
{
	V alpha = FN(vector)((T)p->alpha);
	for (int64_t j = 0; j < columns; j += LANES)
		for (int64_t i = 0; i < rows; i += LANES) {
			int64_t count = rows - i < LANES ? rows - i : LANES;
			V x[LANES];
			UNROLL
			for (int r = 0; r < LANES; r++) x[r] = r < count ? FN(load)(sums + (i + r) * width + j) : (V){0};
			FN(transpose)(x);
			UNROLL
			for (int r = 0; r < LANES; r++) {
				T *at = c + (j + r) * p->ldc + i;
				if (j + r >= columns) continue;
				FN(store_k)(at, beta != 0 ? FN(madd)(alpha, x[r], FN(load_k)(at, count)) : alpha * x[r], count);
			}
		}
}

/* The scratch of FN(product): a panel and a block of sums. */
static int64_t FN(product_room)(int64_t k)
{
	return (int64_t)PANEL * LANES * ((k < DEPTH ? k : DEPTH) + TRANSPOSED_ROWS);
}

/* A panel whose result is stored transposed, TRANSPOSED_ROWS at a time. */
static void FN(run_transposed)(const egm__product *p, panel_job w, const T *a, const T *b, T *c, int64_t columns,
                               prefetch next, T *sums)
{
	int64_t width = FN(panel_width)(columns, 0);
	double beta = w.beta;
	w.ldc = width;
	w.alpha = 1;
	w.beta = 0;
	for (int64_t i = 0; i < p->rows; i += TRANSPOSED_ROWS) {
		int64_t rows = p->rows - i < TRANSPOSED_ROWS ? p->rows - i : TRANSPOSED_ROWS;
		FN(run_panel)(&w, rows, a + i * p->left_row, b, sums, (int)(width / LANES), LANES, next);
		FN(store_transposed)(p, beta, rows, columns, width, sums, c + i);
		next = (prefetch){(uintptr_t)b, 0, 0};
	}
}

/* The panel that starts at column j, for DEPTH steps of k from l on. */
static void FN(product_panel)(const egm__product *p, int64_t j, int64_t l, const T *left, const T *right, T *c,
                              T *scratch)
{
	int64_t width = FN(panel_width)(p->columns, j), columns = p->columns - j < width ? p->columns - j : width;
	panel_job w = {
	    p->k - l < DEPTH ? p->k - l : DEPTH, p->left_row, p->left_step, width, p->ldc, p->alpha, l ? 1 : p->beta};
	const T *a = left + l * p->left_step, *b = right + l * p->right_step + j * p->right_column;
	prefetch next = {(uintptr_t)(b + width), p->right_step * (int64_t)sizeof(T), LINE};
	int last = p->right_column != 1 || j + width >= p->columns;
	if (p->right_column != 1 || columns < width || (p->rows > DIRECT_ROWS && p->right_step != width)) {
		FN(pack_panel)(columns, width, w.k, b, p->right_step, p->right_column, scratch);
		b = scratch;
	} else {
		w.down = p->right_step;
	}
	if (last) next = (prefetch){(uintptr_t)b, 0, 0};
	if (p->transposed)
		FN(run_transposed)(p, w, a, b, c + j * p->ldc, columns, next, scratch + width * w.k);
	else
		FN(run_panel)(&w, p->rows, a, b, c + j, (int)(width / LANES), LANES - (width - columns), next);
}

static void FN(product)(const egm__product *p, const void *left, const void *right, void *c, void *scratch)
{
	for (int64_t l = 0; l < p->k; l += DEPTH)
		for (int64_t j = 0; j < p->columns; j += PANEL * LANES) FN(product_panel)(p, j, l, left, right, c, scratch);
}

/* ---- one column: two vectors of partial sums for each row. Four rows share the loads of the column. */

INLINE void FN(dots)(const int rows, int64_t k, const T *a, int64_t lda, const T *b, T *out)
{
	V even[4], odd[4];
	T x[LANES];
	int64_t l = 0;
	UNROLL
	for (int i = 0; i < rows; i++) even[i] = odd[i] = (V){0};
	for (; l + 2 * LANES <= k; l += 2 * LANES) {
		V left = FN(load)(b + l), right = FN(load)(b + l + LANES);
		UNROLL
		for (int i = 0; i < rows; i++) {
			even[i] = FN(madd)(FN(load)(a + i * lda + l), left, even[i]);
			odd[i] = FN(madd)(FN(load)(a + i * lda + l + LANES), right, odd[i]);
		}
	}
	UNROLL
	for (int i = 0; i < rows; i++) {
		for (int64_t r = l; r < k; r += LANES)
			even[i] = FN(madd)(FN(load_k)(a + i * lda + r, k - r < LANES ? k - r : LANES), FN(load)(b + r), even[i]);
		FN(store)(x, even[i] + odd[i]);
		for (int width = LANES / 2; width > 0; width /= 2)
			for (int j = 0; j < width; j++) x[j] += x[j + width];
		out[i] = x[0];
	}
}

static void FN(multiply_column)(const egm__product *p, const T *a, const T *b, T *c)
{
	T alpha = (T)p->alpha, x[4];
	for (int64_t i = 0, count; i < p->rows; i += count) {
		count = p->rows - i < 4 ? 1 : 4;
		if (count == 4)
			FN(dots)(4, p->k, a + i * p->left_row, p->left_row, b, x);
		else
			FN(dots)(1, p->k, a + i * p->left_row, p->left_row, b, x);
		for (int64_t j = i; j < i + count; j++)
			c[j * p->ldc] = p->beta != 0 ? alpha * x[j - i] + c[j * p->ldc] : alpha * x[j - i];
	}
}

/* ---- R packed in advance */

/* A panel times a block of rows; the panel has `last` columns in its last vector. The memory after the panel is
 * prefetched, because it is the next panel or the factor of the next product. If it is neither, the prefetch has no
 * effect. */
static void FN(multiply_panel)(const egm__product *p, int64_t rows, const T *a, const T *b, T *c, int64_t width,
                               int64_t last)
{
	panel_job w = {0, p->left_row, 1, width, p->ldc, p->alpha, p->beta};
	int64_t l = 0;
	do {
		w.k = p->k - l < DEPTH ? p->k - l : DEPTH;
		prefetch next = {(uintptr_t)(b + (l + w.k) * width), LINE, w.k * LINE};
		FN(run_panel)(&w, rows, a + l, b + l * width, c, (int)(width / LANES), last, next);
		l += DEPTH;
		w.beta = 1;
	} while (l < p->k);
}

static void FN(multiply)(const egm__product *p, const void *va, const void *packed, void *vc)
{
	const T *a = va;
	T *c = vc;
	if (p->columns == 1) {
		FN(multiply_column)(p, a, packed, c);
		return;
	}
	for (int64_t i = 0; i < p->rows; i += ROW_BLOCK, a += ROW_BLOCK * p->left_row, c += ROW_BLOCK * p->ldc) {
		const T *b = packed;
		int64_t rows = p->rows - i < ROW_BLOCK ? p->rows - i : ROW_BLOCK;
		for (int64_t j = 0; j < p->columns; j += PANEL * LANES) {
			int64_t width = FN(panel_width)(p->columns, j), beyond = width - (p->columns - j);
			FN(multiply_panel)(p, rows, a, b, c + j, width, beyond > 0 ? LANES - beyond : LANES);
			b += width * p->k;
		}
	}
}
