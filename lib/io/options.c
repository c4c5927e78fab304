/* SPDX-License-Identifier: MIT */
/* The options of readers: their tables, and what options of tables of text must be to one another. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <core/status_impl.h>
#include <io/data_impl.h>
#include <io/options_impl.h>

enum { MAX_WORDS = 1 << 24 }; /* f32 has all integers up to it */

static const egm_choice dtype_choices[] = {{"f32", EGM_F32}, {"f64", EGM_F64}};
static EGM__FAMILY(dtypes, "EGM_", dtype_choices);

/* ---- arrays of numbers */

static const egm_data_options data_defaults = EGM_DATA_OPTIONS_INIT;
static const egm__option data_members[] = {
    EGM__CHOICE(egm_data_options, dtype, dtypes, "Type that the numbers are stored as."),
    EGM__RESERVED(egm_data_options, reserved),
    EGM__FINITE(egm_data_options, scale, "Each number becomes scale * number + offset.", EGM__ZERO_IS_DEFAULT),
    EGM__FINITE(egm_data_options, offset, "Each number becomes scale * number + offset."),
    EGM__COUNT(egm_data_options, max_bytes, "Largest size of the stored numbers, in bytes."),
    EGM__WEIGHT(egm_data_options, max_rows, "Rows to read, at most; 0: all."),
};
EGM__OPTIONS(egm__options_data, egm_data_options, data_defaults, data_members);

/* ---- tables of text */

static const egm_choice header_choices[] = {
    {"detect", EGM_CSV_HEADER_DETECT}, {"yes", EGM_CSV_HEADER_YES}, {"no", EGM_CSV_HEADER_NO}};
static EGM__FAMILY(headers, "EGM_CSV_HEADER_", header_choices);
static const egm_choice text_choices[] = {
    {"refuse", EGM_CSV_TEXT_REFUSE}, {"codes", EGM_CSV_TEXT_CODES}, {"one_hot", EGM_CSV_TEXT_ONE_HOT}};
static EGM__FAMILY(texts, "EGM_CSV_TEXT_", text_choices);
static const egm_choice unknown_choices[] = {{"refuse", EGM_CSV_UNKNOWN_REFUSE}, {"code", EGM_CSV_UNKNOWN_CODE}};
static EGM__FAMILY(unknowns, "EGM_CSV_UNKNOWN_", unknown_choices);

static const egm_csv_options csv_defaults = EGM_CSV_OPTIONS_INIT;
static const egm__option csv_members[] = {
    EGM__CHOICE(egm_csv_options, dtype, dtypes, "Type that the numbers are stored as."),
    EGM__CHOICE(egm_csv_options, header, headers, "Whether the first line names the columns."),
    EGM__CHOICE(egm_csv_options, text, texts, "What a column of words is read as."),
    EGM__CHOICE(egm_csv_options, unknown, unknowns, "What a word is read as that is not in the dictionary of `like`."),
    EGM__CHARACTER(egm_csv_options, delimiter, 1, "Character between fields; a space means runs of spaces and tabs."),
    EGM__CHARACTER(egm_csv_options, decimal, 1, "Decimal sign, a point or a comma."),
    EGM__CHARACTER(egm_csv_options, comment, -1, "Character that begins a comment; -1: there are none.",
                   EGM__ZERO_IS_DEFAULT),
    EGM__WEIGHT(egm_csv_options, skip_lines, "Lines to skip before the first."),
    EGM__FLAG(egm_csv_options, replace_missing, "1: a missing value is read as missing_value; 0: it is an error."),
    EGM__BETWEEN(egm_csv_options, max_words, 1, MAX_WORDS, "Words in the dictionary of a column, at most."),
    EGM__FINITE(egm_csv_options, missing_value, "What a missing value is read as."),
    EGM__FINITE(egm_csv_options, scale, "Each number becomes scale * number + offset.", EGM__ZERO_IS_DEFAULT),
    EGM__FINITE(egm_csv_options, offset, "Each number becomes scale * number + offset."),
    EGM__WEIGHT(egm_csv_options, max_rows, "Rows to read, at most; 0: all."),
    EGM__COUNT(egm_csv_options, max_bytes, "Largest size of the stored numbers, and of the words, in bytes."),
    EGM__ARRAY(egm_csv_options, columns, "[column_count] columns to read, by name or number; NULL: all."),
    EGM__WEIGHT(egm_csv_options, column_count, "Number of `columns`."),
    EGM__ARRAY(egm_csv_options, text_columns, "[text_column_count] columns to read as words; NULL: none."),
    EGM__WEIGHT(egm_csv_options, text_column_count, "Number of `text_columns`."),
    EGM__HANDLE(egm_csv_options, like, "A table whose columns and dictionaries are used; NULL: none."),
};
EGM__OPTIONS(egm__options_csv, egm_csv_options, csv_defaults, csv_members);

/* Whether fields can be separated by c: it is no part of a number, a quote or a line end. */
static int separates(int32_t c)
{
	return c > 0 && c < 127 && c != '\n' && c != '\r' && !strchr("0123456789+-.eE\"", c);
}

static egm_status check_characters(const egm_csv_options *o)
{
	egm_status st = EGM_OK;
	if (!separates(o->delimiter))
		EGM_FAIL(EGM_ERR_ARGUMENT, "delimiter is character %d; must be no part of a number, quote or line end",
		         (int)o->delimiter);
	if (o->decimal != '.' && o->decimal != ',')
		EGM_FAIL(EGM_ERR_ARGUMENT, "decimal is character %d; it must be '.' or ','", (int)o->decimal);
	if (o->decimal == o->delimiter) EGM_FAIL(EGM_ERR_ARGUMENT, "delimiter and decimal are both ',', must differ");
	if (o->comment != -1 && (!separates(o->comment) || o->comment == ' ' || o->comment == o->delimiter))
		EGM_FAIL(EGM_ERR_ARGUMENT, "comment is character %d; must be -1 or no delimiter and no part of a number",
		         (int)o->comment);
out:
	return st;
}

static egm_status check_lists(const egm_csv_options *o)
{
	egm_status st = EGM_OK;
	if (!o->columns != !o->column_count)
		EGM_FAIL(EGM_ERR_ARGUMENT, "columns is %s and column_count %" PRId64 ", must go together",
		         o->columns ? "given" : "NULL", o->column_count);
	if (!o->text_columns != !o->text_column_count)
		EGM_FAIL(EGM_ERR_ARGUMENT, "text_columns is %s and text_column_count %" PRId64 ", must go together",
		         o->text_columns ? "given" : "NULL", o->text_column_count);
	if (o->text_columns && o->text == EGM_CSV_TEXT_REFUSE && !o->like)
		EGM_FAIL(EGM_ERR_ARGUMENT, "text is EGM_CSV_TEXT_REFUSE; must be CODES or ONE_HOT for text_columns");
	if (o->like && !o->like->table)
		EGM_FAIL(EGM_ERR_ARGUMENT, "like has no columns of a table, must be data of egm_data_load_csv");
out:
	return st;
}

egm_status egm__csv_options_check(egm_csv_options *o, const egm_csv_options *options)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__options_check(&egm__options_csv, o, options));
	if (o->dtype == EGM_F32 && !isfinite((float)o->missing_value))
		EGM_FAIL(EGM_ERR_ARGUMENT, "missing_value is %g; must be finite in f32", o->missing_value);
	EGM_TRY(check_characters(o));
	EGM_TRY(check_lists(o));
out:
	return st;
}

static const egm_choice column_choices[] = {
    {"number", EGM_COLUMN_NUMBER}, {"codes", EGM_COLUMN_CODES}, {"one_hot", EGM_COLUMN_ONE_HOT}};
static EGM__FAMILY(columns, "EGM_COLUMN_", column_choices);
static const egm_column no_column = EGM_COLUMN_INIT;
static const egm__option column_members[] = {
    EGM__CHOICE(egm_column, kind, columns, "What the column is."),
    EGM__RESERVED(egm_column, reserved),
    EGM__RESULT(egm_column, field,
                "Number of its field in a line of the file, from 1; 0: it was not read from a table."),
    EGM__RESULT(egm_column, name, "Name in the header; NULL: there is none."),
    EGM__RESULT(egm_column, word, "Word that this one-hot column indicates; else NULL."),
    EGM__RESULT(egm_column, word_count, "Number of words in the dictionary; 0 for numbers."),
    EGM__RESULT(egm_column, words, "[word_count] words of the dictionary."),
    EGM__RESULT(egm_column, missing, "Missing values that were replaced."),
};
EGM__OPTIONS(egm__options_column, egm_column, no_column, column_members);

/* ---- models */

static const egm_load_options load_defaults = EGM_LOAD_OPTIONS_INIT;
static const egm__option load_members[] = {
    EGM__COUNT(egm_load_options, max_header_bytes, "Largest header, in bytes."),
    EGM__COUNT(egm_load_options, max_data_bytes, "Largest sum of all tensors, in bytes."),
    EGM__WEIGHT(egm_load_options, max_row_numbers,
                "Numbers that one row may need in all layers; 0: chosen by the size of the network."),
};
EGM__OPTIONS(egm__options_load, egm_load_options, load_defaults, load_members);

static const egm_choice layout_choices[] = {
    {"auto", EGM_LAYOUT_AUTO}, {"egm", EGM_LAYOUT_EGM}, {"pytorch", EGM_LAYOUT_PYTORCH}};
static EGM__FAMILY(layouts, "EGM_LAYOUT_", layout_choices);
static const egm_restore_options restore_defaults = EGM_RESTORE_OPTIONS_INIT;
static const egm__option restore_members[] = {
    EGM__CHOICE(egm_restore_options, layout, layouts, "Order of the numbers of images in the file."),
    EGM__FLAG(egm_restore_options, zero_bias, "1: a bias that the file lacks becomes 0; 0: it is an error."),
    EGM__ARRAY(egm_restore_options, prefix, "Text before the name of each layer in the file; NULL: none."),
    EGM__COUNT(egm_restore_options, max_header_bytes, "Largest header, in bytes."),
    EGM__COUNT(egm_restore_options, max_data_bytes, "Largest sum of all tensors, in bytes."),
};
EGM__OPTIONS(egm__options_restore, egm_restore_options, restore_defaults, restore_members);
