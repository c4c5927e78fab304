/* SPDX-License-Identifier: MIT */
/* What reader and writer of safetensors share: element types and the rule for names. */
#ifndef EGM_IO_SAFETENSORS_FORMAT_IMPL_H
#define EGM_IO_SAFETENSORS_FORMAT_IMPL_H

#include <jansson.h>

#include <io/safetensors_impl.h>

enum { EGM__ST_MAX_NAME = 255, EGM__ST_MAX_HEADER = 100000000 };

typedef struct egm__st_type {
	const char *name; /* as in a header */
	int32_t bits;
	int32_t dtype; /* EGM__ST_* once read; 0: known and not handled */
} egm__st_type;

const egm__st_type *egm__st_type_find(const char *name); /* NULL: no such type in the format */
const egm__st_type *egm__st_type_of(int32_t dtype);      /* what is written for EGM__ST_*; NULL: none */

/* NULL if the name may be used, else what is wrong with it. Names are never paths, and none may look like one. */
const char *egm__st_name_fault(const char *name);

typedef struct egm__st_entry {
	egm__st_tensor tensor;
	const egm__st_type *type; /* on disk */
	int64_t begin, end;       /* in the data of the file */
} egm__st_entry;

struct egm__safetensors {
	egm_context *context;
	int32_t count, n_meta;
	int32_t any; /* keeps a tensor of a type that is not read: dtype 0, no data */
	egm__st_entry *entries;
	egm__st_meta *meta;
	char *strings; /* names, keys and values */
	void *data;
	int64_t disk_bytes;   /* of all tensors in the file */
	int64_t read_bytes;   /* of all tensors once read: more than on disk where 16 bits are widened */
	int64_t memory_bytes; /* of the block `data`, each tensor rounded up to 64 */
};

/* Fills everything but the data: tensors in the order of their data, data pointers as offsets from NULL. */
egm_status egm__st_header_read(egm__safetensors *file, json_t *header, const char *path);

#endif
