/* SPDX-License-Identifier: MIT */
/* The library describes every option and result struct of the public headers by name, member by member, and the
 * description agrees with the compiler. structs.py writes structs.h from the headers, so that no struct and no member
 * is missing. */
#include "support.h"
#include <ctype.h>
#include <egm.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

struct member {
	const char *name;
	size_t offset, size;
};

struct known {
	const char *type;
	size_t size;
	const void *start; /* its initialiser, or NULL */
	int32_t n;
	const struct member *members;
};

struct constant {
	const char *name;
	int64_t value;
};

#include "structs.h"

enum { STRUCTS = sizeof structs / sizeof *structs, CONSTANTS = sizeof constants / sizeof *constants };

static egm_option member(const char *type, int32_t index)
{
	egm_option o = EGM_OPTION_INIT;
	ck_assert_msg(egm_options_describe(type, index, &o) == EGM_OK, "%s", egm_last_error());
	ck_assert_uint_eq(o.struct_size, sizeof o);
	return o;
}

static int is_options(const char *type)
{
	const char *end = strrchr(type, '_');
	return strcmp(end, "_options") == 0;
}

/* ---- the structs */

START_TEST(test_describe__every_struct_of_the_headers_and_no_other)
{
	int32_t n = 0, listed[STRUCTS] = {0};
	for (; egm_options_type(n); n++)
		for (int s = 0; s < STRUCTS; s++) listed[s] += strcmp(structs[s].type, egm_options_type(n)) == 0;
	for (int s = 0; s < STRUCTS; s++) ck_assert_msg(listed[s] == 1, "%s: %d times", structs[s].type, listed[s]);
	ck_assert_int_eq(n, STRUCTS);
	ck_assert_ptr_null(egm_options_type(-1));
	ck_assert_ptr_null(egm_options_type(INT32_MAX));
}
END_TEST

START_TEST(test_describe__every_member_where_the_compiler_has_it)
{
	const struct known *k = &structs[_i];
	ck_assert_msg(egm_options_size(k->type) == k->size, "%s: %zu", k->type, egm_options_size(k->type));
	ck_assert_msg(egm_options_count(k->type) == k->n, "%s: %d of %d members", k->type, egm_options_count(k->type),
	              k->n);
	for (int32_t i = 0; i < k->n; i++) {
		const struct member *m = &k->members[i];
		egm_option o = member(k->type, i);
		ck_assert_msg(strcmp(o.name, m->name) == 0, "%s: member %d is %s, not %s", k->type, i, m->name, o.name);
		ck_assert_msg(o.offset == (int64_t)m->offset && o.size == (int64_t)m->size, "%s.%s: %d bytes at %d", k->type,
		              o.name, (int)o.size, (int)o.offset);
		ck_assert_int_eq(egm_options_find(k->type, m->name), i);
	}
}
END_TEST

START_TEST(test_init__is_the_initialiser)
{
	const struct known *k = &structs[_i];
	unsigned char bytes[1024];
	memset(bytes, 0xa5, sizeof bytes);
	ck_assert_uint_le(k->size, sizeof bytes);
	ck_assert_int_eq(egm_options_init(k->type, bytes, k->size), EGM_OK);
	if (k->start)
		ck_assert_msg(memcmp(bytes, k->start, k->size) == 0, "%s", k->type);
	else
		ck_assert_str_eq(k->type, "egm_progress"); /* only the library initialises one */
	for (size_t i = k->size; i < sizeof bytes; i++) ck_assert_uint_eq(bytes[i], 0xa5);
}
END_TEST

/* ---- descriptions of members */

/* One line that begins with a capital, a number or the shape of an array, and ends with a full stop. */
START_TEST(test_describe__has_a_line_of_help)
{
	const struct known *k = &structs[_i];
	for (int32_t i = 0; i < k->n; i++) {
		const char *help = member(k->type, i).help;
		size_t n = strlen(help);
		ck_assert_msg(n > 3 && n <= 110 && help[n - 1] == '.', "%s, %d: '%s'", k->type, i, help);
		ck_assert_msg(isupper((unsigned char)help[0]) || isdigit((unsigned char)help[0]) || help[0] == '[',
		              "%s, %d: '%s'", k->type, i, help);
		for (size_t c = 0; c < n; c++)
			ck_assert_msg(help[c] >= ' ' && help[c] <= '~' && !(help[c] == ' ' && help[c + 1] == ' '), "%s, %d: '%s'",
			              k->type, i, help);
	}
}
END_TEST

static int inside(const egm_option *o, double value)
{
	return (o->low_open ? value > o->low : value >= o->low) && (o->high_open ? value < o->high : value <= o->high);
}

static int is_number(const egm_option *o)
{
	return o->kind < EGM_OPTION_NUMBERS;
}

/* A member must be set if its default is outside of its range, because functions reject the default. There is none
 * today. Integers are doubles here, which is exact below 2^53. */
START_TEST(test_describe__defaults_are_in_their_ranges)
{
	const struct known *k = &structs[_i];
	for (int32_t i = 0; i < k->n && is_options(k->type); i++) {
		egm_option o = member(k->type, i);
		if (!is_number(&o)) {
			ck_assert_double_eq(o.default_value, 0);
			ck_assert(!o.required);
			continue;
		}
		ck_assert_msg(inside(&o, o.default_value) && !o.required, "%s.%s", k->type, o.name);
		ck_assert_msg(!o.zero_is_default || o.default_value != 0, "%s.%s", k->type, o.name);
		ck_assert_msg(inside(&o, 0) || o.zero_is_default || o.required, "%s.%s: 0 is rejected", k->type, o.name);
		ck_assert_msg(!isnan(o.low) && !isnan(o.high) && o.low <= o.high, "%s.%s", k->type, o.name);
		if (o.kind == EGM_OPTION_DOUBLE) continue;
		const double ends[] = {o.default_value, isinf(o.low) ? 0 : o.low, isinf(o.high) ? 0 : o.high};
		for (int e = 0; e < 3; e++)
			ck_assert_msg(fabs(ends[e]) < 0x1p53 && ends[e] == floor(ends[e]), "%s.%s: %g", k->type, o.name, ends[e]);
	}
}
END_TEST

static int32_t value_of(const char *name, int64_t *value)
{
	for (int c = 0; c < CONSTANTS; c++)
		if (strcmp(constants[c].name, name) == 0) {
			*value = constants[c].value;
			return 1;
		}
	return 0;
}

/* Choices are consecutive, bits are powers of 2, and each is a constant of the headers. */
START_TEST(test_describe__choices_are_the_constants_of_the_headers)
{
	const struct known *k = &structs[_i];
	for (int32_t i = 0; i < k->n; i++) {
		egm_option o = member(k->type, i);
		int named = o.kind == EGM_OPTION_CHOICE || o.kind == EGM_OPTION_BITS, family = 0;
		ck_assert_msg((o.choice_count > 1) == named && (o.choices != NULL) == named && (o.family != NULL) == named,
		              "%s.%s", k->type, o.name);
		for (int32_t c = 0; c < o.choice_count; c++) {
			char name[128];
			int64_t value = -1;
			snprintf(name, sizeof name, "%s%s", o.family, o.choices[c].name);
			for (char *at = name; *at; at++) *at = (char)toupper((unsigned char)*at);
			ck_assert_msg(value_of(name, &value), "%s.%s: no constant %s", k->type, o.name, name);
			ck_assert_int_eq(value, o.choices[c].value);
			ck_assert_int_eq(value, o.kind == EGM_OPTION_BITS ? 1 << c : o.choices[0].value + c);
			for (const char *at = o.choices[c].name; *at; at++) ck_assert(!isupper((unsigned char)*at));
		}
		if (!named || strcmp(o.family, "EGM_") == 0) continue;
		for (int c = 0; c < CONSTANTS; c++) family += strncmp(constants[c].name, o.family, strlen(o.family)) == 0;
		ck_assert_msg(family == o.choice_count, "%s.%s: %d of %d choices", k->type, o.name, o.choice_count, family);
	}
}
END_TEST

/* ---- bad calls */

START_TEST(test_describe__rejects_what_is_not_there)
{
	egm_option o = EGM_OPTION_INIT, untouched = o;
	ck_assert_int_eq(egm_options_describe("egm_gan_options", 0, NULL), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_options_describe: out is NULL");
	ck_assert_int_eq(egm_options_describe("egm_no_options", 0, &o), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(),
	                 "egm_options_describe: type is 'egm_no_options', must be a name that egm_options_type returns");
	ck_assert_int_eq(egm_options_describe(NULL, 0, &o), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_options_describe("egm_gan_options", -1, &o), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_options_describe("egm_gan_options", 7, &o), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_options_describe: index is 7, must be 0 to 6 for egm_gan_options");
	ck_assert_mem_eq(&o, &untouched, sizeof o);
	ck_assert_int_eq(egm_options_find("egm_gan_options", "no_such"), -1);
	ck_assert_int_eq(egm_options_find("egm_gan_options", "struct_size"), -1);
	ck_assert_int_eq(egm_options_find("egm_gan_options", NULL), -1);
	ck_assert_int_eq(egm_options_find(NULL, "form"), -1);
	ck_assert_int_eq(egm_options_count(NULL), 0);
	ck_assert_int_eq(egm_options_count("egm_gan"), 0);
	ck_assert_uint_eq(egm_options_size("egm_gan"), 0);
}
END_TEST

START_TEST(test_describe__works_for_older_and_newer_programs)
{
	struct {
		egm_option o;
		unsigned char beyond[8];
	} newer, older;
	memset(&newer, 0xa5, sizeof newer);
	newer.o.struct_size = sizeof newer;
	ck_assert_int_eq(egm_options_describe("egm_gan_options", 0, &newer.o), EGM_OK);
	ck_assert_str_eq(newer.o.name, "form");
	for (size_t i = 0; i < sizeof newer.beyond; i++) ck_assert_uint_eq(newer.beyond[i], 0);
	memset(&older, 0xa5, sizeof older);
	older.o.struct_size = offsetof(egm_option, help);
	ck_assert_int_eq(egm_options_describe("egm_gan_options", 0, &older.o), EGM_OK);
	ck_assert_str_eq(older.o.name, "form");
	for (size_t i = offsetof(egm_option, help); i < sizeof older; i++)
		ck_assert_uint_eq(((const unsigned char *)&older)[i], 0xa5);
	older.o.struct_size = 3;
	ck_assert_int_eq(egm_options_describe("egm_gan_options", 0, &older.o), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_options_describe: struct_size is 3, must be sizeof(egm_option), which its "
	                                   "initialiser sets");
}
END_TEST

START_TEST(test_init__rejects_what_is_not_there)
{
	egm_gan_options o = EGM_GAN_OPTIONS_INIT, untouched = o;
	ck_assert_int_eq(egm_options_init("egm_gan_options", NULL, sizeof o), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_options_init: options is NULL, must point to egm_gan_options");
	ck_assert_int_eq(egm_options_init("egm_gan_options", &o, 7), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "egm_options_init: size is 7, must be sizeof(egm_gan_options)");
	ck_assert_int_eq(egm_options_init("egm_gan", &o, sizeof o), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_options_init(NULL, &o, sizeof o), EGM_ERR_ARGUMENT);
	ck_assert_mem_eq(&o, &untouched, sizeof o);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *tc = tcase_create("options");
	tcase_add_test(tc, test_describe__every_struct_of_the_headers_and_no_other);
	tcase_add_loop_test(tc, test_describe__every_member_where_the_compiler_has_it, 0, STRUCTS);
	tcase_add_loop_test(tc, test_init__is_the_initialiser, 0, STRUCTS);
	tcase_add_loop_test(tc, test_describe__has_a_line_of_help, 0, STRUCTS);
	tcase_add_loop_test(tc, test_describe__defaults_are_in_their_ranges, 0, STRUCTS);
	tcase_add_loop_test(tc, test_describe__choices_are_the_constants_of_the_headers, 0, STRUCTS);
	tcase_add_test(tc, test_describe__rejects_what_is_not_there);
	tcase_add_test(tc, test_describe__works_for_older_and_newer_programs);
	tcase_add_test(tc, test_init__rejects_what_is_not_there);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
