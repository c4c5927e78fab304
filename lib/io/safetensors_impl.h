/* SPDX-License-Identifier: MIT */
/* The safetensors container, in which models, data and checkpoints are saved: named arrays and text metadata. */
#ifndef EGM_IO_SAFETENSORS_IMPL_H
#define EGM_IO_SAFETENSORS_IMPL_H

#include <core/context_impl.h>
#include <egm/data.h>
#include <io/file_impl.h>

enum { EGM__ST_F32 = 1, EGM__ST_F64 = 2, EGM__ST_U64 = 3, EGM__ST_U8 = 4, EGM__ST_MAX_RANK = 8 };

typedef struct egm__st_tensor {
	const char *name;
	int32_t dtype; /* EGM__ST_*, which equal EGM_F32 and EGM_F64; F16 and BF16 in a file become F32 */
	int32_t rank;
	int64_t shape[EGM__ST_MAX_RANK];
	const void *data; /* C order, native byte order, 64-byte aligned when read */
	int64_t count;
} egm__st_tensor;

typedef struct egm__st_meta {
	const char *key, *value;
} egm__st_meta;

egm_status egm__safetensors_write_to(egm_context *context, const egm__destination *to, int32_t n,
                                     const egm__st_tensor *tensors, int32_t n_meta, const egm__st_meta *meta);

typedef struct egm__safetensors egm__safetensors;
/* Reads and checks the whole file. options may be NULL. any: tensors of types that are not read, such as I64, are no
 * error; they have dtype 0 and no data. */
egm_status egm__safetensors_read_from(egm__safetensors **out, egm_context *context, const egm__origin *from,
                                      const egm_load_options *options, int any);
void egm__safetensors_free(egm__safetensors *file);
int32_t egm__safetensors_count(const egm__safetensors *file);
const egm__st_tensor *egm__safetensors_at(const egm__safetensors *file, int32_t index);
const egm__st_tensor *egm__safetensors_find(const egm__safetensors *file, const char *name); /* NULL: none */
const char *egm__safetensors_meta(const egm__safetensors *file, const char *key);            /* NULL: none */

/* Whether `format` is the name of a framework, such as "pt". Tools for safetensors put it in the place of ours when
 * they rewrite a file; the other metadata then says what the file is. */
int egm__st_is_framework(const char *format);

#endif
