/* SPDX-License-Identifier: MIT */
/* Data as a safetensors file: the numbers as tensor "values" in their shape, "format" and "format_version" as metadata.
 * Data of a table have two more tensors; their texts are bytes of the table and may not be UTF-8, as JSON must be:
 *
 *   columns  U64 [columns of the table, 5]: kind (EGM_COLUMN_*), field, missing values, has a name (0 or 1), words
 *   texts    U8 [bytes]: for each column its name, if it has one, and its words, each with a zero behind it
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <core/size_impl.h>
#include <io/csv_table_impl.h>
#include <io/options_impl.h>
#include <io/safetensors_impl.h>
#include <tensor/finite_impl.h>

#define DATA_FORMAT "egm-data"
#define DATA_VERSION "1"

enum { KIND, FIELD, MISSING, NAMED, WORDS, MEMBERS };
/* Memory of a text besides its letters; what all texts may need whatever the limit is. */
enum { TEXT_BYTES = 128, LEAST_TEXT_BYTES = 1 << 20 };

/* ---- saving */

typedef struct texts {
	char *bytes; /* NULL: the texts are only counted */
	size_t count;
} texts;

static void put_text(texts *t, const char *text)
{
	size_t n = strlen(text) + 1;
	if (t->bytes) memcpy(t->bytes + t->count, text, n);
	t->count += n;
}

static void put_texts(texts *t, const egm__table *table)
{
	t->count = 0;
	for (int64_t i = 0; i < table->count; i++) {
		const egm__column *c = &table->columns[i];
		if (c->name) put_text(t, c->name);
		for (int64_t k = 0; k < c->dictionary.count; k++) put_text(t, c->dictionary.words[k]);
	}
}

static void put_columns(uint64_t *out, const egm__table *table)
{
	for (int64_t i = 0; i < table->count; i++) {
		const egm__column *c = &table->columns[i];
		const uint64_t members[MEMBERS] = {(uint64_t)c->kind, (uint64_t)c->field, (uint64_t)c->missing, c->name != NULL,
		                                   (uint64_t)c->dictionary.count};
		memcpy(out + i * MEMBERS, members, sizeof members);
	}
}

/* Adds the two tensors, whose memory is *columns and t->bytes. */
static egm_status add_table(egm__st_tensor *list, const egm_data *d, uint64_t **columns, texts *t)
{
	const egm__table *table = d->table;
	put_texts(t, table);
	*columns = egm__alloc(d->context, table->count, MEMBERS * sizeof **columns);
	t->bytes = egm__alloc(d->context, (int64_t)t->count + 1, 1);
	if (!*columns || !t->bytes)
		return egm__fail(EGM_ERR_MEMORY, "no memory for %zu bytes of names and words", t->count);
	put_texts(t, table);
	put_columns(*columns, table);
	list[0] = (egm__st_tensor){"columns", EGM__ST_U64, 2, {table->count, MEMBERS}, *columns, table->count * MEMBERS};
	list[1] = (egm__st_tensor){"texts", EGM__ST_U8, 1, {(int64_t)t->count}, t->bytes, (int64_t)t->count};
	return EGM_OK;
}

static egm_status save(const egm_data *d, const egm__destination *to)
{
	static const egm__st_meta meta[] = {{"format", DATA_FORMAT}, {"format_version", DATA_VERSION}};
	egm_status st = EGM_OK;
	egm__st_tensor list[3] = {{.name = "values"}};
	uint64_t *columns = NULL;
	texts t = {0};
	if (!d) return egm__fail(EGM_ERR_ARGUMENT, "data is NULL");
	EGM_TRY(egm__destination_check(to));
	if (!d->values)
		EGM_FAIL(EGM_ERR_UNSUPPORTED,
		         "the rows of these data are not in memory, must be; egm_data_read copies them there");
	list[0].dtype = (int32_t)d->dtype;
	list[0].rank = d->rank;
	list[0].data = d->values;
	list[0].count = d->rows * d->columns;
	memcpy(list[0].shape, d->shape, sizeof list[0].shape);
	int64_t flaw =
	    egm__first_nonfinite(d->context, d->dtype, d->values, list[0].count); /* a program may have changed a view */
	if (flaw >= 0) EGM_TRY(egm__data_nonfinite("data", flaw, d->columns, egm__number(d->dtype, d->values, flaw)));
	if (d->table) EGM_TRY(add_table(list + 1, d, &columns, &t));
	EGM_TRY(egm__safetensors_write_to(d->context, to, d->table ? 3 : 1, list, 2, meta));
out:
	egm__free(d->context, columns);
	egm__free(d->context, t.bytes);
	return st;
}

egm_status egm_data_save(const egm_data *data, const char *path)
{
	const egm__destination to = egm__to_file(path);
	return egm__named(__func__, save(data, &to));
}

egm_status egm_data_save_memory(const egm_data *data, void *buffer, size_t size, size_t *needed)
{
	const egm__destination to = egm__to_memory(buffer, size, needed);
	return egm__named(__func__, save(data, &to));
}

/* ---- loading */

typedef struct loader {
	egm_context *context;
	const char *path;
	egm__safetensors *file;
	egm_data *data;
	egm__table *table;
	const char *text, *end; /* of the texts that follow */
	uint64_t most, kept;    /* bytes of memory that texts may need, and need so far */
} loader;

static egm_status check_format(const loader *l)
{
	egm_status st = EGM_OK;
	char text[64];
	const char *format = egm__safetensors_meta(l->file, "format");
	const char *version = egm__safetensors_meta(l->file, "format_version");
	if (!format || !version)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: metadata has no '%s', must have it as egm_data_save writes it", l->path,
		         format ? "format_version" : "format");
	if (strcmp(format, DATA_FORMAT) != 0 && !egm__st_is_framework(format))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: format is '%s', must be '" DATA_FORMAT "'", l->path,
		         egm__printable(text, format));
	if (strcmp(version, DATA_VERSION) != 0)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: format_version is '%s', must be '" DATA_VERSION "'", l->path,
		         egm__printable(text, version));
out:
	return st;
}

static egm_status find(const loader *l, const char *name, const egm__st_tensor **tensor)
{
	*tensor = egm__safetensors_find(l->file, name);
	return *tensor ? EGM_OK : egm__fail(EGM_ERR_FORMAT, "%s: tensor '%s' is missing", l->path, name);
}

static egm_status check_names(const loader *l)
{
	char text[64];
	for (int32_t i = 0; i < egm__safetensors_count(l->file); i++) {
		const char *name = egm__safetensors_at(l->file, i)->name;
		if (strcmp(name, "values") != 0 && strcmp(name, "columns") != 0 && strcmp(name, "texts") != 0)
			return egm__fail(EGM_ERR_FORMAT, "%s: has tensor '%s', must have values, columns and texts alone", l->path,
			                 egm__printable(text, name));
	}
	return EGM_OK;
}

static egm_status read_values(loader *l)
{
	egm_status st = EGM_OK;
	const egm__st_tensor *t;
	EGM_TRY(find(l, "values", &t));
	if (t->dtype != EGM__ST_F32 && t->dtype != EGM__ST_F64)
		EGM_FAIL(EGM_ERR_DTYPE, "%s: tensor 'values' has another type, must be F32 or F64", l->path);
	if (t->rank < 1) EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor 'values' has 0 dimensions, must have at least 1", l->path);
	EGM_TRY(egm__data_create(&l->data, l->context, (egm_dtype)t->dtype, t->rank, t->shape, l->path, UINT64_MAX));
	int64_t flaw = egm__first_nonfinite(l->context, l->data->dtype, t->data, t->count);
	if (flaw >= 0)
		EGM_TRY(egm__data_nonfinite(l->path, flaw, l->data->columns, egm__number(l->data->dtype, t->data, flaw)));
	memcpy(l->data->owned, t->data, (size_t)t->count * (t->dtype == EGM__ST_F64 ? 8 : 4));
out:
	return st;
}

/* ---- a table */

/* The next text. One of a single letter has 2 bytes in the file, but a block of its own in memory. */
static egm_status take_text(loader *l, int64_t column, const char **text)
{
	const char *zero = l->text < l->end ? memchr(l->text, 0, (size_t)(l->end - l->text)) : NULL;
	if (!zero)
		return egm__fail(EGM_ERR_FORMAT, "%s: tensor 'texts' ends before the texts of column %" PRId64, l->path,
		                 column);
	l->kept += (uint64_t)(zero - l->text) + TEXT_BYTES;
	if (l->kept > l->most)
		return egm__fail(EGM_ERR_UNSUPPORTED,
		                 "%s: names and words need more than max_data_bytes allows, must need at most %" PRIu64
		                 " bytes",
		                 l->path, l->most);
	*text = l->text;
	l->text = zero + 1;
	return EGM_OK;
}

static egm_status check_member(const loader *l, int64_t column, const char *member, uint64_t value, uint64_t least,
                               uint64_t most)
{
	if (value >= least && value <= most) return EGM_OK;
	return egm__fail(EGM_ERR_FORMAT,
	                 "%s: tensor 'columns': %s of column %" PRId64 " is %" PRIu64 ", must be %" PRIu64 " to %" PRIu64,
	                 l->path, member, column, value, least, most);
}

/* The words of a dictionary are sorted and different, because codes are found by bisection. */
static egm_status read_words(loader *l, int64_t i, uint64_t count)
{
	egm_status st = EGM_OK;
	egm__column *c = &l->table->columns[i];
	const char *text = "";
	for (uint64_t k = 0; k < count; k++) {
		EGM_TRY(take_text(l, i, &text));
		if (k && strcmp(c->dictionary.words[k - 1], text) >= 0)
			EGM_FAIL(EGM_ERR_FORMAT,
			         "%s: tensor 'texts': word %" PRIu64 " of column %" PRId64 " is out of order, must be "
			         "after the one before it",
			         l->path, k, i);
		EGM_TRY(egm__words_insert(l->context, &c->dictionary, (int64_t)k, text, l->path));
	}
out:
	return st;
}

static egm_status read_column(loader *l, int64_t i, const uint64_t *m, int64_t *first)
{
	egm_status st = EGM_OK;
	egm__column *c = &l->table->columns[i];
	const char *name = NULL;
	int number = m[KIND] == EGM_COLUMN_NUMBER;
	uint64_t named = (uint64_t)l->table->named;
	EGM_TRY(check_member(l, i, "the kind", m[KIND], EGM_COLUMN_NUMBER, EGM_COLUMN_ONE_HOT));
	EGM_TRY(check_member(l, i, "the field", m[FIELD], 1, INT32_MAX));
	EGM_TRY(check_member(l, i, "the number of missing values", m[MISSING], 0, (uint64_t)l->data->rows));
	EGM_TRY(check_member(l, i, "'has a name'", m[NAMED], i ? named : 0, i ? named : 1));
	EGM_TRY(check_member(l, i, "the number of words", m[WORDS], number ? 0 : 1, number ? 0 : UINT64_MAX));
	c->kind = (int32_t)m[KIND];
	c->field = (int64_t)m[FIELD];
	c->missing = (int64_t)m[MISSING];
	c->first = *first;
	l->table->named = (int)m[NAMED];
	if (m[NAMED]) EGM_TRY(take_text(l, i, &name));
	if (name) EGM_TRY(egm__words_copy(l->context, &c->name, name, l->path));
	EGM_TRY(read_words(l, i, m[WORDS]));
	*first += egm__column_width(c);
out:
	return st;
}

static egm_status read_table(loader *l)
{
	egm_status st = EGM_OK;
	const egm__st_tensor *columns, *words;
	int64_t first = 0;
	if (egm__safetensors_count(l->file) == 1) goto out;
	EGM_TRY(find(l, "columns", &columns));
	EGM_TRY(find(l, "texts", &words));
	if (columns->dtype != EGM__ST_U64 || columns->rank != 2 || columns->shape[0] < 1 || columns->shape[1] != MEMBERS)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor 'columns' has another type or shape, must be U64 [columns, %d]", l->path,
		         MEMBERS);
	if (words->dtype != EGM__ST_U8 || words->rank != 1)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor 'texts' has another type or shape, must be U8 [bytes]", l->path);
	l->text = words->data;
	l->end = l->text + words->count;
	EGM_TRY(egm__table_create(&l->table, l->context, columns->shape[0], l->path));
	for (int64_t i = 0; i < columns->shape[0]; i++)
		EGM_TRY(read_column(l, i, (const uint64_t *)columns->data + i * MEMBERS, &first));
	if (first != l->data->columns)
		EGM_FAIL(EGM_ERR_FORMAT,
		         "%s: tensor 'columns' describes %" PRId64 " columns, must describe the %" PRId64 " of 'values'",
		         l->path, first, l->data->columns);
	if (l->text != l->end)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor 'texts' has %td bytes after its texts, must have none", l->path,
		         l->end - l->text);
	l->data->table = l->table;
	l->table = NULL;
out:
	return st;
}

static egm_status load(egm_data **out, egm_context *context, const egm__origin *from, const egm_load_options *options)
{
	egm_status st = EGM_OK;
	loader l = {.context = context, .path = from->path};
	egm_load_options o;
	if (!out) return egm__fail(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	if (!context) EGM_FAIL(EGM_ERR_ARGUMENT, "context is NULL");
	EGM_TRY(egm__origin_check(from));
	EGM_TRY(egm__options_check(&egm__options_load, &o, options));
	l.most = o.max_data_bytes > LEAST_TEXT_BYTES ? o.max_data_bytes : LEAST_TEXT_BYTES;
	EGM_TRY(egm__safetensors_read_from(&l.file, context, from, options, 0));
	EGM_TRY(check_format(&l));
	EGM_TRY(check_names(&l));
	EGM_TRY(read_values(&l));
	EGM_TRY(read_table(&l));
	*out = l.data;
	l.data = NULL;
out:
	egm__table_free(l.table);
	egm_data_free(l.data);
	egm__safetensors_free(l.file);
	return st;
}

egm_status egm_data_load(egm_data **out, egm_context *context, const char *path, const egm_load_options *options)
{
	const egm__origin from = egm__from_file(path);
	return egm__named(__func__, load(out, context, &from, options));
}

egm_status egm_data_load_memory(egm_data **out, egm_context *context, const void *bytes, size_t size,
                                const egm_load_options *options)
{
	const egm__origin from = egm__from_memory(bytes, size);
	return egm__named(__func__, load(out, context, &from, options));
}
