/* SPDX-License-Identifier: MIT */
/* The checks that every array of a caller goes through before anything is read or written. */
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

/* An input called `name`: ARGUMENT for data NULL, fewer than 1 row or column, or more bytes than there can be; DTYPE
 * for another type than `dtype` (0: either); SHAPE for another number of columns (0: any). */
egm_status egm__array_fits(egm_array x, const char *name, egm_dtype dtype, int64_t columns);
/* A vector of `count` numbers, whatever its rows and columns. */
egm_status egm__array_counts(egm_array x, const char *name, egm_dtype dtype, int64_t count);
/* Room for a result of [rows, columns]: the product must agree. */
egm_status egm__out_fits(egm_out y, const char *name, egm_dtype dtype, int64_t rows, int64_t columns);

#endif
