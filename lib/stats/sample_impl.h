/* SPDX-License-Identifier: MIT */
/* Rows of numbers as a caller has them: checked once as a whole, then read as double. */
#ifndef EGM_STATS_SAMPLE_IMPL_H
#define EGM_STATS_SAMPLE_IMPL_H

#include <core/array_impl.h>
#include <core/context_impl.h>
#include <tensor/shape_impl.h>

/* egm__array_fits, and refuses fewer than `least` rows or a number that is not finite. */
egm_status egm__sample_check(egm_array x, const char *name, egm_dtype dtype, int64_t columns, int64_t least);
/* egm__sample_check of x and y, and of a context and a result that are NULL. */
egm_status egm__sample_check_pair(const egm_context *context, egm_array x, egm_array y, int64_t least,
                                  const double *out);

#endif
