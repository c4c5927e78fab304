/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

enum { OPTIONS_MAX = 40, HELP = 'h', VALUE = 'v' };

/* The word at `index` of "one|two|three: help". Returns its length, or 0 if there are fewer words. */
static size_t choice(const char *help, int32_t index, const char **word)
{
	const char *end = help + strcspn(help, ": ");
	for (; index > 0 && help < end; index--) help += strcspn(help, "|: ") + 1;
	*word = help;
	return help < end ? strcspn(help, "|: ") : 0;
}

int options_value(const program_option *o, char *text, size_t room)
{
	const char *word = "";
	switch (o->kind) {
	case KIND_INT32:
		return snprintf(text, room, "%d", (int)*(const int32_t *)o->value);
	case KIND_INT64:
		return snprintf(text, room, "%lld", (long long)*(const int64_t *)o->value);
	case KIND_UINT64:
		return snprintf(text, room, "%llu", (unsigned long long)*(const uint64_t *)o->value);
	case KIND_DOUBLE: /* the number of digits that a double preserves */
		return snprintf(text, room, "%.15g", *(const double *)o->value);
	case KIND_FLAG:
		return snprintf(text, room, "%d", *(const bool *)o->value);
	case KIND_CHOICE: {
		size_t length = choice(o->help, *(const int32_t *)o->value - (int32_t)o->low, &word);
		return snprintf(text, room, "%.*s", (int)length, word);
	}
	default:
		word = *(const char *const *)o->value;
		return snprintf(text, room, "%s", word ? word : "");
	}
}

/* Makes the "one|two|three: help" of OPTION_CHOICE for a member of the library. */
static const char *choice_help(const egm_option *d)
{
	enum { TEXTS = 8, ROOM = 256 };
	static char texts[TEXTS][ROOM];
	static int next;
	char *text = texts[next++ % TEXTS];
	size_t used = 0;
	for (int32_t i = 0; i < d->choice_count && used < ROOM; i++) {
		if (d->choices[i].value != d->choices[0].value + i) {
			fprintf(stderr, "%s: its values do not follow one another\n", d->name);
			exit(EXIT_FAILURE);
		}
		used += (size_t)snprintf(text + used, ROOM - used, "%s%s", i > 0 ? "|" : "", d->choices[i].name);
	}
	if (used < ROOM) snprintf(text + used, ROOM - used, ": %s", d->help);
	return text;
}

/* Fills in a row of the table from the library's description of a member. */
static void describe(program_option *o)
{
	static const int kinds[] = {[EGM_OPTION_INT32] = KIND_INT32,
	                            [EGM_OPTION_INT64] = KIND_INT64,
	                            [EGM_OPTION_UINT64] = KIND_UINT64,
	                            [EGM_OPTION_DOUBLE] = KIND_DOUBLE,
	                            [EGM_OPTION_CHOICE] = KIND_CHOICE};
	char type[64];
	const char *member = strchr(o->help, '.');
	egm_option d = EGM_OPTION_INIT;
	snprintf(type, sizeof type, "%.*s", (int)(member - o->help), o->help);
	check(egm_options_describe(type, egm_options_find(type, member + 1), &d));
	o->kind = kinds[d.kind];
	o->low = d.kind == EGM_OPTION_CHOICE ? d.choices[0].value : d.low;
	o->high = d.high;
	o->limits = (d.low_open ? LIMIT_LOW_OPEN : 0) | (d.high_open ? LIMIT_HIGH_OPEN : 0);
	o->help = d.kind == EGM_OPTION_CHOICE ? choice_help(&d) : d.help;
}

static void print_help(const char *program, const char *usage, const char *summary, const program_option *o)
{
	static const char *const words[] = {"",
	                                    [KIND_INT32] = "N",
	                                    [KIND_INT64] = "N",
	                                    [KIND_UINT64] = "N",
	                                    [KIND_DOUBLE] = "X",
	                                    [KIND_TEXT] = "TEXT",
	                                    [KIND_REQUIRED] = "TEXT",
	                                    [KIND_FLAG] = "",
	                                    [KIND_CHOICE] = "WORD"};
	char value[256];
	printf("usage: %s %s\n%s\n\n", program, usage, summary);
	for (; o->name; o++) {
		printf("  --%-16s %-4s  %s", o->name, words[o->kind], o->help);
		if (o->kind != KIND_FLAG && options_value(o, value, sizeof value) > 0) printf(" (%s)", value);
		printf("\n");
	}
	printf("  --%-16s %-4s  %s\n", "help", "", "Print this and exit.");
}

static _Noreturn void reject(const program_option *o, const char *text)
{
	fprintf(stderr, "--%s: expected ", o->name);
	if (o->kind == KIND_CHOICE) {
		fprintf(stderr, "one of %.*s", (int)strcspn(o->help, ": "), o->help);
	} else {
		fprintf(stderr, o->kind == KIND_DOUBLE ? "a number" : "an integer");
		if (isfinite(o->low)) fprintf(stderr, " %s %g", o->limits & LIMIT_LOW_OPEN ? "above" : "from", o->low);
		if (isfinite(o->high)) fprintf(stderr, " %s %g", o->limits & LIMIT_HIGH_OPEN ? "to below" : "to", o->high);
	}
	fprintf(stderr, ", got '%s'\n", text);
	exit(2);
}

static bool in_range(const program_option *o, double x)
{
	if (o->kind == KIND_INT32 && !(fabs(x) <= INT32_MAX)) return false;
	return isfinite(x) && (o->limits & LIMIT_LOW_OPEN ? x > o->low : x >= o->low) &&
	       (o->limits & LIMIT_HIGH_OPEN ? x < o->high : x <= o->high);
}

static void read_number(const program_option *o, const char *text)
{
	char *end = NULL;
	errno = 0;
	double number = strtod(text, &end);
	long long integer = o->kind == KIND_DOUBLE ? 0 : strtoll(text, &end, 10);
	if (errno || end == text || *end || !in_range(o, number)) reject(o, text);
	if (o->kind == KIND_DOUBLE) *(double *)o->value = number;
	if (o->kind == KIND_INT32) *(int32_t *)o->value = (int32_t)integer;
	if (o->kind == KIND_INT64) *(int64_t *)o->value = integer;
	if (o->kind == KIND_UINT64) *(uint64_t *)o->value = (uint64_t)integer;
}

static void read_choice(const program_option *o, const char *text)
{
	const char *word;
	size_t length;
	for (int32_t i = 0; (length = choice(o->help, i, &word)) > 0; i++)
		if (strlen(text) == length && strncmp(text, word, length) == 0) {
			*(int32_t *)o->value = (int32_t)o->low + i;
			return;
		}
	reject(o, text);
}

static void read_value(const program_option *o, const char *text)
{
	if (o->kind == KIND_FLAG)
		*(bool *)o->value = true;
	else if (o->kind == KIND_TEXT || o->kind == KIND_REQUIRED)
		*(const char **)o->value = text;
	else if (o->kind == KIND_CHOICE)
		read_choice(o, text);
	else
		read_number(o, text);
}

int options_read(int argc, char **argv, const char *usage, const char *summary, program_option *options, int operands)
{
	struct option table[OPTIONS_MAX + 2] = {{0}};
	char reason[128];
	int chosen, index = 0, count = 0;
	for (; options[count].name && count < OPTIONS_MAX; count++) {
		if (options[count].kind == KIND_MEMBER) describe(&options[count]);
		table[count] = (struct option){options[count].name,
		                               options[count].kind == KIND_FLAG ? no_argument : required_argument, NULL, VALUE};
	}
	table[count] = (struct option){"help", no_argument, NULL, HELP};
	while ((chosen = getopt_long(argc, argv, "", table, &index)) != -1) {
		if (chosen == HELP) print_help(argv[0], usage, summary, options), exit(EXIT_SUCCESS);
		if (chosen != VALUE) options_misuse(argv, NULL);
		read_value(&options[index], optarg);
	}
	for (const program_option *o = options; o->name; o++)
		if (o->kind == KIND_REQUIRED && !*(const char *const *)o->value) {
			snprintf(reason, sizeof reason, "--%s is missing", o->name);
			options_misuse(argv, reason);
		}
	snprintf(reason, sizeof reason, "%d words after the options, expected %d", argc - optind, operands);
	if (argc - optind != operands) options_misuse(argv, reason);
	return optind;
}

void options_misuse(char **argv, const char *reason)
{
	if (reason) fprintf(stderr, "%s\n", reason);
	fprintf(stderr, "try %s --help\n", argv[0]);
	exit(2);
}
