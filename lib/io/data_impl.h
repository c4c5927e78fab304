/* SPDX-License-Identifier: MIT */
/* What an egm_data is, and how the readers fill one: options, shape, conversion with the check for finite numbers. */
#ifndef EGM_IO_DATA_IMPL_H
#define EGM_IO_DATA_IMPL_H

#include <core/context_impl.h>
#include <egm/data.h>
#include <io/file_impl.h>
#include <tensor/shape_impl.h>

typedef struct egm__table egm__table;
typedef struct egm__source egm__source;

struct egm_data {
	egm_context *context;
	int holds; /* calls that read it, through __atomic builtins; the last of them frees what was freed meanwhile */
	egm__table *table; /* what its columns are; NULL: numbers alone */
	egm_dtype dtype;
	int32_t rank;
	int64_t shape[8]; /* rows first */
	int64_t rows, columns;
	const void *values;  /* in memory; NULL: rows come from the source */
	void *owned;         /* the same where it is ours */
	egm__source *source; /* NULL: values */
};

/* Rows on demand, its own memory freed with it. */
struct egm__source {
	egm_context *context;
	/* Rows with these indices, which exist, into out [count, columns]; checks that they are finite. Several threads may
	 * call it at once. */
	egm_status (*read)(egm__source *source, const egm_data *data, const int64_t *rows, int64_t count, void *out);
	void (*free)(egm__source *source);
};

/* Keeps the numbers until the next egm_data_free, which releases this hold. */
void egm__data_retain(egm_data *data);
/* The rows with these indices, which exist, into out [count, columns] in the dtype of the data. */
egm_status egm__data_rows(const egm_data *data, const int64_t *rows, int64_t count, void *out);

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

/* How an array is laid out in a file. */
typedef struct egm__array {
	egm__element element;
	int big_endian, fortran; /* fortran: the first index runs fastest */
	int32_t rank;
	int64_t shape[8];
} egm__array;

/* Neither scale nor offset. */
int egm__data_unscaled(const egm_data_options *options);
/* Stores one number, scaled, at index i of values; 0 if the result is not finite in the stored type. */
int egm__data_store(void *values, int64_t i, double number, const egm_data_options *options);
/* Stores n numbers of a file, scaled, whose bytes `raw` are put into this machine's order in place. Returns the index
 * of the first that is not finite in the stored type, with what the file has there, or -1. */
int64_t egm__elements_store(void *values, unsigned char *raw, int64_t n, const egm__array *array,
                            const egm_data_options *options, double *number);

/* A format of arrays: what stands before the numbers, which follow in the stream. */
typedef struct egm__array_format {
	int gzip; /* a gzip file is expanded */
	egm_status (*read_head)(egm__stream *stream, egm__array *array);
} egm__array_format;

/* What a public reader does: ARGUMENT for NULLs and for options out of their range, else what the file has. */
egm_status egm__data_load(egm_data **out, egm_context *context, const egm__origin *from,
                          const egm_data_options *options, const egm__array_format *format);
/* The same of a file whose numbers stay there. */
egm_status egm__data_open(egm_data **out, egm_context *context, const char *path, const egm_data_options *options,
                          const egm__array_format *format);
/* An egm_data without numbers: FORMAT for sizes that overflow, UNSUPPORTED for more than max_bytes. */
egm_status egm__data_handle(egm_data **out, egm_context *context, egm_dtype dtype, int32_t rank, const int64_t *shape,
                            const char *path, uint64_t max_bytes);
/* One with room for them. */
egm_status egm__data_create(egm_data **out, egm_context *context, egm_dtype dtype, int32_t rank, const int64_t *shape,
                            const char *path, uint64_t max_bytes);
/* NONFINITE, naming row and column of element i. */
egm_status egm__data_nonfinite(const char *path, int64_t i, int64_t columns, double number);
/* NONFINITE where a number of these rows is not finite, which were read to out [count, columns]. */
egm_status egm__data_check_rows(const egm_data *data, const int64_t *rows, int64_t count, const void *out,
                                const char *path);
/* Does the file have the bytes that its sizes promise? Asked before memory is taken for them. */
egm_status egm__array_check_promise(const egm__array *array, const egm__stream *stream, int64_t *bytes);

#endif
