/* SPDX-License-Identifier: MIT */
#ifndef EGM_CORE_CONTEXT_IMPL_H
#define EGM_CORE_CONTEXT_IMPL_H

#include <egm/context.h>

typedef struct egm__pool egm__pool;

struct egm_context {
	int refs;                 /* through __atomic builtins, as the next two */
	size_t bytes, peak_bytes; /* asked from alloc and not given back: together they fit memory */
	void *(*alloc)(size_t size, size_t alignment, void *user);
	void (*dealloc)(void *pointer, size_t size, void *user);
	void *alloc_user;
	void (*log)(int32_t level, const char *message, void *user);
	void *log_user;
	void (*parallel)(int32_t count, void (*task)(int32_t, void *), void *argument, void *user);
	void *parallel_user;
	int32_t threads;
	int32_t simd;    /* resolved: PORTABLE, AVX2 or AVX512 */
	egm__pool *pool; /* NULL for one thread or with a hook */
	char backend[128];
};

void egm__context_retain(egm_context *context);
/* egm_context_free releases one reference. */

/* 64-byte aligned memory from the context's allocator; NULL when it fails (the caller says what it was for). The size
 * travels with the block, so that free can hand it to the allocator. count * size is checked, and so is that it fits a
 * pointer: counts come as they are, since a cast to size_t would drop half of one on a 32-bit machine. */
void *egm__alloc(egm_context *context, int64_t count, int64_t size);
void *egm__alloc_zero(egm_context *context, int64_t count, int64_t size);
/* Grows a block to hold `count` elements, keeping its contents; NULL leaves the old one as it was. */
void *egm__realloc(egm_context *context, void *pointer, int64_t count, int64_t size);
void egm__free(egm_context *context, void *pointer); /* NULL allowed */

void egm__log(egm_context *context, int32_t level, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Runs task(0 .. count-1). Tasks must not depend on each other's order, nor what they compute on how many threads there
 * are. Runs inline when the pool is busy with another caller, after a fork, or with one thread. */
void egm__parallel(egm_context *context, int32_t count, void (*task)(int32_t index, void *argument), void *argument);

#endif
