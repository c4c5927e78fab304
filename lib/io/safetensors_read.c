/* SPDX-License-Identifier: MIT */
/* Reads a safetensors file that may have any bytes. It is safe by the order of its steps: the length of the header is
 * compared with the size of the file and with its limit; then the header is read; then the sum of the tensors is
 * compared with the bytes in the file and with the limit of the caller; only then memory is allocated for the data. The
 * data are copied and not mapped: in the file they are aligned to 8 bytes at best, and a mapped file that shrinks kills
 * the process.
 */
#include <inttypes.h>
#include <string.h>

#include <core/status_impl.h>
#include <io/file_impl.h>
#include <io/json_impl.h>
#include <io/options_impl.h>
#include <io/safetensors_format_impl.h>

static egm_status read_exact(egm__input *in, void *bytes, size_t n, const char *what)
{
	egm_status st = EGM_OK;
	size_t got = 0;
	EGM_TRY(egm__input_read(in, bytes, n, &got));
	if (got != n) EGM_FAIL(EGM_ERR_FORMAT, "%s: ends after %zu of the %zu bytes of %s", in->path, got, n, what);
out:
	return st;
}

static egm_status read_length(egm__input *in, int64_t size, uint64_t limit, uint64_t *length)
{
	egm_status st = EGM_OK;
	unsigned char bytes[8];
	uint64_t n = 0;
	if (size < 8) EGM_FAIL(EGM_ERR_FORMAT, "%s: has %" PRId64 " bytes, must have at least 8", in->path, size);
	EGM_TRY(read_exact(in, bytes, sizeof bytes, "the header's length"));
	for (int i = 7; i >= 0; i--) n = n << 8 | bytes[i];
	if (n == 0) EGM_FAIL(EGM_ERR_FORMAT, "%s: header has 0 bytes, must have at least 2", in->path);
	if (n > (uint64_t)size - 8)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: header has %" PRIu64 " bytes, must fit in the file of %" PRId64, in->path, n,
		         size);
	if (n > EGM__ST_MAX_HEADER)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: header has %" PRIu64 " bytes, must have at most %d", in->path, n,
		         EGM__ST_MAX_HEADER);
	if (n > limit)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: header has %" PRIu64 " bytes, must have at most max_header_bytes, %" PRIu64,
		         in->path, n, limit);
	*length = n;
out:
	return st;
}

static egm_status read_header(egm__safetensors *file, egm__input *in, size_t length)
{
	egm_status st = EGM_OK;
	json_t *header = NULL;
	char *bytes = egm__alloc(file->context, length, 1);
	if (!bytes) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for a header of %zu bytes", in->path, length);
	EGM_TRY(read_exact(in, bytes, length, "the header"));
	EGM_TRY(egm__json_load(&header, file->context, bytes, length, in->path, "header"));
	EGM_TRY(egm__st_header_read(file, header, in->path));
out:
	json_decref(header);
	egm__free(file->context, bytes);
	return st;
}

/* Replaces the error of a header by what the file looks like, if that is a known format. */
static egm_status explain(egm__input *in, egm_status st)
{
	unsigned char start[512];
	size_t n = egm__input_start(in, start, sizeof start);
	const char *kind = n < 9 || start[8] == '{' ? NULL : egm__looks_like(start, n);
	return kind ? egm__fail(EGM_ERR_FORMAT, "%s: looks like %s, must be a safetensors file", in->path, kind) : st;
}

static egm_status read_start(egm__safetensors *file, egm__input *in, int64_t size, uint64_t limit, uint64_t *length)
{
	egm_status st = EGM_OK;
	EGM_TRY(read_length(in, size, limit, length));
	EGM_TRY(read_header(file, in, (size_t)*length));
out:
	return st == EGM_ERR_FORMAT || st == EGM_ERR_UNSUPPORTED ? explain(in, st) : st;
}

static float from_bf16(uint16_t h)
{
	uint32_t bits = (uint32_t)h << 16;
	float value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

/* `raw` is the second half of `out`: element i is written to bytes that were read before element i + 1. */
static void widen(float *out, const unsigned char *raw, int64_t count, int brain)
{
	for (int64_t i = 0; i < count; i++) {
		uint16_t h = (uint16_t)(raw[2 * i] | raw[2 * i + 1] << 8);
		out[i] = brain ? from_bf16(h) : egm__half(h);
	}
}

static egm_status read_tensor(egm__safetensors *file, egm__input *in, int32_t index)
{
	egm_status st = EGM_OK;
	egm__st_tensor *t = &file->entries[index].tensor;
	const egm__st_type *type = file->entries[index].type;
	unsigned char *out = (unsigned char *)file->data + (uintptr_t)t->data;
	size_t n = (size_t)t->count * ((size_t)type->bits / 8);
	int half = type->bits == 16;
	unsigned char *raw = half ? out + n : out;
	if (!type->dtype) {
		egm__input_skip(in, file->entries[index].end - file->entries[index].begin);
		return EGM_OK;
	}
	t->data = out;
	EGM_TRY(read_exact(in, raw, n, t->name));
	if (half)
		widen((float *)(void *)out, raw, t->count, type->name[0] == 'B');
	else if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		egm__reverse_each(raw, (size_t)t->count, (size_t)type->bits / 8);
out:
	return st;
}

static egm_status read_data(egm__safetensors *file, egm__input *in, int64_t available, uint64_t limit)
{
	egm_status st = EGM_OK;
	if (file->disk_bytes > available)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: has %" PRId64 " bytes of tensors, must have %" PRId64, in->path, available,
		         file->disk_bytes);
	if (file->disk_bytes < available)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: has %" PRId64 " bytes after the last tensor, must have none", in->path,
		         available - file->disk_bytes);
	if ((uint64_t)file->read_bytes > limit)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: tensors need %" PRId64 " bytes, must be at most max_data_bytes, %" PRIu64,
		         in->path, file->read_bytes, limit);
	file->data = egm__alloc(file->context, file->memory_bytes ? file->memory_bytes : 1, 1);
	if (!file->data)
		EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for %" PRId64 " bytes of tensors", in->path, file->memory_bytes);
	for (int32_t i = 0; i < file->count; i++) EGM_TRY(read_tensor(file, in, i));
out:
	return st;
}

egm_status egm__safetensors_read_from(egm__safetensors **out, egm_context *context, const egm__origin *from,
                                      const egm_load_options *options, int any)
{
	egm_status st = EGM_OK;
	egm_load_options o;
	egm__safetensors *file = NULL;
	egm__input in = EGM__INPUT_NONE;
	uint64_t length = 0;
	*out = NULL;
	EGM_TRY(egm__options_check(&egm__options_load, &o, options));
	EGM_TRY(egm__input_open(&in, from));
	file = egm__alloc_zero(context, 1, sizeof *file);
	if (!file) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for its table", from->path);
	file->context = context;
	file->any = any;
	egm__context_retain(context);
	EGM_TRY(read_start(file, &in, in.size, o.max_header_bytes, &length));
	EGM_TRY(read_data(file, &in, in.size - 8 - (int64_t)length, o.max_data_bytes));
	*out = file;
out:
	egm__input_close(&in);
	if (st != EGM_OK) egm__safetensors_free(file);
	return st;
}

void egm__safetensors_free(egm__safetensors *file)
{
	if (!file) return;
	egm_context *context = file->context;
	egm__free(context, file->entries);
	egm__free(context, file->meta);
	egm__free(context, file->strings);
	egm__free(context, file->data);
	egm__free(context, file);
	egm_context_free(context);
}

int32_t egm__safetensors_count(const egm__safetensors *file)
{
	return file->count;
}

const egm__st_tensor *egm__safetensors_at(const egm__safetensors *file, int32_t index)
{
	return index >= 0 && index < file->count ? &file->entries[index].tensor : NULL;
}

const egm__st_tensor *egm__safetensors_find(const egm__safetensors *file, const char *name)
{
	for (int32_t i = 0; i < file->count; i++)
		if (strcmp(file->entries[i].tensor.name, name) == 0) return &file->entries[i].tensor;
	return NULL;
}

const char *egm__safetensors_meta(const egm__safetensors *file, const char *key)
{
	for (int32_t i = 0; i < file->n_meta; i++)
		if (strcmp(file->meta[i].key, key) == 0) return file->meta[i].value;
	return NULL;
}
