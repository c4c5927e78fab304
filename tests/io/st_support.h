/* SPDX-License-Identifier: MIT */
/* Safetensors files made byte by byte. */
#ifndef EGM_TESTS_ST_SUPPORT_H
#define EGM_TESTS_ST_SUPPORT_H

#include "io_support.h"
#include <stdint.h>

/* Writes length, header and `data` bytes 0, 1, 2, ... */
static inline void st_write_length(const char *path, uint64_t length, const char *header, size_t n, size_t data)
{
	unsigned char *bytes = malloc(8 + n + data);
	ck_assert_ptr_nonnull(bytes);
	for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(length >> (8 * i));
	memcpy(bytes + 8, header, n);
	for (size_t i = 0; i < data; i++) bytes[8 + n + i] = (unsigned char)i;
	io_write(path, bytes, 8 + n + data);
	free(bytes);
}

static inline void st_write(const char *path, const char *header, size_t data)
{
	st_write_length(path, strlen(header), header, strlen(header), data);
}

#endif
