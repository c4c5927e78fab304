/* SPDX-License-Identifier: MIT */
/* Shapes of arrays. */
#ifndef EGM_TENSOR_SHAPE_IMPL_H
#define EGM_TENSOR_SHAPE_IMPL_H

#include <core/array_impl.h>

enum { EGM__MAX_RANK = 4 };

typedef struct egm__shape {
	int32_t rank;             /* 1 .. EGM__MAX_RANK */
	int64_t d[EGM__MAX_RANK]; /* unused sizes are 1 */
} egm__shape;

egm__shape egm__shape2(int64_t rows, int64_t columns);
int64_t egm__shape_count(const egm__shape *s);
int egm__shape_equal(const egm__shape *a, const egm__shape *b);
/* Writes "[64, 784]" to buffer and returns it. */
const char *egm__shape_text(const egm__shape *s, char buffer[64]);

#endif
