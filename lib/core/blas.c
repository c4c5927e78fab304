/* SPDX-License-Identifier: MIT */
/* Opens a CBLAS and finds out whether it can be used.
 *
 * It is opened by its name, not linked: a process that is linked with OpenBLAS starts its threads and maps 12 libraries
 * whether or not it ever asks for a product. It is never closed, because its threads would run on in unmapped code.
 *
 * What can be wrong with a BLAS, and where it is handled:
 *  - Without memory for their buffers OpenBLAS tries again for ever and BLIS ends the process: has_memory.
 *  - If one of its threads does not start, OpenBLAS sends SIGINT to the process: can_start.
 *  - With 64-bit integers it reads beyond the 32 bits of an argument: expects_64_bits.
 *  - OpenBLAS without threads and locks computes wrong numbers for two callers: needs_lock, blas_lock.
 *  - With OpenMP it hangs in a forked child: egm__blas_enter, is_heir.
 *  - Linked with -ffast-math, loading it changes the floating-point mode: egm__blas_open. A call may change it, too:
 *    egm__blas_leave.
 *  - The program may be linked with another BLAS, whose functions have the same names: egm__os_library_open.
 *  - OpenBLAS's kernels for AVX leave the upper halves of vector registers set. Instructions of SSE, those of the
 *    portable code path, ran at an eighth of their speed afterwards: clear_upper_halves.
 *  - Its products are wrong, or write elsewhere than to C: blas_check.c.
 *
 * What cannot be found out here: code of the library that ends the process, crashes or never returns, when it is loaded
 * or called. A name must therefore be that of a library that the user trusts. */
#include "core/blas_impl.h"
#include "core/cpu_impl.h"
#include "core/os_impl.h"
#include "core/status_impl.h"
#include "core/utf8_impl.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* OpenBLAS 0.3.21 maps 128 MiB for each thread, 32 MiB if addresses have 32 bits, and a stack of 8 MiB. With OpenMP, a
 * thread has a heap of the C library, too: 64 MiB, for which it maps 128 MiB at first, or 1 and 2 MiB. Its code and
 * data are 40 MiB. BLIS maps less. */
enum { MOST_THREADS = 1024, LIBRARY_MIB = 64, THREAD_MIB = sizeof(void *) == 8 ? 264 : 42 };

/* ISO C has no conversion from an address of data to one of a function; POSIX requires that this works. */
#define AS_FUNCTION(pointer, address) memcpy(&(pointer), &(void *){address}, sizeof(pointer))

/* ---- what all contexts of the process share */

/* Of the serial builds: two contexts may open the same library. */
static pthread_mutex_t blas_lock = PTHREAD_MUTEX_INITIALIZER;
/* The process that first opened a BLAS. Its children inherit this. `first_state` is 1 while it is written, then 2. */
static egm__fork_mark first_opener;
static int first_state;

static int is_heir(void)
{
	int none = 0;
	if (__atomic_compare_exchange_n(&first_state, &none, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
		first_opener = egm__fork_mark_create();
		__atomic_store_n(&first_state, 2, __ATOMIC_RELEASE);
		return 0;
	}
	return none == 2 && egm__fork_is_child(&first_opener);
}

#if defined(__x86_64__) || defined(__i386__)
__attribute__((target("avx"))) static void zero_upper(void)
{
	__builtin_ia32_vzeroupper();
}

static void clear_upper_halves(void)
{
	if (__builtin_cpu_supports("avx")) zero_upper();
}
#else
static void clear_upper_halves(void)
{
}
#endif

int egm__blas_enter(const egm__blas *blas, uint32_t *mode)
{
	if (!blas->sgemm || egm__fork_is_child(&blas->opener)) return 0;
	if (blas->serial) pthread_mutex_lock(&blas_lock);
	*mode = egm__cpu_fp_mode();
	return 1;
}

void egm__blas_leave(const egm__blas *blas, uint32_t mode)
{
	clear_upper_halves();
	if (egm__cpu_fp_mode() != mode) egm__cpu_fp_set(mode);
	if (blas->serial) pthread_mutex_unlock(&blas_lock);
}

/* ---- opening */

static int64_t threads_of_blas(void)
{
	int32_t processors = egm__os_processors();
	return processors ? processors : MOST_THREADS;
}

/* How many threads OpenMP will use, which the user may have chosen; 0 without OpenMP. */
static int64_t threads_of_openmp(void *library)
{
	int (*threads)(void);
	void *address = egm__os_library_find(library, "omp_get_max_threads");
	if (!address) return 0;
	AS_FUNCTION(threads, address);
	return threads();
}

/* Maps what the BLAS will map, and unmaps it. */
static int has_memory(int64_t mib)
{
	if ((uint64_t)mib > SIZE_MAX >> 20) return 0;
	size_t bytes = (size_t)mib << 20;
	void *room = egm__os_map(bytes);
	if (room) egm__os_unmap(room, bytes);
	return room != NULL;
}

static void *wait_for(void *gate)
{
	pthread_mutex_lock(gate);
	pthread_mutex_unlock(gate);
	return NULL;
}

/* Starts as many threads as the BLAS will, at the same time, and ends them. */
static int can_start(int64_t count)
{
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	pthread_t threads[MOST_THREADS];
	int64_t started = 0;
	if (count > MOST_THREADS) return 0;
	pthread_mutex_lock(&gate);
	while (started < count && pthread_create(&threads[started], NULL, wait_for, &gate) == 0) started++;
	pthread_mutex_unlock(&gate);
	for (int64_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
	return started == count;
}

/* A function of the library; NULL if it has none of this name. The OpenBLAS of Python packages has a prefix. */
static void *find(void *library, const char *name)
{
	char prefixed[64];
	void *function = egm__os_library_find(library, name);
	if (function) return function;
	snprintf(prefixed, sizeof prefixed, "scipy_%s", name);
	return egm__os_library_find(library, prefixed);
}

static egm_status find_products(egm__blas *blas, void *library, const char *name)
{
	void *sgemm = find(library, "cblas_sgemm"), *dgemm = find(library, "cblas_dgemm");
	if (!sgemm || !dgemm)
		return egm__fail(EGM_ERR_UNSUPPORTED, "blas is '%s', which has no %s, must be a CBLAS", name,
		                 sgemm ? "cblas_dgemm" : "cblas_sgemm");
	AS_FUNCTION(blas->sgemm, sgemm);
	AS_FUNCTION(blas->dgemm, dgemm);
	return EGM_OK;
}

static const char *text_of(void *library, const char *function)
{
	const char *(*text)(void);
	void *address = find(library, function);
	if (!address) return "";
	AS_FUNCTION(text, address);
	const char *told = text();
	return told ? told : "";
}

/* Whether integers have 64 bits. n is 2 in its lower half and negative as a whole: a BLAS of 32-bit integers adds two
 * products, one of 64-bit integers none, because for n < 0 the functions of vectors do nothing. Both read only what is
 * there. Elsewhere than on these two, arguments are extended to 64 bits by their caller, so that a function may use
 * either width. */
static int expects_64_bits(void *library)
{
#if defined(__x86_64__) && defined(__LP64__) || defined(__aarch64__) && !defined(__APPLE__) && defined(__LP64__)
	static const float x[2] = {3, 4};
	float (*sdot)(int64_t n, const float *x, int64_t x_step, const float *y, int64_t y_step);
	void *address = find(library, "cblas_sdot");
	if (address) {
		AS_FUNCTION(sdot, address);
		return sdot(2 - ((int64_t)1 << 32), x, 1, x, 1) != 25;
	}
#endif
	return strstr(text_of(library, "openblas_get_config"), "USE64BITINT") != NULL;
}

/* openblas_get_parallel: 0 without threads, 1 with threads of its own, 2 with OpenMP; -1 if it does not tell. */
static int parallel_of(void *library)
{
	int (*parallel)(void);
	void *address = find(library, "openblas_get_parallel");
	if (!address) return -1;
	AS_FUNCTION(parallel, address);
	return parallel();
}

/* OpenBLAS tells whether it may be called by several threads. Of the others, BLIS and MKL may, and FlexiBLAS hides what
 * it calls, which may be OpenBLAS without threads. */
static int needs_lock(void *library, int parallel)
{
	if (parallel == 1 || parallel == 2) return 0;
	return parallel == 0 || !(find(library, "bli_info_get_version_str") || find(library, "MKL_Get_Version"));
}

/* "libopenblas.so.0 (OpenBLAS 0.3.21, Haswell)". The configuration of OpenBLAS begins with its name and version. */
static void describe(egm__blas *blas, void *library, const char *name)
{
	char whole[sizeof blas->text + 32];
	const char *config = text_of(library, "openblas_get_config"), *core = text_of(library, "openblas_get_corename"),
	           *blis = text_of(library, "bli_info_get_version_str"), *slash = strrchr(name, '/');
	const char *space = strchr(config, ' ');
	int length = (int)(space ? strcspn(space + 1, " ") + (size_t)(space + 1 - config) : strlen(config));
	const char *file = slash ? slash + 1 : name;
	if (*config)
		snprintf(whole, sizeof whole, "%.40s (%.*s%s%.20s)", file, length < 40 ? length : 40, config, *core ? ", " : "",
		         core);
	else if (*blis)
		snprintf(whole, sizeof whole, "%.40s (BLIS %.20s)", file, blis);
	else
		snprintf(whole, sizeof whole, "%.80s", file);
	egm__utf8_printable(blas->text, sizeof blas->text, whole, 0);
}

/* ---- all of it */

/* Why the library could not be opened, without the name, which the text usually has at its beginning: "NAME: cannot
 * open", with musl "Error loading shared library NAME: No such file". */
static const char *reason_without(const char *name, char *buffer, size_t size)
{
	const char *why = egm__os_library_error(buffer, size);
	size_t length = strlen(name);
	const char *at = strstr(why, name);
	return at && strncmp(at + length, ": ", 2) == 0 ? at + length + 2 : why;
}

static egm_status check_room(const char *name, int64_t threads)
{
	int64_t mib = LIBRARY_MIB + THREAD_MIB * threads;
	if (!has_memory(mib))
		return egm__fail(EGM_ERR_MEMORY, "blas is '%s', no memory for its buffers, up to %lld MiB", name,
		                 (long long)mib);
	if (!can_start(threads - 1))
		return egm__fail(EGM_ERR_MEMORY, "blas is '%s', no memory or no permission for its threads, up to %lld", name,
		                 (long long)threads - 1);
	return EGM_OK;
}

static egm_status open_library(void **library, const char *name)
{
	char why[256];
	*library = egm__os_library_open(name);
	if (*library) return EGM_OK;
	return egm__fail(EGM_ERR_IO, "blas is '%s', must be a library that can be opened: %s", name,
	                 reason_without(name, why, sizeof why));
}

/* Calls that a BLAS must have to itself if it has one caller at a time. */
static egm_status check(egm__blas *blas, void *library, const char *name)
{
	if (expects_64_bits(library))
		return egm__fail(EGM_ERR_UNSUPPORTED, "blas is '%s', which has integers of 64 bits, must be one of 32 bits",
		                 name);
	describe(blas, library, name);
	return egm__blas_check_products(blas, name);
}

static egm_status open_and_check(egm__blas *out, const char *name)
{
	egm_status st = EGM_OK;
	egm__blas blas = {.largest = INT_MAX};
	uint32_t mode = 0;
	void *library;
	EGM_TRY(check_room(name, threads_of_blas()));
	EGM_TRY(open_library(&library, name));
	EGM_TRY(find_products(&blas, library, name));
	if (threads_of_openmp(library) > threads_of_blas()) EGM_TRY(check_room(name, threads_of_openmp(library)));
	int parallel = parallel_of(library);
	blas.serial = needs_lock(library, parallel);
	if (is_heir() && parallel != 1)
		EGM_FAIL(EGM_ERR_UNSUPPORTED,
		         "blas is '%s', which may hang in a forked child whose parent had a BLAS open; must be opened by the "
		         "parent's process alone",
		         name);
	blas.opener = egm__fork_mark_create();
	egm__blas_enter(&blas, &mode);
	st = check(&blas, library, name);
	egm__blas_leave(&blas, mode);
	if (st == EGM_OK)
		*out = blas;
	else
		egm__blas_close(&blas);
out:
	return st;
}

/* Constructors and functions of the library run here, and may change the floating-point mode of this thread. */
egm_status egm__blas_open(egm__blas *out, const char *name)
{
	uint32_t mode = egm__cpu_fp_mode();
	*out = (egm__blas){0};
	egm_status st = open_and_check(out, name);
	if (egm__cpu_fp_mode() != mode) egm__cpu_fp_set(mode);
	return st;
}

void egm__blas_close(egm__blas *blas)
{
	if (blas->sgemm) egm__fork_mark_free(&blas->opener);
	blas->sgemm = NULL;
}
