/* SPDX-License-Identifier: MIT */
/* Rows of numbers as a caller has them: checked once as a whole, then read as double. */
#ifndef EGM_LOSS_SAMPLE_IMPL_H
#define EGM_LOSS_SAMPLE_IMPL_H

#include <core/context_impl.h>
#include <core/status_impl.h>
#include <tensor/shape_impl.h>

typedef struct egm__sample {
	const void *x; /* [rows, columns] */
	int64_t rows, columns;
	egm_dtype dtype;
} egm__sample;

/* Refuses, in the name of `what`, a sample `name` that is not there, has fewer than `least` rows or a number that is
 * not finite. */
egm_status egm__sample_check(const char *what, const char *name, const egm__sample *s, int64_t least);

/* Rows first .. first+n-1 into out [n, columns]. */
void egm__sample_rows(const egm__sample *s, int64_t first, int64_t n, double *out);

#endif
