/* SPDX-License-Identifier: MIT */
/* Checks of samples, of which each number is later read as double without a copy. */
#ifndef EGM_STATS_SAMPLE_IMPL_H
#define EGM_STATS_SAMPLE_IMPL_H

#include <core/array_impl.h>
#include <core/context_impl.h>
#include <tensor/shape_impl.h>

/* egm__array_fits; ARGUMENT for fewer than `least` rows, NONFINITE for a number that is not finite. */
egm_status egm__sample_check(egm_array x, const char *name, egm_dtype dtype, int64_t columns, int64_t least);
/* egm__sample_check of x and y, and ARGUMENT if context or out is NULL. */
egm_status egm__sample_check_pair(const egm_context *context, egm_array x, egm_array y, int64_t least,
                                  const double *out);

#endif
