/* SPDX-License-Identifier: MIT */
/* The header of a safetensors file, read without trusting it and without the numbers of the tensors. */
#ifndef EGM_TOOL_HEADER_H
#define EGM_TOOL_HEADER_H

#include <jansson.h>
#include <stdint.h>

enum { MAX_HEADER = 100 << 20, MAX_RANK = 8 };

struct tensor {
	const char *name, *dtype; /* belong to `root` of the header */
	int rank;
	int64_t shape[MAX_RANK];
	int64_t numbers, begin, end; /* bytes from the end of the header on */
};

struct header {
	int64_t file_bytes, header_bytes;
	json_t *root;
	const json_t *metadata; /* NULL: none */
	struct tensor *tensors; /* in the order of their places in the file */
	size_t count;
	int64_t numbers; /* in all tensors together */
};

/* Returns 0, or -1 after it has written to `error` what is wrong. header_free is called in either case. */
int header_read(struct header *out, const char *path, char *error, size_t error_size);
void header_free(struct header *header);

#endif
