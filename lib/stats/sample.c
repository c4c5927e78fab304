/* SPDX-License-Identifier: MIT */
/* Checks of samples as the caller has them, as a whole, before anything is computed. */
#include <math.h>
#include <stats/sample_impl.h>

egm_status egm__sample_check(egm_array x, const char *name, egm_dtype dtype, int64_t columns, int64_t least)
{
	egm_status st = egm__array_fits(x, name, dtype, columns);
	if (st != EGM_OK) return st;
	if (x.rows < least)
		return egm__fail(EGM_ERR_ARGUMENT, "%s has %lld rows, must have at least %lld", name, (long long)x.rows,
		                 (long long)least);
	for (int64_t i = 0; i < x.rows * x.columns; i++) {
		double value = egm__number(x.dtype, x.data, i);
		if (!isfinite(value))
			return egm__fail(EGM_ERR_NONFINITE, "row %lld, column %lld (from 0) of %s is %s, must be finite",
			                 (long long)(i / x.columns), (long long)(i % x.columns), name, egm__nonfinite_name(value));
	}
	return EGM_OK;
}

egm_status egm__sample_check_pair(const egm_context *context, egm_array x, egm_array y, int64_t least,
                                  const double *out)
{
	if (!context || !out) return egm__fail(EGM_ERR_ARGUMENT, "%s is NULL", context ? "out" : "context");
	egm_status st = egm__sample_check(x, "x", 0, 0, least);
	return st == EGM_OK ? egm__sample_check(y, "y", x.dtype, x.columns, least) : st;
}
