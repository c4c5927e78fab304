/* SPDX-License-Identifier: MIT */
/* The first line of a table: its number of fields, and whether it is a header, which 1000 rows below it show. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <io/csv_table_impl.h>

/* A field needs some hundred bytes of memory: a line of delimiters must not exhaust it. */
enum { LOOK_ROWS = 1000, MAX_FIELDS = 1 << 20 };

/* Reads the texts of the first line, one after another, each with the kind of its cell before it. */
static egm_status read_first_line(egm__csv_load *l)
{
	egm_status st = EGM_OK;
	egm__csv_event event = EGM__CSV_CELL;
	double number;
	EGM_TRY(egm__csv_next(&l->csv, &event));
	if (event == EGM__CSV_END) EGM_FAIL(EGM_ERR_FORMAT, "%s: has no row: all lines are blank or comments", l->path);
	l->head.line = l->csv.row_line;
	for (; event == EGM__CSV_CELL; l->head.count++) {
		char kind = (char)egm__csv_cell_kind(l, &number);
		EGM_TRY(egm__csv_keep(l));
		EGM_TRY(egm__text_append(&l->head.text, &kind, 1));
		EGM_TRY(egm__text_append(&l->head.text, l->csv.text, l->csv.length + 1));
		if (l->head.count == MAX_FIELDS)
			EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: line %" PRId64 " has more fields, must have at most %d", l->path,
			         l->head.line, MAX_FIELDS);
		/* A delimiter at the end of the line is not followed by a field, unless a row below has one there. */
		l->head.width = l->csv.length || l->csv.quoted || !l->head.count ? l->head.count + 1 : l->head.count;
		EGM_TRY(egm__csv_next(&l->csv, &event));
	}
out:
	return st;
}

static egm_status index_first_line(egm__csv_load *l)
{
	egm_status st = EGM_OK;
	egm__head *h = &l->head;
	h->cells = egm__alloc(l->context, h->count, sizeof *h->cells);
	h->seen = egm__alloc_zero(l->context, h->count, 1);
	if (!h->cells || !h->seen) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for the first line", l->path);
	char *p = h->text.bytes;
	for (int64_t i = 0; i < h->count; i++) {
		h->cells[i] = p + 1;
		p += strlen(p + 1) + 2;
	}
out:
	return st;
}

static void look_at_cell(egm__csv_load *l)
{
	double number;
	egm__csv_kind kind = egm__csv_cell_kind(l, &number);
	int64_t i = l->csv.field - 1;
	if (i >= l->head.count) return;
	if (i >= l->head.width && (l->csv.length || l->csv.quoted)) l->head.width = i + 1;
	if (kind == EGM__CSV_MISSING) return;
	l->head.seen[i] |= kind == EGM__CSV_WORD ? EGM__SEEN_WORD : EGM__SEEN_NUMBER;
	if (kind != EGM__CSV_WORD || l->head.word_line) return;
	l->head.word_line = l->csv.line;
	l->head.word_field = l->csv.field;
	egm__printable(l->head.word, l->csv.text);
}

static egm_status look_below(egm__csv_load *l)
{
	egm_status st = EGM_OK;
	egm__csv_event event = EGM__CSV_ROW;
	while (l->head.rows < LOOK_ROWS && event != EGM__CSV_END) {
		EGM_TRY(egm__csv_next(&l->csv, &event));
		if (event == EGM__CSV_CELL) look_at_cell(l);
		if (event == EGM__CSV_ROW) l->head.rows++;
	}
out:
	return st;
}

/* ---- whether it is a header */

static egm__csv_kind kind_of(const egm__head *h, int64_t i)
{
	return (egm__csv_kind)h->cells[i][-1];
}

static int has_cell(const egm__head *h, const char *name)
{
	for (int64_t i = 0; i < h->count; i++)
		if (strcmp(h->cells[i], name) == 0) return 1;
	return 0;
}

static int has_names_of(const egm__head *h, const egm__table *like)
{
	if (!like || !like->named) return 0;
	for (int64_t i = 0; i < like->count; i++)
		if (!has_cell(h, like->columns[i].name)) return 0;
	return 1;
}

static egm_status cannot_tell(const egm__csv_load *l, const char *why)
{
	return egm__fail(EGM_ERR_FORMAT, "%s: line %" PRId64 " may be a header or a row: %s; set the option header%s",
	                 l->path, l->head.line, why, l->head.width == 1 ? ". Is the delimiter right?" : "");
}

/* The text of the word below can show that the delimiter or the decimal sign is another one. */
static egm_status words_alone(const egm__csv_load *l)
{
	char why[200];
	snprintf(why, sizeof why, "no column has numbers alone ('%s' in line %" PRId64 ", field %" PRId64 ")", l->head.word,
	         l->head.word_line, l->head.word_field);
	if (!l->head.rows) return cannot_tell(l, "there is no line below it");
	return cannot_tell(l, l->head.word_line ? why : "all values below are missing");
}

/* pandas names columns without names 0, 1, 2 and so on, and writes these as a header, perhaps after the name of an
 * index and between other names. Only two such numbers are too common in rows. */
static int counts(const egm__head *h)
{
	char text[24];
	int64_t n = 0;
	for (int64_t i = 0; i < h->count; i++) {
		if (kind_of(h, i) != EGM__CSV_NUMBER) continue;
		snprintf(text, sizeof text, "%" PRId64, n++);
		if (strcmp(h->cells[i], text) != 0) return 0;
	}
	return n > 2;
}

static egm_status word_among_numbers(const egm__csv_load *l, int64_t i)
{
	char text[64];
	return egm__fail(EGM_ERR_FORMAT,
	                 "%s: line %" PRId64 ", field %" PRId64 ": '%s' is not a number; if the line is a header, although "
	                 "it has numbers, set the option header",
	                 l->path, l->head.line, i + 1, egm__printable(text, l->head.cells[i]));
}

static egm_status detect(egm__csv_load *l)
{
	egm__head *h = &l->head;
	int64_t words = 0, numbers = 0, above = -1, below = 0, broken = 0;
	for (int64_t i = 0; i < h->count; i++) {
		words += kind_of(h, i) == EGM__CSV_WORD;
		broken += kind_of(h, i) == EGM__CSV_WORD && strchr("0123456789+-.", h->cells[i][0]);
		numbers += kind_of(h, i) == EGM__CSV_NUMBER || kind_of(h, i) == EGM__CSV_INFINITE;
		below += h->seen[i] == EGM__SEEN_NUMBER;
		if (above < 0 && kind_of(h, i) == EGM__CSV_WORD && h->seen[i] == EGM__SEEN_NUMBER) above = i;
	}
	if (above >= 0 && numbers) return word_among_numbers(l, above);
	if (counts(h)) return cannot_tell(l, "it counts from 0, as pandas names columns");
	/* If words are an error, one that begins as a number explains more: 1;2 has another delimiter. */
	if (words && !numbers && !below && (l->o.like || l->o.text != EGM_CSV_TEXT_REFUSE || !broken))
		return words_alone(l);
	h->is_header = above >= 0;
	return EGM_OK;
}

egm_status egm__csv_read_head(egm__csv_load *l)
{
	egm_status st = EGM_OK;
	l->head.text.context = l->context;
	EGM_TRY(egm__csv_begin(l));
	EGM_TRY(read_first_line(l));
	EGM_TRY(index_first_line(l));
	EGM_TRY(look_below(l));
	if (l->o.header != EGM_CSV_HEADER_DETECT)
		l->head.is_header = l->o.header == EGM_CSV_HEADER_YES;
	else if (has_names_of(&l->head, l->o.like ? l->o.like->table : NULL))
		l->head.is_header = 1;
	else
		EGM_TRY(detect(l));
out:
	return st;
}

void egm__csv_free_head(egm__csv_load *l)
{
	egm__free(l->context, l->head.cells);
	egm__free(l->context, l->head.seen);
	egm__text_clear(&l->head.text);
}
