/* SPDX-License-Identifier: MIT */
/* Replaces malloc in a test program and in the shared libraries that it loads: counts live blocks and fails a call on
 * demand. It is off if a sanitizer or valgrind has replaced malloc. To be included by one file. */
#ifndef EGM_TESTS_MALLOC_HOOK_H
#define EGM_TESTS_MALLOC_HOOK_H

#include <errno.h>
#include <features.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define MALLOC_HOOK 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define MALLOC_HOOK 0
#endif
#ifndef MALLOC_HOOK
#define MALLOC_HOOK 1
#endif

/* volatile: a compiler knows what malloc does, and that it does not change these. Not every test looks at each. */
static volatile long malloc_calls, malloc_fail_at, malloc_live __attribute__((unused)),
    malloc_peak __attribute__((unused));
static int malloc_for_ever;
static size_t malloc_limit __attribute__((unused)); /* larger blocks are rejected; 0: none */

/* From the next call on, the at-th fails; 0: none. */
static inline void malloc_fail(long at, int for_ever)
{
	malloc_calls = 0;
	malloc_fail_at = at;
	malloc_for_ever = for_ever;
}

#if MALLOC_HOOK
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static inline int malloc_rejects(size_t size)
{
	long call = ++malloc_calls;
	if (malloc_limit && size > malloc_limit) {
		errno = ENOMEM;
		return 1;
	}
	if (!malloc_fail_at || call < malloc_fail_at || (call > malloc_fail_at && !malloc_for_ever)) return 0;
	errno = ENOMEM;
	return 1;
}

static inline void *malloc_count(void *block, long sign)
{
	malloc_live += sign * (long)(block ? malloc_usable_size(block) : 0);
	if (malloc_live > malloc_peak) malloc_peak = malloc_live;
	return block;
}

void *malloc(size_t size)
{
	return malloc_rejects(size) ? NULL : malloc_count(__libc_malloc(size), 1);
}

void *calloc(size_t count, size_t size)
{
	return malloc_rejects(count * size) ? NULL : malloc_count(__libc_calloc(count, size), 1);
}

void *realloc(void *block, size_t size)
{
	if (malloc_rejects(size)) return NULL;
	malloc_count(block, -1);
	return malloc_count(__libc_realloc(block, size), 1);
}

/* Counted, never refused: the allocator of tests/support.h is built on it and has its own way to fail. */
int posix_memalign(void **block, size_t alignment, size_t size)
{
	*block = malloc_count(__libc_memalign(alignment, size), 1);
	return *block ? 0 : ENOMEM;
}

void free(void *block)
{
	malloc_count(block, -1);
	__libc_free(block);
}
#endif

/* Does a malloc come here? Not under a sanitizer, nor under valgrind, which takes the place while the program runs. */
static inline int malloc_hook_active(void)
{
	long before = malloc_calls;
	void *volatile block = malloc(1);
	free(block);
	return malloc_calls != before;
}

#endif
