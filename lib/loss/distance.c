/* SPDX-License-Identifier: MIT */
/* The first and the last line of every distance. */
#include <loss/distance_impl.h>
#include <math.h>

egm_status egm__sample_check_pair(const char *what, const egm_context *context, const egm__sample *x,
                                  const egm__sample *y, int64_t least, const double *out)
{
	if (!context || !out) return egm__fail(EGM_ERR_ARGUMENT, "%s: %s is NULL", what, context ? "out" : "context");
	egm_status st = egm__sample_check(what, "x", x, least);
	return st == EGM_OK ? egm__sample_check(what, "y", y, least) : st;
}

egm_status egm__distance_store(const char *what, double value, double *out)
{
	if (!isfinite(value))
		return egm__fail(EGM_ERR_NONFINITE, "%s: the result is %s: squares of the numbers overflow", what,
		                 egm__nonfinite_name(value));
	*out = value;
	return EGM_OK;
}
