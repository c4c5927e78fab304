/* SPDX-License-Identifier: MIT */
/* The rival of the library's products: a CBLAS, opened at run time so that a benchmark of libegm does not start its
 * threads. */
#ifndef BENCH_BLAS_H
#define BENCH_BLAS_H

enum { ROW_MAJOR = 101, AS_IT_IS = 111, TRANSPOSED = 112 };

typedef struct blas {
	void (*sgemm)(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
	              int ldb, float beta, float *c, int ldc);
	void (*dgemm)(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda,
	              const double *b, int ldb, double beta, double *c, int ldc);
	void (*sgemv)(int order, int ta, int m, int n, float alpha, const float *a, int lda, const float *x, int step_x,
	              float beta, float *y, int step_y);
	void (*dgemv)(int order, int ta, int m, int n, double alpha, const double *a, int lda, const double *x, int step_x,
	              double beta, double *y, int step_y);
	float (*sdot)(int n, const float *x, int step_x, const float *y, int step_y);
	double (*ddot)(int n, const double *x, int step_x, const double *y, int step_y);
} blas;

/* On one thread, unless the environment says otherwise, and bound to its own symbols first. Ends the program when the
 * file is not there or is no CBLAS. NULL: OpenBLAS where it is installed, else the system's BLAS. */
void blas_open(blas *out, const char *file);

#endif
