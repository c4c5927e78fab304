/* SPDX-License-Identifier: MIT */
/* egm convert: weights of PyTorch's nn.Sequential into a model of the same layers, and back. */
#include "tool.h"

#include <egm.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct request {
	const char *like; /* a model of the same layers; NULL: convert to PyTorch */
	const char *prefix, *paths[2];
	int paths_count, to_pytorch, zero_bias, json;
};

static int wrong(const char *what, const char *argument)
{
	fprintf(stderr, "egm: convert %s%s\n%s", what, argument, tool_usage);
	return 2;
}

/* The value of the option `name` in argument i or the next one; NULL: it is another option, or the value is missing. */
static const char *value(const char *name, char **arguments, int count, int *i)
{
	size_t n = strlen(name);
	if (strncmp(arguments[*i], name, n) != 0) return NULL;
	if (arguments[*i][n] == '=') return arguments[*i] + n + 1;
	return !arguments[*i][n] && *i + 1 < count ? arguments[++*i] : NULL;
}

static int parse(struct request *r, int count, char **arguments)
{
	int plain = 0; /* after -- */
	for (int i = 0; i < count; i++) {
		const char *a = arguments[i], *found;
		if (plain || a[0] != '-' || !a[1]) {
			if (r->paths_count == 2) return wrong("has one argument too many: ", a);
			r->paths[r->paths_count++] = a;
		} else if (!strcmp(a, "--"))
			plain = 1;
		else if (!strcmp(a, "--json"))
			r->json = 1;
		else if (!strcmp(a, "--to-pytorch"))
			r->to_pytorch = 1;
		else if (!strcmp(a, "--zero-bias"))
			r->zero_bias = 1;
		else if ((found = value("--like", arguments, count, &i)))
			r->like = found;
		else if ((found = value("--prefix", arguments, count, &i)))
			r->prefix = found;
		else if (!strcmp(a, "--like") || !strcmp(a, "--prefix"))
			return wrong("needs a value after ", a);
		else
			return wrong("has no option ", a);
	}
	return 0;
}

static int check(const struct request *r)
{
	if (r->to_pytorch && r->like) return wrong("has --like and --to-pytorch, must have one of them", "");
	if (!r->to_pytorch && !r->like) return wrong("needs --like MODEL, a model of the same layers, or --to-pytorch", "");
	if (r->to_pytorch && (r->prefix || r->zero_bias))
		return wrong("has --to-pytorch, which takes neither --prefix nor --zero-bias", "");
	if (r->paths_count < 2) return wrong("needs two files, to read and to write", "");
	return 0;
}

/* Which files were read, for --json. NULL: a path is not in UTF-8, as JSON is. */
static json_t *sources(const struct request *r)
{
	json_t *more = json_pack("{s:s%}", "from", r->paths[0], strlen(r->paths[0]));
	json_t *like = r->like ? json_stringn(r->like, strlen(r->like)) : NULL;
	if (!r->like || (more && !json_object_set_new(more, "like", like))) return more;
	json_decref(more);
	return NULL;
}

static int print_json(const struct request *r, const struct header *header)
{
	json_t *more = sources(r);
	if (more) return tool_print_json(r->paths[1], header, more);
	tool_print_error(r->like ? r->like : r->paths[0], "cannot be written as JSON, must have a path in UTF-8");
	return -1;
}

static int print_text(const struct request *r, const struct header *header)
{
	printf("%" PRId64 " numbers in %zu tensors, from ", header->numbers, header->count);
	tool_print_text(r->paths[0], 1000);
	printf(" to ");
	tool_print_text(r->paths[1], 1000);
	printf("\n");
	tool_print_tensors(header);
	return 0;
}

/* What the file that was written contains. */
static int report(const struct request *r)
{
	struct header header;
	char error[400];
	int status = header_read(&header, r->paths[1], error, sizeof error);
	if (status)
		tool_print_error(r->paths[1], error);
	else
		status = (r->json ? print_json : print_text)(r, &header);
	header_free(&header);
	return status ? 1 : 0;
}

static egm_status run(const struct request *r, egm_context *context, egm_model **model)
{
	egm_restore_options options = EGM_RESTORE_OPTIONS_INIT;
	egm_load_options load = EGM_LOAD_OPTIONS_INIT;
	options.prefix = r->prefix;
	options.zero_bias = r->zero_bias;
	/* The files are those of the user, who knows how large they are. */
	options.max_header_bytes = load.max_header_bytes = MAX_HEADER;
	options.max_data_bytes = load.max_data_bytes = load.max_row_numbers = INT64_MAX;
	egm_status status = egm_model_load(model, context, r->like ? r->like : r->paths[0], &load);
	if (status != EGM_OK) return status;
	if (r->to_pytorch) return egm_model_save_pytorch(*model, r->paths[1]);
	status = egm_model_restore(*model, r->paths[0], &options);
	return status == EGM_OK ? egm_model_save(*model, r->paths[1]) : status;
}

int convert(int count, char **arguments)
{
	struct request r = {0};
	egm_context *context = NULL;
	egm_model *model = NULL;
	int status = parse(&r, count, arguments);
	if (!status) status = check(&r);
	if (status) return status;
	if (egm_context_create(&context, NULL) != EGM_OK || run(&r, context, &model) != EGM_OK) {
		fprintf(stderr, "egm: %s\n", egm_last_error());
		status = 1;
	}
	egm_model_free(model);
	egm_context_free(context);
	return status ? status : report(&r);
}
