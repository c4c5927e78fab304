/* SPDX-License-Identifier: MIT */
#ifndef EGM_DATA_H
#define EGM_DATA_H

#include <egm/context.h>
#include <egm/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Samples to train on: rows of finite f32 or f64 numbers, and the shape they came with. The numbers are in the memory
 *  of the library (copy, load), in that of the program (view), or elsewhere, and then rows are read when they are
 *  needed (callback, open). Training does the same with all of them, bit for bit.
 *
 *  Any number of threads may use one egm_data at the same time, as long as none of them frees it before the others are
 *  done; trainers that fit it keep it alive. */
typedef struct egm_data egm_data;

/** How an array in a file becomes data. 0 means the default of a member. */
typedef struct egm_data_options {
	size_t struct_size;
	/** EGM_F32 (default) or EGM_F64: the type of the data. */
	int32_t dtype;
	int32_t reserved; /**< 0 */
	/** Each number read becomes scale * number + offset; defaults 1 and 0. Bytes to [-1, 1]: 1/127.5 and -1. */
	double scale;
	double offset;
	/** Refuses a file whose numbers would take more bytes than this once stored; default 8 GiB. */
	uint64_t max_bytes;
	/** Read no more than this many rows; 0 (default): all. */
	int64_t max_rows;
} egm_data_options;

#define EGM_DATA_OPTIONS_INIT                                            \
	{                                                                    \
		sizeof(egm_data_options), EGM_F32, 0, 1, 0, UINT64_C(8) << 30, 0 \
	}

/** Copies x. NONFINITE names row and column. */
EGM_API EGM_CHECKED egm_status egm_data_copy(egm_data **out, egm_context *context, egm_array x);
/** Keeps the pointer x.data and copies nothing: the numbers must stay where they are, unchanged, until the data are
 *  freed and no trainer fits them any more. They are checked once: NONFINITE names row and column. */
EGM_API EGM_CHECKED egm_status egm_data_view(egm_data **out, egm_context *context, egm_array x);

/** Writes the rows with these `count` indices, in their order, to out [count, columns] in the dtype of the data.
 *  Non-zero means that it could not: the call that needed the rows returns EGM_ERR_STOPPED.
 *
 *  It runs on the thread that called the library. Calls for the same data never overlap: where several trainers read
 *  them at once, one waits for the other. It can use other handles. Functions of the trainer that waits for the rows,
 *  and functions that read rows of the same data, return EGM_ERR_STATE; both handles may be freed, which takes effect
 *  when the call that needed the rows returns. */
typedef int (*egm_data_fn)(const int64_t *indices, int64_t count, void *out, void *user);
/** Creates data whose rows a callback writes when they are needed, for data that do not fit into memory or are
 *  computed. A row must be the same each time it is asked for, or a resumed training would differ from one that was not
 *  interrupted. Rows are checked as they come: EGM_ERR_NONFINITE names row and column.
 *
 *  When the data are gone, user_free is called with `user`; NULL: `user` stays the program's, and must be valid until
 *  then. If the call fails, user_free is not called. */
EGM_API EGM_CHECKED egm_status egm_data_callback(egm_data **out, egm_context *context, egm_dtype dtype, int64_t rows,
                                                 int64_t columns, egm_data_fn fill, void *user,
                                                 void (*user_free)(void *user));

/** Reads an IDX file, plain or gzip: types u8, i8, i16, i32, f32, f64; first size = rows, the others are flattened. */
EGM_API EGM_CHECKED egm_status egm_data_load_idx(egm_data **out, egm_context *context, const char *path,
                                                 const egm_data_options *options);
/** The same from the bytes of such a file in memory, which are only read during the call. */
EGM_API EGM_CHECKED egm_status egm_data_load_idx_memory(egm_data **out, egm_context *context, const void *bytes,
                                                        size_t size, const egm_data_options *options);
/** Reads an NPY file of version 1 to 3: b1, i1 to i8, u1 to u8 and f2 to f8, either byte order, C or Fortran order.
 *  First size = rows, the others are flattened as in C order; a one-dimensional array is one column.
 *  Every number is rounded once, to nearest: f8 and integers beyond 2^24 may lose digits as EGM_F32, i8 and u8 beyond
 *  2^53 as EGM_F64. With scale and offset the product and the sum are computed in double. */
EGM_API EGM_CHECKED egm_status egm_data_load_npy(egm_data **out, egm_context *context, const char *path,
                                                 const egm_data_options *options);
/** The same from the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_data_load_npy_memory(egm_data **out, egm_context *context, const void *bytes,
                                                        size_t size, const egm_data_options *options);
/** Opens a file that egm_data_load_idx or egm_data_load_npy would read, and leaves the numbers there. Rows are read
 *  when they are needed, so the data may be larger than memory; training keeps 8 bytes for each row, the order of the
 *  rows. The file stays open and must not be changed. max_bytes plays no part.
 *
 *  EGM_ERR_UNSUPPORTED if the file is compressed with gzip, or if it is in Fortran order and has more than one column.
 *  Calls that read rows return EGM_ERR_FILE if the file has become shorter than it was when it was opened, EGM_ERR_IO
 *  if the system cannot read it, and EGM_ERR_NONFINITE, which names row and column, if a number of these rows is not
 *  finite in the dtype of the data. */
EGM_API EGM_CHECKED egm_status egm_data_open_idx(egm_data **out, egm_context *context, const char *path,
                                                 const egm_data_options *options);
EGM_API EGM_CHECKED egm_status egm_data_open_npy(egm_data **out, egm_context *context, const char *path,
                                                 const egm_data_options *options);
/** Writes an array [rows, columns] as NPY version 1, the file replaced as a whole or not at all. */
EGM_API EGM_CHECKED egm_status egm_array_save_npy(egm_context *context, egm_array x, const char *path);

/** Writes the numbers, in their shape, and what the columns are to a safetensors file, which is replaced as
 *  egm_model_save does. The numbers are the tensor "values". EGM_ERR_UNSUPPORTED if the rows are not in memory
 *  (callback, open); EGM_ERR_NONFINITE if a program has put such a number into data that are a view. */
EGM_API EGM_CHECKED egm_status egm_data_save(const egm_data *data, const char *path);
/** The same into memory, as egm_model_save_memory does. */
EGM_API EGM_CHECKED egm_status egm_data_save_memory(const egm_data *data, void *buffer, size_t size, size_t *needed);
/** Reads what egm_data_save wrote, in its dtype. Trusts nothing in the file. The names and words of a table are
 *  tensors, not metadata: max_data_bytes limits them together with the numbers, and again what they take in memory, for
 *  which 1 MiB is always allowed. options may be NULL. */
EGM_API EGM_CHECKED egm_status egm_data_load(egm_data **out, egm_context *context, const char *path,
                                             const egm_load_options *options);
/** The same from the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_data_load_memory(egm_data **out, egm_context *context, const void *bytes,
                                                    size_t size, const egm_load_options *options);
EGM_API void egm_data_free(egm_data *data);

EGM_API int64_t egm_data_rows(const egm_data *data);
EGM_API int64_t egm_data_columns(const egm_data *data);
EGM_API egm_dtype egm_data_dtype(const egm_data *data);
/** The sizes before flattening, rows first, in shape[0 .. rank-1], rank <= 8; returns the rank. */
EGM_API int32_t egm_data_shape(const egm_data *data, int64_t shape[8]);
/** The numbers, row-major, borrowed; NULL if they are not in memory (callback, open): egm_data_read reads rows. */
EGM_API const void *egm_data_values(const egm_data *data);
/** Reads the rows with the indices [out.rows], in any order and any number of times, to out [.., egm_data_columns] in
 *  the dtype of the data. EGM_ERR_ARGUMENT names an index that is out of range, EGM_ERR_SHAPE and EGM_ERR_DTYPE what
 *  `out` has and what the data have. Where rows are not in memory, also the errors of egm_data_callback and
 *  egm_data_open_npy. */
EGM_API EGM_CHECKED egm_status egm_data_read(const egm_data *data, const int64_t *indices, egm_out out);

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
	/** Each number read becomes scale * number + offset; defaults 1 and 0. Codes, one-hot columns and missing_value are
	 *  stored as they are. */
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

#define EGM_CSV_OPTIONS_INIT                                                                                       \
	{                                                                                                              \
		sizeof(egm_csv_options), EGM_F32, EGM_CSV_HEADER_DETECT, EGM_CSV_TEXT_REFUSE, EGM_CSV_UNKNOWN_REFUSE, ',', \
		    '.', '#', 0, 0, 10000, 0, 1, 0, 0, UINT64_C(8) << 30, NULL, 0, NULL, 0, NULL                           \
	}

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
EGM_API EGM_CHECKED egm_status egm_data_load_csv(egm_data **out, egm_context *context, const char *path,
                                                 const egm_csv_options *options);
/** The same from the bytes of such a file in memory. */
EGM_API EGM_CHECKED egm_status egm_data_load_csv_memory(egm_data **out, egm_context *context, const void *bytes,
                                                        size_t size, const egm_csv_options *options);

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

#define EGM_COLUMN_INIT                                     \
	{                                                       \
		sizeof(egm_column), 0, 0, 0, NULL, NULL, 0, NULL, 0 \
	}

/** Says what column `index` (from 0) of the data is. The texts belong to the data, with the bytes of the file.
 *  EGM_ERR_ARGUMENT if there is no such column. */
EGM_API EGM_CHECKED egm_status egm_data_column(const egm_data *data, int64_t index, egm_column *column);

#ifdef __cplusplus
}
#endif
#endif
