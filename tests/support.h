/* SPDX-License-Identifier: MIT */
/* What every test program uses: the runner, contexts, and an allocator that counts and can fail. */
#ifndef EGM_TESTS_SUPPORT_H
#define EGM_TESTS_SUPPORT_H

#include "draws.h"
#include <check.h>
#include <egm/context.h>
#include <stdlib.h>
#include <string.h>

/* Runs the suite and returns the exit code of the program. */
static inline int egm_test_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/* The larger error. NaN is larger than any number; fmax would ignore it. */
static inline double egm_test_worse(double worst, double error)
{
	return error <= worst || !(worst == worst) ? worst : error;
}

/* The code paths, EGM_SIMD_*, for loops of tests. No CPU has all of them, see egm_test_context_with. */
enum {
	EGM_TEST_FIRST_PATH = EGM_SIMD_PORTABLE,
	EGM_TEST_PATHS_END = EGM_SIMD_NEON + 1,
	EGM_TEST_PATHS = EGM_TEST_PATHS_END - EGM_TEST_FIRST_PATH
};

/* A context with this number of threads, this code path, EGM_SIMD_*, and EGM_PRODUCTS_*; NULL if the CPU lacks the
 * path. */
static inline egm_context *egm_test_context_with(int32_t threads, int32_t simd, int32_t products)
{
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = NULL;
	options.threads = threads;
	options.simd = simd;
	options.products = products;
	egm_status st = egm_context_create(&context, &options);
	ck_assert(st == EGM_OK || (st == EGM_ERR_UNSUPPORTED && simd != EGM_SIMD_PORTABLE));
	return context;
}

static inline egm_context *egm_test_context_on(int32_t threads, int32_t simd)
{
	return egm_test_context_with(threads, simd, EGM_PRODUCTS_AUTO);
}

/* For tests of bits that only the library's own products have. */
static inline egm_context *egm_test_own_context_on(int32_t threads, int32_t simd)
{
	return egm_test_context_with(threads, simd, EGM_PRODUCTS_OWN);
}

/* Memory at a multiple of `alignment`; NULL if there is none. Windows releases it by a function of its own. */
#ifdef _WIN32
#define egm_test_aligned(size, alignment) _aligned_malloc(size, alignment)
#define egm_test_aligned_free _aligned_free
#else
static inline void *egm_test_aligned(size_t size, size_t alignment)
{
	void *pointer = NULL;
	return posix_memalign(&pointer, alignment, size) ? NULL : pointer;
}
#define egm_test_aligned_free free
#endif

/* An allocator for egm_context_options that counts calls and live blocks. Call number fail_at fails (from 1; 0: none),
 * and with for_ever all later calls too. */
typedef struct egm_test_allocator {
	long calls, live, bytes;
	long fail_at;
	int for_ever;
} egm_test_allocator;

static inline void *egm_test_alloc(size_t size, size_t alignment, void *user)
{
	egm_test_allocator *a = user;
	long call = __atomic_add_fetch(&a->calls, 1, __ATOMIC_RELAXED);
	if (a->fail_at && (call == a->fail_at || (a->for_ever && call > a->fail_at))) return NULL;
	void *pointer = egm_test_aligned(size ? size : 1, alignment < sizeof(void *) ? sizeof(void *) : alignment);
	if (!pointer) return NULL;
	__atomic_add_fetch(&a->live, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&a->bytes, (long)size, __ATOMIC_RELAXED);
	return pointer;
}

static inline void egm_test_dealloc(void *pointer, size_t size, void *user)
{
	egm_test_allocator *a = user;
	__atomic_sub_fetch(&a->live, 1, __ATOMIC_RELAXED);
	__atomic_sub_fetch(&a->bytes, (long)size, __ATOMIC_RELAXED);
	egm_test_aligned_free(pointer);
}

/* A context with this allocator; NULL if its creation fails. */
static inline egm_context *egm_test_context(egm_test_allocator *a)
{
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = NULL;
	options.alloc = egm_test_alloc;
	options.dealloc = egm_test_dealloc;
	options.alloc_user = a;
	return egm_context_create(&context, &options) == EGM_OK ? context : NULL;
}

/* Makes each allocation of `life` fail in turn, alone and together with all later ones. `life` must then return
 * EGM_ERR_MEMORY with a text about memory and leave nothing allocated, and must work again afterwards. Returns the
 * number of allocations. */
static inline long egm_test_fail_each(egm_test_allocator *a, egm_status (*life)(void *user), void *user)
{
	long live = a->live, before = a->calls;
	ck_assert_int_eq(life(user), EGM_OK);
	long calls = a->calls - before;
	for (a->for_ever = 0; a->for_ever < 2; a->for_ever++)
		for (long i = 1; i <= calls; i++) {
			a->fail_at = a->calls + i;
			egm_status st = life(user);
			a->fail_at = 0;
			ck_assert_msg(st == EGM_ERR_MEMORY, "call %ld of %ld failed: %s", i, calls, egm_status_name(st));
			ck_assert_msg(strstr(egm_last_error(), "memory") != NULL, "call %ld: %s", i, egm_last_error());
			ck_assert_int_eq(a->live, live);
		}
	ck_assert_int_eq(life(user), EGM_OK);
	ck_assert_int_eq(a->live, live);
	return calls;
}

#endif
