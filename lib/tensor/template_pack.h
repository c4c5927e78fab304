/* SPDX-License-Identifier: MIT */
/* Packs the right factor R of a product, for one T.
 *
 * Packed R with more than one column consists of panels of PANEL vectors of columns; the last panel has only the
 * vectors that it needs, and its elements after the last column are arbitrary. A panel is its part of row 0, then of
 * row 1, and so on, so that a tile of C reads it from start to end. A single column is followed by zeros up to a whole
 * vector.
 *
 * If the rows of R are contiguous, a panel is copied. If the columns are, squares of LANES x LANES are transposed in
 * registers, in log2 LANES rounds that each interleave the first half of the vectors with the second. */
#ifndef TEMPLATE_PACK_SIZES
#define TEMPLATE_PACK_SIZES
enum {
	PANEL = VECTOR_BYTES == 64 ? 4 : 3, /* vectors */
	LINE = 64                           /* bytes of a cache line */
};
#endif

INLINE void FN(transpose)(V x[LANES])
{
	V y[LANES];
	UNROLL
	for (int round = 1; round < LANES; round *= 2) {
		UNROLL
		for (int i = 0; i < LANES / 2; i++) {
			y[2 * i] = FN(low)(x[i], x[i + LANES / 2]);
			y[2 * i + 1] = FN(high)(x[i], x[i + LANES / 2]);
		}
		UNROLL
		for (int i = 0; i < LANES; i++) x[i] = y[i];
	}
}

static int64_t FN(packed_count)(int64_t n, int64_t k)
{
	int64_t along = n == 1 ? k : n, count;
	if (egm__size_add(along, LANES - 1, &along)) return -1;
	along -= along % LANES;
	return egm__size_mul(along, n == 1 ? 1 : k, &count) ? -1 : count;
}

/* The width of the panel that starts at column j, in whole vectors. */
INLINE int64_t FN(panel_width)(int64_t n, int64_t j)
{
	int64_t left = n - j;
	return left >= PANEL * LANES ? PANEL * LANES : (left + LANES - 1) / LANES * LANES;
}

/* Rows of b are contiguous, `step` elements apart. */
static void FN(copy_panel)(int64_t columns, int64_t width, int64_t k, const T *b, int64_t step, T *y)
{
	for (int64_t l = 0; l < k; l++, b += step, y += width) {
		int64_t j = 0;
		for (; j + LANES <= columns; j += LANES) FN(store)(y + j, FN(load)(b + j));
		if (j < columns) FN(store)(y + j, FN(load_part)(b + j, columns - j));
	}
}

/* Columns are contiguous in b, `apart` elements apart. */
static void FN(transpose_panel)(int64_t columns, int64_t width, int64_t k, const T *b, int64_t apart, T *y)
{
	for (int64_t j = 0; j < width; j += LANES)
		for (int64_t l = 0; l < k; l += LANES) {
			int64_t steps = k - l < LANES ? k - l : LANES;
			V x[LANES];
			UNROLL
			for (int i = 0; i < LANES; i++)
				x[i] = j + i < columns ? FN(load_k)(b + (j + i) * apart + l, steps) : (V){0};
			FN(transpose)(x);
			UNROLL
			for (int i = 0; i < LANES; i++)
				if (i < steps) FN(store)(y + (l + i) * width + j, x[i]);
		}
}

static void FN(pack_panel)(int64_t columns, int64_t width, int64_t k, const T *b, int64_t step, int64_t column, T *y)
{
	if (column == 1)
		FN(copy_panel)(columns, width, k, b, step, y);
	else
		FN(transpose_panel)(columns, width, k, b, column, y);
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
		FN(pack_panel)(n - j < width ? n - j : width, width, k, b + j * right, down, right, y);
		y += width * k;
	}
}
