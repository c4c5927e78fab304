/* SPDX-License-Identifier: MIT */
/* Memory from the allocator of a context, with a count of bytes.
 *
 *   block = [ header of 64 bytes, which begins with the size of the block ][ memory for the caller, 64-byte aligned ]
 *
 * The size is in the block, so that dealloc gets it although owners do not remember it. The header has the size of the
 * alignment, which is that of a cache line and of an AVX-512 vector. */
#include "core/context_impl.h"
#include "core/size_impl.h"

#include <string.h>

enum { HEADER = 64 };

/* Bytes of the block with its header; 0 if they exceed what a pointer can address. */
static size_t block_size(int64_t count, int64_t size)
{
	int64_t bytes;
	if (egm__size_mul(count, size, &bytes) || egm__size_add(bytes, HEADER, &bytes)) return 0;
	return (uint64_t)bytes <= (uint64_t)PTRDIFF_MAX ? (size_t)bytes : 0;
}

static size_t size_of(const void *pointer)
{
	size_t bytes;
	memcpy(&bytes, (const char *)pointer - HEADER, sizeof bytes);
	return bytes;
}

/* The peak is the largest count that any thread has reached. */
static void count_bytes(egm_context *context, size_t bytes)
{
	size_t now = __atomic_add_fetch(&context->bytes, bytes, __ATOMIC_RELAXED);
	size_t peak = __atomic_load_n(&context->peak_bytes, __ATOMIC_RELAXED);
	while (now > peak &&
	       !__atomic_compare_exchange_n(&context->peak_bytes, &peak, now, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		continue;
}

void *egm__alloc(egm_context *context, int64_t count, int64_t size)
{
	size_t bytes = block_size(count, size);
	char *block = bytes ? context->alloc(bytes, HEADER, context->alloc_user) : NULL;
	if (!block) return NULL;
	count_bytes(context, bytes);
	memcpy(block, &bytes, sizeof bytes);
	return block + HEADER;
}

void *egm__alloc_zero(egm_context *context, int64_t count, int64_t size)
{
	void *pointer = egm__alloc(context, count, size);
	if (pointer) memset(pointer, 0, (size_t)(count * size));
	return pointer;
}

void *egm__realloc(egm_context *context, void *pointer, int64_t count, int64_t size)
{
	size_t bytes = block_size(count, size);
	if (pointer && bytes && bytes <= size_of(pointer)) return pointer;
	void *larger = egm__alloc(context, count, size);
	if (larger && pointer) {
		memcpy(larger, pointer, size_of(pointer) - HEADER);
		egm__free(context, pointer);
	}
	return larger;
}

void egm__free(egm_context *context, void *pointer)
{
	if (!pointer) return;
	size_t bytes = size_of(pointer);
	__atomic_sub_fetch(&context->bytes, bytes, __ATOMIC_RELAXED);
	context->dealloc((char *)pointer - HEADER, bytes, context->alloc_user);
}

uint64_t egm_context_bytes(const egm_context *context)
{
	return context ? __atomic_load_n(&context->bytes, __ATOMIC_RELAXED) : 0;
}

uint64_t egm_context_peak_bytes(const egm_context *context)
{
	return context ? __atomic_load_n(&context->peak_bytes, __ATOMIC_RELAXED) : 0;
}
