/* SPDX-License-Identifier: MIT */
/* Reads a table of text in passes over the file: the head, the survey, and the numbers. Memory is needed for the
 * numbers and the dictionaries, not for the text. */
#include <inttypes.h>
#include <string.h>

#include <core/rounding_impl.h>
#include <io/csv_table_impl.h>
#include <io/options_impl.h>

/* Stores a number without scaling it. */
static void put(egm__csv_load *l, int64_t column, double number)
{
	int64_t i = l->rows * l->data->columns + column;
	if (l->o.dtype == EGM_F64)
		((double *)l->data->owned)[i] = number;
	else
		((float *)l->data->owned)[i] = (float)number;
}

static void put_code(egm__csv_load *l, const egm__column *c, int64_t code)
{
	if (c->kind == EGM_COLUMN_CODES)
		put(l, c->first, (double)code);
	else
		for (int64_t k = 0; k < c->dictionary.count; k++) put(l, c->first + k, k == code);
}

static egm_status put_missing(egm__csv_load *l, egm__column *c)
{
	if (!l->o.replace_missing)
		return egm__fail(EGM_ERR_FORMAT,
		                 "%s: line %" PRId64 ", field %" PRId64
		                 ": the value is missing ('%s'), which the option replace_missing allows",
		                 l->path, l->csv.line, l->csv.field, l->csv.text);
	c->missing++;
	if (c->kind == EGM_COLUMN_ONE_HOT)
		put_code(l, c, -1);
	else
		put(l, c->first, l->o.missing_value);
	return EGM_OK;
}

static egm_status put_word(egm__csv_load *l, const egm__column *c)
{
	int64_t code;
	if (!egm__words_find(&c->dictionary, l->csv.text, &code)) {
		if (l->o.unknown == EGM_CSV_UNKNOWN_REFUSE)
			return egm__csv_fail(&l->csv, EGM_ERR_FORMAT,
			                     "is not in the dictionary; it must be there unless the option unknown allows it");
		code = c->dictionary.count;
	}
	put_code(l, c, code);
	return EGM_OK;
}

static int has_decimal_comma(const char *text)
{
	const char *comma = strchr(text, ',');
	return comma && !strchr(comma + 1, ',') && !text[strspn(text, "0123456789+-,eE")];
}

/* The most probable reason of a word where a number was expected. */
static const char *word_hint(const egm__csv_load *l)
{
	if (l->head.width == 1 && l->o.delimiter != ';' && strchr(l->csv.text, ';'))
		return "is not a number; is the delimiter ';'?";
	if (l->head.width == 1 && l->o.delimiter != ' ' && strpbrk(l->csv.text, " \t"))
		return "is not a number; is the delimiter a blank or a tab?";
	if (has_decimal_comma(l->csv.text)) return "is not a number; is the decimal sign ','?";
	if (l->o.like) return "is not a number, must be one as in the table of the option like";
	return "is not a number; set the option text to read words";
}

static egm_status put_number(egm__csv_load *l, const egm__column *c, egm__csv_kind kind, double number)
{
	if (kind == EGM__CSV_INFINITE) return egm__csv_fail(&l->csv, EGM_ERR_NONFINITE, "is not finite");
	if (kind != EGM__CSV_NUMBER) return egm__csv_fail(&l->csv, EGM_ERR_FORMAT, word_hint(l));
	return egm__data_store(l->data->owned, l->rows * l->data->columns + c->first, number, &l->scaling)
	           ? EGM_OK
	           : egm__csv_fail(&l->csv, EGM_ERR_NONFINITE, "is not finite once it is scaled and stored");
}

static egm_status read_cell(egm__csv_load *l, egm__column *c)
{
	double number = 0;
	egm__csv_kind kind = egm__csv_cell_kind(l, &number);
	if (kind == EGM__CSV_MISSING) return put_missing(l, c);
	return c->kind == EGM_COLUMN_NUMBER ? put_number(l, c, kind, number) : put_word(l, c);
}

static egm_status read_rows(egm__csv_load *l)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__csv_each_row(l, l->data->rows, read_cell));
	if (l->rows < l->data->rows)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: changed while it was read: has %" PRId64 " rows, must have %" PRId64, l->path,
		         l->rows, l->data->rows);
out:
	return st;
}

static EGM__OWN_FUNCTION egm_status load_all(egm__csv_load *l, egm_data **out)
{
	egm_status st = EGM_OK;
	l->locale = egm__os_strtod_create();
	if (!l->locale) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for the C locale", l->path);
	EGM_TRY(egm__csv_read_head(l));
	EGM_TRY(egm__csv_select(l));
	EGM_TRY(egm__csv_survey(l));
	EGM_TRY(egm__csv_lay_out(l));
	EGM_TRY(read_rows(l));
	l->data->table = l->table;
	*out = l->data;
	l->table = NULL;
	l->data = NULL;
out:
	return st;
}

static void release(egm__csv_load *l)
{
	if (!l) return;
	egm__csv_close(&l->csv);
	egm__os_strtod_free(l->locale);
	egm__csv_free_head(l);
	egm__table_free(l->table);
	egm__free(l->context, l->used);
	egm__free(l->context, l->text);
	egm_data_free(l->data);
	egm__free(l->context, l);
}

static egm_status load(egm_data **out, egm_context *context, const egm__origin *from, const egm_csv_options *options)
{
	egm_status st = EGM_OK;
	egm_csv_options o;
	egm__csv_load *l = NULL;
	if (!out) return egm__fail(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(egm__origin_check(from));
	EGM_TRY(egm__csv_options_check(&o, options));
	l = egm__alloc_zero(context, 1, sizeof *l);
	if (!l) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for the reader", from->path);
	l->context = context;
	l->from = from;
	l->path = from->path;
	l->o = o;
	l->scaling = (egm_data_options){.dtype = o.dtype, .scale = o.scale, .offset = o.offset};
	uint32_t mode = egm__round_nearest();
	st = load_all(l, out);
	egm__round_restore(mode);
	if (st == EGM_OK && o.header == EGM_CSV_HEADER_DETECT)
		egm__log(context, EGM_LOG_INFO, "%s: line %" PRId64 " is %s", l->path, l->head.line,
		         l->head.is_header ? "a header" : "a row, so there is no header");
out:
	release(l);
	return st;
}

egm_status egm_data_load_csv(egm_data **out, egm_context *context, const char *path, const egm_csv_options *options)
{
	const egm__origin from = egm__from_file(path);
	return egm__named(__func__, load(out, context, &from, options));
}

egm_status egm_data_load_csv_memory(egm_data **out, egm_context *context, const void *bytes, size_t size,
                                    const egm_csv_options *options)
{
	const egm__origin from = egm__from_memory(bytes, size);
	return egm__named(__func__, load(out, context, &from, options));
}
