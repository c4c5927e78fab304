/* SPDX-License-Identifier: MIT */
/* Products (product_impl.h), for one T.
 *
 * A tile of C stands in registers while k runs: TILE_ROWS rows of PANEL vectors, which is 24 accumulators of AVX-512's
 * 32 registers and 12 of 16 elsewhere; twice the rows where a panel is narrow. Each step loads a row of the panel of R,
 * broadcasts an element of each row of L, which needs no packing for that, and multiplies every pair. The panel stays
 * in the second cache while the rows pass by.
 *
 * A BLAS packs both factors, and with the 64 to 256 rows of a batch the larger one does not come back often enough to
 * pay for it. Here it is read element by element where it is, and the smaller one turned into vectors; or, where its
 * rows are contiguous, it is copied a panel at a time, a load and a store for the work of all rows. Panels of few rows
 * are not even copied.
 *
 * L is any matrix with strides: a tile keeps a pointer to every third row. */
#ifndef TEMPLATE_PRODUCT_SIZES
#define TEMPLATE_PRODUCT_SIZES
enum {
	DEPTH = VECTOR_BYTES == 64 ? 512 : 256, /* steps of k at a time: a panel fills an eighth of the second cache of a
	                                           CPU with AVX-512, or most of the first cache */
	TILE_ROWS = VECTOR_BYTES == 64 ? 6 : 4,
	MAX_ROWS = 2 * TILE_ROWS,
	WIDE_ROWS = VECTOR_BYTES == 64 ? 2 : 1, /* vectors up to which a tile has MAX_ROWS */
	GROUP = 3,                              /* rows that share a pointer: x86 adds one or two strides to it */
	ROW_BLOCK = 96,                         /* rows of L that stay in the second cache with a panel packed before */
	TURN_ROWS = 48,                         /* rows stored transposed at a time: whole tiles, whole vectors */
	DIRECT_ROWS = 2 * TILE_ROWS,            /* up to which R is not packed: that reads all of it once more */
	SOON = 16,                              /* steps ahead that a tile fetches L */
	LINES = (PANEL * VECTOR_BYTES + LINE - 1) / LINE /* in a row of a panel */
};

typedef struct walk {
	int64_t k, left_row, left_step, down, ldc; /* down: from a row of the panel to the next */
	double alpha, beta;
} walk;

/* What to fetch meanwhile: `step` bytes further for each step of k, `tile` bytes further for each tile. */
typedef struct ahead {
	uintptr_t at;
	int64_t step, tile;
} ahead;
#endif

/* ---- tiles */

/* rows x vectors of C, `last` columns of them in the last vector. */
INLINE void FN(tile)(const int rows, const int vectors, const walk *w, const T *a, const T *b, T *c, int64_t last,
                     uintptr_t fetch, int64_t fetch_step)
{
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
	V alpha = FN(vector)((T)w->alpha);
	UNROLL
	for (int i = 0; i < rows * vectors; i++) {
		V x = sum[i / vectors][i % vectors];
		T *at = c + i / vectors * w->ldc + i % vectors * LANES;
		int64_t count = i % vectors == vectors - 1 ? last : LANES;
		x = w->beta != 0 ? FN(madd)(alpha, x, FN(get)(at, count)) : alpha * x;
		FN(put)(at, x, count);
	}
}

#define TILE(rows, vectors)                                                                                        \
	static __attribute__((noinline)) void FN(tile_##rows##_##vectors)(const walk *w, const T *a, const T *b, T *c, \
	                                                                  int64_t last, uintptr_t at, int64_t step)    \
	{                                                                                                              \
		FN(tile)(rows, vectors, w, a, b, c, last, at, step);                                                       \
	}
#define CASE(rows, vectors)                                      \
	case rows *(PANEL + 1) + vectors:                            \
		FN(tile_##rows##_##vectors)(w, a, b, c, last, at, step); \
		break;
#if VECTOR_BYTES == 64
#define ROW_OF(X, rows) X(rows, 1) X(rows, 2) X(rows, 3) X(rows, 4)
#define ALL(X) ROW_OF(X, 1) ROW_OF(X, 2) ROW_OF(X, 3) ROW_OF(X, 4) ROW_OF(X, 5) ROW_OF(X, 6) X(12, 1) X(12, 2)
#else
#define ROW_OF(X, rows) X(rows, 1) X(rows, 2) X(rows, 3)
#define ALL(X) ROW_OF(X, 1) ROW_OF(X, 2) ROW_OF(X, 3) ROW_OF(X, 4) X(8, 1)
#endif

ALL(TILE)

INLINE void FN(run_tile)(int rows, int vectors, const walk *w, const T *a, const T *b, T *c, int64_t last, uintptr_t at,
                         int64_t step)
{
	switch (rows * (PANEL + 1) + vectors) {
		ALL(CASE)
	}
}
#undef ALL
#undef ROW_OF
#undef CASE
#undef TILE

/* All rows over one panel, `last` columns in its last vector. The first LINES tiles fetch what comes next, a line a
 * step, out of the third cache, where the factors of a net usually are: 18 % faster with packed factors, and 4 % slower
 * when all of it was in the second. Later ones fetch L where each step is in another line, and perhaps in another page,
 * which no prefetcher of a CPU follows: 3 % for the gradient of a weight of 2048 x 2048. */
static void FN(run_panel)(const walk *w, int64_t rows, const T *a, const T *b, T *c, int vectors, int64_t last,
                          ahead next)
{
	int64_t most = vectors <= WIDE_ROWS ? MAX_ROWS : TILE_ROWS, step = w->left_step * (int64_t)sizeof(T);
	ahead left = {(uintptr_t)a + (uintptr_t)(SOON * step), w->left_row == 1 ? step : 0, 0};
	for (int64_t i = 0, count, tiles = 0; i < rows; i += count, tiles++) {
		count = rows - i >= most ? most : rows - i >= TILE_ROWS ? TILE_ROWS : rows - i;
		if (tiles == LINES) next = left;
		FN(run_tile)((int)count, vectors, w, a + i * w->left_row, b, c + i * w->ldc, last, next.at, next.step);
		next.at += (uintptr_t)(tiles < LINES ? next.tile : count * (int64_t)sizeof(T));
	}
}

/* ---- factors where they are */

/* C^T = alpha S^T (+ C^T), S a block of sums: `rows` of `width`, of which `columns` count. */
static void FN(store_turned)(const egm__product *p, double beta, int64_t rows, int64_t columns, int64_t width,
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
				FN(put)(at, beta != 0 ? FN(madd)(alpha, x[r], FN(get)(at, count)) : alpha * x[r], count);
			}
		}
}

/* Memory of FN(product): a panel and a block of sums. */
static int64_t FN(product_room)(int64_t k)
{
	return (int64_t)PANEL * LANES * ((k < DEPTH ? k : DEPTH) + TURN_ROWS);
}

/* A panel whose sums are stored transposed, TURN_ROWS at a time. */
static void FN(run_turned)(const egm__product *p, walk w, const T *a, const T *b, T *c, int64_t columns, ahead next,
                           T *sums)
{
	int64_t width = FN(panel_width)(columns, 0);
	double beta = w.beta;
	w.ldc = width;
	w.alpha = 1;
	w.beta = 0;
	for (int64_t i = 0; i < p->rows; i += TURN_ROWS) {
		int64_t rows = p->rows - i < TURN_ROWS ? p->rows - i : TURN_ROWS;
		FN(run_panel)(&w, rows, a + i * p->left_row, b, sums, (int)(width / LANES), LANES, next);
		FN(store_turned)(p, beta, rows, columns, width, sums, c + i);
		next = (ahead){(uintptr_t)b, 0, 0};
	}
}

/* The panel of columns from j on, DEPTH steps of k from l on. */
static void FN(product_panel)(const egm__product *p, int64_t j, int64_t l, const T *left, const T *right, T *c,
                              T *scratch)
{
	int64_t width = FN(panel_width)(p->columns, j), columns = p->columns - j < width ? p->columns - j : width;
	walk w = {p->k - l < DEPTH ? p->k - l : DEPTH, p->left_row, p->left_step, width, p->ldc, p->alpha, l ? 1 : p->beta};
	const T *a = left + l * p->left_step, *b = right + l * p->right_step + j * p->right_column;
	ahead next = {(uintptr_t)(b + width), p->right_step * (int64_t)sizeof(T), LINE};
	int last = p->right_column != 1 || j + width >= p->columns;
	if (p->right_column != 1 || columns < width || (p->rows > DIRECT_ROWS && p->right_step != width)) {
		FN(pack_panel)(columns, width, w.k, b, p->right_step, p->right_column, scratch);
		b = scratch;
	} else {
		w.down = p->right_step;
	}
	if (last) next = (ahead){(uintptr_t)b, 0, 0};
	if (p->transposed)
		FN(run_turned)(p, w, a, b, c + j * p->ldc, columns, next, scratch + width * w.k);
	else
		FN(run_panel)(&w, p->rows, a, b, c + j, (int)(width / LANES), LANES - (width - columns), next);
}

static void FN(product)(const egm__product *p, const void *left, const void *right, void *c, void *scratch)
{
	for (int64_t l = 0; l < p->k; l += DEPTH)
		for (int64_t j = 0; j < p->columns; j += PANEL * LANES) FN(product_panel)(p, j, l, left, right, c, scratch);
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

/* ---- R packed before */

/* A panel over a block of rows, `last` columns in its last vector; behind the panel of these steps stands what comes
 * next, or behind the last one the factor of the next product, or nothing, which a prefetch does not mind. */
static void FN(multiply_panel)(const egm__product *p, int64_t rows, const T *a, const T *b, T *c, int64_t width,
                               int64_t last)
{
	walk w = {0, p->left_row, 1, width, p->ldc, p->alpha, p->beta};
	int64_t l = 0;
	do {
		w.k = p->k - l < DEPTH ? p->k - l : DEPTH;
		ahead next = {(uintptr_t)(b + (l + w.k) * width), LINE, w.k * LINE};
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
