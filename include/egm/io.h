/* SPDX-License-Identifier: MIT */
#ifndef EGM_IO_H
#define EGM_IO_H

#include <egm/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Samples to train on: a row-major array [rows, columns] of finite f32 or f64 numbers, and the shape it came with. */
typedef struct egm_data egm_data;

typedef struct egm_data_options {
	size_t struct_size;
	/** EGM_F32 (default) or EGM_F64: what the numbers are stored as. */
	int32_t dtype;
	/** CSV: lines to skip before the first row, default 0. */
	int32_t skip_lines;
	/** Each number read becomes scale * number + offset; defaults 1 and 0. Bytes to [-1, 1]: 1/127.5 and -1. */
	double scale;
	double offset;
	/** Refuses a file whose numbers would take more bytes than this once stored; default 8 GiB. */
	uint64_t max_bytes;
	/** Read no more than this many rows; 0 (default): all. */
	int64_t max_rows;
	/** CSV: the character between numbers, default ','. */
	int32_t delimiter;
	int32_t reserved; /**< 0 */
} egm_data_options;

EGM_API egm_status egm_data_options_init(egm_data_options *options, size_t size);

/** Copies x [rows, columns]. NONFINITE names row and column. */
EGM_API egm_status egm_data_create(egm_data **out, egm_context *context, egm_dtype dtype, const void *x, int64_t rows,
                                   int64_t columns);
/** Reads an IDX file, plain or gzip: types u8, i8, i16, i32, f32, f64; first size = rows, the others are flattened. */
EGM_API egm_status egm_data_load_idx(egm_data **out, egm_context *context, const char *path,
                                     const egm_data_options *options);
/** Reads an NPY file of version 1 to 3: f4 f8 u1 i4 i8 of either byte order; C order, or any order in one dimension.
 *  First size = rows, the others are flattened; a one-dimensional array is one column. */
EGM_API egm_status egm_data_load_npy(egm_data **out, egm_context *context, const char *path,
                                     const egm_data_options *options);
/** Reads numbers in text, one row a line, plain or gzip. The decimal sign is the point in every locale. Empty lines are
 *  passed over; a line of another width is FORMAT and named. */
EGM_API egm_status egm_data_load_csv(egm_data **out, egm_context *context, const char *path,
                                     const egm_data_options *options);
/** Writes an array [rows, columns] as NPY version 1, the file replaced as a whole or not at all. */
EGM_API egm_status egm_npy_save(egm_context *context, const char *path, egm_dtype dtype, const void *x, int64_t rows,
                                int64_t columns);
EGM_API void egm_data_free(egm_data *data);

EGM_API int64_t egm_data_rows(const egm_data *data);
EGM_API int64_t egm_data_columns(const egm_data *data);
EGM_API egm_dtype egm_data_dtype(const egm_data *data);
/** The sizes before flattening, rows first, in shape[0 .. rank-1], rank <= 8; returns the rank. */
EGM_API int32_t egm_data_shape(const egm_data *data, int64_t shape[8]);
/** The numbers, row-major, borrowed. */
EGM_API const void *egm_data_values(const egm_data *data);

/** What a loader grants a file that it does not trust. */
typedef struct egm_load_options {
	size_t struct_size;
	/** Largest header, in bytes, default 1 MiB. JSON of that size takes about 16 times as much memory. */
	uint64_t max_header_bytes;
	/** Largest sum of all tensors, in bytes, default 8 GiB. */
	uint64_t max_data_bytes;
	/** egm_model_load: largest count of numbers that one row may need: its inputs, the outputs of all layers, and the
	 *  windows of the largest convolution, width x height x kernel^2 x channels. Evaluation holds up to that many numbers
	 *  for each of 16 rows or more. 0 (default): 1024 for each input, output and parameter of the network, but at least
	 *  2^22 and at most 2^26, so that a file of 300 bytes cannot ask for gigabytes. Checkpoints and sampler files are
	 *  read into networks that the program has built, and have no such limit. */
	uint64_t max_row_numbers;
} egm_load_options;

EGM_API egm_status egm_load_options_init(egm_load_options *options, size_t size);

/** Writes a safetensors file: the parameters under their tensor names, the layers in the metadata. Written beside
 *  `path`, flushed to disk and renamed: at any moment `path` is the old file or the new one, whole. Keeps the
 *  permissions of a file that it replaces. A non-finite parameter is NONFINITE, and the old file stays. */
EGM_API egm_status egm_model_save(const egm_model *model, const char *path);
/** Reads what egm_model_save wrote. Trusts nothing in the file; a non-finite parameter is NONFINITE, and a file beyond a
 *  limit of the options is UNSUPPORTED, with the limit named. options may be NULL. */
EGM_API egm_status egm_model_load(egm_model **out, egm_context *context, const char *path,
                                  const egm_load_options *options);

#ifdef __cplusplus
}
#endif
#endif
