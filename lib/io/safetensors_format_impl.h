/* SPDX-License-Identifier: MIT */
/* What reader and writer of safetensors share: element types, the rule for names, and the file that is read. */
#ifndef EGM_IO_SAFETENSORS_FORMAT_IMPL_H
#define EGM_IO_SAFETENSORS_FORMAT_IMPL_H

#include <jansson.h>

#include <io/safetensors_impl.h>

enum { EGM__ST_MAX_NAME = 255, EGM__ST_MAX_HEADER = 100000000 };

typedef struct egm__st_type {
	const char *name; /* as in a header */
	int32_t bits;
	int32_t dtype; /* EGM__ST_* once it is read; 0: it is not read */
} egm__st_type;

const egm__st_type *egm__st_type_find(const char *name); /* NULL: the format has no such type */
const egm__st_type *egm__st_type_of(int32_t dtype);      /* the type that is written for EGM__ST_*; NULL: none */

/* NULL for a valid name, else what is wrong with it. No name may look like a path. */
const char *egm__st_name_fault(const char *name);

typedef struct egm__st_entry {
	egm__st_tensor tensor;
	const egm__st_type *type; /* on disk */
	int64_t begin, end;       /* in the data of the file */
} egm__st_entry;

struct egm__safetensors {
	egm_context *context;
	int32_t count, n_meta;
	int32_t any; /* see egm__safetensors_read_from */
	egm__st_entry *entries;
	egm__st_meta *meta;
	char *strings; /* names, keys and values */
	void *data;
	int64_t disk_bytes;   /* of all tensors in the file */
	int64_t read_bytes;   /* of all tensors once they are read, more than on disk if 16 bits become 32 */
	int64_t memory_bytes; /* of the block `data`, each tensor rounded up to 64 */
};

/* Fills everything but the data: tensors in the order of their data, whose pointers are offsets from NULL. */
egm_status egm__st_header_read(egm__safetensors *file, json_t *header, const char *path);

#endif
