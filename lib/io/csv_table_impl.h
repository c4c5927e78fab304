/* SPDX-License-Identifier: MIT */
/* A table of text while it is read, and what its data keep of it: names and dictionaries. */
#ifndef EGM_IO_CSV_TABLE_IMPL_H
#define EGM_IO_CSV_TABLE_IMPL_H

#include <egm/data.h>
#include <io/csv_impl.h>
#include <io/data_impl.h>
#include <io/text_impl.h>

/* Different words, sorted by their bytes. */
typedef struct egm__words {
	char **words;
	int64_t count, capacity;
} egm__words;

typedef struct egm__column {
	char *name;    /* NULL: the file has no header */
	int64_t field; /* in a line, from 1 */
	int32_t kind;  /* EGM_COLUMN_*; 0: not known yet */
	int64_t first; /* the first of its columns in the data */
	int64_t missing;
	egm__words dictionary;
	int64_t number_line; /* survey: line of its first number, or minus the line of its first word; 0: neither yet */
} egm__column;

struct egm__table {
	egm_context *context;
	int named;
	int64_t count;
	egm__column *columns;
};

egm_status egm__words_copy(egm_context *context, char **out, const char *text, const char *path);
/* Returns whether text is among the words; *at: its index, or where it would be inserted. */
int egm__words_find(const egm__words *words, const char *text, int64_t *at);
egm_status egm__words_insert(egm_context *context, egm__words *words, int64_t at, const char *text, const char *path);

egm_status egm__table_create(egm__table **out, egm_context *context, int64_t count, const char *path);
void egm__table_free(egm__table *table);
/* How many columns of the data a column of the table becomes. */
int64_t egm__column_width(const egm__column *column);

/* The first line, and what was found in the rows below it. */
typedef struct egm__head {
	int64_t line;
	int64_t count; /* its fields, with an empty one after a delimiter at its end */
	int64_t width; /* fields of every row */
	int is_header;
	char **cells;
	unsigned char *seen; /* for each field: EGM__SEEN_* in the rows below */
	/* The first word below: its line, 0 if there is none, its field, and its beginning. */
	int64_t word_line, word_field;
	char word[64];
	int rows;       /* how many rows below were looked at */
	egm__text text; /* memory of cells */
} egm__head;

typedef struct egm__csv_load {
	egm_context *context;
	const egm__origin *from;
	const char *path;         /* of `from` */
	egm_csv_options o;        /* merged with the defaults */
	egm_data_options scaling; /* dtype, scale and offset of numbers */
	void *locale;             /* of egm__os_strtod */
	egm__head head;
	egm__table *table;
	int64_t *used;       /* for each field: 1 + its column in the table; 0: it is not read */
	unsigned char *text; /* for each column: whether text_columns names it */
	int64_t rows;
	uint64_t word_bytes; /* of the texts of the first line and of all dictionaries */
	egm_data *data;
	egm__csv csv;
} egm__csv_load;

enum { EGM__SEEN_NUMBER = 1, EGM__SEEN_WORD = 2 };

/* Starts to read the file again from its beginning. */
egm_status egm__csv_begin(egm__csv_load *load);
/* Counts the memory of a text that is kept. UNSUPPORTED above max_bytes, since a gzip file of a megabyte can have a
 * gigabyte of texts. */
egm_status egm__csv_keep(egm__csv_load *load);
/* What the current cell is, and its value if it is a number. */
egm__csv_kind egm__csv_cell_kind(const egm__csv_load *load, double *number);
/* Starts a pass over the file and calls use(load, column of its cell) for every cell that is read, until there are
 * `rows` rows; 0: until the file ends. load->rows counts the rows before the cell, and in the end all of them. */
egm_status egm__csv_each_row(egm__csv_load *load, int64_t rows, egm_status (*use)(egm__csv_load *, egm__column *));
/* Counts the rows, and collects the dictionaries and the kinds of columns. */
egm_status egm__csv_survey(egm__csv_load *load);
/* Sets the place of each column in the data, and creates the data. */
egm_status egm__csv_lay_out(egm__csv_load *load);
/* Reads the first line and some rows; finds the number of fields, and whether the first line is a header. */
egm_status egm__csv_read_head(egm__csv_load *load);
void egm__csv_free_head(egm__csv_load *load);
/* Creates the table with the columns that the options select. */
egm_status egm__csv_select(egm__csv_load *load);

#endif
