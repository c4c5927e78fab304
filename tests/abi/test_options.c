/* SPDX-License-Identifier: MIT */
/* Programs compiled against an older or a newer libegm pass structs of another size to this one. Each struct is tested
 * alike: a shorter one means defaults for the rest, a longer one is accepted if the tail is zero, and a size that no
 * release can have had is rejected. Linked with the shared library, as such programs are. */
#include "structs.h"

enum { BEYOND = 40, ROOM = 1024 };

/* A struct in a buffer that is larger than any of them. */
typedef union room {
	size_t struct_size;
	max_align_t align;
	unsigned char bytes[ROOM];
} room;

/* The struct as initialised by a program in whose header it has `size` bytes. The library must neither read nor write
 * the bytes after it, with which a member would be out of its range. */
static room start(const kind *k, size_t size)
{
	room r;
	ck_assert_uint_le(k->size + BEYOND, ROOM);
	memset(&r, 0xa5, sizeof r);
	memset(&r, 0, size);
	memcpy(&r, k->start, size < k->size ? size : k->size);
	r.struct_size = size;
	return r;
}

static void untouched(const kind *k, const room *r, size_t size)
{
	ck_assert_msg(r->struct_size == size, "%s: struct_size %zu became %zu", k->name, size, r->struct_size);
	for (size_t i = size; i < ROOM; i++)
		ck_assert_msg(r->bytes[i] == 0xa5, "%s, %zu bytes: byte %zu", k->name, size, i);
}

START_TEST(test_structs__older_and_newer_programs_work)
{
	const kind *k = &kinds[_i];
	for (size_t size = sizeof(size_t); size <= k->size + BEYOND; size += sizeof(size_t)) {
		room r = start(k, size);
		ck_assert_msg(k->call(&r) == EGM_OK, "%s, %zu bytes: %s", k->name, size, egm_last_error());
		untouched(k, &r, size);
	}
	ck_assert_msg(k->call(NULL) == (k->optional ? EGM_OK : EGM_ERR_ARGUMENT), "%s, NULL: %s", k->name,
	              egm_last_error());
}
END_TEST

START_TEST(test_structs__an_option_that_this_release_does_not_know_is_rejected)
{
	const kind *k = &kinds[_i];
	egm_status expected = k->optional ? EGM_ERR_UNSUPPORTED : EGM_OK; /* a result is only written */
	for (size_t i = 0; i < BEYOND; i++) {
		room r = start(k, k->size + BEYOND);
		r.bytes[k->size + i] = 1;
		ck_assert_msg(k->call(&r) == expected, "%s, byte %zu: %s", k->name, k->size + i, egm_last_error());
	}
}
END_TEST

START_TEST(test_structs__a_size_that_cannot_be_is_rejected)
{
	const kind *k = &kinds[_i];
	const size_t sizes[] = {0,           1,        sizeof(size_t) - 1, sizeof(size_t) + 1, k->size - 1,
	                        k->size + 1, SIZE_MAX, SIZE_MAX - 7,       SIZE_MAX / 2,       0xa5a5a5a5};
	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		room r = start(k, k->size);
		r.struct_size = sizes[s];
		ck_assert_msg(k->call(&r) == EGM_ERR_ARGUMENT, "%s, struct_size %zu: %s", k->name, sizes[s], egm_last_error());
		ck_assert_msg(
		    !memcmp(r.bytes + sizeof(size_t), (const char *)k->start + sizeof(size_t), k->size - sizeof(size_t)),
		    "%s, struct_size %zu: something was written", k->name, sizes[s]);
	}
}
END_TEST

START_TEST(test_options_init__is_the_initialiser_of_the_header)
{
	const kind *k = &kinds[_i];
	ck_assert_uint_eq(egm_options_size(k->name), k->size);
	for (size_t size = sizeof(size_t); size <= k->size + BEYOND; size += sizeof(size_t)) {
		room want = start(k, size), got;
		memset(&got, 0xa5, sizeof got);
		ck_assert_msg(egm_options_init(k->name, &got, size) == EGM_OK, "%s: %s", k->name, egm_last_error());
		ck_assert_msg(!memcmp(&want, &got, sizeof want), "%s, %zu bytes", k->name, size);
	}
}
END_TEST

START_TEST(test_options_init__rejects_null_and_a_size_without_room_for_itself)
{
	const kind *k = &kinds[_i];
	room r;
	memset(&r, 0xa5, sizeof r);
	ck_assert_int_eq(egm_options_init(k->name, NULL, k->size), EGM_ERR_ARGUMENT);
	for (size_t size = 0; size < sizeof(size_t); size++)
		ck_assert_int_eq(egm_options_init(k->name, &r, size), EGM_ERR_ARGUMENT);
	for (size_t i = 0; i < ROOM; i++) ck_assert_uint_eq(r.bytes[i], 0xa5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("abi");
	TCase *tc = tcase_create("structs");
	tcase_set_tags(tc, "R18");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_structs__older_and_newer_programs_work, 0, KINDS);
	tcase_add_loop_test(tc, test_structs__an_option_that_this_release_does_not_know_is_rejected, 0, KINDS);
	tcase_add_loop_test(tc, test_structs__a_size_that_cannot_be_is_rejected, 0, KINDS);
	tcase_add_loop_test(tc, test_options_init__is_the_initialiser_of_the_header, 0, KINDS);
	tcase_add_loop_test(tc, test_options_init__rejects_null_and_a_size_without_room_for_itself, 0, KINDS);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
