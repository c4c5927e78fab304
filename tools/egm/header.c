/* SPDX-License-Identifier: MIT */
#include "header.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct message {
	char *text;
	size_t size;
};

#ifdef __MINGW_PRINTF_FORMAT /* with mingw, what printf of C11 is */
#define FORMAT __MINGW_PRINTF_FORMAT
#else
#define FORMAT printf
#endif

__attribute__((format(FORMAT, 2, 3))) static int wrong(const struct message *error, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(error->text, error->size, format, list);
	va_end(list);
	return -1;
}

static const struct {
	const char *name;
	int bits;
} types[] = {{"F64", 64},        {"F32", 32},    {"F16", 16},    {"BF16", 16},   {"C64", 64},    {"I64", 64},
             {"I32", 32},        {"I16", 16},    {"I8", 8},      {"U64", 64},    {"U32", 32},    {"U16", 16},
             {"U8", 8},          {"BOOL", 8},    {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
             {"F8_E5M2FNUZ", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4}};

static int bits_of(const char *dtype)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (!strcmp(types[i].name, dtype)) return types[i].bits;
	return 0;
}

/* The integer `index` of a JSON array, which must be in 0 .. 2^62; -1 otherwise. */
static int64_t integer(const json_t *array, size_t index)
{
	const json_t *value = json_array_get(array, index);
	if (!json_is_integer(value)) return -1;
	json_int_t number = json_integer_value(value);
	return number >= 0 && number <= INT64_C(1) << 62 ? (int64_t)number : -1;
}

static int read_tensor(struct tensor *out, const char *name, const json_t *value, int64_t room,
                       const struct message *error)
{
	const json_t *shape = json_object_get(value, "shape"), *offsets = json_object_get(value, "data_offsets");
	const char *dtype = json_string_value(json_object_get(value, "dtype"));
	if (!dtype || !json_is_array(shape) || !json_is_array(offsets) || json_array_size(offsets) != 2)
		return wrong(error, "tensor '%s' has no dtype, shape and two data_offsets, must have them", name);
	if (json_array_size(shape) > MAX_RANK)
		return wrong(error, "tensor '%s' has %zu sizes, must have at most %d", name, json_array_size(shape), MAX_RANK);
	int bits = bits_of(dtype);
	if (!bits) return wrong(error, "tensor '%s' has dtype '%s', must be one of safetensors", name, dtype);
	out->name = name;
	out->dtype = dtype;
	out->rank = (int)json_array_size(shape);
	out->numbers = 1;
	for (int i = 0; i < out->rank; i++) {
		out->shape[i] = integer(shape, (size_t)i);
		if (out->shape[i] < 0 || (out->shape[i] && out->numbers > (INT64_C(1) << 62) / out->shape[i]))
			return wrong(error, "tensor '%s': size %d is no count that a file can have", name, i);
		out->numbers *= out->shape[i];
	}
	out->begin = integer(offsets, 0);
	out->end = integer(offsets, 1);
	if (out->begin < 0 || out->end < out->begin || out->end > room)
		return wrong(error, "tensor '%s' has data_offsets outside of the file, must be within %lld bytes", name,
		             (long long)room);
	int64_t bytes = out->end - out->begin;
	if (out->numbers > INT64_MAX / bits || out->numbers * bits % 8 || out->numbers * bits / 8 != bytes)
		return wrong(error, "tensor '%s' has %lld bytes, must have %lld numbers of %d bits", name, (long long)bytes,
		             (long long)out->numbers, bits);
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct tensor *x = a, *y = b;
	if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int read_tensors(struct header *out, const struct message *error)
{
	const char *key;
	json_t *value;
	size_t most = json_object_size(out->root);
	out->tensors = calloc(most ? most : 1, sizeof *out->tensors);
	if (!out->tensors) return wrong(error, "no memory for a table of %zu tensors", most);
	json_object_foreach(out->root, key, value)
	{
		if (!strcmp(key, "__metadata__")) {
			out->metadata = value;
			continue;
		}
		if (read_tensor(&out->tensors[out->count], key, value, out->file_bytes - 8 - out->header_bytes, error))
			return -1;
		if (out->numbers > INT64_MAX - out->tensors[out->count].numbers)
			return wrong(error, "the tensors have more numbers than can be counted, must have fewer");
		out->numbers += out->tensors[out->count++].numbers;
	}
	if (out->metadata && !json_is_object(out->metadata))
		return wrong(error, "__metadata__ is no JSON object, must be one");
	qsort(out->tensors, out->count, sizeof *out->tensors, by_place);
	return 0;
}

static int64_t size_of(FILE *file)
{
	if (fseeko(file, 0, SEEK_END)) return -1;
	int64_t size = ftello(file);
	return fseeko(file, 0, SEEK_SET) ? -1 : size;
}

static int read_file(struct header *out, FILE *file, const struct message *error)
{
	unsigned char length[8];
	json_error_t fault;
	out->file_bytes = size_of(file);
	if (out->file_bytes < 10 || fread(length, 1, 8, file) != 8)
		return wrong(error, "the file has %lld bytes, a safetensors file must have 10 or more",
		             (long long)out->file_bytes);
	uint64_t bytes = 0;
	for (int i = 7; i >= 0; i--) bytes = bytes << 8 | length[i];
	if (bytes > MAX_HEADER || (int64_t)bytes > out->file_bytes - 8)
		return wrong(error, "the header has %llu bytes, must have at most %lld: this is no safetensors file",
		             (unsigned long long)bytes,
		             (long long)(out->file_bytes - 8 < MAX_HEADER ? out->file_bytes - 8 : MAX_HEADER));
	out->header_bytes = (int64_t)bytes;
	char *text = malloc(bytes + 1);
	if (!text) return wrong(error, "no memory for a header of %llu bytes", (unsigned long long)bytes);
	if (fread(text, 1, bytes, file) == bytes) out->root = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &fault);
	free(text);
	if (!json_is_object(out->root)) return wrong(error, "the header is no JSON object, must be one");
	return read_tensors(out, error);
}

int header_read(struct header *out, const char *path, char *error, size_t error_size)
{
	struct message message = {error, error_size};
	struct stat info;
	memset(out, 0, sizeof *out);
	/* To open a FIFO could block for ever. */
	if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) return wrong(&message, "is no regular file, must be one");
	FILE *file = fopen(path, "rb");
	if (!file) return wrong(&message, "cannot be opened: %s", strerror(errno));
	int status = read_file(out, file, &message);
	fclose(file);
	return status;
}

void header_free(struct header *header)
{
	json_decref(header->root);
	free(header->tensors);
}
