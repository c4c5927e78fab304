/* SPDX-License-Identifier: MIT */
/* The inner loops of a tile of products on 64-bit ARM, for one T. An instruction multiplies a vector with one element
 * of another, so that elements of L are loaded without being broadcast. Where the columns of L are contiguous, one load
 * takes as many rows as a vector has lanes. Both loops add the products of a sum in ascending order of k, so they yield
 * the same bits. */
#ifndef TEMPLATE_NEON_LANES
#define TEMPLATE_NEON_LANES
/* sum + x[lane] r. The number of the lane is part of the instruction. */
INLINE vf add_lane_f32(vf sum, vf r, vf x, const int lane)
{
	switch (lane) {
	case 0:
		return vfmaq_laneq_f32(sum, r, x, 0);
	case 1:
		return vfmaq_laneq_f32(sum, r, x, 1);
	case 2:
		return vfmaq_laneq_f32(sum, r, x, 2);
	default:
		return vfmaq_laneq_f32(sum, r, x, 3);
	}
}

INLINE vd add_lane_f64(vd sum, vd r, vd x, const int lane)
{
	return lane ? vfmaq_laneq_f64(sum, r, x, 1) : vfmaq_laneq_f64(sum, r, x, 0);
}

#define add_element_f32 vfmaq_n_f32 /* sum + r x */
#define add_element_f64 vfmaq_n_f64
#endif

INLINE void FN(load_right)(const int vectors, const T *b, V right[PANEL])
{
	UNROLL
	for (int j = 0; j < vectors; j++) right[j] = FN(load)(b + j * LANES);
}

/* One row of the tile in one step of k; x is its element of L. The empty statement hides from the compiler that x was
 * loaded: clang would broadcast x while loading it, for which some CPUs need a unit that multiplies. */
INLINE void FN(add_row)(const int vectors, T x, const V right[PANEL], V sum[PANEL])
{
	__asm__("" : "+w"(x));
	UNROLL
	for (int j = 0; j < vectors; j++) sum[j] = FN(add_element)(sum[j], right[j], x);
}

/* For any strides of L. The empty statement hides from gcc what the offsets are: it would compute them anew in each
 * step. */
INLINE void FN(add_by_rows)(const int rows, const int vectors, const panel_job *w, const T *a, const T *b,
                            V sum[MAX_ROWS][PANEL], uintptr_t fetch, int64_t fetch_step)
{
	V right[PANEL];
	int64_t offset[MAX_ROWS];
	UNROLL
	for (int i = 0; i < rows; i++) {
		offset[i] = i * w->left_row;
		__asm__("" : "+r"(offset[i]));
	}
	for (int64_t l = w->k; l > 0; l--, a += w->left_step, b += w->down) {
		if (rows >= TILE_ROWS) __builtin_prefetch((const void *)fetch, 0, 3);
		fetch += (uintptr_t)fetch_step;
		FN(load_right)(vectors, b, right);
		UNROLL
		for (int i = 0; i < rows; i++) FN(add_row)(vectors, a[offset[i]], right, sum[i]);
	}
}

/* The columns of L are contiguous. */
INLINE void FN(add_by_columns)(const int rows, const int vectors, const panel_job *w, const T *a, const T *b,
                               V sum[MAX_ROWS][PANEL], uintptr_t fetch, int64_t fetch_step)
{
	V right[PANEL];
	for (int64_t l = w->k; l > 0; l--, a += w->left_step, b += w->down) {
		if (rows >= TILE_ROWS) __builtin_prefetch((const void *)fetch, 0, 3);
		fetch += (uintptr_t)fetch_step;
		FN(load_right)(vectors, b, right);
		UNROLL
		for (int i = 0; i < rows / LANES; i++) {
			V x = FN(load)(a + i * LANES);
			UNROLL
			for (int at = 0; at < LANES * vectors; at++) {
				V *s = &sum[i * LANES + at / vectors][at % vectors];
				*s = FN(add_lane)(*s, right[at % vectors], x, at / vectors);
			}
		}
		UNROLL
		for (int i = rows - rows % LANES; i < rows; i++) FN(add_row)(vectors, a[i], right, sum[i]);
	}
}
