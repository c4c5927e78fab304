/* SPDX-License-Identifier: MIT */
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
/* "[64, 784]" into buffer, returned. */
const char *egm__shape_text(const egm__shape *s, char buffer[64]);

/* Bytes of an element. */
size_t egm__dtype_size(egm_dtype dtype);

/* Element i of an array of the dtype. */
static inline double egm__number(egm_dtype dtype, const void *values, int64_t i)
{
	return dtype == EGM_F32 ? (double)((const float *)values)[i] : ((const double *)values)[i];
}

static inline void egm__number_put(egm_dtype dtype, void *values, int64_t i, double value)
{
	if (dtype == EGM_F32)
		((float *)values)[i] = (float)value;
	else
		((double *)values)[i] = value;
}

#endif
