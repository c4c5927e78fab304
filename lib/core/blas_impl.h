/* SPDX-License-Identifier: MIT */
/* A CBLAS that is opened by its file name. */
#ifndef EGM_CORE_BLAS_IMPL_H
#define EGM_CORE_BLAS_IMPL_H

#include "core/os_impl.h"

#include <egm/status.h>

/* Values of CBLAS. */
enum { EGM__BLAS_ROW_MAJOR = 101, EGM__BLAS_AS_IT_IS = 111, EGM__BLAS_TRANSPOSED = 112 };

typedef void egm__blas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,
                             const float *b, int ldb, float beta, float *c, int ldc);
typedef void egm__blas_dgemm(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda,
                             const double *b, int ldb, double beta, double *c, int ldc);

typedef struct egm__blas {
	egm__blas_sgemm *sgemm; /* NULL: no BLAS is open */
	egm__blas_dgemm *dgemm;
	int32_t serial;        /* 1: it may compute wrong numbers for two callers at the same time */
	int32_t largest;       /* sizes and strides that one call may have */
	egm__fork_mark opener; /* the process that opened it */
	char text[96];         /* file name, and version and processor if it tells them */
} egm__blas;

/* Opens a library, which stays loaded for ever, and checks its products. `name` is what the loader of the
 * system takes, a file name or a path. If it fails, nothing is left to close. The errors begin with "blas is 'NAME'":
 *  - EGM_ERR_IO if there is no such library;
 *  - EGM_ERR_UNSUPPORTED if it has no cblas_sgemm and cblas_dgemm, expects 64-bit integers or computes wrong products;
 *    or if this process is the child of one that had a BLAS open, and this one may hang in a child;
 *  - EGM_ERR_MEMORY if there is no memory for its buffers, or if its threads cannot be started. */
egm_status egm__blas_open(egm__blas *out, const char *name);
void egm__blas_close(egm__blas *blas);

/* Part of opening: whether the library computes a product that is known. */
egm_status egm__blas_check_products(const egm__blas *blas, const char *name);

/* Before and after each call. enter returns 0 if the BLAS must not be called, in a forked child: its threads do not
 * exist there, OpenMP hangs, and the lock may be held by a thread of the parent. `mode` is the floating-point mode
 * before the call, which leave restores. */
int egm__blas_enter(const egm__blas *blas, uint32_t *mode);
void egm__blas_leave(const egm__blas *blas, uint32_t mode);

#endif
