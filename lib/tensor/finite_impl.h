/* SPDX-License-Identifier: MIT */
/* The search for a number that is not finite. */
#ifndef EGM_TENSOR_FINITE_IMPL_H
#define EGM_TENSOR_FINITE_IMPL_H

#include <core/context_impl.h>

/* The index of the first NaN or infinity among `count` values, which may be unaligned; -1 if all are finite. */
int64_t egm__first_nonfinite(egm_context *context, egm_dtype dtype, const void *values, int64_t count);

#endif
