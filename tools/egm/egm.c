/* SPDX-License-Identifier: MIT */
/* The program egm: what a file of the library contains, and weights of PyTorch. See egm.1. */
#include "tool.h"

#include <egm.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char tool_usage[] = "usage: egm info [--json] FILE...   what a safetensors file contains\n"
                          "       egm convert --like MODEL [--prefix TEXT] [--zero-bias] [--json] WEIGHTS OUT\n"
                          "                   weights of PyTorch into a model with the layers of MODEL\n"
                          "       egm convert --to-pytorch [--json] MODEL OUT\n"
                          "                   weights of a model for PyTorch\n"
                          "       egm --version\n"
                          "       egm --help\n";

/* Of a path that is not in UTF-8, the byte after 0xc2 may be the end. */
static void print_text(FILE *file, const char *text, size_t most)
{
	const unsigned char *c = (const unsigned char *)text;
	for (; *c && (most > 0 || (*c & 0xc0) == 0x80); c++, most -= most > 0) {
		if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) /* a control character of two bytes in UTF-8 */
			fprintf(file, "\\x%02x", *++c);
		else if (*c < 0x20 || *c == 0x7f)
			fprintf(file, "\\x%02x", *c);
		else
			putc(*c, file);
	}
	if (*c) fprintf(file, "...");
}

void tool_print_text(const char *text, size_t most)
{
	print_text(stdout, text, most);
}

void tool_print_error(const char *path, const char *error)
{
	fprintf(stderr, "egm: ");
	print_text(stderr, path, 1000);
	fprintf(stderr, ": ");
	print_text(stderr, error, 1000);
	fprintf(stderr, "\n");
}

static const char *value_of(const struct header *header, const char *key)
{
	const char *text = json_string_value(json_object_get(header->metadata, key));
	return text ? text : "";
}

static const char *kind_of(const struct header *header)
{
	static const char *const kinds[][2] = {{"egm-model", "model"},
	                                       {"egm-checkpoint", "checkpoint of a trainer"},
	                                       {"egm-sampler", "saved sampler"},
	                                       {"egm-data", "data"}};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (!strcmp(value_of(header, "format"), kinds[i][0])) return kinds[i][1];
	return "tensors of another program";
}

/* The table of layers of a model, as the library reads it from the file. */
static void print_layers(const char *path)
{
	egm_context *context = NULL;
	egm_model *model = NULL;
	size_t needed = 0;
	char *text = NULL;
	if (egm_context_create(&context, NULL) != EGM_OK || egm_model_load(&model, context, path, NULL) != EGM_OK ||
	    egm_model_summary(model, NULL, 0, &needed) != EGM_OK || !(text = malloc(needed)) ||
	    egm_model_summary(model, text, needed, NULL) != EGM_OK)
		printf("layers    cannot be read: %s\n", egm_last_error());
	else
		printf("\n%s", text);
	free(text);
	egm_model_free(model);
	egm_context_free(context);
}

static void print_metadata(const struct header *header)
{
	const char *key;
	json_t *value;
	if (json_object_size(header->metadata)) printf("\nmetadata\n");
	json_object_foreach((json_t *)(uintptr_t)header->metadata, key, value)
	{
		printf("  ");
		tool_print_text(key, 100);
		printf(": ");
		tool_print_text(json_is_string(value) ? json_string_value(value) : "(no text)", 200);
		printf("\n");
	}
}

void tool_print_tensors(const struct header *header)
{
	if (header->count) printf("\ntensors\n");
	for (size_t i = 0; i < header->count; i++) {
		const struct tensor *t = &header->tensors[i];
		printf("  ");
		tool_print_text(t->name, 200);
		printf("  %s [", t->dtype);
		for (int j = 0; j < t->rank; j++) printf("%s%" PRId64, j ? ", " : "", t->shape[j]);
		printf("], %" PRId64 " bytes\n", t->end - t->begin);
	}
}

static int print_info(const char *path, const struct header *header)
{
	tool_print_text(path, 1000);
	printf("\nkind      %s", kind_of(header));
	if (*value_of(header, "egm_version")) {
		printf(", written by libegm ");
		tool_print_text(value_of(header, "egm_version"), 20);
	}
	printf("\nsize      %" PRId64 " bytes, %" PRId64 " of them the header\n", header->file_bytes,
	       8 + header->header_bytes);
	printf("numbers   %" PRId64 " in %zu tensors\n", header->numbers, header->count);
	if (!strcmp(value_of(header, "format"), "egm-model")) print_layers(path);
	print_metadata(header);
	tool_print_tensors(header);
	return 0;
}

static json_t *tensor_json(const struct tensor *t)
{
	json_t *shape = json_array();
	for (int i = 0; i < t->rank; i++) json_array_append_new(shape, json_integer(t->shape[i]));
	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I}", "name", t->name, "dtype", t->dtype, "shape", shape, "numbers",
	                 (json_int_t)t->numbers, "offset", (json_int_t)t->begin, "bytes", (json_int_t)(t->end - t->begin));
}

/* The architecture of a model, which is JSON in a text, is an object here. */
int tool_print_json(const char *path, const struct header *header, json_t *more)
{
	json_t *tensors = json_array(), *architecture = json_loads(value_of(header, "architecture"), 0, NULL);
	for (size_t i = 0; i < header->count; i++) json_array_append_new(tensors, tensor_json(&header->tensors[i]));
	json_t *all = json_pack("{s:s%, s:s, s:I, s:I, s:I, s:O*, s:o*, s:o}", "file", path, strlen(path), "kind",
	                        kind_of(header), "bytes", (json_int_t)header->file_bytes, "header_bytes",
	                        (json_int_t)header->header_bytes, "numbers", (json_int_t)header->numbers, "metadata",
	                        header->metadata, "architecture", architecture, "tensors", tensors);
	if (all && more) json_object_update(all, more);
	json_decref(more);
	int status = all ? json_dumpf(all, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER) : -1;
	printf("\n");
	if (status) tool_print_error(path, "cannot be written as JSON, must have a path in UTF-8");
	json_decref(all);
	return status ? 1 : 0;
}

static int print_line(const char *path, const struct header *header)
{
	return tool_print_json(path, header, NULL);
}

static int info(int count, char **arguments)
{
	int json = 0, status = 0, files = 0;
	for (int i = 0; i < count; i++) {
		struct header header;
		char error[400];
		if (!strcmp(arguments[i], "--json")) {
			json = 1;
			continue;
		}
		if (arguments[i][0] == '-' && arguments[i][1]) {
			fprintf(stderr, "egm: info has no option '%s'\n%s", arguments[i], tool_usage);
			return 2;
		}
		if (files++ && !json) printf("\n");
		if (header_read(&header, arguments[i], error, sizeof error)) {
			tool_print_error(arguments[i], error);
			status = 1;
		} else if ((json ? print_line : print_info)(arguments[i], &header)) {
			status = 1;
		}
		header_free(&header);
	}
	if (files) return status;
	fprintf(stderr, "egm: info needs a file\n%s", tool_usage);
	return 2;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	int status = 0;
	if (!strcmp(command, "info"))
		status = info(argc - 2, argv + 2);
	else if (!strcmp(command, "convert"))
		status = convert(argc - 2, argv + 2);
	else if (!strcmp(command, "--help"))
		printf("%s", tool_usage);
	else if (!strcmp(command, "--version"))
		printf("egm %s\n", egm_version_string());
	else {
		if (argc > 1)
			fprintf(stderr, "egm: no command '%s'\n%s", command, tool_usage);
		else
			fprintf(stderr, "egm: needs a command\n%s", tool_usage);
		return 2;
	}
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "egm: cannot write the output\n");
		return 1;
	}
	return status;
}
