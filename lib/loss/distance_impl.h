/* SPDX-License-Identifier: MIT */
/* What the distances share: samples that have been checked, and rows of them in double. */
#ifndef EGM_LOSS_DISTANCE_IMPL_H
#define EGM_LOSS_DISTANCE_IMPL_H

#include <egm/distance.h>
#include <loss/sample_impl.h>

/* egm__sample_check of x and y, and of a context and a result that are NULL. */
egm_status egm__sample_check_pair(const char *what, const egm_context *context, const egm__sample *x,
                                  const egm__sample *y, int64_t least, const double *out);

/* Stores a result that is finite; else NONFINITE, for then something overflowed. */
egm_status egm__distance_store(const char *what, double value, double *out);

/* Refuses masses `name` [n] that are negative or not finite, or whose sum is not 1. */
egm_status egm__masses_check(const char *what, const char *name, const double *p, int64_t n);

/* KL(p||q) of masses. */
double egm__masses_kl(const double *p, const double *q, int64_t n);

#endif
