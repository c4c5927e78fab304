/* SPDX-License-Identifier: MIT */
/* The BLAS as a resource of the whole process. egm__blas_enter and egm__blas_leave stand in context_impl.h. */
#ifndef EGM_CORE_BLAS_IMPL_H
#define EGM_CORE_BLAS_IMPL_H

#include "core/context_impl.h"

/* Applies the option blas_threads (0 or 1) and sets context->blas_split. Where products are left to the BLAS, on the
 * portable path, it also tells the log what is wrong with this one, and runs one product. MEMORY leaves the BLAS as it
 * was. */
egm_status egm__blas_start(egm_context *context, int32_t blas_threads);

/* To be called once by each worker thread: its products shall not open a team of threads of their own. */
void egm__blas_worker(void);

/* "OpenBLAS 0.3.21 SkylakeX", "BLIS 0.9.0", or "CBLAS" when it does not say. Always terminated. */
void egm__blas_describe(char *text, size_t size);

#endif
