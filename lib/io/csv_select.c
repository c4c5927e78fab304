/* SPDX-License-Identifier: MIT */
/* Which columns of the file are read: all, those that options name, or those of a table that was read before. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <core/size_impl.h>
#include <io/csv_table_impl.h>

typedef struct range {
	int64_t first, last; /* fields, from 1 */
} range;

/* Parses a number without sign; returns 0 if there is none. */
static int take_number(const char **text, int64_t *number)
{
	const char *p = *text;
	int64_t n = 0;
	for (; *p >= '0' && *p <= '9'; p++)
		if (egm__size_mul(n, 10, &n) || egm__size_add(n, *p - '0', &n)) return 0;
	int found = p > *text;
	*text = p;
	*number = n;
	return found;
}

static int parse_range(const char *text, range *r)
{
	if (!take_number(&text, &r->first)) return 0;
	r->last = r->first;
	if (*text == '-') {
		text++;
		if (!take_number(&text, &r->last)) return 0;
	}
	return !*text;
}

/* *field: the field with this name; 0: there is none. */
static egm_status find_name(const egm__csv_load *l, const char *name, int64_t *field)
{
	const egm__head *h = &l->head;
	char text[64];
	*field = 0;
	for (int64_t i = 0; h->is_header && i < h->width; i++) {
		if (strcmp(h->cells[i], name) != 0) continue;
		if (*field)
			return egm__fail(EGM_ERR_ARGUMENT, "%s: columns %" PRId64 " and %" PRId64 " are both '%s', must differ",
			                 l->path, *field, i + 1, egm__printable(text, name));
		*field = i + 1;
	}
	return EGM_OK;
}

static egm_status no_column(const egm__csv_load *l, const char *option, const char *text)
{
	char shown[64];
	return egm__fail(EGM_ERR_ARGUMENT,
	                 "%s: %s: there is no column '%s' (the file has %" PRId64 " columns and %s header)", l->path,
	                 option, egm__printable(shown, text), l->head.width, l->head.is_header ? "a" : "no");
}

/* The fields that an entry of `columns` or `text_columns` names. */
static egm_status resolve(const egm__csv_load *l, const char *option, const char *text, range *r)
{
	egm_status st = EGM_OK;
	int64_t field = 0;
	if (!text) EGM_FAIL(EGM_ERR_ARGUMENT, "an entry of %s is NULL", option);
	EGM_TRY(find_name(l, text, &field));
	if (field)
		*r = (range){field, field};
	else if (!parse_range(text, r) || r->first < 1 || r->last < r->first || r->last > l->head.width)
		EGM_TRY(no_column(l, option, text));
out:
	return st;
}

static egm_status use_field(egm__csv_load *l, int64_t field)
{
	if (l->used[field - 1])
		return egm__fail(EGM_ERR_ARGUMENT, "%s: columns has column %" PRId64 " twice, must have it once", l->path,
		                 field);
	l->used[field - 1] = ++l->table->count;
	l->table->columns[l->table->count - 1].field = field;
	return EGM_OK;
}

static egm_status use_chosen(egm__csv_load *l)
{
	egm_status st = EGM_OK;
	range r = {1, l->head.width};
	if (!l->o.columns) {
		for (int64_t field = 1; field <= r.last; field++) EGM_TRY(use_field(l, field));
		return EGM_OK;
	}
	for (int64_t i = 0; i < l->o.column_count; i++) {
		EGM_TRY(resolve(l, "columns", l->o.columns[i], &r));
		for (int64_t field = r.first; field <= r.last; field++) EGM_TRY(use_field(l, field));
	}
out:
	return st;
}

static egm_status mark_text(egm__csv_load *l)
{
	egm_status st = EGM_OK;
	range r;
	for (int64_t i = 0; l->o.text_columns && i < l->o.text_column_count; i++) {
		EGM_TRY(resolve(l, "text_columns", l->o.text_columns[i], &r));
		for (int64_t field = r.first; field <= r.last; field++)
			if (l->used[field - 1]) l->text[l->used[field - 1] - 1] = 1;
	}
out:
	return st;
}

static egm_status copy_dictionary(egm__csv_load *l, egm__column *to, const egm__column *from)
{
	egm_status st = EGM_OK;
	to->kind = from->kind;
	for (int64_t k = 0; k < from->dictionary.count; k++)
		EGM_TRY(egm__words_insert(l->context, &to->dictionary, k, from->dictionary.words[k], l->path));
out:
	return st;
}

static int is_named(const egm__head *h, int64_t field, const char *name)
{
	return field <= h->width && strcmp(h->cells[field - 1], name) == 0;
}

static egm_status use_like(egm__csv_load *l, const egm__table *like)
{
	egm_status st = EGM_OK;
	char text[64];
	for (int64_t i = 0; i < like->count; i++) {
		const egm__column *c = &like->columns[i];
		int64_t field = c->field;
		/* A name that occurs twice is no error if it is where it was before. */
		if (like->named && l->head.is_header && !is_named(&l->head, field, c->name))
			EGM_TRY(find_name(l, c->name, &field));
		if (!field) EGM_TRY(no_column(l, "like", c->name));
		snprintf(text, sizeof text, "%" PRId64, field);
		if (field > l->head.width) EGM_TRY(no_column(l, "like", text));
		EGM_TRY(use_field(l, field));
		EGM_TRY(copy_dictionary(l, &l->table->columns[i], c));
	}
out:
	return st;
}

static egm_status copy_names(egm__csv_load *l)
{
	egm_status st = EGM_OK;
	if (!l->head.is_header) return EGM_OK;
	l->table->named = 1;
	for (int64_t i = 0; i < l->table->count; i++) {
		egm__column *c = &l->table->columns[i];
		EGM_TRY(egm__words_copy(l->context, &c->name, l->head.cells[c->field - 1], l->path));
	}
out:
	return st;
}

egm_status egm__csv_select(egm__csv_load *l)
{
	egm_status st = EGM_OK;
	size_t width = (size_t)l->head.width;
	EGM_TRY(egm__table_create(&l->table, l->context, l->head.width, l->path));
	l->table->count = 0; /* columns are added one by one */
	l->used = egm__alloc_zero(l->context, width, sizeof *l->used);
	l->text = egm__alloc_zero(l->context, width, 1);
	if (!l->used || !l->text) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for %" PRId64 " fields", l->path, l->head.width);
	if (l->o.like) {
		EGM_TRY(use_like(l, l->o.like->table));
	} else {
		EGM_TRY(use_chosen(l));
		EGM_TRY(mark_text(l));
	}
	EGM_TRY(copy_names(l));
out:
	return st;
}
