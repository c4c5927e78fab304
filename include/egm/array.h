/* SPDX-License-Identifier: MIT */
/* Arrays as one argument: where the numbers are, how many, and of which type. */
#ifndef EGM_ARRAY_H
#define EGM_ARRAY_H

#include <egm/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Element type of an array. */
typedef enum egm_dtype {
	EGM_F32 = 1, /**< IEEE binary32, C float */
	EGM_F64 = 2  /**< IEEE binary64, C double */
} egm_dtype;

/** Numbers that a function reads: a row-major matrix [rows, columns] without gaps between its rows. A vector of n
 *  numbers is [n, 1]. The numbers are the caller's and are only read during the call, unless the function says
 *  otherwise. They need the alignment of their type.
 *
 *  A function that takes an array names the argument and the numbers in its error: EGM_ERR_ARGUMENT if data is NULL or
 *  there are no rows, EGM_ERR_DTYPE if the type is another, EGM_ERR_SHAPE if the number of columns is. */
typedef struct egm_array {
	const void *data;
	int64_t rows, columns;
	egm_dtype dtype;
} egm_array;

/** Numbers that a function writes, with the same members. rows * columns must be exactly how many numbers the function
 *  writes, else the call returns EGM_ERR_SHAPE; a vector may be [n, 1] or [1, n]. EGM_ERR_ARGUMENT if data is NULL and
 *  the result is not optional, EGM_ERR_DTYPE if the type is another. After a failed call the numbers are undefined,
 *  unless the function says otherwise. */
typedef struct egm_out {
	void *data;
	int64_t rows, columns;
	egm_dtype dtype;
} egm_out;

/** An array of `dtype`, for programs that know the type at run time only. */
static inline egm_array egm_array_of(egm_dtype dtype, const void *data, int64_t rows, int64_t columns)
{
	egm_array array;
	array.data = data;
	array.rows = rows;
	array.columns = columns;
	array.dtype = dtype;
	return array;
}

/** An array of float. */
static inline egm_array egm_f32(const float *data, int64_t rows, int64_t columns)
{
	return egm_array_of(EGM_F32, data, rows, columns);
}

/** An array of double. */
static inline egm_array egm_f64(const double *data, int64_t rows, int64_t columns)
{
	return egm_array_of(EGM_F64, data, rows, columns);
}

/** No array, where one is optional. */
static inline egm_array egm_no_array(void)
{
	return egm_array_of(EGM_F32, NULL, 0, 0);
}

/** Room for numbers of `dtype`, for programs that know the type at run time only. */
static inline egm_out egm_out_of(egm_dtype dtype, void *data, int64_t rows, int64_t columns)
{
	egm_out out;
	out.data = data;
	out.rows = rows;
	out.columns = columns;
	out.dtype = dtype;
	return out;
}

/** Room for float. */
static inline egm_out egm_f32_out(float *data, int64_t rows, int64_t columns)
{
	return egm_out_of(EGM_F32, data, rows, columns);
}

/** Room for double. */
static inline egm_out egm_f64_out(double *data, int64_t rows, int64_t columns)
{
	return egm_out_of(EGM_F64, data, rows, columns);
}

/** No result, where one is optional: it is not computed. */
static inline egm_out egm_no_out(void)
{
	return egm_out_of(EGM_F32, NULL, 0, 0);
}

#ifdef __cplusplus
}
#endif
#endif
