/* SPDX-License-Identifier: MIT */
/* Settings are compared as texts, not as numbers: the same program writes them, so that equal settings are equal lines,
 * and the message shows the line that differs. */
#include "run_record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_named(const char *const *names, const char *name)
{
	while (*names && strcmp(*names, name) != 0) names++;
	return *names != NULL;
}

void run_record_text(char text[RUN_RECORD], const program_option *options, const char *const *unbound)
{
	char value[256];
	size_t used = 0;
	text[0] = '\0';
	for (; options->name && used < RUN_RECORD; options++) {
		if (is_named(unbound, options->name)) continue;
		options_value(options, value, sizeof value);
		used += (size_t)snprintf(text + used, RUN_RECORD - used, "%s %s\n", options->name, value);
	}
}

/* Reports the two lines with which `was` and `is` begin. */
static void reject(const char *path, const char *was, const char *is)
{
	int was_length = (int)strcspn(was, "\n"), is_length = (int)strcspn(is, "\n"), name = (int)strcspn(is, " \n");
	if (name < is_length && strncmp(was, is, (size_t)name + 1) == 0) {
		int value = name + 1;
		fprintf(stderr, "--%.*s: the run of %s has %.*s, got %.*s\n", name, is, path, was_length - value, was + value,
		        is_length - value, is + value);
	} else {
		fprintf(stderr, "%s: expected the line '%.*s', got '%.*s'\n", path, is_length, is, was_length, was);
	}
	exit(2);
}

void run_record_check(const char *text, const char *path)
{
	char old[RUN_RECORD];
	size_t line = 0; /* start of the first line that differs */
	FILE *file = fopen(path, "r");
	if (!file) {
		fprintf(stderr, "%s: %s: what the run was started with is not known\n", path, strerror(errno));
		exit(2);
	}
	old[fread(old, 1, sizeof old - 1, file)] = '\0';
	fclose(file);
	for (size_t i = 0; old[i] == text[i]; i++) {
		if (text[i] == '\0') return;
		if (text[i] == '\n') line = i + 1;
	}
	reject(path, old + line, text + line);
}

void run_record_save(const char *text, const char *path)
{
	FILE *file = fopen(path, "w");
	int failed = !file || fputs(text, file) < 0;
	if (file) failed |= fclose(file) != 0;
	if (!failed) return;
	perror(path);
	exit(EXIT_FAILURE);
}
