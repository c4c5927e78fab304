/* SPDX-License-Identifier: MIT */
/* Checks option structs by the tables of their members.
 *
 * Structs only grow at their end, so that a program and a library of different versions work together: struct_size is
 * the size of the struct in the header of the program, and nothing beyond it is read or written. A version number would
 * need a table of sizes on both sides; a size needs none. */
#include "core/options_impl.h"
#include "core/status_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Larger than any option struct will be, and smaller than nearly every uninitialised struct_size. */
enum { SIZE_LIMIT = 4096 };

/* Every option struct contains a size_t, so its size is a multiple of the alignment of size_t. */
static int plausible(size_t size)
{
	return size >= sizeof(size_t) && size <= SIZE_LIMIT && size % _Alignof(size_t) == 0;
}

egm_status egm__options_init(const char *type, void *options, size_t size, const void *defaults, size_t full_size)
{
	if (!options) return egm__fail(EGM_ERR_ARGUMENT, "options is NULL, must point to %s", type);
	if (!plausible(size)) return egm__fail(EGM_ERR_ARGUMENT, "size is %zu, must be sizeof(%s)", size, type);
	memset(options, 0, size);
	memcpy(options, defaults, size < full_size ? size : full_size);
	memcpy(options, &size, sizeof size);
	return EGM_OK;
}

static egm_status check_size(const char *type, size_t size)
{
	if (plausible(size)) return EGM_OK;
	return egm__fail(EGM_ERR_ARGUMENT, "struct_size is %zu, must be sizeof(%s), which its initialiser sets", size,
	                 type);
}

egm_status egm__result_check(const char *type, const void *result)
{
	size_t size;
	if (!result) return EGM_OK;
	memcpy(&size, result, sizeof size);
	return check_size(type, size);
}

/* Copies the members that the caller has over the defaults in `merged`. */
static egm_status merge(const char *type, void *merged, size_t full_size, const void *options)
{
	size_t size;
	const unsigned char *bytes = options;
	if (!options) {
		memcpy(merged, &full_size, sizeof full_size);
		return EGM_OK;
	}
	memcpy(&size, options, sizeof size);
	egm_status st = check_size(type, size);
	if (st != EGM_OK) return st;
	for (size_t i = full_size; i < size; ++i)
		if (bytes[i])
			return egm__fail(
			    EGM_ERR_UNSUPPORTED,
			    "byte %zu of %s is set, must be 0: this library has %zu bytes of it, the program needs a newer one", i,
			    type, full_size);
	memcpy(merged, options, size < full_size ? size : full_size);
	memcpy(merged, &full_size, sizeof full_size);
	return EGM_OK;
}

/* ---- rows */

const char *egm__choice_name(const egm__family *family, int32_t value)
{
	for (int32_t i = 0; i < family->count; i++)
		if (family->choices[i].value == value) return family->choices[i].name;
	return "";
}

size_t egm__option_size(int32_t kind)
{
	if (kind >= EGM_OPTION_NUMBERS) return kind == EGM_OPTION_CALLBACK ? sizeof(void (*)(void)) : sizeof(void *);
	return kind >= EGM_OPTION_INT64 && kind <= EGM_OPTION_DOUBLE ? 8 : 4;
}

double egm__option_value(const egm__option *row, const void *options)
{
	const void *at = (const char *)options + row->offset;
	if (row->kind >= EGM_OPTION_NUMBERS) return 0;
	if (row->kind == EGM_OPTION_DOUBLE) return *(const double *)at;
	if (row->kind == EGM_OPTION_INT64) return (double)*(const int64_t *)at;
	if (row->kind == EGM_OPTION_UINT64) return (double)*(const uint64_t *)at;
	return *(const int32_t *)at;
}

/* The values of a family are consecutive. */
void egm__option_range(const egm__option *row, double *low, double *high)
{
	*low = row->low;
	*high = row->high;
	if (!row->family) return;
	*low = row->kind == EGM_OPTION_BITS ? 0 : row->family->choices[0].value;
	*high = 0;
	for (int32_t i = 0; i < row->family->count; i++) {
		double value = row->family->choices[i].value;
		*high = row->kind == EGM_OPTION_BITS ? *high + value : value;
	}
}

/* Limits of integers are below 2^53, so that a double is exact where it matters. NaN is in no range. */
static int contains(const egm__option *row, double value)
{
	double low, high;
	egm__option_range(row, &low, &high);
	return (row->low_open ? value > low : value >= low) && (row->high_open ? value < high : value <= high);
}

int egm__option_zero_is_default(const egm__options *table, const egm__option *row)
{
	if (row->kind >= EGM_OPTION_NUMBERS) return 0;
	return egm__option_value(row, table->defaults) != 0 && (row->zero_is_default || !contains(row, 0));
}

int egm__option_required(const egm__options *table, const egm__option *row)
{
	return row->kind < EGM_OPTION_NUMBERS && !contains(row, egm__option_value(row, table->defaults));
}

static void fill_zero(const egm__options *table, const egm__option *row, char *merged)
{
	if (egm__option_value(row, merged) == 0 && egm__option_zero_is_default(table, row))
		memcpy(merged + row->offset, (const char *)table->defaults + row->offset, egm__option_size(row->kind));
}

/* ---- messages */

enum { TEXT = 64, ROOM = 256 };

/* The number in short form, or with all digits if the short form would be in the range. */
static void write_value(char text[TEXT], const egm__option *row, const void *options)
{
	const void *at = (const char *)options + row->offset;
	double value = egm__option_value(row, options);
	if (row->kind == EGM_OPTION_INT64)
		snprintf(text, TEXT, "%lld", (long long)*(const int64_t *)at);
	else if (row->kind == EGM_OPTION_UINT64)
		snprintf(text, TEXT, "%llu", (unsigned long long)*(const uint64_t *)at);
	else if (row->kind != EGM_OPTION_DOUBLE)
		snprintf(text, TEXT, "%.0f", value);
	else if (!isfinite(value))
		snprintf(text, TEXT, "%s", egm__nonfinite_name(value));
	else if (snprintf(text, TEXT, "%g", value) > 0 && contains(row, strtod(text, NULL)))
		snprintf(text, TEXT, "%.17g", value);
}

/* The name of a constant, such as EGM_CODER_POINT, from its lower-case name in the family. */
static void write_constant(char name[TEXT], const char *prefix, const egm_choice *choice)
{
	size_t n = 0;
	for (; *prefix && n < TEXT - 1; prefix++) name[n++] = *prefix;
	for (const char *c = choice->name; *c && n < TEXT - 1; c++)
		name[n++] = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	name[n] = '\0';
}

static void write_choices(char text[ROOM], const egm__family *f)
{
	char first[TEXT], last[TEXT];
	const egm_choice *a = &f->choices[0], *b = &f->choices[f->count - 1];
	write_constant(first, f->prefix, a);
	write_constant(last, f->prefix, b);
	if (f->count == 2)
		snprintf(text, ROOM, "%s (%d) or %s (%d)", first, (int)a->value, last, (int)b->value);
	else
		snprintf(text, ROOM, "one of %s* (%d to %d)", f->prefix, (int)a->value, (int)b->value);
}

/* What follows "must be ". */
static void write_range(char text[ROOM], const egm__option *row)
{
	double low, high;
	const char *finite = row->kind == EGM_OPTION_DOUBLE ? " and finite" : "";
	egm__option_range(row, &low, &high);
	if (row->kind == EGM_OPTION_CHOICE)
		write_choices(text, row->family);
	else if (row->kind == EGM_OPTION_BITS)
		snprintf(text, ROOM, "%s* joined by or (0 to %g)", row->family->prefix, high);
	else if (row->kind == EGM_OPTION_FLAG)
		snprintf(text, ROOM, "0 or 1");
	else if (low == high)
		snprintf(text, ROOM, "%g", low);
	else if (isinf(low) && isinf(high))
		snprintf(text, ROOM, "finite");
	else if (isinf(high))
		snprintf(text, ROOM, "%s %.16g%s", row->low_open ? "above" : "at least", low, finite);
	else
		snprintf(text, ROOM, "in %c%.16g, %.16g%c", row->low_open ? '(' : '[', low, high, row->high_open ? ')' : ']');
}

static egm_status check_row(const egm__option *row, const void *options)
{
	char value[TEXT], range[ROOM];
	if (row->kind >= EGM_OPTION_NUMBERS || contains(row, egm__option_value(row, options))) return EGM_OK;
	write_value(value, row, options);
	write_range(range, row);
	return egm__fail(EGM_ERR_ARGUMENT, "%s is %s, must be %s", row->name, value, range);
}

egm_status egm__options_check(const egm__options *table, void *merged, const void *options)
{
	egm_status st = EGM_OK;
	memcpy(merged, table->defaults, table->size);
	EGM_TRY(merge(table->type, merged, table->size, options));
	for (int32_t i = 0; i < table->n; i++) {
		fill_zero(table, &table->rows[i], merged);
		EGM_TRY(check_row(&table->rows[i], merged));
	}
out:
	return st;
}
