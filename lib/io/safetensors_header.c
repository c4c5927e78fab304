/* SPDX-License-Identifier: MIT */
/* From the JSON object of a safetensors header to a table of tensors, by all rules of the format:
 *
 *   NAME -> {"dtype": TYPE, "shape": [d0, ...], "data_offsets": [begin, end]}, and no fourth member;
 *   end - begin = product(shape) x bits / 8, a whole number of bytes, without overflow;
 *   sorted by their data, each tensor begins where the one before it ended, the first at 0: no gaps, no overlap.
 *
 * The header may list tensors in any order, as in the reference reader, because many writers list them by name. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <core/size_impl.h>
#include <core/status_impl.h>
#include <io/file_impl.h>
#include <io/safetensors_format_impl.h>

typedef struct cursor {
	egm__safetensors *file;
	const char *path;
	char name[64]; /* of the current tensor, for an error line */
	char *strings; /* where the next string is stored */
} cursor;

static int is_metadata(const char *key)
{
	return strcmp(key, "__metadata__") == 0;
}

/* Counts tensors, metadata and the bytes of all strings, each of which is then one allocation. */
static egm_status count(cursor *c, json_t *header, size_t *string_bytes)
{
	egm_status st = EGM_OK;
	const char *key, *inner;
	json_t *value, *text;
	size_t bytes = 1;
	json_object_foreach(header, key, value)
	{
		if (!is_metadata(key)) {
			c->file->count++;
			bytes += strlen(key) + 1;
			continue;
		}
		if (!json_is_object(value)) EGM_FAIL(EGM_ERR_FORMAT, "%s: __metadata__ is not an object", c->path);
		json_object_foreach(value, inner, text)
		{
			if (!json_is_string(text))
				EGM_FAIL(EGM_ERR_FORMAT, "%s: __metadata__ '%s' is not a string", c->path,
				         egm__printable(c->name, inner));
			c->file->n_meta++;
			bytes += strlen(inner) + json_string_length(text) + 2;
		}
	}
	*string_bytes = bytes;
out:
	return st;
}

static egm_status allocate(cursor *c, size_t string_bytes)
{
	egm__safetensors *f = c->file;
	size_t n = f->count ? (size_t)f->count : 1, m = f->n_meta ? (size_t)f->n_meta : 1;
	f->entries = egm__alloc_zero(f->context, n, sizeof *f->entries);
	f->meta = egm__alloc_zero(f->context, m, sizeof *f->meta);
	f->strings = egm__alloc(f->context, string_bytes, 1);
	if (!f->entries || !f->meta || !f->strings)
		return egm__fail(EGM_ERR_MEMORY, "%s: no memory for a table of %d tensors", c->path, (int)f->count);
	c->strings = f->strings;
	return EGM_OK;
}

static const char *keep(cursor *c, const char *text)
{
	size_t n = strlen(text) + 1;
	char *kept = memcpy(c->strings, text, n);
	c->strings += n;
	return kept;
}

static egm_status read_type(cursor *c, const json_t *value, const egm__st_type **type)
{
	char text[64];
	if (!json_is_string(value))
		return egm__fail(EGM_ERR_FORMAT, "%s: tensor '%s': dtype is not a string", c->path, c->name);
	*type = egm__st_type_find(json_string_value(value));
	if (*type) return EGM_OK;
	return egm__fail(EGM_ERR_FORMAT, "%s: tensor '%s': dtype is '%s', must be one of the format", c->path, c->name,
	                 egm__printable(text, json_string_value(value)));
}

/* An integer >= 0, written without point and exponent. */
static egm_status read_size(cursor *c, const json_t *value, const char *what, int64_t *out)
{
	if (!json_is_integer(value))
		return egm__fail(EGM_ERR_FORMAT, "%s: tensor '%s': %s is not an integer", c->path, c->name, what);
	*out = json_integer_value(value);
	if (*out >= 0) return EGM_OK;
	return egm__fail(EGM_ERR_FORMAT, "%s: tensor '%s': %s is %" PRId64 ", must be at least 0", c->path, c->name, what,
	                 *out);
}

static egm_status read_shape(cursor *c, const json_t *value, egm__st_tensor *t)
{
	egm_status st = EGM_OK;
	if (!json_is_array(value)) EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s': shape is not an array", c->path, c->name);
	size_t rank = json_array_size(value);
	if (rank > EGM__ST_MAX_RANK)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: tensor '%s': has %zu dimensions, must have at most %d", c->path, c->name,
		         rank, EGM__ST_MAX_RANK);
	t->rank = (int32_t)rank;
	t->count = 1;
	for (size_t i = 0; i < rank; i++) {
		EGM_TRY(read_size(c, json_array_get(value, i), "a size in shape", &t->shape[i]));
		if (egm__size_mul(t->count, t->shape[i], &t->count))
			EGM_FAIL(EGM_ERR_FORMAT,
			         "%s: tensor '%s': product of shape overflows at size %" PRId64 ", must fit in memory", c->path,
			         c->name, t->shape[i]);
	}
	for (size_t i = 0; i < rank; i++) {
		if (t->shape[i] > INT32_MAX)
			EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: tensor '%s': a size is %" PRId64 ", must be at most %d", c->path,
			         c->name, t->shape[i], INT32_MAX);
	}
out:
	return st;
}

/* Bytes on disk. */
static egm_status read_bytes(cursor *c, const egm__st_tensor *t, const egm__st_type *type, int64_t *bytes)
{
	egm_status st = EGM_OK;
	int64_t bits;
	if (egm__size_mul(t->count, type->bits, &bits))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s': has %" PRId64 " elements of %d bits, must fit in memory", c->path,
		         c->name, t->count, (int)type->bits);
	if (bits % 8)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s': has %" PRId64 " bits, must be whole bytes", c->path, c->name, bits);
	*bytes = bits / 8;
out:
	return st;
}

static egm_status read_offsets(cursor *c, const json_t *value, int64_t bytes, egm__st_entry *entry)
{
	egm_status st = EGM_OK;
	int64_t begin = 0, end = 0;
	if (!json_is_array(value) || json_array_size(value) != 2)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s': data_offsets is not a pair", c->path, c->name);
	EGM_TRY(read_size(c, json_array_get(value, 0), "begin in data_offsets", &begin));
	EGM_TRY(read_size(c, json_array_get(value, 1), "end in data_offsets", &end));
	if (end < begin)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s': ends at %" PRId64 ", must be at least its begin, %" PRId64, c->path,
		         c->name, end, begin);
	if (end - begin != bytes)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s': data_offsets span %" PRId64 " bytes, must span %" PRId64, c->path,
		         c->name, end - begin, bytes);
	entry->begin = begin;
	entry->end = end;
out:
	return st;
}

/* Reserves 64-byte aligned memory in the block of all data. */
static egm_status place(cursor *c, egm__st_tensor *t, const egm__st_type *type)
{
	egm_status st = EGM_OK;
	if (!type->dtype && c->file->any) goto out;
	if (!type->dtype)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: tensor '%s': dtype is %s, must be F16, BF16, F32, F64, U8 or U64", c->path,
		         c->name, type->name);
	t->dtype = type->dtype;
	int64_t bytes, end;
	if (egm__size_mul(t->count, egm__st_type_of(type->dtype)->bits / 8, &bytes) || egm__size_add(bytes, 63, &end) ||
	    egm__size_add(c->file->memory_bytes, end & ~(int64_t)63, &end))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s': has %" PRId64 " elements, must fit in memory", c->path, c->name,
		         t->count);
	t->data = (const void *)(uintptr_t)c->file->memory_bytes;
	c->file->read_bytes += bytes;
	c->file->memory_bytes = end;
out:
	return st;
}

static egm_status read_tensor(cursor *c, const char *key, const json_t *entry, int32_t index)
{
	egm_status st = EGM_OK;
	egm__st_tensor *t = &c->file->entries[index].tensor;
	const egm__st_type *type;
	int64_t bytes = 0;
	const char *fault = egm__st_name_fault(key);
	egm__printable(c->name, key);
	if (fault) EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor name '%s' %s", c->path, c->name, fault);
	t->name = keep(c, key);
	if (!json_is_object(entry)) EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s' is not an object", c->path, c->name);
	EGM_TRY(read_type(c, json_object_get(entry, "dtype"), &type));
	EGM_TRY(read_shape(c, json_object_get(entry, "shape"), t));
	EGM_TRY(read_bytes(c, t, type, &bytes));
	EGM_TRY(read_offsets(c, json_object_get(entry, "data_offsets"), bytes, &c->file->entries[index]));
	if (json_object_size(entry) != 3)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s' has %zu members, must have 3", c->path, c->name,
		         json_object_size(entry));
	EGM_TRY(place(c, t, type));
	c->file->entries[index].type = type;
out:
	return st;
}

static int by_data(const void *a, const void *b)
{
	const egm__st_entry *x = a, *y = b;
	if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end; /* a tensor without bytes begins where the next one does */
}

/* Sorts the tensors by their data, which must have no gaps and no overlap. */
static egm_status check_cover(cursor *c)
{
	egm_status st = EGM_OK;
	egm__safetensors *f = c->file;
	if (f->count) qsort(f->entries, (size_t)f->count, sizeof *f->entries, by_data);
	for (int32_t i = 0; i < f->count; i++) {
		const egm__st_entry *e = &f->entries[i];
		if (e->begin != f->disk_bytes)
			EGM_FAIL(EGM_ERR_FORMAT, "%s: tensor '%s': begins at %" PRId64 ", must begin at %" PRId64, c->path,
			         egm__printable(c->name, e->tensor.name), e->begin, f->disk_bytes);
		f->disk_bytes = e->end;
	}
out:
	return st;
}

static void read_metadata(cursor *c, json_t *metadata)
{
	const char *key;
	json_t *value;
	egm__st_meta *next = c->file->meta;
	json_object_foreach(metadata, key, value)
	{
		next->key = keep(c, key);
		next->value = keep(c, json_string_value(value));
		next++;
	}
}

egm_status egm__st_header_read(egm__safetensors *file, json_t *header, const char *path)
{
	egm_status st = EGM_OK;
	cursor c = {.file = file, .path = path};
	const char *key;
	json_t *value;
	size_t string_bytes = 0;
	int32_t index = 0;
	EGM_TRY(count(&c, header, &string_bytes));
	EGM_TRY(allocate(&c, string_bytes));
	json_object_foreach(header, key, value)
	{
		if (is_metadata(key))
			read_metadata(&c, value);
		else
			EGM_TRY(read_tensor(&c, key, value, index++));
	}
	EGM_TRY(check_cover(&c));
out:
	return st;
}
