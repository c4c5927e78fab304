/* SPDX-License-Identifier: MIT */
/* The BLAS as a resource of the whole process: what it is, how many threads it runs, and its missing locks.
 *
 * One binary meets many BLAS behind libblas.so.3. Whatever is known about the one at hand comes through weak
 * references, which are NULL where the library lacks the function; nothing here ties libegm to OpenBLAS.
 *
 * OpenBLAS built without threads gives wrong numbers to two callers at once (measured with Debian's openblas-serial:
 * one product of 128 x 128 in five), hence egm__blas_enter. The thread count of OpenBLAS is the host's, shared with
 * whatever else is loaded, hence the option that asks before it is touched. */
#include "core/blas_impl.h"
#include "core/cpu_impl.h"
#include "core/status_impl.h"

#include <cblas.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Declared here and not through openblas_config.h: the build may see another BLAS than the running program. Names,
 * types and meaning are those of OpenBLAS, BLIS and OpenMP; cblas.h of OpenBLAS declares some of them again. */
#define WEAK __attribute__((weak))
extern int openblas_get_num_threads(void) WEAK;
extern void openblas_set_num_threads(int) WEAK;
extern int openblas_get_parallel(void) WEAK; /* 0 no threads, 1 pthreads, 2 OpenMP */
extern char *openblas_get_config(void) WEAK; /* "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..." */
extern char *openblas_get_corename(void) WEAK;
extern const char *bli_info_get_version_str(void) WEAK;
extern long bli_info_get_enable_openmp(void) WEAK; /* gint_t, as wide as a pointer in the default build */
extern void omp_set_num_threads(int) WEAK;

static int is_serial_openblas(void)
{
	return openblas_get_parallel && openblas_get_parallel() == 0;
}

static int uses_openmp(void)
{
	if (openblas_get_parallel) return openblas_get_parallel() == 2;
	return bli_info_get_enable_openmp && bli_info_get_enable_openmp() != 0;
}

/* ---- the lock
 * The process id of the holder, 0 when free. Not a pthread mutex: one that another thread held during a fork would stay
 * locked in the child for ever. Here the child sees a holder that is not itself, and takes over. Products are long and
 * the case is rare, so waiting is a short spin and then naps. */
static pid_t blas_holder;

static int try_lock(pid_t self)
{
	pid_t seen = 0;
	if (__atomic_compare_exchange_n(&blas_holder, &seen, self, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return 1;
	return seen != self && seen != 0 &&
	       __atomic_compare_exchange_n(&blas_holder, &seen, self, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void egm__blas_enter(void)
{
	if (!is_serial_openblas()) return;
	pid_t self = getpid();
	for (int tries = 0; !try_lock(self); ++tries) {
		if (tries < 200)
			egm__cpu_relax();
		else
			nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
}

void egm__blas_leave(void)
{
	if (is_serial_openblas()) __atomic_store_n(&blas_holder, 0, __ATOMIC_RELEASE);
}

/* ---- threads */
void egm__blas_worker(void)
{
	/* Per thread in OpenMP. An OpenMP team below each of several callers ran a hundred times slower than one thread. */
	if (uses_openmp() && omp_set_num_threads) omp_set_num_threads(1);
}

static int runs_one_thread(void)
{
	return is_serial_openblas() || (openblas_get_num_threads && openblas_get_num_threads() == 1);
}

static void set_threads(egm_context *context, int32_t blas_threads)
{
	if (blas_threads == 1 && openblas_set_num_threads) openblas_set_num_threads(1);
	context->blas_split = blas_threads == 1 || runs_one_thread();
}

static void log_weaknesses(egm_context *context)
{
	if (is_serial_openblas())
		egm__log(context, EGM_LOG_WARNING,
		         "OpenBLAS was built without threads and without locks: products are run one at a time");
	if (uses_openmp())
		egm__log(context, EGM_LOG_WARNING,
		         "the BLAS uses OpenMP: a process forked after its first product hangs in the next one, and several "
		         "calling threads are slow unless OMP_NUM_THREADS=1");
}

/* ---- first product
 * 128^3 is beyond the small products that OpenBLAS computes without its buffers (10^6) and beyond those that it keeps
 * on one thread. Zeros, so that no floating-point flag is raised. The kernels for AVX2 and AVX-512 never ask the BLAS:
 * there the product would cost each context its milliseconds, and the process the threads of the BLAS, for nothing. */
enum { SIDE = 128, AREA = SIDE * SIDE };

static void product(int32_t index, void *argument)
{
	const float *zeros = argument;
	float *out = (float *)argument + (size_t)AREA * (size_t)(1 + index);
	egm__blas_enter();
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1.0f, zeros, SIDE, zeros, SIDE, 0.0f, out,
	            SIDE);
	egm__blas_leave();
}

egm_status egm__blas_start(egm_context *context, int32_t blas_threads)
{
	/* One input and a result for each thread: with split products each of them needs a buffer of the BLAS. */
	int32_t callers = context->threads;
	int serves = context->simd == EGM_SIMD_PORTABLE;
	float *arrays = serves ? egm__alloc_zero(context, (size_t)AREA * (size_t)(1 + callers), sizeof *arrays) : NULL;
	if (serves && !arrays)
		return egm__fail(EGM_ERR_MEMORY, "context: no memory for the first product, %d floats", AREA * (1 + callers));
	set_threads(context, blas_threads);
	if (!serves) return EGM_OK;
	log_weaknesses(context);
	if (context->blas_split)
		egm__parallel(context, callers, product, arrays);
	else
		product(0, arrays);
	egm__free(context, arrays);
	return EGM_OK;
}

/* ---- name */
/* The first two words of OpenBLAS's configuration: its name and version. */
static int name_length(const char *config)
{
	size_t first = strcspn(config, " ");
	size_t second = config[first] ? strcspn(config + first + 1, " ") + 1 : 0;
	return (int)(first + second);
}

void egm__blas_describe(char *text, size_t size)
{
	if (openblas_get_config && openblas_get_corename) {
		const char *config = openblas_get_config();
		snprintf(text, size, "%.*s %s", name_length(config), config, openblas_get_corename());
	} else if (bli_info_get_version_str) {
		snprintf(text, size, "BLIS %s", bli_info_get_version_str());
	} else {
		snprintf(text, size, "CBLAS");
	}
}
