/* SPDX-License-Identifier: MIT */
/* The data that networks are trained on, and what readers need to make them. */
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
	int more_refs;     /* references besides the first, accessed by __atomic builtins; egm_data_free subtracts one */
	egm__table *table; /* what its columns are; NULL: it is not from a table */
	egm_dtype dtype;
	int32_t rank;
	int64_t shape[8]; /* rows first */
	int64_t rows, columns;
	const void *values;  /* in memory; NULL: there is a source */
	void *owned;         /* the same, if the data own it */
	egm__source *source; /* of rows on demand; NULL: there are values */
};

/* Where rows on demand come from. `free` also frees the source itself. */
struct egm__source {
	egm_context *context;
	/* Writes the rows with these valid indices to out [count, columns], and checks that they are finite. Several
	 * threads may call it at once. */
	egm_status (*read)(egm__source *source, const egm_data *data, const int64_t *rows, int64_t count, void *out);
	void (*free)(egm__source *source);
};

/* Adds a reference: one more egm_data_free is needed until the data are freed. */
void egm__data_retain(egm_data *data);
/* Writes the rows with these valid indices to out [count, columns], in the dtype of the data. */
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

/* Type and layout of an array in a file. */
typedef struct egm__array {
	egm__element element;
	int big_endian, fortran; /* fortran: the first index runs fastest */
	int32_t rank;
	int64_t shape[8];
} egm__array;

/* Whether scale is 1 and offset is 0. */
int egm__data_unscaled(const egm_data_options *options);
/* Stores a number, scaled, at index i of values. Returns 0 if the result is not finite in the stored type. */
int egm__data_store(void *values, int64_t i, double number, const egm_data_options *options);
/* Stores n numbers of a file, scaled; changes the order of the bytes in raw. Returns the index of the first number that
 * is not finite in the stored type, with its value in the file, or -1. */
int64_t egm__elements_store(void *values, unsigned char *raw, int64_t n, const egm__array *array,
                            const egm_data_options *options, double *number);

/* A format of arrays. The numbers follow its head in the stream. */
typedef struct egm__array_format {
	int gzip; /* whether a gzip file is expanded */
	egm_status (*read_head)(egm__stream *stream, egm__array *array);
} egm__array_format;

/* The body of a public reader: checks its arguments and options, and reads the array into memory. */
egm_status egm__data_load(egm_data **out, egm_context *context, const egm__origin *from,
                          const egm_data_options *options, const egm__array_format *format);
/* The same, but the numbers stay in the file. */
egm_status egm__data_open(egm_data **out, egm_context *context, const char *path, const egm_data_options *options,
                          const egm__array_format *format);
/* Makes an egm_data without numbers. FORMAT: its sizes overflow. UNSUPPORTED: it would need more than max_bytes. */
egm_status egm__data_handle(egm_data **out, egm_context *context, egm_dtype dtype, int32_t rank, const int64_t *shape,
                            const char *path, uint64_t max_bytes);
/* Makes one with memory for its numbers. */
egm_status egm__data_create(egm_data **out, egm_context *context, egm_dtype dtype, int32_t rank, const int64_t *shape,
                            const char *path, uint64_t max_bytes);
/* NONFINITE, with row and column of element i. */
egm_status egm__data_nonfinite(const char *path, int64_t i, int64_t columns, double number);
/* NONFINITE if a number of these rows, which are now in out [count, columns], is not finite. */
egm_status egm__data_check_rows(const egm_data *data, const int64_t *rows, int64_t count, const void *out,
                                const char *path);
/* FORMAT if the file is shorter than its sizes say; checked before memory is allocated. *bytes: of all numbers. */
egm_status egm__array_check_length(const egm__array *array, const egm__stream *stream, int64_t *bytes);

#endif
