/* SPDX-License-Identifier: MIT */
/* How the readers fill an egm_data: options, shape, conversion with the check for finite numbers. */
#ifndef EGM_IO_DATA_IMPL_H
#define EGM_IO_DATA_IMPL_H

#include <core/context_impl.h>
#include <egm/data.h>
#include <io/file_impl.h>

typedef struct egm__table egm__table;

struct egm_data {
	egm_context *context;
	int holds; /* calls that read it, through __atomic builtins; the last of them frees what was freed meanwhile */
	egm__table *table; /* what its columns are; NULL: numbers alone */
	egm_dtype dtype;
	int32_t rank;
	int64_t shape[8]; /* rows first */
	int64_t rows, columns;
	void *values;
};

/* Keeps the numbers until the next egm_data_free, which releases this hold. */
void egm__data_retain(egm_data *data);

/* Element types of files. */
typedef enum egm__element {
	EGM__ELEMENT_U8 = 1,
	EGM__ELEMENT_I8,
	EGM__ELEMENT_I16,
	EGM__ELEMENT_I32,
	EGM__ELEMENT_I64,
	EGM__ELEMENT_F32,
	EGM__ELEMENT_F64,
	EGM__ELEMENT_F16,
	EGM__ELEMENT_U16,
	EGM__ELEMENT_U32,
	EGM__ELEMENT_U64,
	EGM__ELEMENT_BOOL
} egm__element;
size_t egm__element_size(egm__element element);

/* How an array stands in a file. */
typedef struct egm__array {
	egm__element element;
	int big_endian, fortran; /* fortran: the first index runs fastest */
	int32_t rank;
	int64_t shape[8];
} egm__array;

/* Reads the file behind path into *out; every member of options is filled in. */
typedef egm_status egm__data_reader(egm_data **out, egm_context *context, const char *path,
                                    const egm_data_options *options);
/* A public reader: ARGUMENT for NULLs and for options out of their range, else what `read` returns, which runs under
 * the default arithmetic. */
egm_status egm__data_load(egm_data **out, egm_context *context, const char *path, const egm_data_options *options,
                          egm__data_reader *read);

/* Stores one number, scaled, at index i of values; 0 if the result is not finite in the stored type. */
int egm__data_store(void *values, int64_t i, double number, const egm_data_options *options);
/* An egm_data with room for its values: FORMAT for sizes that overflow, UNSUPPORTED for more than max_bytes. */
egm_status egm__data_create(egm_data **out, egm_context *context, egm_dtype dtype, int32_t rank, const int64_t *shape,
                            const char *path, uint64_t max_bytes);
/* NONFINITE, naming row and column of element i. */
egm_status egm__data_nonfinite(const char *path, int64_t i, int64_t columns, double number);

/* Reads an array that follows in the stream, all of it or options->max_rows rows: checks the sizes against
 * options->max_bytes and against what the file can hold, allocates, reads, converts. */
egm_status egm__data_read(egm_data **out, egm_context *context, egm__stream *stream, const egm__array *array,
                          const egm_data_options *options);

#endif
