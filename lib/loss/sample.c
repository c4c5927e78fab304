/* SPDX-License-Identifier: MIT */
/* Samples as the caller has them: checked once as a whole, then read as double a tile at a time, so that what looks at
 * large samples needs no copy of them. */
#include <core/size_impl.h>
#include <loss/sample_impl.h>
#include <math.h>

egm_status egm__sample_check(const char *what, const char *name, const egm__sample *s, int64_t least)
{
	int64_t count, bytes;
	if (!s->x) return egm__fail(EGM_ERR_ARGUMENT, "%s: %s is NULL", what, name);
	if (s->dtype != EGM_F32 && s->dtype != EGM_F64)
		return egm__fail(EGM_ERR_ARGUMENT, "%s: dtype %d is neither EGM_F32 nor EGM_F64", what, (int)s->dtype);
	if (s->rows < least || s->columns < 1)
		return egm__fail(EGM_ERR_ARGUMENT, "%s: %s has %lld rows of %lld numbers, it takes %lld rows of 1 or more",
		                 what, name, (long long)s->rows, (long long)s->columns, (long long)least);
	if (egm__size_mul(s->rows, s->columns, &count) || egm__size_mul(count, sizeof(double), &bytes))
		return egm__fail(EGM_ERR_ARGUMENT, "%s: %s, %lld rows of %lld numbers, is too large", what, name,
		                 (long long)s->rows, (long long)s->columns);
	for (int64_t i = 0; i < count; i++) {
		double value = egm__number(s->dtype, s->x, i);
		if (!isfinite(value))
			return egm__fail(EGM_ERR_NONFINITE, "%s: row %lld, column %lld (from 0) of %s is %s", what,
			                 (long long)(i / s->columns), (long long)(i % s->columns), name,
			                 egm__nonfinite_name(value));
	}
	return EGM_OK;
}

void egm__sample_rows(const egm__sample *s, int64_t first, int64_t n, double *out)
{
	int64_t from = first * s->columns, count = n * s->columns;
	for (int64_t i = 0; i < count; i++) out[i] = egm__number(s->dtype, s->x, from + i);
}
