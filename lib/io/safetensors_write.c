/* SPDX-License-Identifier: MIT */
/* Writes a safetensors file as the reference writer does: u64 little-endian length of the header, the header (JSON,
 * padded with spaces), the tensors without gaps, widest type first and by name within a type. The padding makes the
 * data start at a multiple of 64, so that with the widest type first every tensor is aligned to its element. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <core/size_impl.h>
#include <core/status_impl.h>
#include <io/safetensors_format_impl.h>
#include <io/text_impl.h>

typedef struct contents {
	const char *path;
	int32_t n, n_meta;
	const egm__st_tensor **order;
	const egm__st_meta *meta;
	egm__text header;
} contents;

static int by_name(const void *a, const void *b)
{
	const egm__st_tensor *x = *(const egm__st_tensor *const *)a, *y = *(const egm__st_tensor *const *)b;
	return strcmp(x->name, y->name);
}

static int by_width_and_name(const void *a, const void *b)
{
	const egm__st_tensor *x = *(const egm__st_tensor *const *)a, *y = *(const egm__st_tensor *const *)b;
	int32_t p = egm__st_type_of(x->dtype)->bits, q = egm__st_type_of(y->dtype)->bits;
	if (p != q) return p > q ? -1 : 1;
	if (x->dtype != y->dtype) return x->dtype < y->dtype ? -1 : 1;
	return strcmp(x->name, y->name);
}

static egm_status check_tensor(const egm__st_tensor *t, const char *path)
{
	char text[64];
	const char *fault = t->name ? egm__st_name_fault(t->name) : "is NULL";
	if (fault) return egm__fail(EGM_ERR_ARGUMENT, "%s: tensor name '%.60s' %s", path, t->name ? t->name : "", fault);
	snprintf(text, sizeof text, "%.60s", t->name);
	if (!egm__st_type_of(t->dtype))
		return egm__fail(EGM_ERR_DTYPE, "%s: tensor '%s' has type %d, must be one of EGM__ST_*", path, text,
		                 (int)t->dtype);
	if (t->rank < 0 || t->rank > EGM__ST_MAX_RANK)
		return egm__fail(EGM_ERR_SHAPE, "%s: tensor '%s' has rank %d, must be 0 to 8", path, text, (int)t->rank);
	int64_t count = 1, bytes;
	for (int32_t i = 0; i < t->rank; i++) {
		if (t->shape[i] > INT32_MAX)
			return egm__fail(EGM_ERR_UNSUPPORTED, "%s: tensor '%s': a size is %" PRId64 ", must be at most %d", path,
			                 text, t->shape[i], INT32_MAX);
		if (egm__size_mul(count, t->shape[i], &count))
			return egm__fail(EGM_ERR_SHAPE, "%s: tensor '%s' has size %" PRId64 ", must be at least 0", path, text,
			                 t->shape[i]);
	}
	if (count != t->count || egm__size_mul(count, 8, &bytes) || (count && !t->data))
		return egm__fail(EGM_ERR_SHAPE, "%s: tensor '%s' has %" PRId64 " elements, must have %" PRId64, path, text,
		                 t->count, count);
	return EGM_OK;
}

static egm_status check(const contents *c)
{
	egm_status st = EGM_OK;
	for (int32_t i = 0; i < c->n; i++) EGM_TRY(check_tensor(c->order[i], c->path));
	if (c->n) qsort(c->order, (size_t)c->n, sizeof *c->order, by_name);
	for (int32_t i = 1; i < c->n; i++)
		if (strcmp(c->order[i - 1]->name, c->order[i]->name) == 0)
			EGM_FAIL(EGM_ERR_ARGUMENT, "%s: has two tensors '%.60s', must have one", c->path, c->order[i]->name);
	for (int32_t i = 0; i < c->n_meta; i++) {
		if (!c->meta[i].key || !c->meta[i].value)
			EGM_FAIL(EGM_ERR_ARGUMENT, "%s: key or value of metadata %d is NULL", c->path, (int)i);
		for (int32_t j = 0; j < i; j++)
			if (strcmp(c->meta[i].key, c->meta[j].key) == 0)
				EGM_FAIL(EGM_ERR_ARGUMENT, "%s: has two metadata keys '%.60s', must have one", c->path, c->meta[i].key);
	}
	if (c->n) qsort(c->order, (size_t)c->n, sizeof *c->order, by_width_and_name);
out:
	return st;
}

static egm_status append_metadata(contents *c)
{
	egm_status st = EGM_OK;
	egm__text *t = &c->header;
	EGM_TRY(egm__text_format(t, "\"__metadata__\":{"));
	for (int32_t i = 0; i < c->n_meta; i++) {
		EGM_TRY(egm__text_format(t, i ? "," : ""));
		EGM_TRY(egm__text_string(t, c->meta[i].key));
		EGM_TRY(egm__text_append(t, ":", 1));
		EGM_TRY(egm__text_string(t, c->meta[i].value));
	}
	EGM_TRY(egm__text_append(t, "}", 1));
out:
	return st;
}

static egm_status append_tensor(contents *c, const egm__st_tensor *tensor, int64_t *offset)
{
	egm_status st = EGM_OK;
	egm__text *t = &c->header;
	const egm__st_type *type = egm__st_type_of(tensor->dtype);
	int64_t end;
	if (egm__size_add(*offset, tensor->count * (type->bits / 8), &end))
		EGM_FAIL(EGM_ERR_SHAPE, "%s: tensors have too many bytes, must fit in a file", c->path);
	EGM_TRY(egm__text_string(t, tensor->name));
	EGM_TRY(egm__text_format(t, ":{\"dtype\":\"%s\",\"shape\":[", type->name));
	for (int32_t i = 0; i < tensor->rank; i++)
		EGM_TRY(egm__text_format(t, "%s%" PRId64, i ? "," : "", tensor->shape[i]));
	EGM_TRY(egm__text_format(t, "],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}", *offset, end));
	*offset = end;
out:
	return st;
}

static egm_status build_header(contents *c)
{
	egm_status st = EGM_OK;
	int64_t offset = 0;
	EGM_TRY(egm__text_append(&c->header, "{", 1));
	if (c->n_meta) EGM_TRY(append_metadata(c));
	for (int32_t i = 0; i < c->n; i++) {
		if (i || c->n_meta) EGM_TRY(egm__text_append(&c->header, ",", 1));
		EGM_TRY(append_tensor(c, c->order[i], &offset));
	}
	EGM_TRY(egm__text_append(&c->header, "}", 1));
	while ((8 + c->header.count) % 64) EGM_TRY(egm__text_append(&c->header, " ", 1));
	if (c->header.count > EGM__ST_MAX_HEADER)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: header has %zu bytes, must have at most %d", c->path, c->header.count,
		         EGM__ST_MAX_HEADER);
out:
	return st;
}

/* Little-endian bytes of the elements, whatever this machine is. */
static egm_status append_elements(egm__writer *w, const egm__st_tensor *t)
{
	size_t width = (size_t)egm__st_type_of(t->dtype)->bits / 8, count = (size_t)t->count;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return egm__append(w, t->data, count * width);
#else
	egm_status st = EGM_OK;
	const unsigned char *p = t->data;
	for (size_t i = 0; i < count; i++) {
		unsigned char swapped[8];
		for (size_t k = 0; k < width; k++) swapped[k] = p[i * width + width - 1 - k];
		EGM_TRY(egm__append(w, swapped, width));
	}
out:
	return st;
#endif
}

static egm_status write_contents(egm__writer *w, void *user)
{
	egm_status st = EGM_OK;
	const contents *c = user;
	unsigned char length[8];
	for (int i = 0; i < 8; i++) length[i] = (unsigned char)((uint64_t)c->header.count >> (8 * i));
	EGM_TRY(egm__append(w, length, sizeof length));
	EGM_TRY(egm__append(w, c->header.bytes, c->header.count));
	for (int32_t i = 0; i < c->n; i++) EGM_TRY(append_elements(w, c->order[i]));
out:
	return st;
}

egm_status egm__safetensors_write_to(egm_context *context, const egm__destination *to, int32_t n,
                                     const egm__st_tensor *tensors, int32_t n_meta, const egm__st_meta *meta)
{
	egm_status st = EGM_OK;
	contents c = {.path = to->path, .n = n, .n_meta = n_meta, .meta = meta, .header = {.context = context}};
	c.order = egm__alloc(context, n > 0 ? (size_t)n : 1, sizeof *c.order);
	if (!c.order) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for the order of %d tensors", to->path, (int)n);
	for (int32_t i = 0; i < n; i++) c.order[i] = &tensors[i];
	EGM_TRY(check(&c));
	EGM_TRY(build_header(&c));
	EGM_TRY(egm__write_to(context, to, write_contents, &c));
out:
	egm__text_clear(&c.header);
	egm__free(context, c.order);
	return st;
}
