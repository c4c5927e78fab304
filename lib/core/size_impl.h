/* SPDX-License-Identifier: MIT */
/* Arithmetic of sizes. mul and add return 1 if the result overflows or an argument is negative, else 0. */
#ifndef EGM_CORE_SIZE_IMPL_H
#define EGM_CORE_SIZE_IMPL_H

#include <stddef.h>
#include <stdint.h>

static inline int egm__size_mul(int64_t a, int64_t b, int64_t *out)
{
	return a < 0 || b < 0 || __builtin_mul_overflow(a, b, out);
}

static inline int egm__size_add(int64_t a, int64_t b, int64_t *out)
{
	return a < 0 || b < 0 || __builtin_add_overflow(a, b, out);
}

/* Bytes as a size_t; SIZE_MAX, which no allocation returns, if they exceed what a pointer can address. */
static inline size_t egm__size_of(int64_t bytes)
{
	return bytes < 0 || (uint64_t)bytes > (uint64_t)PTRDIFF_MAX ? SIZE_MAX : (size_t)bytes;
}

static inline int64_t egm__least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The number of blocks of `size` things for n things; the last may have fewer. */
static inline int64_t egm__blocks_of(int64_t n, int64_t size)
{
	return (n + size - 1) / size;
}

#endif
