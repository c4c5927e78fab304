/* SPDX-License-Identifier: MIT */
/* What the columns of data from a table are: names, kinds, dictionaries. */
#include <inttypes.h>

#include <core/options_impl.h>
#include <core/status_impl.h>
#include <io/csv_table_impl.h>

egm_status egm__table_create(egm__table **out, egm_context *context, int64_t count, const char *path)
{
	egm_status st = EGM_OK;
	*out = NULL;
	egm__table *t = egm__alloc_zero(context, 1, sizeof *t);
	if (!t) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for a table", path);
	t->context = context;
	t->columns = egm__alloc_zero(context, count, sizeof *t->columns);
	if (!t->columns) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for %" PRId64 " columns", path, count);
	t->count = count;
	*out = t;
out:
	if (st != EGM_OK) egm__free(context, t);
	return st;
}

void egm__table_free(egm__table *t)
{
	if (!t) return;
	for (int64_t i = 0; i < t->count; i++) {
		egm__column *c = &t->columns[i];
		for (int64_t k = 0; k < c->dictionary.count; k++) egm__free(t->context, c->dictionary.words[k]);
		egm__free(t->context, c->dictionary.words);
		egm__free(t->context, c->name);
	}
	egm__free(t->context, t->columns);
	egm__free(t->context, t);
}

int64_t egm__column_width(const egm__column *c)
{
	return c->kind == EGM_COLUMN_ONE_HOT ? c->dictionary.count : 1;
}

/* ---- the public call */

static const egm_column nothing = {.struct_size = sizeof nothing, .kind = EGM_COLUMN_NUMBER};

/* The column of the table that this column of the data belongs to: the last one that begins at or before it. */
static const egm__column *column_at(const egm__table *t, int64_t index)
{
	int64_t low = 0, high = t->count;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (t->columns[middle].first <= index)
			low = middle;
		else
			high = middle;
	}
	return &t->columns[low];
}

static egm_column describe(const egm__table *t, int64_t index)
{
	egm_column result = nothing;
	if (!t) return result;
	const egm__column *c = column_at(t, index);
	result.kind = c->kind;
	result.field = c->field;
	result.name = c->name;
	result.word_count = c->dictionary.count;
	result.words = (const char *const *)c->dictionary.words;
	result.missing = c->missing;
	if (c->kind == EGM_COLUMN_ONE_HOT) result.word = c->dictionary.words[index - c->first];
	return result;
}

egm_status egm_data_column(const egm_data *data, int64_t index, egm_column *column)
{
	egm_status st = EGM_OK;
	egm_column result;
	if (!data || !column) EGM_FAIL(EGM_ERR_ARGUMENT, "%s is NULL", data ? "column" : "data");
	if (index < 0 || index >= data->columns)
		EGM_FAIL(EGM_ERR_ARGUMENT, "index is %" PRId64 ", must be 0 to %" PRId64, index, data->columns - 1);
	EGM_TRY(egm__result_check("egm_column", column));
	result = describe(data->table, index);
	EGM_TRY(egm__options_init("egm_column", column, column->struct_size, &result, sizeof result));
out:
	return egm__named(__func__, st);
}
