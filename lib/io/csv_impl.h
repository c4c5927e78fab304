/* SPDX-License-Identifier: MIT */
/* Text cut into cells, on which the reader of tables is built. */
#ifndef EGM_IO_CSV_IMPL_H
#define EGM_IO_CSV_IMPL_H

#include <io/file_impl.h>

enum { EGM__CSV_FIELD = 1024, EGM__CSV_CHUNK = 16384 };

typedef enum egm__csv_event { EGM__CSV_CELL = 1, EGM__CSV_ROW, EGM__CSV_END } egm__csv_event;

/* The file and its current cell. The length of a cell is limited, that of a line is not. */
typedef struct egm__csv {
	egm__stream *stream;
	const char *path;
	int delimiter; /* ' ': runs of spaces and tabs */
	int comment;   /* begins a comment; 0: there are none */
	/* Set by egm__csv_next. */
	int64_t line, row_line; /* of this cell, of the first cell of its row; from 1 */
	int64_t field;          /* of this cell, from 1; at the end of a row: the number of its fields */
	size_t length;
	int quoted;
	int cut; /* the cell is longer than the EGM__CSV_FIELD bytes in text */
	char text[EGM__CSV_FIELD + 1];
	/* Used by csv_scan.c alone. */
	int64_t next_line;
	int open, ended; /* a cell follows in this row; the end of the row is the next event */
	size_t at, filled;
	char bytes[EGM__CSV_CHUNK];
} egm__csv;

/* Opens the file and skips skip_lines lines. The caller sets delimiter and comment before. egm__csv_close is needed
 * also after a failure. */
egm_status egm__csv_open(egm__csv *csv, egm_context *context, const egm__origin *from, int64_t skip_lines);
void egm__csv_close(egm__csv *csv);
/* Reads the next cell, without blanks around it, or the end of its row or of the file. Skips blank lines and comments.
 */
egm_status egm__csv_next(egm__csv *csv, egm__csv_event *event);
/* The error `code`: "path: line 3, field 2: 'text' what" */
egm_status egm__csv_fail(const egm__csv *csv, egm_status code, const char *what);
/* FORMAT if the cell was cut. */
egm_status egm__csv_whole(const egm__csv *csv);

typedef enum egm__csv_kind {
	EGM__CSV_WORD = 1,
	EGM__CSV_NUMBER,
	EGM__CSV_INFINITE, /* the word inf or nan */
	EGM__CSV_MISSING
} egm__csv_kind;

/* Parses a cell as a number, as strtod in the "C" locale but without hexadecimal; `decimal` is the decimal sign. Never
 * MISSING. */
egm__csv_kind egm__csv_number(const char *text, void *c_locale, int decimal, double *number);
/* Whether the cell is empty or, unquoted, one of ?, NA, N/A, NaN, null in any case. */
int egm__csv_is_missing(const char *text, int quoted);

#endif
