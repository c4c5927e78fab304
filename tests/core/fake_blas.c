/* SPDX-License-Identifier: MIT */
/* A CBLAS of plain loops with one of the faults that libraries have. Arguments that CBLAS does not allow end the
 * process, as they do with the reference library. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define NONE 0
#define NO_SGEMM 1
#define NO_DGEMM 2
#define WRONG 3
#define WRONG_TRANSPOSED 4 /* with B transposed */
#define READS_C 5          /* with beta = 0 */
#define LESS_PRECISE 6
#define INT64 7
#define SERIAL 8 /* says that it has no threads */
#define OPENMP 9 /* says so, and hangs in a forked child */
#define FAST_MATH 10

#define SHOWN __attribute__((visibility("default")))
#if FAULT == INT64
typedef int64_t integer;
#else
typedef int integer;
#endif

static int calls, inside, overlaps, largest;
static pid_t loaded_by;

SHOWN int fake_calls(void);
SHOWN int fake_overlaps(void);
SHOWN int fake_largest(void);

int fake_calls(void)
{
	return __atomic_load_n(&calls, __ATOMIC_RELAXED);
}

/* How many calls began while another one ran. */
int fake_overlaps(void)
{
	return __atomic_load_n(&overlaps, __ATOMIC_RELAXED);
}

/* The largest size that a call had. */
int fake_largest(void)
{
	return __atomic_load_n(&largest, __ATOMIC_RELAXED);
}

__attribute__((constructor)) static void load(void)
{
	loaded_by = getpid();
#if defined(__x86_64__)
	if (FAULT == FAST_MATH) __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u);
#endif
}

static void require(int condition)
{
	if (!condition) abort();
}

static void begin(int64_t m, int64_t n, int64_t k)
{
	if (__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST)) __atomic_fetch_add(&overlaps, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
	const int64_t sizes[] = {m, n, k};
	for (int i = 0; i < 3; i++)
		if (sizes[i] > largest) largest = (int)sizes[i];
	if (FAULT == SERIAL) usleep(1000); /* leaves time for another caller */
	if (FAULT == OPENMP)
		while (getpid() != loaded_by) pause(); /* hangs in a child */
}

static void end(void)
{
	__atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST);
}

/* What remains of a factor in fewer bits. */
static double rounded(double x)
{
	return FAULT == LESS_PRECISE ? (double)(int64_t)(x / 64) * 64 : x;
}

#define GEMM(name, real)                                                                                             \
	SHOWN void name(int order, int ta, int tb, integer m, integer n, integer k, real alpha, const real *a,           \
	                integer lda, const real *b, integer ldb, real beta, real *c, integer ldc);                       \
	void name(int order, int ta, int tb, integer m, integer n, integer k, real alpha, const real *a, integer lda,    \
	          const real *b, integer ldb, real beta, real *c, integer ldc)                                           \
	{                                                                                                                \
		require(order == 101 && (ta == 111 || ta == 112) && (tb == 111 || tb == 112));                               \
		require(m >= 0 && n >= 0 && k >= 0 && ldc >= 1 && ldc >= n);                                                 \
		require(lda >= 1 && ldb >= 1 && lda >= (ta == 111 ? k : m) && ldb >= (tb == 111 ? n : k));                   \
		begin(m, n, k);                                                                                              \
		for (int64_t i = 0; i < m; i++)                                                                              \
			for (int64_t j = 0; j < n; j++) {                                                                        \
				double sum = 0;                                                                                      \
				for (int64_t l = 0; l < k; l++)                                                                      \
					sum += rounded((double)a[ta == 111 ? i * lda + l : l * lda + i]) *                               \
					       (double)b[tb == 111 ? l * ldb + j : j * ldb + l];                                         \
				sum *= (double)alpha;                                                                                \
				if (beta != 0 || FAULT == READS_C) sum += (double)(beta * c[i * ldc + j]);                           \
				if (i == m - 1 && j == n - 1 && (FAULT == WRONG || (FAULT == WRONG_TRANSPOSED && tb == 112))) sum++; \
				c[i * ldc + j] = (real)sum;                                                                          \
			}                                                                                                        \
		end();                                                                                                       \
	}

#if FAULT != NO_SGEMM
GEMM(cblas_sgemm, float)
#endif
#if FAULT != NO_DGEMM
GEMM(cblas_dgemm, double)
#endif

SHOWN float cblas_sdot(integer n, const float *x, integer x_step, const float *y, integer y_step);
float cblas_sdot(integer n, const float *x, integer x_step, const float *y, integer y_step)
{
	float sum = 0;
	for (int64_t i = 0; i < (int64_t)n; i++) sum += x[i * x_step] * y[i * y_step];
	return sum;
}

SHOWN int openblas_get_parallel(void);
int openblas_get_parallel(void)
{
	if (FAULT == SERIAL) return 0;
	return FAULT == OPENMP ? 2 : 1;
}

SHOWN const char *openblas_get_config(void);
const char *openblas_get_config(void)
{
	return FAULT == INT64 ? "FakeBLAS 1.2 USE64BITINT DYNAMIC_ARCH" : "FakeBLAS 1.2 DYNAMIC_ARCH";
}
