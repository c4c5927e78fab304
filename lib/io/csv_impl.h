/* SPDX-License-Identifier: MIT */
/* Text in rows and fields, on which the reader of tables is built. */
#ifndef EGM_IO_CSV_IMPL_H
#define EGM_IO_CSV_IMPL_H

#include <io/file_impl.h>
#include <locale.h>

enum { EGM__CSV_FIELD = 1024, EGM__CSV_CHUNK = 16384 };

typedef enum egm__csv_event { EGM__CSV_CELL = 1, EGM__CSV_ROW, EGM__CSV_END } egm__csv_event;

/* The file cut into cells. A line may be of any length while a cell is limited. */
typedef struct egm__csv {
	egm__stream *stream;
	const char *path;
	int delimiter; /* ' ': runs of blanks */
	int comment;   /* begins a comment; 0: nothing does */
	/* What egm__csv_next found. */
	int64_t line, row_line; /* of this cell, of the first cell of its row; from 1 */
	int64_t field;          /* of this cell, from 1; at the end of a row: how many there were */
	size_t length;
	int quoted;
	int cut; /* longer than EGM__CSV_FIELD bytes, which text has */
	char text[EGM__CSV_FIELD + 1];
	/* Its own. */
	int64_t next_line;
	int open, ended; /* a cell follows; the last cell of a row was delivered, or its end was read */
	size_t at, filled;
	char bytes[EGM__CSV_CHUNK];
} egm__csv;

/* Opens the file and passes over skip_lines lines; the other members are the caller's to set before. egm__csv_close
 * also after a failure. */
egm_status egm__csv_open(egm__csv *csv, egm_context *context, const egm__origin *from, int64_t skip_lines);
void egm__csv_close(egm__csv *csv);
/* The next cell, without blanks around it, or the end of its row or of the file. Rows of blanks and comments are passed
 * over. */
egm_status egm__csv_next(egm__csv *csv, egm__csv_event *event);
/* FORMAT: "path: line 3, field 2: 'text' what" */
egm_status egm__csv_fail(const egm__csv *csv, egm_status code, const char *what);
/* FORMAT if the cell is longer than is read. */
egm_status egm__csv_whole(const egm__csv *csv);

typedef enum egm__csv_kind {
	EGM__CSV_WORD = 1,
	EGM__CSV_NUMBER,
	EGM__CSV_INFINITE, /* inf or nan in letters */
	EGM__CSV_MISSING
} egm__csv_kind;

/* What a cell is as a number: what strtod of the "C" locale takes, without hexadecimal; `decimal` is its decimal sign.
 * Never MISSING. */
egm__csv_kind egm__csv_number(const char *text, locale_t c_locale, int decimal, double *number);
/* Nothing, or a word that stands for it: ?, NA, N/A, NaN, null, in any case. */
int egm__csv_is_missing(const char *text, int quoted);

#endif
