/* SPDX-License-Identifier: MIT */
#ifndef EGM_DATA_H
#define EGM_DATA_H

#include <egm/context.h>
#include <egm/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Samples to train on: rows of finite numbers, f32 or f64, and their original shape. The numbers are:
 *  - in memory of the library: egm_data_copy, egm_data_load_...;
 *  - in memory of the program: egm_data_view;
 *  - in a file, or computed by a function of the program: egm_data_open_..., egm_data_callback. Rows are then read when
 *    they are needed.
 *
 *  Training on the same numbers yields the same bits in all cases. Networks that are trained on data must have the same
 *  dtype as the data. Any number of threads may use one egm_data at the same time, as long as none of them frees it
 *  before the others are done. A trainer keeps the data that it fits alive. */
typedef struct egm_data egm_data;

/** How an array in a file is read. In each member 0 means the default. */
typedef struct egm_data_options {
	size_t struct_size;
	/** Type to which the numbers are converted: EGM_F32 (default) or EGM_F64. */
	int32_t dtype;
	int32_t reserved; /**< must be 0 */
	/** Each number becomes scale * number + offset; default 1 and 0. For example, 1/127.5 and -1 map bytes to -1 ...
	 *  1. */
	double scale;
	double offset;
	/** Largest size of the converted numbers, in bytes, default 8 GiB; EGM_ERR_UNSUPPORTED beyond. */
	uint64_t max_bytes;
	/** Largest number of rows to read; 0 (default): all. */
	int64_t max_rows;
} egm_data_options;

#define EGM_DATA_OPTIONS_INIT                                            \
	{                                                                    \
		sizeof(egm_data_options), EGM_F32, 0, 1, 0, UINT64_C(8) << 30, 0 \
	}

/* Data from an array or a function of the program. EGM_ERR_NONFINITE if a number is not finite. The message names its
 * row and column. */

/** Creates data with a copy of x. */
EGM_API EGM_CHECKED egm_status egm_data_copy(egm_data **out, egm_context *context, egm_array x);
/** Creates data that keep the pointer x.data and copy nothing. The numbers must stay where they are, unchanged, until
 *  the data are freed and no trainer fits them any more. They are checked in this call. */
EGM_API EGM_CHECKED egm_status egm_data_view(egm_data **out, egm_context *context, egm_array x);

/** Function of the program that computes rows, for egm_data_callback. It writes the rows indices[0], indices[1], ...,
 *  indices[count - 1], in this order, to out [count, columns], in the dtype of the data, and returns 0. If it returns
 *  another value, the call that needed the rows returns EGM_ERR_STOPPED.
 *
 *  - It runs on the thread that called the library. Calls for the same data never overlap: if several trainers read
 *    rows at the same time, each waits for its turn.
 *  - It may use other handles. Functions of the trainer that waits for the rows, and functions that read rows of the
 *    same data, return EGM_ERR_STATE.
 *  - It may free the data and the trainer. They are then freed when the call that needed the rows returns.
 *  - If the function is running while the process forks, the child must not read the data. */
typedef int (*egm_data_fn)(const int64_t *indices, int64_t count, void *out, void *user);
/** Creates data whose rows the function `fill` writes when they are needed. This is for data that do not fit into
 *  memory, or that are computed. `rows` and `columns` >= 1.
 *
 *  `fill` must write the same numbers each time it is asked for a row, otherwise a resumed training would differ from
 *  one that was not interrupted. Rows are checked when they are read: the call that needs them returns
 *  EGM_ERR_NONFINITE.
 *
 *  `user` must be valid until the data are freed and no trainer fits them any more. user_free, which may be NULL, is
 *  then called with `user`. If egm_data_callback fails, user_free is not called. */
EGM_API EGM_CHECKED egm_status egm_data_callback(egm_data **out, egm_context *context, egm_dtype dtype, int64_t rows,
                                                 int64_t columns, egm_data_fn fill, void *user,
                                                 void (*user_free)(void *user));

/* Files of arrays. The first size of an array is the number of rows. The other sizes are flattened to columns, in C
 * order. Arrays may have up to 8 sizes. `options` may be NULL. Errors, which name the file:
 * - EGM_ERR_IO if it cannot be read;
 * - EGM_ERR_FORMAT if it is malformed;
 * - EGM_ERR_NONFINITE if a number is not finite in the dtype of the data. The message names its row and column;
 * - EGM_ERR_UNSUPPORTED if max_bytes is exceeded, or if the library cannot read this kind of file. */

/** Creates data from an IDX file, plain or gzip, which is read into memory. Types u8, i8, i16, i32, f32 and f64 are
 *  read. */
EGM_API EGM_CHECKED egm_status egm_data_load_idx(egm_data **out, egm_context *context, const char *path,
                                                 const egm_data_options *options);
/** Does the same with the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_data_load_idx_memory(egm_data **out, egm_context *context, const void *bytes,
                                                        size_t size, const egm_data_options *options);
/** Creates data from an NPY file of version 1 to 3, which is read into memory. Types b1, i1 to i8, u1 to u8 and f2 to
 *  f8 are read, in either byte order, in C or Fortran order. A one-dimensional array is one column.
 *
 *  Every number is rounded once, to nearest. Read as EGM_F32, f8 and integers beyond 2^24 may lose digits; read as
 *  EGM_F64, i8 and u8 beyond 2^53 may. With scale or offset, product and sum are computed in double. */
EGM_API EGM_CHECKED egm_status egm_data_load_npy(egm_data **out, egm_context *context, const char *path,
                                                 const egm_data_options *options);
/** Does the same with the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_data_load_npy_memory(egm_data **out, egm_context *context, const void *bytes,
                                                        size_t size, const egm_data_options *options);
/** Creates data whose numbers stay in an IDX file. Rows are read when they are needed, so the data may be larger than
 *  memory. A training needs 8 bytes of memory for each row, for the order of the rows. The file stays open and must not
 *  be changed. The option max_bytes is ignored.
 *
 *  EGM_ERR_UNSUPPORTED if the file is compressed with gzip, or if it is in Fortran order and has more than one column.
 *  Calls that read rows return:
 *  - EGM_ERR_FILE if the file has become shorter than it was when it was opened;
 *  - EGM_ERR_IO if the system cannot read it;
 *  - EGM_ERR_NONFINITE if a number of these rows is not finite in the dtype of the data. */
EGM_API EGM_CHECKED egm_status egm_data_open_idx(egm_data **out, egm_context *context, const char *path,
                                                 const egm_data_options *options);
/** Does the same with an NPY file. */
EGM_API EGM_CHECKED egm_status egm_data_open_npy(egm_data **out, egm_context *context, const char *path,
                                                 const egm_data_options *options);
/** Writes x [rows, columns], which may contain NaN and infinity, to an NPY file of version 1. The file is replaced as
 *  egm_model_save does. EGM_ERR_IO if it cannot be written. */
EGM_API EGM_CHECKED egm_status egm_array_save_npy(egm_context *context, egm_array x, const char *path);

/** Writes data to a safetensors file: the numbers in their shape, as the tensor "values", and the names and
 *  dictionaries of the columns. The file is replaced as egm_model_save does.
 *
 *  Errors, after which the old file is unchanged:
 *  - EGM_ERR_UNSUPPORTED if the numbers are not in memory (egm_data_callback, egm_data_open_...), or if a size in the
 *    shape is above 2^31 - 1;
 *  - EGM_ERR_NONFINITE if the program has changed the memory of a view to a number that is not finite. The message
 *    names its row and column;
 *  - EGM_ERR_IO if the file cannot be written. */
EGM_API EGM_CHECKED egm_status egm_data_save(const egm_data *data, const char *path);
/** Writes the same bytes to memory, as egm_model_save_memory does. */
EGM_API EGM_CHECKED egm_status egm_data_save_memory(const egm_data *data, void *buffer, size_t size, size_t *needed);
/** Creates data from a file that egm_data_save wrote, in the dtype of the file. Nothing in the file is trusted.
 *
 *  `options` may be NULL. max_data_bytes limits the size of the numbers and of a table's names and words together,
 *  because the file stores names and words as tensors. It also limits the memory that names and words need, of which 1
 *  MiB is always allowed.
 *
 *  Errors: those of egm_model_load. */
EGM_API EGM_CHECKED egm_status egm_data_load(egm_data **out, egm_context *context, const char *path,
                                             const egm_load_options *options);
/** Does the same with the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_data_load_memory(egm_data **out, egm_context *context, const void *bytes,
                                                    size_t size, const egm_load_options *options);
EGM_API void egm_data_free(egm_data *data);

/** Returns the number of rows. */
EGM_API int64_t egm_data_rows(const egm_data *data);
/** Returns the number of columns. */
EGM_API int64_t egm_data_columns(const egm_data *data);
/** Returns the type of the numbers. */
EGM_API egm_dtype egm_data_dtype(const egm_data *data);
/** Writes the sizes before flattening, rows first, to shape[0 .. rank-1]. Returns the rank, at most 8. */
EGM_API int32_t egm_data_shape(const egm_data *data, int64_t shape[8]);
/** Returns the numbers [rows, columns], which belong to the data. NULL if they are not in memory (egm_data_callback,
 *  egm_data_open_...); egm_data_read reads such rows. */
EGM_API const void *egm_data_values(const egm_data *data);
/** Copies rows to out [out.rows, egm_data_columns], in the dtype of the data. `indices` [out.rows] are row numbers,
 *  from 0, in any order. A number may occur several times.
 *
 *  Errors:
 *  - EGM_ERR_ARGUMENT if an index is out of range;
 *  - EGM_ERR_SHAPE, EGM_ERR_DTYPE if `out` does not fit the data;
 *  - If the rows are not in memory, also the errors of egm_data_fn and egm_data_open_idx. */
EGM_API EGM_CHECKED egm_status egm_data_read(const egm_data *data, const int64_t *indices, egm_out out);

/** Whether the first line of a table is a header, which contains the names of the columns. */
enum {
	/** The first line is a header if it contains no number, and if at least one of its words is above a column of
	 *  numbers (in the next 1000 rows). EGM_ERR_FORMAT if that cannot be decided:
	 *  - the first line contains numbers, but also a word above a column of numbers;
	 *  - no column contains only numbers;
	 *  - the numbers in the first line are 0, 1, 2 and so on, and at least three: pandas writes such a header for
	 *    columns without names. */
	EGM_CSV_HEADER_DETECT = 1,
	EGM_CSV_HEADER_YES = 2, /**< it is a header */
	EGM_CSV_HEADER_NO = 3   /**< it is a row of data */
};

/** How a column of words is read. Its dictionary is the list of its distinct words, sorted by their bytes. */
enum {
	EGM_CSV_TEXT_REFUSE = 1, /**< rejected: EGM_ERR_FORMAT, and the message names the first word */
	EGM_CSV_TEXT_CODES = 2,  /**< as one column that contains the index of the word in the dictionary, from 0 */
	EGM_CSV_TEXT_ONE_HOT = 3 /**< as one column for each word, in the order of the dictionary, in place of the column of
	                              words: 1 where the field is that word, else 0 */
};

/** How a word that is not in the dictionary of the option `like` is read. */
enum {
	EGM_CSV_UNKNOWN_REFUSE = 1, /**< rejected: EGM_ERR_FORMAT, and the message names the word */
	/** With EGM_CSV_TEXT_CODES as an extra code, which is the number of words in the dictionary. With
	 *  EGM_CSV_TEXT_ONE_HOT as 0 in all columns of the dictionary. */
	EGM_CSV_UNKNOWN_CODE = 2
};

/** How a table of text is read. In each member 0 means the default. */
typedef struct egm_csv_options {
	size_t struct_size;
	int32_t dtype;     /**< type to which the numbers are converted: EGM_F32 (default) or EGM_F64 */
	int32_t header;    /**< EGM_CSV_HEADER_*, default EGM_CSV_HEADER_DETECT */
	int32_t text;      /**< EGM_CSV_TEXT_*, default EGM_CSV_TEXT_REFUSE */
	int32_t unknown;   /**< EGM_CSV_UNKNOWN_*, default EGM_CSV_UNKNOWN_REFUSE */
	int32_t delimiter; /**< character between fields, default ','. ' ' means any run of spaces and tabs */
	int32_t decimal;   /**< decimal sign, '.' (default) or ',', not the delimiter. The locale has no influence */
	/** Character that begins a comment at the start of a line or after a blank, default '#'. -1: there are no
	 *  comments. */
	int32_t comment;
	int32_t skip_lines; /**< number of lines to skip at the start of the file, default 0 */
	/** How a missing value is read. 0 (default): it is rejected with EGM_ERR_FORMAT, and the message names line and
	 *  field. 1: it is read as missing_value, also in a column of codes, and as 0 in all one-hot columns of its
	 *  field. */
	int32_t replace_missing;
	/** Largest number of words in a dictionary, default 10000, at most 2^24. EGM_ERR_UNSUPPORTED beyond, because a
	 *  column with so many distinct words is probably not a category. */
	int32_t max_words;
	double missing_value; /**< what a missing value is read as, see replace_missing; default 0 */
	/** Each number becomes scale * number + offset; default 1 and 0. Codes, one-hot columns and missing_value are
	 *  stored as they are. */
	double scale;
	double offset;
	int64_t max_rows; /**< largest number of rows to read; 0 (default): all */
	/** Largest size of the numbers, in bytes, default 8 GiB; EGM_ERR_UNSUPPORTED beyond. The same limit applies to the
	 *  names and words, of which 1 MiB is always allowed. */
	uint64_t max_bytes;
	/** [column_count] columns to read, in this order. Each is a name of the header or, if no column has that name, a
	 *  number, from 1, or a range of numbers such as "2-5". NULL (default): all columns. Only read during the call. */
	const char *const *columns;
	int64_t column_count;
	/** [text_column_count] columns to read as words even if they contain numbers (labels, postal codes), named as in
	 *  `columns`. `text` must then not be EGM_CSV_TEXT_REFUSE. NULL (default): no such columns. Only read during the
	 *  call. */
	const char *const *text_columns;
	int64_t text_column_count;
	/** Data of a table that was read before, for example the training data. The new data, for example the test data,
	 *  get the same columns with the same dictionaries, so codes have the same meaning in both. Columns are found by
	 *  name if both files have a header, otherwise by number. The members columns, text and text_columns are then
	 *  ignored. NULL (default): no such table. */
	const egm_data *like;
} egm_csv_options;

#define EGM_CSV_OPTIONS_INIT                                                                                       \
	{                                                                                                              \
		sizeof(egm_csv_options), EGM_F32, EGM_CSV_HEADER_DETECT, EGM_CSV_TEXT_REFUSE, EGM_CSV_UNKNOWN_REFUSE, ',', \
		    '.', '#', 0, 0, 10000, 0, 1, 0, 0, UINT64_C(8) << 30, NULL, 0, NULL, 0, NULL                           \
	}

/** Creates data from a table of text in UTF-8, plain or gzip: each line is a row of numbers and words. `options` may be
 *  NULL.
 *
 *  - Blanks around a field are ignored. Empty lines and comments are skipped. Lines end with LF, CRLF or CR.
 *  - A field in double quotes may contain the delimiter, line feeds, and double quotes, each written twice.
 *  - A delimiter at the end of a line ends the last field.
 *  - A missing value is an empty field, or one of ? NA N/A NaN null, in upper or lower case and not in quotes.
 *  - A column that contains words and no numbers is a column of words. A column that contains both is an error, unless
 *    text_columns names it.
 *  - The file is read more than once, because a dictionary must be complete before the first word gets its code.
 *
 *  Errors, which name line and field, from 1:
 *  - EGM_ERR_IO if the file cannot be read;
 *  - EGM_ERR_FORMAT if a field is malformed, missing, unknown or longer than 1024 bytes, if a column contains words and
 *    numbers, or if a line has another number of fields than the first;
 *  - EGM_ERR_NONFINITE if a number is infinite;
 *  - EGM_ERR_ARGUMENT if an option is out of its range, or if the file does not have a column of `columns`,
 *    text_columns or `like`;
 *  - EGM_ERR_UNSUPPORTED if max_bytes or max_words is exceeded, or if a line has more than 2^20 fields. */
EGM_API EGM_CHECKED egm_status egm_data_load_csv(egm_data **out, egm_context *context, const char *path,
                                                 const egm_csv_options *options);
/** Does the same with the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_data_load_csv_memory(egm_data **out, egm_context *context, const void *bytes,
                                                        size_t size, const egm_csv_options *options);

/** Kind of a column of an egm_data. */
enum {
	EGM_COLUMN_NUMBER = 1, /**< numbers as they are */
	EGM_COLUMN_CODES = 2,  /**< indices of words in a dictionary */
	EGM_COLUMN_ONE_HOT = 3 /**< 1 where the field is `word`, else 0 */
};

/** Description of a column. The texts belong to the data and have the same bytes as in the file. */
typedef struct egm_column {
	size_t struct_size;
	int32_t kind;             /**< EGM_COLUMN_*; EGM_COLUMN_NUMBER if the data are not from a table of text */
	int32_t reserved;         /**< always 0 */
	int64_t field;            /**< number of its field in a line of the table, from 1; 0 if the data are not from a
	                               table */
	const char *name;         /**< name in the header; NULL if there is no header */
	const char *word;         /**< word of an EGM_COLUMN_ONE_HOT column; NULL for other kinds */
	int64_t word_count;       /**< number of words in the dictionary; 0 for numbers */
	const char *const *words; /**< [word_count] the dictionary: words[code]; NULL for numbers */
	int64_t missing;          /**< number of missing values that were replaced */
} egm_column;

#define EGM_COLUMN_INIT                                     \
	{                                                       \
		sizeof(egm_column), 0, 0, 0, NULL, NULL, 0, NULL, 0 \
	}

/** Writes the description of column `index`, from 0, of the data. `column` begins as EGM_COLUMN_INIT. EGM_ERR_ARGUMENT
 *  if there is no such column. */
EGM_API EGM_CHECKED egm_status egm_data_column(const egm_data *data, int64_t index, egm_column *column);

#ifdef __cplusplus
}
#endif
#endif
