/* SPDX-License-Identifier: MIT */
/* Products with a packed right factor (packed_impl.h), for one T.
 *
 * Packed op(B), n > 1: panels of three vectors of columns, the last one of as
 * many vectors as it needs, zeros behind the last column. A panel holds its
 * part of row 0, of row 1, ..., so that a tile of C reads it from start to end.
 * n = 1: the column, zeros up to a whole vector.
 *
 * A tile of C stands in registers while k runs: TILE_ROWS rows of three
 * vectors, which is 24 accumulators of AVX-512's 32 registers and 12 of 16
 * elsewhere. Each step loads three vectors of B, broadcasts an element of each
 * row of A, which needs no packing for that, and multiplies every pair. Panels
 * stay in the second cache while the rows pass by.
 */
#ifndef TEMPLATE_PRODUCT_SIZES
#define TEMPLATE_PRODUCT_SIZES
enum {
	PANEL = 3, /* vectors */
	TILE_ROWS = VECTOR_BYTES == 64 ? 8 : 4,
	MAX_ROWS = 2 * TILE_ROWS,
	ROW_BLOCK = 96, /* rows of A that stay in the second cache with a panel */
	LINE = 64       /* bytes of a cache line */
};
#endif

static int64_t FN(packed_count)(int64_t n, int64_t k)
{
	int64_t along = n == 1 ? k : n, count;
	if (egm__size_add(along, LANES - 1, &along)) return -1;
	along -= along % LANES;
	return egm__size_mul(along, n == 1 ? 1 : k, &count) ? -1 : count;
}

/* Columns from j on in the panel that starts there: whole vectors. */
INLINE int64_t FN(panel_width)(int64_t n, int64_t j)
{
	int64_t left = n - j;
	return left >= PANEL * LANES ? PANEL * LANES : (left + LANES - 1) / LANES * LANES;
}

static void FN(pack_panel)(int64_t columns, int64_t width, int64_t k, const T *b, int64_t down, int64_t right, T *y)
{
	for (int64_t l = 0; l < k; l++) {
		for (int64_t j = 0; j < columns; j++) y[l * width + j] = b[l * down + j * right];
		for (int64_t j = columns; j < width; j++) y[l * width + j] = 0;
	}
}

static void FN(pack)(int64_t n, int64_t k, const void *vb, int64_t ldb, int tb, void *packed)
{
	const T *b = vb;
	T *y = packed;
	int64_t down = tb ? 1 : ldb, right = tb ? ldb : 1;
	if (n == 1) {
		for (int64_t l = 0; l < k; l++) y[l] = b[l * down];
		for (int64_t l = k; l % LANES; l++) y[l] = 0;
		return;
	}
	for (int64_t j = 0; j < n; j += PANEL * LANES) {
		int64_t width = FN(panel_width)(n, j);
		int64_t columns = n - j < width ? n - j : width;
		FN(pack_panel)(columns, width, k, b + j * right, down, right, y);
		y += width * k;
	}
}

/* ---- tiles */

INLINE V FN(get)(const T *c, int64_t count)
{
	return count == LANES ? FN(load)(c) : FN(load_part)(c, count);
}

INLINE void FN(put)(T *c, V x, int64_t count)
{
	if (count == LANES)
		FN(store)(c, x);
	else
		FN(store_part)(c, x, count);
}

/* rows x vectors of C, `last` columns of them in the last vector; meanwhile k lines from `ahead` on come nearer. */
INLINE void FN(tile)(const int rows, const int vectors, const egm__product *p, const T *a, const T *b, T *c,
                     int64_t last, uintptr_t ahead)
{
	V sum[MAX_ROWS][PANEL], right[PANEL];
	UNROLL
	for (int i = 0; i < rows * vectors; i++) sum[i / vectors][i % vectors] = (V){0};
	for (int64_t l = 0; l < p->k; l++, b += vectors * LANES, ahead += LINE) {
		if (rows >= TILE_ROWS) __builtin_prefetch((const void *)ahead, 0, 2);
		UNROLL
		for (int j = 0; j < vectors; j++) right[j] = FN(load)(b + j * LANES);
		UNROLL
		for (int i = 0; i < rows; i++) {
			V left = FN(vector)(a[i * p->lda + l]);
			UNROLL
			for (int j = 0; j < vectors; j++) sum[i][j] = FN(madd)(left, right[j], sum[i][j]);
		}
	}
	V alpha = FN(vector)((T)p->alpha);
	UNROLL
	for (int i = 0; i < rows * vectors; i++) {
		V x = sum[i / vectors][i % vectors];
		T *at = c + i / vectors * p->ldc + i % vectors * LANES;
		int64_t count = i % vectors == vectors - 1 ? last : LANES;
		x = p->beta != 0 ? FN(madd)(alpha, x, FN(get)(at, count)) : alpha * x;
		FN(put)(at, x, count);
	}
}

#define TILE(rows, vectors)                                                                                          \
	static __attribute__((noinline)) void FN(tile_##rows##_##vectors)(const egm__product *p, const T *a, const T *b, \
	                                                                  T *c, int64_t last, uintptr_t ahead)           \
	{                                                                                                                \
		FN(tile)(rows, vectors, p, a, b, c, last, ahead);                                                            \
	}
#define TILES(rows) TILE(rows, 1) TILE(rows, 2) TILE(rows, 3)
TILES(1)
TILES(2)
TILES(4)
TILE(8, 1)
#if VECTOR_BYTES == 64
TILE(8, 2)
TILE(8, 3)
TILE(16, 1)
#endif
#undef TILES
#undef TILE

#define CASE(rows, vectors)                                   \
	case rows *(PANEL + 1) + vectors:                         \
		FN(tile_##rows##_##vectors)(p, a, b, c, last, ahead); \
		break;
#define CASES(rows) CASE(rows, 1) CASE(rows, 2) CASE(rows, 3)
INLINE void FN(run_tile)(int rows, int vectors, const egm__product *p, const T *a, const T *b, T *c, int64_t last,
                         uintptr_t ahead)
{
	switch (rows * (PANEL + 1) + vectors) {
		CASES(1)
		CASES(2)
		CASES(4)
		CASE(8, 1)
#if VECTOR_BYTES == 64
		CASE(8, 2)
		CASE(8, 3)
		CASE(16, 1)
#endif
	}
}
#undef CASES
#undef CASE

/* All rows of a block over one panel. The first PANEL tiles fetch the next panel, a line a step, out of the third
 * cache, where the factors of a net usually are: 18 % faster, and 4 % slower when all of it was in the second. Behind
 * the last panel stands the factor of the next product, or nothing, which a prefetch does not mind. */
static void FN(run_panel)(const egm__product *p, int64_t rows, const T *a, const T *b, T *c, int64_t width,
                          int64_t last)
{
	int vectors = (int)(width / LANES), most = vectors == 1 ? MAX_ROWS : TILE_ROWS, tiles = 0;
	for (int64_t i = 0; i < rows; i += most, tiles++) {
		while (rows - i < most) most /= 2;
		uintptr_t next = (uintptr_t)(b + width * p->k);
		if (tiles < PANEL) next += (uintptr_t)(tiles * p->k * LINE);
		FN(run_tile)(most, vectors, p, a + i * p->lda, b, c + i * p->ldc, last, next);
	}
}

/* ---- one column: two vectors of partial sums a row; four rows at a time share the loads of B */

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
			even[i] = FN(madd)(FN(get)(a + i * lda + r, k - r < LANES ? k - r : LANES), FN(load)(b + r), even[i]);
		FN(store)(x, even[i] + odd[i]);
		for (int width = LANES / 2; width > 0; width /= 2)
			for (int j = 0; j < width; j++) x[j] += x[j + width];
		out[i] = x[0];
	}
}

static void FN(multiply_column)(const egm__product *p, const T *a, const T *b, T *c)
{
	T alpha = (T)p->alpha, x[4];
	for (int64_t i = 0, count; i < p->m; i += count) {
		count = p->m - i < 4 ? 1 : 4;
		if (count == 4)
			FN(dots)(4, p->k, a + i * p->lda, p->lda, b, x);
		else
			FN(dots)(1, p->k, a + i * p->lda, p->lda, b, x);
		for (int64_t j = i; j < i + count; j++)
			c[j * p->ldc] = p->beta != 0 ? alpha * x[j - i] + c[j * p->ldc] : alpha * x[j - i];
	}
}

static void FN(multiply)(const egm__product *p, const void *va, const void *packed, void *vc)
{
	const T *a = va;
	T *c = vc;
	if (p->n == 1) {
		FN(multiply_column)(p, a, packed, c);
		return;
	}
	for (int64_t i = 0; i < p->m; i += ROW_BLOCK, a += ROW_BLOCK * p->lda, c += ROW_BLOCK * p->ldc) {
		const T *b = packed;
		int64_t rows = p->m - i < ROW_BLOCK ? p->m - i : ROW_BLOCK;
		for (int64_t j = 0; j < p->n; j += PANEL * LANES) {
			int64_t width = FN(panel_width)(p->n, j), last = p->n - j < width ? LANES - (width - (p->n - j)) : LANES;
			FN(run_panel)(p, rows, a, b, c + j, width, last);
			b += width * p->k;
		}
	}
}
