/* SPDX-License-Identifier: MIT */
/* Memory from the context's allocator.
 *
 *   block = [ header: 64 bytes, the size of the whole block first ][ what the caller sees, 64-byte aligned ]
 *
 * The size travels in front of the block, so that no owner has to remember what it asked for and the allocator of the
 * caller still hears it on free. The header is as wide as the alignment; both are a cache line and an AVX-512 vector.
 */
#include "core/context_impl.h"
#include "core/size_impl.h"

#include <string.h>

enum { HEADER = 64 };

/* Bytes of the block with its header; 0 when they cannot exist. */
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

/* The peak is the largest of all sums, whichever thread came to it. */
static void tally(egm_context *context, size_t bytes)
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
	tally(context, bytes);
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
