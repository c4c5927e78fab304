/* SPDX-License-Identifier: MIT */
/* Every function that takes options accepts and rejects what egm_options_describe says: the ends of each range, the
 * numbers next to them, 0 and NaN. The functions are those of the table in tests/abi/structs.h; an option struct
 * without a row there fails the test. */
#include "abi/structs.h"
#include <math.h>
#include <stddef.h>

static int is_options(const char *type)
{
	return strcmp(strrchr(type, '_'), "_options") == 0;
}

START_TEST(test_ranges__every_option_struct_has_a_function)
{
	for (int32_t t = 0; egm_options_type(t); t++) {
		const char *type = egm_options_type(t);
		int found = 0;
		for (int k = 0; k < KINDS; k++) found += strcmp(kinds[k].name, type) == 0;
		ck_assert_msg(found == 1 || !is_options(type), "%s: %d rows", type, found);
	}
}
END_TEST

/* ---- one member after another */

typedef union room {
	size_t struct_size;
	max_align_t align;
	unsigned char bytes[512];
} room;

static int representable(const egm_option *o, double value)
{
	if (o->kind == EGM_OPTION_DOUBLE) return 1;
	if (o->kind == EGM_OPTION_INT64) return fabs(value) < 0x1p63;
	if (o->kind == EGM_OPTION_UINT64) return value >= 0 && value < 0x1p64;
	return value >= INT32_MIN && value <= INT32_MAX;
}

static void put(room *options, const egm_option *o, double value)
{
	const void *from = &value;
	int32_t narrow = 0;
	int64_t wide = 0;
	uint64_t natural = 0;
	ck_assert(representable(o, value));
	if (o->kind == EGM_OPTION_INT64)
		wide = (int64_t)value, from = &wide;
	else if (o->kind == EGM_OPTION_UINT64)
		natural = (uint64_t)value, from = &natural;
	else if (o->kind != EGM_OPTION_DOUBLE)
		narrow = (int32_t)value, from = &narrow;
	memcpy(options->bytes + o->offset, from, (size_t)o->size);
}

/* Whether the call failed because of the range of this member: "egm_loss_gan: form is 7, must be ...". Conditions
 * between members, or with the dtype, may be other reasons. */
static int rejected(const kind *k, const egm_option *o, double value)
{
	room options;
	char text[128];
	ck_assert_int_eq(egm_options_init(k->name, &options, k->size), EGM_OK);
	put(&options, o, value);
	snprintf(text, sizeof text, ": %s is ", o->name);
	if (k->call(&options) != EGM_ERR_ARGUMENT) return 0;
	const char *error = egm_last_error(), *at = strstr(error, text);
	ck_assert_msg(strncmp(error, "egm_", 4) == 0, "%s", error);
	if (at) at = strchr(at, ',');
	return at && strncmp(at, ", must be ", 10) == 0 && strncmp(at, ", must be at most ", 18) != 0;
}

#define EXPECT(want, value)                                                                                  \
	ck_assert_msg(rejected(k, o, value) == (want), "%s.%s = %.17g is %s", k->name, o->name, (double)(value), \
	              (want) ? "accepted" : "rejected")

/* A large number whose square is finite in f32. */
static const double LARGE = 1e18;

/* The number next to `value` in the direction of `towards`. Next to 0 it is one whose inverse has a finite square in
 * f32, the dtype of the networks. */
static double next_to(const egm_option *o, double value, double towards)
{
	if (o->kind == EGM_OPTION_DOUBLE && value == 0) return towards > 0 ? 1 / LARGE : -1 / LARGE;
	if (o->kind == EGM_OPTION_DOUBLE) return nextafter(value, towards);
	return towards > value ? value + 1 : value - 1;
}

/* Counts of many millions are left out, because they would be computed. */
enum { MANY = 1 << 16 };

static void try_end(const kind *k, const egm_option *o, double end, int open, double outwards)
{
	double outside = open ? end : next_to(o, end, outwards), inside = open ? next_to(o, end, -outwards) : end;
	if (isinf(end)) {
		if (o->kind != EGM_OPTION_DOUBLE) return;
		EXPECT(1, end);
		EXPECT(0, outwards > 0 ? LARGE : -LARGE);
		return;
	}
	if (representable(o, outside) && !(outside == 0 && o->zero_is_default)) EXPECT(1, outside);
	if (fabs(inside) <= MANY && !(inside == 0 && o->zero_is_default)) EXPECT(0, inside);
}

static void try_member(const kind *k, const egm_option *o)
{
	if (o->kind >= EGM_OPTION_NUMBERS) return;
	try_end(k, o, o->low, o->low_open, -INFINITY);
	try_end(k, o, o->high, o->high_open, INFINITY);
	EXPECT(o->required, 0.0);
	if (o->kind == EGM_OPTION_DOUBLE) EXPECT(1, NAN);
}

START_TEST(test_ranges__are_what_the_function_accepts)
{
	const kind *k = &kinds[_i];
	ck_assert_uint_le(k->size, sizeof(room));
	if (!is_options(k->name)) return;
	for (int32_t i = 0; i < egm_options_count(k->name); i++) {
		egm_option o = EGM_OPTION_INIT;
		ck_assert_int_eq(egm_options_describe(k->name, i, &o), EGM_OK);
		try_member(k, &o);
	}
}
END_TEST

/* A member that is 0 is its default, or off, so a program may start with zeros and struct_size. */
START_TEST(test_ranges__zeros_are_accepted)
{
	const kind *k = &kinds[_i];
	room options = {.struct_size = k->size};
	if (!is_options(k->name)) return;
	ck_assert_msg(k->call(&options) == EGM_OK, "%s: %s", k->name, egm_last_error());
	ck_assert_msg(k->call(NULL) == EGM_OK, "%s: %s", k->name, egm_last_error());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ranges of options");
	TCase *tc = tcase_create("ranges");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_ranges__every_option_struct_has_a_function);
	tcase_add_loop_test(tc, test_ranges__are_what_the_function_accepts, 0, KINDS);
	tcase_add_loop_test(tc, test_ranges__zeros_are_accepted, 0, KINDS);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
