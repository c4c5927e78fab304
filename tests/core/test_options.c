/* SPDX-License-Identifier: MIT */
/* Option structs of an older program, of a newer one, and of one that never called init. `options` is the struct of
 * this library; `older` and `newer` are the same struct before and after members were appended. */
#include "core/options_impl.h"
#include "support.h"

#include <string.h>

typedef struct older {
	size_t struct_size;
	double step;
} older;

typedef struct options {
	size_t struct_size;
	double step;
	int64_t count;
} options;

typedef struct newer {
	size_t struct_size;
	double step;
	int64_t count;
	int64_t later, latest;
} newer;

static const options defaults = {.struct_size = sizeof(options), .step = 0.5, .count = 7};

static egm_status merge(options *merged, const void *given)
{
	static const egm__options no_rows = {"options", sizeof(options), &defaults, 0, NULL};
	return egm__options_check(&no_rows, merged, given);
}

START_TEST(test_init__writes_the_defaults)
{
	options o;
	memset(&o, 0xee, sizeof o);
	ck_assert_int_eq(egm__options_init("options", &o, sizeof o, &defaults, sizeof defaults), EGM_OK);
	ck_assert_mem_eq(&o, &defaults, sizeof o);
}
END_TEST

START_TEST(test_init__writes_no_more_than_an_older_caller_has)
{
	struct {
		older o;
		unsigned char beyond[64];
	} room;
	memset(&room, 0xee, sizeof room);
	ck_assert_int_eq(egm__options_init("options", &room.o, sizeof room.o, &defaults, sizeof defaults), EGM_OK);
	ck_assert_uint_eq(room.o.struct_size, sizeof room.o);
	ck_assert_double_eq(room.o.step, 0.5);
	for (size_t i = 0; i < sizeof room.beyond; ++i) ck_assert_uint_eq(room.beyond[i], 0xee);
}
END_TEST

START_TEST(test_init__clears_what_a_newer_caller_has_beyond)
{
	newer o;
	memset(&o, 0xee, sizeof o);
	ck_assert_int_eq(egm__options_init("options", &o, sizeof o, &defaults, sizeof defaults), EGM_OK);
	ck_assert_uint_eq(o.struct_size, sizeof o);
	ck_assert_int_eq(o.count, 7);
	ck_assert_int_eq(o.later, 0);
	ck_assert_int_eq(o.latest, 0);
}
END_TEST

/* Sizes that a struct with a size_t cannot have. */
static const size_t garbage[] = {0, 1, sizeof(size_t) - 1, sizeof(size_t) + 1, 4104, (size_t)-1, (size_t)-8};
enum { GARBAGE = sizeof garbage / sizeof *garbage };

START_TEST(test_init__rejects_null_and_garbage_sizes)
{
	options o, untouched;
	memset(&o, 0xee, sizeof o);
	untouched = o;
	ck_assert_int_eq(egm__options_init("options", NULL, sizeof o, &defaults, sizeof defaults), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm__options_init("options", &o, garbage[_i], &defaults, sizeof defaults), EGM_ERR_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "must be sizeof(options)"));
	ck_assert_mem_eq(&o, &untouched, sizeof o);
}
END_TEST

START_TEST(test_merge__null_leaves_the_defaults)
{
	options merged;
	ck_assert_int_eq(merge(&merged, NULL), EGM_OK);
	ck_assert_mem_eq(&merged, &defaults, sizeof merged);
}
END_TEST

START_TEST(test_merge__copies_what_the_caller_set)
{
	options merged, given = {.struct_size = sizeof given, .step = 2, .count = -1};
	ck_assert_int_eq(merge(&merged, &given), EGM_OK);
	ck_assert_double_eq(merged.step, 2);
	ck_assert_int_eq(merged.count, -1);
}
END_TEST

START_TEST(test_merge__a_shorter_struct_leaves_the_members_beyond)
{
	/* The memory after the struct must not be read: count would be -1. */
	struct {
		older o;
		int64_t beyond;
	} given = {{sizeof given.o, 2}, -1};
	options merged;
	ck_assert_int_eq(merge(&merged, &given.o), EGM_OK);
	ck_assert_double_eq(merged.step, 2);
	ck_assert_int_eq(merged.count, 7);
	ck_assert_uint_eq(merged.struct_size, sizeof merged);
}
END_TEST

START_TEST(test_merge__a_longer_struct_with_nothing_set_beyond_is_accepted)
{
	newer given = {.struct_size = sizeof given, .step = 2, .count = 3};
	options merged;
	ck_assert_int_eq(merge(&merged, &given), EGM_OK);
	ck_assert_int_eq(merged.count, 3);
	ck_assert_uint_eq(merged.struct_size, sizeof merged);
}
END_TEST

START_TEST(test_merge__a_longer_struct_with_any_byte_set_beyond_is_rejected)
{
	union {
		newer o;
		unsigned char bytes[sizeof(newer)];
	} given = {.o = {.struct_size = sizeof given, .step = 2, .count = 3}};
	options merged;
	given.bytes[sizeof(options) + (size_t)_i] = 1;
	ck_assert_int_eq(merge(&merged, &given), EGM_ERR_UNSUPPORTED);
	ck_assert_mem_eq(&merged, &defaults, sizeof merged);
}
END_TEST

START_TEST(test_merge__rejects_garbage_sizes)
{
	options merged, given = {.struct_size = garbage[_i], .step = 2};
	ck_assert_int_eq(merge(&merged, &given), EGM_ERR_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "must be sizeof(options), which its initialiser sets"));
	ck_assert_mem_eq(&merged, &defaults, sizeof merged);
}
END_TEST

/* ---- tables */

typedef struct table_options {
	size_t struct_size;
	int32_t form, flag, bits, comment;
	int64_t count, small;
	uint64_t bytes;
	double weight, share, width, slope, scale;
	const double *numbers;
	int32_t needed, pair, reserved, unused; /* no padding: structs are compared as bytes */
} table_options;

enum { FORM_A = 1, FORM_B = 2, FORM_C = 3, BIT_X = 1, BIT_Y = 2, BIT_Z = 4 };
static const egm_choice form_choices[] = {{"a", FORM_A}, {"b", FORM_B}, {"c", FORM_C}};
static const egm_choice bit_choices[] = {{"x", BIT_X}, {"y", BIT_Y}, {"z", BIT_Z}};
static EGM__FAMILY(forms, "EGM_FORM_", form_choices);
static const egm_choice pair_choices[] = {{"one", 1}, {"the_other", 2}};
static EGM__FAMILY(pairs, "EGM_PAIR_", pair_choices);
static EGM__FAMILY(bits, "EGM_BIT_", bit_choices);

static const table_options table_defaults = {.struct_size = sizeof(table_options),
                                             .form = FORM_B,
                                             .comment = '#',
                                             .count = 5,
                                             .small = 2,
                                             .bytes = (uint64_t)8 << 30,
                                             .weight = 0.1,
                                             .share = 0.25,
                                             .width = 0.5,
                                             .slope = 0.75,
                                             .scale = 1,
                                             .pair = 1};
static const egm__option rows[] = {
    EGM__CHOICE(table_options, form, forms, "f"),
    EGM__FLAG(table_options, flag, "f"),
    EGM__BITS(table_options, bits, bits, "b"),
    EGM__CHARACTER(table_options, comment, -1, "c", EGM__ZERO_IS_DEFAULT),
    EGM__COUNT(table_options, count, "c"),
    EGM__BETWEEN(table_options, small, 2, 64, "s"),
    EGM__COUNT(table_options, bytes, "b"),
    EGM__WEIGHT(table_options, weight, "w"),
    EGM__BELOW_ONE(table_options, share, "s"),
    EGM__POSITIVE(table_options, width, "w"),
    EGM__BETWEEN(table_options, slope, -1, 1, "s"),
    EGM__FINITE(table_options, scale, "s", EGM__ZERO_IS_DEFAULT),
    EGM__ARRAY(table_options, numbers, "n"),
    EGM__BETWEEN(table_options, needed, 2, 9, "n"),
    EGM__CHOICE(table_options, pair, pairs, "p"),
    EGM__RESERVED(table_options, reserved),
};
static EGM__OPTIONS(table, table_options, table_defaults, rows);

static egm_status checked(table_options *merged, const table_options *given)
{
	return egm__options_check(&table, merged, given);
}

/* The result of init, with the one member that has no default. */
static table_options filled(void)
{
	table_options o = table_defaults;
	o.needed = 2;
	return o;
}

START_TEST(test_check__zero_becomes_the_default_where_it_is_none_itself)
{
	table_options merged, given = {.struct_size = sizeof given, .needed = 3};
	ck_assert_int_eq(checked(&merged, &given), EGM_OK);
	ck_assert_int_eq(merged.form, FORM_B);
	ck_assert_int_eq(merged.comment, '#');
	ck_assert_int_eq(merged.count, 5);
	ck_assert_int_eq(merged.small, 2);
	ck_assert(merged.bytes == (uint64_t)8 << 30);
	ck_assert_double_eq(merged.width, 0.5);
	ck_assert_double_eq(merged.scale, 1);
	/* off */
	ck_assert_double_eq(merged.weight, 0);
	ck_assert_double_eq(merged.share, 0);
	ck_assert_double_eq(merged.slope, 0);
	ck_assert_int_eq(merged.flag, 0);
	ck_assert_int_eq(merged.bits, 0);
}
END_TEST

START_TEST(test_check__the_defaults_pass_except_members_without_one)
{
	table_options merged;
	ck_assert_int_eq(checked(&merged, NULL), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), "needed is 0, must be in [2, 9]");
}
END_TEST

START_TEST(test_check__a_shorter_struct_has_the_defaults_beyond)
{
	struct {
		older o;
		int64_t beyond[16];
	} given = {{sizeof given.o, 0}, {-1}};
	int32_t form_and_flag[2] = {FORM_C, 1};
	table_options merged;
	memcpy(&given.o.step, form_and_flag, sizeof form_and_flag);
	ck_assert_int_eq(egm__options_check(&table, &merged, &given), EGM_ERR_ARGUMENT); /* for `needed` alone */
	ck_assert_str_eq(egm_last_error(), "needed is 0, must be in [2, 9]");
	ck_assert_int_eq(merged.form, FORM_C);
	ck_assert_int_eq(merged.count, 5);
}
END_TEST

/* One member out of its range, given by its bytes. */
static const struct wrong {
	size_t offset;
	double number; /* of a double */
	int64_t integer;
	const char *text;
} wrong[] = {
    {offsetof(table_options, form), 0, 4, "form is 4, must be one of EGM_FORM_* (1 to 3)"},
    {offsetof(table_options, form), 0, -1, "form is -1, must be one of EGM_FORM_* (1 to 3)"},
    {offsetof(table_options, flag), 0, 2, "flag is 2, must be 0 or 1"},
    {offsetof(table_options, flag), 0, -1, "flag is -1, must be 0 or 1"},
    {offsetof(table_options, bits), 0, 8, "bits is 8, must be EGM_BIT_* joined by or (0 to 7)"},
    {offsetof(table_options, comment), 0, -2, "comment is -2, must be in [-1, 126]"},
    {offsetof(table_options, comment), 0, 127, "comment is 127, must be in [-1, 126]"},
    {offsetof(table_options, count), 0, -1, "count is -1, must be at least 1"},
    {offsetof(table_options, count), 0, INT64_MIN, "count is -9223372036854775808, must be at least 1"},
    {offsetof(table_options, small), 0, 1, "small is 1, must be in [2, 64]"},
    {offsetof(table_options, small), 0, 65, "small is 65, must be in [2, 64]"},
    {offsetof(table_options, small), 0, INT64_MAX, "small is 9223372036854775807, must be in [2, 64]"},
    {offsetof(table_options, weight), -1, 0, "weight is -1, must be at least 0 and finite"},
    {offsetof(table_options, weight), INFINITY, 0, "weight is inf, must be at least 0 and finite"},
    {offsetof(table_options, weight), NAN, 0, "weight is nan, must be at least 0 and finite"},
    {offsetof(table_options, share), 1, 0, "share is 1, must be in [0, 1)"},
    {offsetof(table_options, share), -1e-300, 0, "share is -1e-300, must be in [0, 1)"},
    {offsetof(table_options, width), -1, 0, "width is -1, must be above 0 and finite"},
    {offsetof(table_options, width), INFINITY, 0, "width is inf, must be above 0 and finite"},
    /* the next number above 1, which would be 1 with fewer digits */
    {offsetof(table_options, slope), 1 + 2.3e-16, 0, "slope is 1.0000000000000002, must be in [-1, 1]"},
    {offsetof(table_options, scale), -INFINITY, 0, "scale is -inf, must be finite"},
    {offsetof(table_options, scale), NAN, 0, "scale is nan, must be finite"},
    {offsetof(table_options, pair), 0, 3, "pair is 3, must be EGM_PAIR_ONE (1) or EGM_PAIR_THE_OTHER (2)"},
    {offsetof(table_options, reserved), 0, 1, "reserved is 1, must be 0"},
};
enum { WRONG = sizeof wrong / sizeof *wrong };

static void put(table_options *o, const struct wrong *w)
{
	const egm__option *row = rows;
	int32_t narrow = (int32_t)w->integer;
	while (row->offset != w->offset) row++;
	const void *from = row->kind == EGM_OPTION_DOUBLE                 ? (const void *)&w->number
	                   : egm__option_size(row->kind) == sizeof narrow ? (const void *)&narrow
	                                                                  : (const void *)&w->integer;
	memcpy((char *)o + w->offset, from, egm__option_size(row->kind));
}

START_TEST(test_check__names_member_value_and_range)
{
	table_options merged, given = filled();
	ck_assert_int_eq(checked(&merged, &given), EGM_OK);
	ck_assert_mem_eq(&merged, &given, sizeof merged);
	put(&given, &wrong[_i]);
	ck_assert_int_eq(checked(&merged, &given), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(egm_last_error(), wrong[_i].text);
}
END_TEST

START_TEST(test_check__accepts_the_ends_of_ranges)
{
	table_options merged, given = filled();
	given.form = FORM_C, given.flag = 1, given.bits = 7, given.comment = -1, given.count = INT64_MAX;
	given.small = 64, given.bytes = UINT64_MAX, given.weight = 1.7976931348623157e308, given.share = 1 - 1.2e-16;
	given.width = 5e-324, given.slope = -1, given.scale = -1.7976931348623157e308, given.needed = 9;
	ck_assert_int_eq(checked(&merged, &given), EGM_OK);
	ck_assert_mem_eq(&merged, &given, sizeof merged);
	given.form = FORM_A, given.slope = 1, given.needed = 2, given.comment = 126, given.count = 1, given.small = 2;
	ck_assert_int_eq(checked(&merged, &given), EGM_OK);
	ck_assert_mem_eq(&merged, &given, sizeof merged);
}
END_TEST

START_TEST(test_choice__has_its_name)
{
	ck_assert_str_eq(egm__choice_name(&forms, FORM_B), "b");
	ck_assert_str_eq(egm__choice_name(&bits, BIT_Z), "z");
	ck_assert_str_eq(egm__choice_name(&forms, 0), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *tc = tcase_create("options");
	tcase_set_tags(tc, "R17 R18");
	tcase_add_test(tc, test_init__writes_the_defaults);
	tcase_add_test(tc, test_init__writes_no_more_than_an_older_caller_has);
	tcase_add_test(tc, test_init__clears_what_a_newer_caller_has_beyond);
	tcase_add_loop_test(tc, test_init__rejects_null_and_garbage_sizes, 0, GARBAGE);
	tcase_add_test(tc, test_merge__null_leaves_the_defaults);
	tcase_add_test(tc, test_merge__copies_what_the_caller_set);
	tcase_add_test(tc, test_merge__a_shorter_struct_leaves_the_members_beyond);
	tcase_add_test(tc, test_merge__a_longer_struct_with_nothing_set_beyond_is_accepted);
	tcase_add_loop_test(tc, test_merge__a_longer_struct_with_any_byte_set_beyond_is_rejected, 0,
	                    (int)(sizeof(newer) - sizeof(options)));
	tcase_add_loop_test(tc, test_merge__rejects_garbage_sizes, 0, GARBAGE);
	tcase_add_test(tc, test_check__zero_becomes_the_default_where_it_is_none_itself);
	tcase_add_test(tc, test_check__the_defaults_pass_except_members_without_one);
	tcase_add_test(tc, test_check__a_shorter_struct_has_the_defaults_beyond);
	tcase_add_loop_test(tc, test_check__names_member_value_and_range, 0, WRONG);
	tcase_add_test(tc, test_check__accepts_the_ends_of_ranges);
	tcase_add_test(tc, test_choice__has_its_name);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
