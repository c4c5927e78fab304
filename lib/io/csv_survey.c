/* SPDX-License-Identifier: MIT */
/* The first pass over all rows: how many there are, whether a column has numbers or words, and which words. It needs
 * memory for the words alone, and the data are then created in their final size. */
#include <inttypes.h>

#include <core/size_impl.h>
#include <io/csv_table_impl.h>

static egm_status note_word(egm__csv_load *l, egm__column *c)
{
	int64_t at;
	char text[64];
	if (egm__words_find(&c->dictionary, l->csv.text, &at)) return EGM_OK;
	if (c->dictionary.count < l->o.max_words) {
		egm_status st = egm__csv_keep(l);
		return st == EGM_OK ? egm__words_insert(l->context, &c->dictionary, at, l->csv.text, l->path) : st;
	}
	return egm__fail(EGM_ERR_UNSUPPORTED,
	                 "%s: line %" PRId64 ", field %" PRId64
	                 ": '%s' is one word more than max_words allows, must be one of %d",
	                 l->path, l->csv.line, l->csv.field, egm__printable(text, l->csv.text), (int)l->o.max_words);
}

static egm_status mixed(const egm__csv_load *l, const egm__column *c)
{
	char text[64];
	return egm__fail(EGM_ERR_FORMAT,
	                 "%s: line %" PRId64 ", field %" PRId64 ": '%s' %s, line %" PRId64 " %s there; text_columns names "
	                 "columns of words that contain numbers",
	                 l->path, l->csv.line, l->csv.field, egm__printable(text, l->csv.text),
	                 c->number_line > 0 ? "is not a number" : "is a number",
	                 c->number_line > 0 ? c->number_line : -c->number_line,
	                 c->number_line > 0 ? "has a number" : "has a word");
}

static egm_status survey_cell(egm__csv_load *l, egm__column *c)
{
	egm_status st = EGM_OK;
	double number;
	if (c->kind) return EGM_OK;
	egm__csv_kind kind = egm__csv_cell_kind(l, &number);
	if (kind == EGM__CSV_MISSING) return EGM_OK;
	if (l->text[c - l->table->columns]) return note_word(l, c);
	int word = kind == EGM__CSV_WORD;
	if (!c->number_line) c->number_line = word ? -l->csv.line : l->csv.line;
	if ((c->number_line < 0) != word) EGM_TRY(mixed(l, c));
	if (word) EGM_TRY(note_word(l, c));
out:
	return st;
}

egm_status egm__csv_survey(egm__csv_load *l)
{
	egm_status st = EGM_OK;
	int32_t text = l->o.text == EGM_CSV_TEXT_ONE_HOT ? EGM_COLUMN_ONE_HOT : EGM_COLUMN_CODES;
	for (int64_t i = 0; i < l->table->count && !l->o.like && l->o.text == EGM_CSV_TEXT_REFUSE; i++)
		l->table->columns[i].kind = EGM_COLUMN_NUMBER;
	EGM_TRY(egm__csv_each_row(l, l->o.max_rows, survey_cell));
	if (!l->rows) EGM_FAIL(EGM_ERR_FORMAT, "%s: has no row%s", l->path, l->head.is_header ? " below the header" : "");
	for (int64_t i = 0; i < l->table->count; i++) {
		egm__column *c = &l->table->columns[i];
		if (!c->kind) c->kind = c->dictionary.count ? text : EGM_COLUMN_NUMBER;
	}
out:
	return st;
}

egm_status egm__csv_lay_out(egm__csv_load *l)
{
	egm_status st = EGM_OK;
	int64_t shape[2] = {l->rows, 0};
	for (int64_t i = 0; i < l->table->count; i++) {
		egm__column *c = &l->table->columns[i];
		c->first = shape[1];
		if (egm__size_add(shape[1], egm__column_width(c), &shape[1]))
			EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: has too many columns, must fit in memory", l->path);
	}
	EGM_TRY(egm__data_create(&l->data, l->context, (egm_dtype)l->o.dtype, 2, shape, l->path, l->o.max_bytes));
out:
	return st;
}
