/* SPDX-License-Identifier: MIT */
/* Option structs of an older caller, a newer one, and one that never called init. `options` is what this library knows;
 * `older` and `newer` are the same struct before and after a release that appends to it. */
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
	*merged = defaults;
	return egm__options_merge("options", merged, sizeof *merged, given);
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

/* Sizes that no struct with a size_t in it has. */
static const size_t garbage[] = {0, 1, sizeof(size_t) - 1, sizeof(size_t) + 1, 4104, (size_t)-1, (size_t)-8};
enum { GARBAGE = sizeof garbage / sizeof *garbage };

START_TEST(test_init__refuses_null_and_garbage_sizes)
{
	options o, untouched;
	memset(&o, 0xee, sizeof o);
	untouched = o;
	ck_assert_int_eq(egm__options_init("options", NULL, sizeof o, &defaults, sizeof defaults), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm__options_init("options", &o, garbage[_i], &defaults, sizeof defaults), EGM_ERR_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "options_init: size is"));
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

START_TEST(test_merge__takes_what_the_caller_set)
{
	options merged, given = {.struct_size = sizeof given, .step = 2, .count = -1};
	ck_assert_int_eq(merge(&merged, &given), EGM_OK);
	ck_assert_double_eq(merged.step, 2);
	ck_assert_int_eq(merged.count, -1);
}
END_TEST

START_TEST(test_merge__a_shorter_struct_leaves_the_members_beyond)
{
	/* What follows the struct in memory is not the library's to read: count would come out as -1. */
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

START_TEST(test_merge__a_longer_struct_with_nothing_set_beyond_is_taken)
{
	newer given = {.struct_size = sizeof given, .step = 2, .count = 3};
	options merged;
	ck_assert_int_eq(merge(&merged, &given), EGM_OK);
	ck_assert_int_eq(merged.count, 3);
	ck_assert_uint_eq(merged.struct_size, sizeof merged);
}
END_TEST

START_TEST(test_merge__a_longer_struct_with_any_byte_set_beyond_is_refused)
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

START_TEST(test_merge__refuses_garbage_sizes)
{
	options merged, given = {.struct_size = garbage[_i], .step = 2};
	ck_assert_int_eq(merge(&merged, &given), EGM_ERR_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "options_init was not called"));
	ck_assert_mem_eq(&merged, &defaults, sizeof merged);
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
	tcase_add_loop_test(tc, test_init__refuses_null_and_garbage_sizes, 0, GARBAGE);
	tcase_add_test(tc, test_merge__null_leaves_the_defaults);
	tcase_add_test(tc, test_merge__takes_what_the_caller_set);
	tcase_add_test(tc, test_merge__a_shorter_struct_leaves_the_members_beyond);
	tcase_add_test(tc, test_merge__a_longer_struct_with_nothing_set_beyond_is_taken);
	tcase_add_loop_test(tc, test_merge__a_longer_struct_with_any_byte_set_beyond_is_refused, 0,
	                    (int)(sizeof(newer) - sizeof(options)));
	tcase_add_loop_test(tc, test_merge__refuses_garbage_sizes, 0, GARBAGE);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
