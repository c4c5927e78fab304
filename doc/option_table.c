/* SPDX-License-Identifier: MIT */
/* Writes the table of an option struct for a page, in Markdown, from what the library says of it.
 * usage: option_table TYPE, for example egm_gan_options. option_tables.py puts the tables into the pages. */
#include <ctype.h>
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void write_constant(const egm_option *o, double value)
{
	for (int32_t i = 0; i < o->choice_count; i++) {
		if (o->choices[i].value != value) continue;
		printf("`%s", o->family);
		for (const char *c = o->choices[i].name; *c; c++) putchar(toupper((unsigned char)*c));
		putchar('`');
	}
}

/* "8 GiB" for whole units, which limits of bytes are. */
static void write_number(const egm_option *o, double value)
{
	static const char *const units[] = {"", " KiB", " MiB", " GiB"};
	int unit = 0;
	while (strstr(o->name, "bytes") && unit < 3 && value >= 1024 && fmod(value, 1024) == 0) value /= 1024, unit++;
	printf("%.10g%s", value, units[unit]);
}

static void write_default(const egm_option *o)
{
	if (o->required)
		printf("must be set");
	else if (o->kind >= EGM_OPTION_NUMBERS)
		printf("NULL");
	else if (o->kind == EGM_OPTION_CHOICE)
		write_constant(o, o->default_value);
	else if (o->kind == EGM_OPTION_CHARACTER)
		printf("`'%c'`", (char)o->default_value);
	else
		write_number(o, o->default_value);
}

static void write_range(const egm_option *o)
{
	int whole = o->kind != EGM_OPTION_DOUBLE;
	if (o->kind >= EGM_OPTION_NUMBERS || o->kind == EGM_OPTION_CHARACTER) return;
	putchar(' ');
	if (o->choice_count == 2)
		write_constant(o, o->choices[0].value), printf(", "), write_constant(o, o->choices[1].value);
	else if (o->family)
		printf("`%s*`", o->family);
	else if (o->kind == EGM_OPTION_FLAG)
		printf("0, 1");
	else if (isinf(o->low))
		printf(o->zero_is_default ? "any but 0" : "any");
	else if (isinf(o->high))
		printf("%s %g", o->low_open ? ">" : ">=", o->low);
	else if (whole)
		printf("%.10g to %.10g", o->low, o->high);
	else
		printf("%c%g, %g%c", o->low_open ? '(' : '[', o->low, o->high, o->high_open ? ')' : ']');
}

int main(int argc, char **argv)
{
	int32_t n = argc == 2 ? egm_options_count(argv[1]) : 0;
	if (!n) {
		fprintf(stderr, "usage: option_table TYPE\n");
		return 1;
	}
	printf("| option | default | range | |\n|---|---|---|---|\n");
	for (int32_t i = 0; i < n; i++) {
		egm_option o = EGM_OPTION_INIT;
		if (egm_options_describe(argv[1], i, &o) != EGM_OK) return 1;
		if (o.kind == EGM_OPTION_RESERVED) continue;
		printf("| `%s` | ", o.name);
		write_default(&o);
		printf(" |");
		write_range(&o);
		printf(" | %s |\n", o.help);
	}
	return 0;
}
