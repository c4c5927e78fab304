/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <math.h>
#include <stdio.h>

/* Number of open objects, and whether the innermost one has a member already. */
static int depth, filled;

static void print_text(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c < 0x20)
			printf("\\u%04x", *c);
		else
			putchar(*c);
	}
}

static void print_number(double x)
{
	if (isfinite(x))
		printf("%.6g", x);
	else
		printf("null");
}

static void print_name(const char *name)
{
	printf("%s\"", filled ? ", " : "");
	print_text(name);
	printf("\": ");
	filled = 1;
}

void report_open(const char *name)
{
	if (name) print_name(name);
	putchar('{');
	depth++;
	filled = 0;
}

void report_close(void)
{
	putchar('}');
	filled = 1;
	if (--depth == 0) putchar('\n'), filled = 0;
}

void report_number(const char *name, double value)
{
	print_name(name);
	print_number(value);
}

void report_integer(const char *name, long long value)
{
	print_name(name);
	printf("%lld", value);
}

void report_bool(const char *name, bool value)
{
	print_name(name);
	printf(value ? "true" : "false");
}

void report_numbers(const char *name, const double *values, size_t count)
{
	print_name(name);
	putchar('[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0) printf(", ");
		print_number(values[i]);
	}
	putchar(']');
}

void report_text(const char *name, const char *text)
{
	print_name(name);
	putchar('"');
	print_text(text);
	putchar('"');
}

void report_files(const char *folder, const char *const *names, size_t count)
{
	print_name("files");
	putchar('[');
	for (size_t i = 0; i < count; i++) {
		printf(i > 0 ? ", \"" : "\"");
		print_text(folder);
		putchar('/');
		print_text(names[i]);
		putchar('"');
	}
	putchar(']');
}
