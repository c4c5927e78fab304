/* SPDX-License-Identifier: MIT */
/* A CBLAS to compare the products of the library with. It is opened at run time, so that a benchmark of libegm alone
 * does not start its threads. */
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

/* Opens a CBLAS with one thread, unless the environment sets another number, and with its own symbols first. Ends the
 * program if the file is missing or is no CBLAS. NULL: OpenBLAS if it is installed, else the BLAS of the system. */
void blas_open(blas *out, const char *file);

#endif
