/* SPDX-License-Identifier: MIT */
/* Element types, and checks of arrays that a caller passes. */
#include "core/array_impl.h"
#include "core/size_impl.h"

const char *egm__dtype_name(egm_dtype dtype)
{
	return dtype == EGM_F32 ? "f32" : dtype == EGM_F64 ? "f64" : "?";
}

size_t egm__dtype_size(egm_dtype dtype)
{
	return dtype == EGM_F64 ? sizeof(double) : sizeof(float);
}

static egm_status check(const void *data, const char *name, egm_dtype given, egm_dtype dtype, int64_t rows,
                        int64_t columns)
{
	int64_t bytes;
	if (!data) return egm__fail(EGM_ERR_ARGUMENT, "%s is NULL", name);
	if (given != EGM_F32 && given != EGM_F64)
		return egm__fail(EGM_ERR_ARGUMENT, "%s has dtype %d, must be EGM_F32 or EGM_F64", name, (int)given);
	if (dtype && given != dtype)
		return egm__fail(EGM_ERR_DTYPE, "%s is %s, must be %s", name, egm__dtype_name(given), egm__dtype_name(dtype));
	if (rows < 1 || columns < 1)
		return egm__fail(EGM_ERR_ARGUMENT, "%s has %lld rows of %lld numbers, must have at least 1 of each", name,
		                 (long long)rows, (long long)columns);
	if (egm__size_mul(rows, columns, &bytes) || egm__size_mul(bytes, 8, &bytes))
		return egm__fail(EGM_ERR_ARGUMENT, "%s has %lld rows of %lld numbers, must fit in memory", name,
		                 (long long)rows, (long long)columns);
	return EGM_OK;
}

egm_status egm__array_fits(egm_array x, const char *name, egm_dtype dtype, int64_t columns)
{
	egm_status st = check(x.data, name, x.dtype, dtype, x.rows, x.columns);
	if (st == EGM_OK && columns && x.columns != columns)
		st = egm__fail(EGM_ERR_SHAPE, "%s has %lld columns, must have %lld", name, (long long)x.columns,
		               (long long)columns);
	return st;
}

egm_status egm__array_counts(egm_array x, const char *name, egm_dtype dtype, int64_t count)
{
	egm_status st = check(x.data, name, x.dtype, dtype, x.rows, x.columns);
	if (st == EGM_OK && x.rows * x.columns != count)
		st = egm__fail(EGM_ERR_SHAPE, "%s has %lld x %lld numbers, must have %lld", name, (long long)x.rows,
		               (long long)x.columns, (long long)count);
	return st;
}

egm_status egm__out_fits(egm_out y, const char *name, egm_dtype dtype, int64_t rows, int64_t columns)
{
	int64_t count;
	egm_status st = check(y.data, name, y.dtype, dtype, y.rows, y.columns);
	if (st == EGM_OK && (egm__size_mul(rows, columns, &count) || y.rows * y.columns != count))
		st = egm__fail(EGM_ERR_SHAPE, "%s has room for %lld x %lld numbers, must have room for %lld x %lld", name,
		               (long long)y.rows, (long long)y.columns, (long long)rows, (long long)columns);
	return st;
}
