/* SPDX-License-Identifier: MIT */
/* Arrays of numbers as arguments: egm_array for numbers that a function reads, egm_out for numbers that it writes. Both
 * are passed by value.
 *
 *      float x[100][2], u[100];
 *      status = egm_model_energy(energy, egm_f32(x[0], 100, 2), egm_f32_out(u, 100, 1));
 *
 * Comments give the shape of an array as [rows, columns]; [n] is a vector of n numbers.
 *
 * Errors of arrays, which name the argument and its numbers:
 *  - EGM_ERR_ARGUMENT if data is NULL and the array is not optional, if dtype is no egm_dtype, if there are no rows or
 *    no columns, or if the array is larger than the address space;
 *  - EGM_ERR_DTYPE if the dtype is not the one that the function needs;
 *  - EGM_ERR_SHAPE if the number of rows or columns is not the one that the function needs. */
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
 *  numbers is [n, 1]. `data` must have the alignment of its type. The memory belongs to the caller, and the function
 *  reads it only during the call, unless its comment says otherwise. */
typedef struct egm_array {
	const void *data;
	int64_t rows, columns;
	egm_dtype dtype;
} egm_array;

/** Memory to which a function writes numbers. The members are those of egm_array. rows * columns must be exactly the
 *  number of results, otherwise the call returns EGM_ERR_SHAPE; a vector may be [n, 1] or [1, n]. If a call fails
 *  although its arguments are valid, the numbers are undefined afterwards, unless the comment of the function says
 *  otherwise. */
typedef struct egm_out {
	void *data;
	int64_t rows, columns;
	egm_dtype dtype;
} egm_out;

/** Makes an egm_array of `dtype`, for programs in which the type is known only at run time. */
static inline egm_array egm_array_of(egm_dtype dtype, const void *data, int64_t rows, int64_t columns)
{
	egm_array array;
	array.data = data;
	array.rows = rows;
	array.columns = columns;
	array.dtype = dtype;
	return array;
}

/** Makes an egm_array of float. */
static inline egm_array egm_f32(const float *data, int64_t rows, int64_t columns)
{
	return egm_array_of(EGM_F32, data, rows, columns);
}

/** Makes an egm_array of double. */
static inline egm_array egm_f64(const double *data, int64_t rows, int64_t columns)
{
	return egm_array_of(EGM_F64, data, rows, columns);
}

/** Makes the egm_array to pass for an optional array that is absent. */
static inline egm_array egm_no_array(void)
{
	return egm_array_of(EGM_F32, NULL, 0, 0);
}

/** Makes an egm_out of `dtype`, for programs in which the type is known only at run time. */
static inline egm_out egm_out_of(egm_dtype dtype, void *data, int64_t rows, int64_t columns)
{
	egm_out out;
	out.data = data;
	out.rows = rows;
	out.columns = columns;
	out.dtype = dtype;
	return out;
}

/** Makes an egm_out of float. */
static inline egm_out egm_f32_out(float *data, int64_t rows, int64_t columns)
{
	return egm_out_of(EGM_F32, data, rows, columns);
}

/** Makes an egm_out of double. */
static inline egm_out egm_f64_out(double *data, int64_t rows, int64_t columns)
{
	return egm_out_of(EGM_F64, data, rows, columns);
}

/** Makes the egm_out to pass for an optional result that is not wanted. The result is then not computed. */
static inline egm_out egm_no_out(void)
{
	return egm_out_of(EGM_F32, NULL, 0, 0);
}

#ifdef __cplusplus
}
#endif
#endif
