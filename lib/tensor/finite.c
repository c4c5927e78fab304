/* SPDX-License-Identifier: MIT */
/* Almost always every number is finite, so a vector kernel looks first. */
#include <math.h>
#include <string.h>
#include <tensor/finite_impl.h>
#include <tensor/kernels_impl.h>
#include <tensor/shape_impl.h>

int64_t egm__first_nonfinite(egm_context *context, egm_dtype dtype, const void *values, int64_t count)
{
	if (egm__kernels_get(context->simd, dtype)->all_finite(count, values)) return -1;
	const size_t size = egm__dtype_size(dtype);
	for (int64_t i = 0; i < count; i++) {
		const char *at = (const char *)values + (size_t)i * size; /* may be unaligned */
		float f;
		double d;
		memcpy(dtype == EGM_F32 ? (void *)&f : (void *)&d, at, size);
		if (!isfinite(dtype == EGM_F32 ? (double)f : d)) return i;
	}
	return -1;
}
