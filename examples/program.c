/* SPDX-License-Identifier: MIT */
/* The table of options drives getopt_long, the checks of range and the text of --help, so that the three agree. */
#include "program.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPTIONS_MAX = 32 };

static void print_default(const program_option *option)
{
	if (option->kind == OPTION_INTEGER)
		printf(" (%lld)", (long long)*(const int64_t *)option->value);
	else if (option->kind == OPTION_NUMBER)
		printf(" (%g)", *(const double *)option->value);
	else if (option->kind == OPTION_TEXT && *(const char *const *)option->value)
		printf(" (%s)", *(const char *const *)option->value);
}

static void print_help(const char *program, const char *usage, const char *summary, const program_option *options,
                       size_t count)
{
	static const char *const words[] = {"", "N", "X", "TEXT", ""};
	printf("usage: %s %s\n%s\n\n", program, usage, summary);
	for (size_t i = 0; i < count; i++) {
		printf("  --%-14s %-4s  %s", options[i].name, words[options[i].kind], options[i].help);
		print_default(&options[i]);
		printf("\n");
	}
	printf("  --%-14s %-4s  %s\n", "help", "", "print this and exit");
}

/* Returns 0, or -1 when the text is not one number in the option's range. */
static int read_value(const program_option *option, const char *text)
{
	char *end = NULL;
	double number = 1;
	errno = 0;
	if (option->kind == OPTION_TEXT) {
		*(const char **)option->value = text;
		return 0;
	}
	if (option->kind == OPTION_FLAG) {
		*(int *)option->value = 1;
		return 0;
	}
	long long integer = 0;
	if (option->kind == OPTION_INTEGER)
		number = (double)(integer = strtoll(text, &end, 10));
	else
		number = strtod(text, &end);
	if (errno || end == text || *end || !(number >= option->low && number <= option->high)) return -1;
	if (option->kind == OPTION_INTEGER)
		*(int64_t *)option->value = integer;
	else
		*(double *)option->value = number;
	return 0;
}

int program_options(int argc, char **argv, const char *usage, const char *summary, const program_option *options,
                    size_t count)
{
	struct option table[OPTIONS_MAX + 2] = {{0}};
	int chosen, index = 0;
	for (size_t i = 0; i < count && i < OPTIONS_MAX; i++) {
		table[i].name = options[i].name;
		table[i].has_arg = options[i].kind == OPTION_FLAG ? no_argument : required_argument;
		table[i].val = 'o';
	}
	table[count] = (struct option){"help", no_argument, NULL, 'h'};
	while ((chosen = getopt_long(argc, argv, "", table, &index)) != -1) {
		if (chosen == 'h') {
			print_help(argv[0], usage, summary, options, count);
			exit(EXIT_SUCCESS);
		}
		if (chosen == '?') {
			fprintf(stderr, "try %s --help\n", argv[0]);
			exit(2);
		}
		if (read_value(&options[index], optarg) != 0) {
			fprintf(stderr, "--%s: expected %s from %g to %g, got '%s'\n", options[index].name,
			        options[index].kind == OPTION_INTEGER ? "an integer" : "a number", options[index].low,
			        options[index].high, optarg);
			exit(2);
		}
	}
	return optind;
}

void program_misuse(char **argv, const char *reason)
{
	fprintf(stderr, "%s\ntry %s --help\n", reason, argv[0]);
	exit(2);
}

void *program_alloc(size_t count, size_t size)
{
	void *memory = calloc(count > 0 ? count : 1, size);
	if (memory) return memory;
	fprintf(stderr, "no memory for %zu x %zu bytes\n", count, size);
	exit(EXIT_FAILURE);
}

egm_status program_context(egm_context **out, int64_t threads)
{
	egm_context_options options;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	egm_status status = options = (egm_context_options)EGM_CONTEXT_OPTIONS_INIT;
	if (status != EGM_OK) return status;
	options.threads = (int32_t)(cores >= 1 && cores < threads ? cores : threads);
	return egm_context_create(out, &options);
}

int program_folder(const char *path)
{
	char part[PROGRAM_PATH];
	size_t length = strlen(path);
	if (length == 0 || length > PROGRAM_PATH - 256) {
		fprintf(stderr, "--out: a path of %zu characters\n", length);
		return -1;
	}
	memcpy(part, path, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0') continue;
		part[i] = '\0';
		if (mkdir(part, 0777) != 0 && errno != EEXIST) {
			fprintf(stderr, "%s: %s\n", part, strerror(errno));
			return -1;
		}
		part[i] = path[i];
	}
	/* EEXIST above may also stand for a file of that name. */
	struct stat found;
	if (stat(path, &found) == 0 && !S_ISDIR(found.st_mode))
		errno = ENOTDIR;
	else if (access(path, W_OK | X_OK) == 0)
		return 0;
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return -1;
}

const char *program_path(char buffer[PROGRAM_PATH], const char *folder, const char *name)
{
	snprintf(buffer, PROGRAM_PATH, "%s/%s", folder, name);
	return buffer;
}

void program_json_text(const char *text)
{
	putchar('"');
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c < 0x20)
			printf("\\u%04x", *c);
		else
			putchar(*c);
	}
	putchar('"');
}

void program_json_number(double x)
{
	if (isfinite(x))
		printf("%.6g", x);
	else
		printf("null");
}
