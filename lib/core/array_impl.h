/* SPDX-License-Identifier: MIT */
/* Element types, and the checks of every array that a caller passes before it is read or written. */
#ifndef EGM_CORE_ARRAY_IMPL_H
#define EGM_CORE_ARRAY_IMPL_H

#include <core/status_impl.h>
#include <egm/array.h>

/* "f32", "f64", or "?". */
const char *egm__dtype_name(egm_dtype dtype);

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

/* Checks an input. `name` is what messages call it.
 *  EGM_ERR_ARGUMENT  data is NULL, the dtype is none, there is no row or column, or the size overflows
 *  EGM_ERR_DTYPE     the dtype is not `dtype`; 0: either
 *  EGM_ERR_SHAPE     the number of columns is not `columns`; 0: any */
egm_status egm__array_fits(egm_array x, const char *name, egm_dtype dtype, int64_t columns);
/* The same for a vector: EGM_ERR_SHAPE if rows * columns is not `count`. */
egm_status egm__array_counts(egm_array x, const char *name, egm_dtype dtype, int64_t count);
/* The same for a result: EGM_ERR_SHAPE if the output has not rows * columns numbers. */
egm_status egm__out_fits(egm_out y, const char *name, egm_dtype dtype, int64_t rows, int64_t columns);

#endif
