/* SPDX-License-Identifier: MIT */
/* What every layer uses of a context: its allocator, its threads and its log. */
#ifndef EGM_CORE_CONTEXT_IMPL_H
#define EGM_CORE_CONTEXT_IMPL_H

#include "core/blas_impl.h"
#include "core/status_impl.h"

#include <egm/context.h>

typedef struct egm__pool egm__pool;

struct egm_context {
	int refs;                 /* atomic, as the next two */
	size_t bytes, peak_bytes; /* allocated and not freed yet; the most at one time */
	void *(*alloc)(size_t size, size_t alignment, void *user);
	void (*dealloc)(void *pointer, size_t size, void *user);
	void *alloc_user;
	void (*log)(int32_t level, const char *message, void *user);
	void *log_user;
	void (*parallel)(int32_t count, void (*task)(int32_t, void *), void *argument, void *user);
	void *parallel_user;
	int32_t threads;
	int32_t simd;     /* the code path, EGM_SIMD_* but not AUTO */
	egm__pool *pool;  /* NULL for one thread or with `parallel` */
	int32_t products; /* EGM_PRODUCTS_*: with BLAS all that it can compute, with AUTO those on which it is faster */
	egm__blas blas;   /* closed if all products are own */
	char backend[640];
};

void egm__context_retain(egm_context *context); /* adds a reference, which egm_context_free releases */

/* 64-byte aligned memory from the allocator of the context; NULL if it fails, which is no error text yet. count * size
 * is checked for overflow, also of size_t. Pass counts as int64_t: a cast to size_t would drop half of one on a 32-bit
 * machine. */
void *egm__alloc(egm_context *context, int64_t count, int64_t size);
void *egm__alloc_zero(egm_context *context, int64_t count, int64_t size);
/* Grows a block to `count` elements and keeps its contents. If it returns NULL, the old block is unchanged. */
void *egm__realloc(egm_context *context, void *pointer, int64_t count, int64_t size);
void egm__free(egm_context *context, void *pointer); /* may be NULL */

void egm__log(egm_context *context, int32_t level, const char *format, ...) EGM__PRINTF(3, 4);

/* Runs task(0) to task(count - 1), possibly at the same time. Results must depend neither on the order of tasks nor on
 * the number of threads. If the pool is busy with another caller, after a fork, or with one thread, all run on this
 * one. */
void egm__parallel(egm_context *context, int32_t count, void (*task)(int32_t index, void *argument), void *argument);

#endif
