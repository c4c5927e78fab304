/* SPDX-License-Identifier: MIT */
/* A CBLAS of plain loops with one of the faults that libraries have. Arguments that CBLAS does not allow end the
 * process, as they do with the reference library. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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
#define FAST_CALLS 11 /* each call changes the floating-point mode */
#define IGNORES_ALPHA 12
#define IGNORES_BETA 13
#define WRITES_BEYOND 14 /* an element after the last row of C */
#define WRITES_A 15
#define READS_BEYOND 16  /* an element after each row of A, where there is one */
#define TELLS_NOTHING 17 /* whether it may have several callers */
#define MANY_THREADS 18  /* OpenMP would use more threads than can be */

#define SHOWN __attribute__((visibility("default")))
#if FAULT == INT64
typedef int64_t integer;
#else
typedef int integer;
#endif

static int calls, inside, overlaps, largest;
static pid_t loaded_by; /* atomic: ThreadSanitizer does not see the lock of dlopen */
/* A name that all these libraries have. Each must use its own. */
SHOWN extern volatile int fake_error;
volatile int fake_error = FAULT == WRONG;

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

static void flush_to_zero(void)
{
#if defined(__x86_64__)
	__builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u);
#endif
}

__attribute__((constructor)) static void load(void)
{
	__atomic_store_n(&loaded_by, getpid(), __ATOMIC_RELAXED);
	if (FAULT == FAST_MATH) flush_to_zero();
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
		if (sizes[i] > __atomic_load_n(&largest, __ATOMIC_RELAXED))
			__atomic_store_n(&largest, (int)sizes[i], __ATOMIC_RELAXED);
	if (FAULT == SERIAL || FAULT == TELLS_NOTHING) usleep(1000); /* leaves time for another caller */
	if (FAULT == FAST_CALLS) flush_to_zero();
	if (FAULT == OPENMP)
		while (getpid() != __atomic_load_n(&loaded_by, __ATOMIC_RELAXED)) pause(); /* hangs in a child */
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

#define READS_PAST_ROWS(ta, k, lda) (FAULT == READS_BEYOND && (ta) == 111 && (lda) > (k))

#define GEMM(name, real)                                                                                              \
	SHOWN void name(int order, int ta, int tb, integer m, integer n, integer k, real alpha, const real *a,            \
	                integer lda, const real *b, integer ldb, real beta, real *c, integer ldc);                        \
	void name(int order, int ta, int tb, integer m, integer n, integer k, real alpha, const real *a, integer lda,     \
	          const real *b, integer ldb, real beta, real *c, integer ldc)                                            \
	{                                                                                                                 \
		require(order == 101 && (ta == 111 || ta == 112) && (tb == 111 || tb == 112));                                \
		require(m >= 0 && n >= 0 && k >= 0 && ldc >= 1 && ldc >= n);                                                  \
		require(lda >= 1 && ldb >= 1 && lda >= (ta == 111 ? k : m) && ldb >= (tb == 111 ? n : k));                    \
		begin(m, n, k);                                                                                               \
		for (int64_t i = 0; i < m; i++)                                                                               \
			for (int64_t j = 0; j < n; j++) {                                                                         \
				double sum = 0;                                                                                       \
				for (int64_t l = 0; l < k; l++)                                                                       \
					sum += rounded((double)a[ta == 111 ? i * lda + l : l * lda + i]) *                                \
					       (double)b[tb == 111 ? l * ldb + j : j * ldb + l];                                          \
				if (READS_PAST_ROWS(ta, k, lda)) sum += (double)a[i * lda + k];                                       \
				if (FAULT != IGNORES_ALPHA) sum *= (double)alpha;                                                     \
				if ((beta != 0 && FAULT != IGNORES_BETA) || FAULT == READS_C) sum += (double)(beta * c[i * ldc + j]); \
				if (i == m - 1 && j == n - 1 && (fake_error || (FAULT == WRONG_TRANSPOSED && tb == 112))) sum++;      \
				c[i * ldc + j] = (real)sum;                                                                           \
			}                                                                                                         \
		if (FAULT == WRITES_BEYOND) c[m * ldc] = 0;                                                                   \
		if (FAULT == WRITES_A) memset((void *)(uintptr_t)a, 0, sizeof(real));                                         \
		end();                                                                                                        \
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
	begin(1, 1, 1);
	for (int64_t i = 0; i < (int64_t)n; i++) sum += x[i * x_step] * y[i * y_step];
	end();
	return sum;
}

#if FAULT != TELLS_NOTHING
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
#endif

#if FAULT == MANY_THREADS
SHOWN int omp_get_max_threads(void);
int omp_get_max_threads(void)
{
	return 1000000;
}
#endif
