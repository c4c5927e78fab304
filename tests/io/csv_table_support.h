/* SPDX-License-Identifier: MIT */
/* What tests of egm_data_load_csv share: options, and tables that are written and read. */
#ifndef EGM_CSV_TABLE_SUPPORT_H
#define EGM_CSV_TABLE_SUPPORT_H
#include "data_fixture.h"

static egm_csv_options o;

static inline void setup(void)
{
	data_setup("table.csv");
	o = (egm_csv_options)EGM_CSV_OPTIONS_INIT;
	o.dtype = EGM_F64;
}

static inline egm_data *load(const char *row, const char *text, size_t n)
{
	egm_data *data = NULL;
	io_write(path, text, n);
	io_expect(row, egm_data_load_csv(&data, context, path, &o), EGM_OK, NULL);
	return data;
}

static inline egm_column column(const egm_data *data, int64_t index)
{
	egm_column c = EGM_COLUMN_INIT;
	ck_assert_int_eq(egm_data_column(data, index, &c), EGM_OK);
	return c;
}

/* The names, fields and dictionaries of all columns in one line: "a.1 b.2=x(x|y) b.2=y(x|y) c.3(x|y)". */
static inline const char *describe(const egm_data *data)
{
	static char text[2000];
	size_t n = 0;
	for (int64_t i = 0; i < egm_data_columns(data); i++) {
		egm_column c = column(data, i);
		n += (size_t)sprintf(text + n, "%s%s.%d", i ? " " : "", c.name ? c.name : "-", (int)c.field);
		if (c.word) n += (size_t)sprintf(text + n, "=%s", c.word);
		for (int64_t k = 0; k < c.word_count; k++)
			n += (size_t)sprintf(text + n, "%s%s%s", k ? "|" : "(", c.words[k], k == c.word_count - 1 ? ")" : "");
		if (c.missing) n += (size_t)sprintf(text + n, "?%d", (int)c.missing);
	}
	return text;
}

enum { YES = EGM_CSV_HEADER_YES, NO = EGM_CSV_HEADER_NO, CODES = EGM_CSV_TEXT_CODES, HOT = EGM_CSV_TEXT_ONE_HOT };

#define Q "\""

#endif
