/* SPDX-License-Identifier: MIT */
#ifndef EGM_IO_H
#define EGM_IO_H

#include <egm/array.h>
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
	int32_t reserved;
	/** Each number read becomes scale * number + offset; defaults 1 and 0. Bytes to [-1, 1]: 1/127.5 and -1. */
	double scale;
	double offset;
	/** Refuses a file whose numbers would take more bytes than this once stored; default 8 GiB. */
	uint64_t max_bytes;
	/** Read no more than this many rows; 0 (default): all. */
	int64_t max_rows;
} egm_data_options;

EGM_API egm_status egm_data_options_init(egm_data_options *options, size_t size);

/** Copies x [rows, columns]. NONFINITE names row and column. */
EGM_API egm_status egm_data_create(egm_data **out, egm_context *context, egm_dtype dtype, const void *x, int64_t rows,
                                   int64_t columns);
EGM_API egm_status egm_data_view(egm_data **out, egm_context *context, egm_array x);
typedef int (*egm_data_fn)(const int64_t *indices, int64_t count, void *out, void *user);
EGM_API egm_status egm_data_callback(egm_data **out, egm_context *context, egm_dtype dtype, int64_t rows,
                                     int64_t columns, egm_data_fn fill, void *user);
EGM_API egm_status egm_data_read(const egm_data *data, const int64_t *indices, egm_out out);
EGM_API egm_status egm_data_open_idx(egm_data **out, egm_context *context, const char *path,
                                     const egm_data_options *options);
EGM_API egm_status egm_data_open_npy(egm_data **out, egm_context *context, const char *path,
                                     const egm_data_options *options);
EGM_API egm_status egm_data_load_idx_memory(egm_data **out, egm_context *context, const void *bytes, size_t size,
                                            const egm_data_options *options);
EGM_API egm_status egm_data_load_npy_memory(egm_data **out, egm_context *context, const void *bytes, size_t size,
                                            const egm_data_options *options);
/** Reads an IDX file, plain or gzip: types u8, i8, i16, i32, f32, f64; first size = rows, the others are flattened. */
EGM_API egm_status egm_data_load_idx(egm_data **out, egm_context *context, const char *path,
                                     const egm_data_options *options);
/** Reads an NPY file of version 1 to 3: b1, i1 to i8, u1 to u8 and f2 to f8, either byte order, C or Fortran order.
 *  First size = rows, the others are flattened as in C order; a one-dimensional array is one column.
 *  Every number is rounded once, to nearest: f8 and integers beyond 2^24 may lose digits as EGM_F32, i8 and u8 beyond
 *  2^53 as EGM_F64. With scale and offset the product and the sum are computed in double. */
EGM_API egm_status egm_data_load_npy(egm_data **out, egm_context *context, const char *path,
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

/** Whether the first line of a table is a header, which names the columns. */
enum {
	/** It is one if it contains no number, and one of its words is above a column of numbers; the 1000 rows below
	 *  are looked at. EGM_ERR_FORMAT if such a word is among numbers, if no column has numbers alone, or if the numbers
	 *  of the line are 0, 1, 2 and so on, three or more: pandas writes such a header for columns without names. */
	EGM_CSV_HEADER_DETECT = 1,
	EGM_CSV_HEADER_YES = 2,
	EGM_CSV_HEADER_NO = 3
};

/** What becomes of a column of words. Its dictionary is the list of its different words, sorted by their bytes. */
enum {
	EGM_CSV_TEXT_REFUSE = 1, /**< EGM_ERR_FORMAT; the message names the first word */
	EGM_CSV_TEXT_CODES = 2,  /**< one column: the index of the word in the dictionary, from 0 */
	EGM_CSV_TEXT_ONE_HOT = 3 /**< a column for each word of the dictionary: 1 where the field is that word, else 0 */
};

/** What becomes of a word that the dictionary of `like` does not contain. */
enum {
	EGM_CSV_UNKNOWN_REFUSE = 1, /**< EGM_ERR_FORMAT; the message names the word */
	/** CODES: a code of its own, the number of words in the dictionary. ONE_HOT: 0 in all columns. */
	EGM_CSV_UNKNOWN_CODE = 2
};

/** How a table of text is read. 0 means the default of a member. */
typedef struct egm_csv_options {
	size_t struct_size;
	int32_t dtype;     /**< EGM_F32 (default) or EGM_F64: what the numbers are stored as */
	int32_t header;    /**< default EGM_CSV_HEADER_DETECT */
	int32_t text;      /**< default EGM_CSV_TEXT_REFUSE */
	int32_t unknown;   /**< default EGM_CSV_UNKNOWN_REFUSE */
	int32_t delimiter; /**< between fields, default ','. ' ' means runs of spaces and tabs. */
	int32_t decimal;   /**< the decimal sign, '.' (default) or ','; the locale plays no part */
	/** Begins a comment at the start of a line or behind a blank; default '#'. -1: there are no comments. */
	int32_t comment;
	int32_t skip_lines; /**< lines to skip before the first, default 0 */
	/** 0 (default): a missing value is EGM_ERR_FORMAT, and the message names line and field. 1: it is read as
	 *  missing_value, also in a column of codes, and as 0 in all of the one-hot columns of its field. */
	int32_t replace_missing;
	/** The most words of a dictionary, default 10000, at most 2^24. A column with more is no category. */
	int32_t max_words;
	double missing_value;
	/** Each number read becomes scale * number + offset, missing_value and codes do not; defaults 1 (also for 0) and 0. */
	double scale;
	double offset;
	int64_t max_rows; /**< Reads no more than this many rows; 0 (default): all. */
	/** Refuses a table whose numbers would take more bytes than this, or whose names and words would, for which 1 MiB
	 *  is always allowed; default 8 GiB. */
	uint64_t max_bytes;
	/** The columns to read, in this order: each a name of the header or, if no column has that name, a number, from 1,
	 *  or a range of numbers such as "2-5". NULL (default): all. Read during the call only. */
	const char *const *columns;
	int64_t column_count;
	/** Columns to read as words although they contain numbers (labels, postal codes); named like `columns`. Read
	 *  during the call only. */
	const char *const *text_columns;
	int64_t text_column_count;
	/** A table that was read before, or NULL. The new one gets the same columns with the same dictionaries: test data
	 *  have the codes of the training data. Columns are found by name if both files have a header, else by number.
	 *  The members columns, text and text_columns are ignored then. */
	const egm_data *like;
} egm_csv_options;

EGM_API egm_status egm_csv_options_init(egm_csv_options *options, size_t size);

/** Reads a table of text in UTF-8, plain or gzip: one row a line, numbers and words. options may be NULL.
 *
 *  - Blanks around a field are ignored. Empty lines and comments are skipped. Lines end with LF, CRLF or CR.
 *  - A field in double quotes may contain the delimiter, line feeds, and quotes, which are doubled.
 *  - A delimiter at the end of a line ends the last field.
 *  - A missing value is an empty field or, without quotes, one of ? NA N/A NaN null in upper or lower case.
 *  - A column that contains words and no numbers is one of words. A column of both is EGM_ERR_FORMAT, unless
 *    text_columns names it.
 *
 *  The file is read more than once, because a dictionary must be complete before the first word gets its code.
 *
 *  EGM_ERR_FORMAT names line and field (from 1) of what is malformed, missing or unknown, or the line that has another
 *  number of fields than the first. EGM_ERR_NONFINITE names those of an infinite number. EGM_ERR_ARGUMENT names an
 *  option, or a column that the file does not have. EGM_ERR_UNSUPPORTED if max_bytes or max_words is exceeded, or if a
 *  line has more than 2^20 fields. */
EGM_API egm_status egm_data_load_csv(egm_data **out, egm_context *context, const char *path,
                                           const egm_csv_options *options);

/** What a column of an egm_data is. */
enum {
	EGM_COLUMN_NUMBER = 1,
	EGM_COLUMN_CODES = 2,  /**< its numbers are indices of words */
	EGM_COLUMN_ONE_HOT = 3 /**< 1 where the field is `word`, else 0 */
};

typedef struct egm_column {
	size_t struct_size;
	int32_t kind;             /**< EGM_COLUMN_*; NUMBER in all data that egm_data_load_csv did not read */
	int32_t reserved;         /**< 0 */
	int64_t field;            /**< its number in a line of the file, from 1; 0 if the data are from no table */
	const char *name;         /**< of the header; NULL if there was none */
	const char *word;         /**< ONE_HOT: the word that it is for; else NULL */
	int64_t word_count;       /**< of the dictionary; 0 for numbers */
	const char *const *words; /**< the dictionary: words[code] */
	int64_t missing;          /**< how many missing values were replaced */
} egm_column;

EGM_API egm_status egm_column_init(egm_column *column, size_t size);
/** Says what column `index` (from 0) of the data is. The texts belong to the data, with the bytes of the file.
 *  EGM_ERR_ARGUMENT if there is no such column. */
EGM_API egm_status egm_data_column(const egm_data *data, int64_t index, egm_column *column);

/** What a loader grants a file that it does not trust. */
typedef struct egm_load_options {
	size_t struct_size;
	/** Largest header, in bytes, default 1 MiB. Reading it takes up to 32 times as much memory for a short time. */
	uint64_t max_header_bytes;
	/** Largest sum of all tensors, in bytes, default 8 GiB. */
	uint64_t max_data_bytes;
	/** egm_model_load: largest count of numbers that one row may need: its inputs, the outputs of all layers, and the
	 *  windows of the largest convolution, width x height x kernel^2 x channels. Evaluation holds up to that many
	 *  numbers, and a gradient twice as many, for each of 16 rows at a time. More rows at a time are evaluated only
	 *  while they need 2^26 numbers at most. A sampler holds them for each chain, egm_ais_run for 64 particles of each
	 *  thread. 0 (default): 1024 for each input, output and parameter of the network, but at least 2^22 and at most
	 *  2^26. At 2^22 an evaluation takes 512 MiB at most, one with gradients 1 GiB, also of a file of 300 bytes.
	 *  Checkpoints and sampler files are read into networks that the program has built, and have no such limit. */
	uint64_t max_row_numbers;
} egm_load_options;

EGM_API egm_status egm_load_options_init(egm_load_options *options, size_t size);

/** Writes a safetensors file: the parameters under their tensor names, the layers in the metadata. The file is written
 *  beside `path`, flushed to disk and renamed, so that at any moment `path` is the old file or the new one, whole. It
 *  keeps the permissions of a file that it replaces, and has them before the first byte is written. What a killed save
 *  has left beside `path` is removed by the next one. EGM_ERR_NONFINITE if a parameter is not finite; the old file
 *  stays. */
EGM_API egm_status egm_model_save(const egm_model *model, const char *path);
/** Reads what egm_model_save wrote, also after another tool has written the file again and kept its metadata. Trusts
 *  nothing in the file; EGM_ERR_NONFINITE if a parameter is not finite, EGM_ERR_UNSUPPORTED if the file is beyond a
 *  limit of the options, which the message names. options may be NULL. */
EGM_API egm_status egm_model_load(egm_model **out, egm_context *context, const char *path,
                                  const egm_load_options *options);

/** In which order a file has the numbers of images: see egm_model_restore. */
enum {
	EGM_LAYOUT_AUTO = 1,   /**< EGM_LAYOUT_EGM if the metadata says that the file is ours, else EGM_LAYOUT_PYTORCH */
	EGM_LAYOUT_EGM = 2,    /**< height, width, channels: shapes and order are those of egm_model_tensor */
	EGM_LAYOUT_PYTORCH = 3 /**< channels, height, width */
};

typedef struct egm_restore_options {
	size_t struct_size;
	/** EGM_LAYOUT_*, default EGM_LAYOUT_AUTO. */
	int32_t layout;
	/** 1: a bias of a dense layer or a convolution that the file lacks becomes 0, as for PyTorch's bias=False.
	 *  0 (default): it is missing. */
	int32_t zero_bias;
	/** The text before the name of each layer in the file, for example "critic.". Tensors whose names do not begin with
	 *  it are ignored. NULL (default): there is none. Only read during the call. */
	const char *prefix;
	uint64_t max_header_bytes; /**< as in egm_load_options */
	uint64_t max_data_bytes;   /**< as in egm_load_options */
} egm_restore_options;

EGM_API egm_status egm_restore_options_init(egm_restore_options *options, size_t size);

/** Reads the weights in a safetensors file into a built model, for example those that PyTorch wrote with
 *  safetensors.torch.save_file(net.state_dict(), path), where net is an nn.Sequential whose modules are the layers of
 *  the model, one by one. The file needs no metadata. Each tensor of the model must be in the file, under the name that
 *  egm_model_tensor gives:
 *
 *    dense, conv, conv_transpose     nn.Linear, nn.Conv2d, nn.ConvTranspose2d: N.weight, N.bias
 *    layer_norm                      nn.LayerNorm: N.weight, N.bias
 *    batch_norm                      nn.BatchNorm1d, nn.BatchNorm2d: N.weight, N.bias, N.running_mean, N.running_var;
 *                                    N.num_batches_tracked is ignored
 *    spectral_dense, spectral_conv   the same modules in spectral_norm: weight, u and v also as N.weight_orig,
 *                                    N.weight_u, N.weight_v, or as N.parametrizations.weight.original,
 *                                    N.parametrizations.weight.0._u and _v. A file may lack u and v: they then follow
 *                                    the weight as in egm_model_set_tensor
 *    image, flatten                  nn.Unflatten(1, (channels, height, width)), nn.Flatten
 *    average_pool, upsample          nn.AvgPool2d(size), nn.Upsample(scale_factor=factor)
 *    activations                     their namesakes; nothing is stored
 *
 *  With EGM_LAYOUT_PYTORCH the weight of a convolution is [out, in, kernel, kernel] in the file, that of a transposed
 *  one [in, out, kernel, kernel], and it is permuted. Parameters with one number for each number of an image are
 *  permuted, too: the columns of a dense layer that reads an image, the rows and the bias of one whose output becomes
 *  an image, layer norms, and batch norms of such rows. The inputs and outputs of the model keep the order height,
 *  width, channels.
 *
 *  Numbers are converted to the model's dtype, rounded to nearest: F16, BF16, F32 and F64 are read. options may be
 *  NULL. A call that fails leaves the model as it was.
 *
 *  EGM_ERR_STATE if the model is not built. EGM_ERR_FORMAT names tensors that are missing, that belong to no layer, or
 *  that have another shape, or a running variance that is negative. EGM_ERR_SHAPE if the shapes alone differ.
 *  EGM_ERR_DTYPE if a tensor has another type. EGM_ERR_NONFINITE if a number is not finite in the model's dtype.
 *  EGM_ERR_UNSUPPORTED with EGM_LAYOUT_PYTORCH if the model reads the numbers of an image as an image of another shape:
 *  PyTorch does that in another order. Since 0.5. */
EGM_API egm_status egm_model_restore(egm_model *model, const char *path, const egm_restore_options *options);

EGM_API egm_status egm_data_load_csv_memory(egm_data **out, egm_context *context, const void *bytes, size_t size,
                                            const egm_csv_options *options);
EGM_API egm_status egm_data_save(const egm_data *data, const char *path);
EGM_API egm_status egm_data_save_memory(const egm_data *data, void *buffer, size_t size, size_t *needed);
EGM_API egm_status egm_data_load(egm_data **out, egm_context *context, const char *path,
                                 const egm_load_options *options);
EGM_API egm_status egm_data_load_memory(egm_data **out, egm_context *context, const void *bytes, size_t size,
                                        const egm_load_options *options);
EGM_API egm_status egm_model_save_memory(const egm_model *model, void *buffer, size_t size, size_t *needed);
EGM_API egm_status egm_model_load_memory(egm_model **out, egm_context *context, const void *bytes, size_t size,
                                         const egm_load_options *options);
EGM_API egm_status egm_model_restore_memory(egm_model *model, const void *bytes, size_t size,
                                            const egm_restore_options *options);

#ifdef __cplusplus
}
#endif
#endif
