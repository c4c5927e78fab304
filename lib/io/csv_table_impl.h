/* SPDX-License-Identifier: MIT */
/* A table of text on its way into an egm_data, and what the data keep of it: names and dictionaries. */
#ifndef EGM_IO_CSV_TABLE_IMPL_H
#define EGM_IO_CSV_TABLE_IMPL_H

#include <egm/data.h>
#include <io/csv_impl.h>
#include <io/data_impl.h>
#include <io/text_impl.h>

/* Different words in the order of their bytes. */
typedef struct egm__words {
	char **words;
	int64_t count, capacity;
} egm__words;

typedef struct egm__column {
	char *name;    /* NULL: the file has no header */
	int64_t field; /* in a line, from 1 */
	int32_t kind;  /* EGM_COLUMN_*; 0: not known yet */
	int64_t first; /* of its columns in the data */
	int64_t missing;
	egm__words dictionary;
	int64_t number_line; /* where its first number stands; 0: none */
} egm__column;

struct egm__table {
	egm_context *context;
	int named;
	int64_t count;
	egm__column *columns;
};

/* MEMORY names path. */
egm_status egm__words_copy(egm_context *context, char **out, const char *text, const char *path);
/* Where text is, or where it would be: *at; returns whether it is there. */
int egm__words_find(const egm__words *words, const char *text, int64_t *at);
egm_status egm__words_insert(egm_context *context, egm__words *words, int64_t at, const char *text, const char *path);

egm_status egm__table_create(egm__table **out, egm_context *context, int64_t count, const char *path);
void egm__table_free(egm__table *table);
/* How many columns of the data a column takes. */
int64_t egm__column_width(const egm__column *column);

/* The first line, and what the rows below say of it. */
typedef struct egm__head {
	int64_t line;
	int64_t count; /* fields, a last one that is empty included */
	int64_t width; /* fields of every row */
	int is_header;
	char **cells;
	unsigned char *seen; /* for each field: SEEN_* */
	/* Where the first word below is, and its beginning; 0: there is none. */
	int64_t word_line, word_field;
	char word[64];
	int rows;       /* that were looked at */
	egm__text text; /* behind cells */
} egm__head;

typedef struct egm__csv_load {
	egm_context *context;
	const egm__origin *from;
	const char *path;         /* of it */
	egm_csv_options o;        /* every default filled in */
	egm_data_options scaling; /* dtype, scale and offset of numbers */
	locale_t locale;
	egm__head head;
	egm__table *table;
	int64_t *used;       /* for each field of a line: 1 + its index in the table; 0: it is not read */
	unsigned char *text; /* for each column: is it to be read as words? */
	int64_t rows;
	uint64_t word_bytes; /* of the texts of the first line and of all dictionaries */
	egm_data *data;
	egm__csv csv;
} egm__csv_load;

enum { EGM__SEEN_NUMBER = 1, EGM__SEEN_WORD = 2 };

/* Starts to read the file from its beginning. */
egm_status egm__csv_begin(egm__csv_load *load);
/* Counts a text that is kept, with the memory around it. UNSUPPORTED beyond max_bytes: a gzip file of a megabyte has
 * a gigabyte of them. */
egm_status egm__csv_keep(egm__csv_load *load);
/* Number, word, missing value or infinity. */
egm__csv_kind egm__csv_cell_kind(const egm__csv_load *load, double *number);
/* Starts a pass over the file and calls take(load, column of its cell) for every cell that is read, until there are
 * `rows` rows; 0: until the file ends. load->rows counts the rows before the cell, and in the end all of them. */
egm_status egm__csv_each_row(egm__csv_load *load, int64_t rows, egm_status (*take)(egm__csv_load *, egm__column *));
/* Counts the rows, and collects the dictionaries and the kinds of columns. */
egm_status egm__csv_survey(egm__csv_load *load);
/* Gives each column its place in the data, and makes these. */
egm_status egm__csv_lay_out(egm__csv_load *load);
/* Reads the first line and some rows; decides on the width of rows and whether the line is a header. */
egm_status egm__csv_read_head(egm__csv_load *load);
void egm__csv_free_head(egm__csv_load *load);
/* Makes the table with the columns that the options ask for. */
egm_status egm__csv_select(egm__csv_load *load);

#endif
