/* SPDX-License-Identifier: MIT */
/* Names of the status codes, and the text of the last error: one line of bounded length, separate for each thread. */
#include "core/status_impl.h"
#include "support.h"

#include <egm/version.h>
#include <iconv.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

START_TEST(test_status_name__names_every_code)
{
	static const struct {
		int code;
		const char *name;
	} codes[] = {
	    {0, "EGM_OK"},
	    {-1, "EGM_ERR_ARGUMENT"},
	    {-2, "EGM_ERR_STATE"},
	    {-10, "EGM_ERR_SHAPE"},
	    {-20, "EGM_ERR_DTYPE"},
	    {-30, "EGM_ERR_MEMORY"},
	    {-40, "EGM_ERR_NONFINITE"},
	    {-50, "EGM_ERR_IO"},
	    {-51, "EGM_ERR_FILE"},
	    {-41, "EGM_ERR_DIVERGED"},
	    {-60, "EGM_ERR_FORMAT"},
	    {-70, "EGM_ERR_UNSUPPORTED"},
	    {-80, "EGM_ERR_STOPPED"},
	};
	int named = 0;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; ++i)
		ck_assert_str_eq(egm_status_name((egm_status)codes[i].code), codes[i].name);
	for (int code = -127; code <= 127; ++code) named += strcmp(egm_status_name((egm_status)code), "EGM_ERR_?") != 0;
	ck_assert_int_eq(named, (int)(sizeof codes / sizeof *codes));
}
END_TEST

START_TEST(test_last_error__is_empty_before_the_first_failure)
{
	ck_assert_str_eq(egm_last_error(), "");
}
END_TEST

START_TEST(test_fail__returns_the_code_and_keeps_the_text)
{
	ck_assert_int_eq(egm__fail(EGM_ERR_SHAPE, "dense: weight expects %d inputs, batch has %d", 784, 768),
	                 EGM_ERR_SHAPE);
	ck_assert_str_eq(egm_last_error(), "dense: weight expects 784 inputs, batch has 768");
}
END_TEST

START_TEST(test_fail__can_put_a_prefix_on_the_last_error)
{
	egm__fail(EGM_ERR_IO, "no space");
	egm__fail(EGM_ERR_IO, "save: %s", egm_last_error());
	ck_assert_str_eq(egm_last_error(), "save: no space");
}
END_TEST

START_TEST(test_fail__stays_one_line_whatever_the_name)
{
	egm__fail(EGM_ERR_FORMAT, "tensor '%s' twice", "a\nb\x1b[2J\x7f");
	ck_assert_str_eq(egm_last_error(), "tensor 'a\\x0ab\\x1b[2J\\x7f' twice");
}
END_TEST

/* Each row is a name from a file and its form for a terminal, written by hand from the tables of Unicode: 0x9b is CSI
 * of C1, U+202E RIGHT-TO-LEFT OVERRIDE, U+2066 LEFT-TO-RIGHT ISOLATE, U+2028 LINE SEPARATOR. */
START_TEST(test_fail__escapes_what_is_not_text)
{
	static const char *const rows[][2] = {
	    {"plain", "plain"},
	    {"gr\xc3\xbc\xc3\x9f \xe4\xbd\xa0 \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xe4\xbd\xa0 \xf0\x9f\x98\x80"},
	    {"\xff\xfe"
	     "a",
	     "\\xff\\xfea"},
	    {"\x9b"
	     "31m",
	     "\\x9b31m"},
	    {"\xc2\x9b"
	     "31m",
	     "\\x9b31m"},
	    {"a\xe2\x80\xae"
	     "b",
	     "a\\u202eb"},
	    {"\xe2\x81\xa6\xe2\x80\xa8\xef\xbb\xbf", "\\u2066\\u2028\\ufeff"},
	    {"\xf3\xa0\x81\x81", "\\ue0041"},
	    /* Default_Ignorable_Code_Point: soft hyphen, Mongolian separator, Hangul filler, selectors of variants. */
	    {"a\xc2\xad|\xe1\xa0\x8e|\xe3\x85\xa4|\xf3\xa0\x84\x80", "a\\xad|\\u180e|\\u3164|\\ue0100"},
	    {"\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4\xef\xb8\x8f"},         /* a heart with a colour selector */
	    {"\xd9\x85\xe2\x80\x8c\xd9\x85", "\xd9\x85\xe2\x80\x8c\xd9\x85"}, /* a joiner within a Persian word */
	    {"\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80", "\\xc0\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80"},
	    {"cut \xe4\xbd", "cut \\xe4\\xbd"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		egm__fail(EGM_ERR_FORMAT, "%s", rows[i][0]);
		ck_assert_str_eq(egm_last_error(), rows[i][1]);
		egm__fail(EGM_ERR_FORMAT, "%s", egm_last_error());
		ck_assert_str_eq(egm_last_error(), rows[i][1]);
	}
}
END_TEST

static uint32_t *decode(iconv_t utf8, const char *text, size_t *count)
{
	static uint32_t codes[1024];
	char *in = (char *)(uintptr_t)text, *out = (char *)codes;
	size_t left = strlen(text), room = sizeof codes;
	ck_assert_msg(iconv(utf8, &in, &left, &out, &room) == 0 && !left, "'%s' is not UTF-8 at %zu", text,
	              (size_t)(in - text));
	*count = (sizeof codes - room) / 4;
	return codes;
}

static void check_visible(iconv_t utf8, const char *text)
{
	size_t count, length = strlen(text);
	const uint32_t *codes = decode(utf8, text, &count);
	uint32_t bad = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t c = codes[i];
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
		    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
			bad = c;
	}
	ck_assert_msg(length < 512 && !bad, "U+%04x in '%s'", (unsigned)bad, text);
}

/* Random bytes mixed with whole characters, around the length at which texts are cut; iconv checks the result. */
START_TEST(test_fail__is_utf8_whatever_it_is_given)
{
	static const char *const pieces[] = {
	    "\xe2\x80\xae", "\xc2\x85", "\xf0\x9f\x98\x80", "\xe4\xbd\xa0", "\xc3\xbc", "x",
	    "\xe4",         "\x80",     "\xf3\xa0\x81",     "\x1b"};
	iconv_t utf8 = iconv_open(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "UCS-4LE" : "UCS-4BE", "UTF-8");
	uint64_t state = 7;
	ck_assert(utf8 != (iconv_t)-1);
	for (int run = 0; run < 2000; run++) {
		char name[700] = "";
		size_t n = 0, most = run % 3 ? 480 + (size_t)run % 40 : (size_t)run % 60;
		int kinds = run % 2 ? 6 : 10; /* whole characters only, or also parts */
		while (n < most) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			n += (size_t)sprintf(name + n, "%s", pieces[(state >> 33) % (uint64_t)kinds]);
		}
		egm__fail(EGM_ERR_FORMAT, "%s: %s", run % 5 ? "file" : "", name);
		check_visible(utf8, egm_last_error());
	}
	iconv_close(utf8);
}
END_TEST

/* Whole characters at both ends and "..." between them. Of 511 bytes at most 2 are unused at each cut, because a
 * character has 3. */
START_TEST(test_fail__cuts_between_characters)
{
	iconv_t utf8 = iconv_open(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "UCS-4LE" : "UCS-4BE", "UTF-8");
	for (int before = 0; before < 6; before++) {
		char name[1000] = "";
		memset(name, '.', (size_t)before);
		for (int i = 0; i < 250; i++) strcat(name, "\xe4\xbd\xa0");
		egm__fail(EGM_ERR_FORMAT, "%s", name);
		const char *text = egm_last_error(), *cut = strstr(text + before, "...");
		ck_assert_ptr_nonnull(cut);
		ck_assert_int_eq(strncmp(text, name, (size_t)(cut - text)), 0);
		ck_assert_str_eq(cut + 3, name + strlen(name) - strlen(cut + 3));
		ck_assert_uint_ge(strlen(text), 511 - 4);
		check_visible(utf8, text);
	}
	iconv_close(utf8);
}
END_TEST

static void check_ends(const char *start, const char *end, int cut)
{
	const char *text = egm_last_error();
	size_t length = strlen(text);
	ck_assert_msg(length < 512 && strncmp(text, start, strlen(start)) == 0, "'%s'", text);
	ck_assert_msg(length > strlen(end) && strcmp(text + length - strlen(end), end) == 0, "'%s'", text);
	ck_assert_msg(!cut || strstr(text, "xxx...xxx"), "'%s'", text);
}

/* For paths up to the longest that a system allows, the text contains the message and both ends of the path. */
START_TEST(test_fail__keeps_the_message_after_a_long_path)
{
	static const char said[] = "/file: has 3 rows; 4 are needed";
	for (int length = 300; length < 4096; length++) {
		char path[4096 + 1] = "/root";
		memset(path + 5, 'x', (size_t)length - 5);
		egm__fail(EGM_ERR_FORMAT, "%s%s", path, said);
		check_ends("/root", said, length > 511);
		ck_assert_int_eq(egm__named("egm_trainer_set_learning_rate", EGM_ERR_FORMAT), EGM_ERR_FORMAT);
		check_ends("egm_trainer_set_learning_rate: /root", said, length > 511);
	}
}
END_TEST

/* No text of the library is so long; that of a program may be. */
START_TEST(test_fail__cuts_a_text_without_end_and_says_so)
{
	static char name[9000];
	for (size_t i = 0; i + 3 < sizeof name; i += 3) memcpy(name + i, "\xe4\xbd\xa0", 3);
	for (int before = 0; before < 3; before++) {
		egm__fail(EGM_ERR_FORMAT, "%.*s%s", before, "..", name);
		const char *text = egm_last_error();
		ck_assert_uint_lt(strlen(text), 512);
		ck_assert_str_eq(text + strlen(text) - 6, "\xe4\xbd\xa0...");
	}
}
END_TEST

static void *fail_in_thread(void *argument)
{
	char *seen = argument;
	seen[0] = egm_last_error()[0] == '\0';
	egm__fail(EGM_ERR_STATE, "the other thread's");
	return NULL;
}

START_TEST(test_last_error__belongs_to_the_thread)
{
	pthread_t thread;
	char started_empty = 0;
	egm__fail(EGM_ERR_STATE, "this thread's");
	ck_assert_int_eq(pthread_create(&thread, NULL, fail_in_thread, &started_empty), 0);
	pthread_join(thread, NULL);
	ck_assert(started_empty);
	ck_assert_str_eq(egm_last_error(), "this thread's");
}
END_TEST

/* A NaN with the sign that arithmetic on x86 gives it, and with the other. */
START_TEST(test_nonfinite_name__has_no_sign_for_nan)
{
	ck_assert_str_eq(egm__nonfinite_name(copysign(NAN, -1)), "nan");
	ck_assert_str_eq(egm__nonfinite_name(copysign(NAN, 1)), "nan");
	ck_assert_str_eq(egm__nonfinite_name(INFINITY), "inf");
	ck_assert_str_eq(egm__nonfinite_name(-INFINITY), "-inf");
}
END_TEST

static egm_status forwards(egm_status inner, int *released)
{
	egm_status st = EGM_OK;
	EGM_TRY(inner);
	EGM_FAIL(EGM_ERR_STATE, "after %d", 1);
out:
	++*released;
	return st;
}

START_TEST(test_try_and_fail__leave_through_out)
{
	int released = 0;
	ck_assert_int_eq(forwards(EGM_ERR_DTYPE, &released), EGM_ERR_DTYPE);
	ck_assert_int_eq(forwards(EGM_OK, &released), EGM_ERR_STATE);
	ck_assert_str_eq(egm_last_error(), "after 1");
	ck_assert_int_eq(released, 2);
}
END_TEST

START_TEST(test_version__is_that_of_the_headers)
{
	char text[32];
	snprintf(text, sizeof text, "%d.%d.%d", EGM_VERSION_MAJOR, EGM_VERSION_MINOR, EGM_VERSION_PATCH);
	ck_assert_int_eq(egm_version(), EGM_VERSION);
	ck_assert_str_eq(egm_version_string(), text);
	ck_assert(EGM_VERSION_CHECK(EGM_VERSION_MAJOR, EGM_VERSION_MINOR, EGM_VERSION_PATCH));
	ck_assert(!EGM_VERSION_CHECK(EGM_VERSION_MAJOR, EGM_VERSION_MINOR, EGM_VERSION_PATCH + 1));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status");
	TCase *tc = tcase_create("status");
	tcase_add_test(tc, test_last_error__is_empty_before_the_first_failure);
	tcase_add_test(tc, test_status_name__names_every_code);
	tcase_add_test(tc, test_fail__returns_the_code_and_keeps_the_text);
	tcase_add_test(tc, test_fail__can_put_a_prefix_on_the_last_error);
	tcase_add_test(tc, test_fail__stays_one_line_whatever_the_name);
	tcase_add_test(tc, test_fail__escapes_what_is_not_text);
	tcase_add_test(tc, test_fail__is_utf8_whatever_it_is_given);
	tcase_add_test(tc, test_fail__cuts_between_characters);
	tcase_add_test(tc, test_fail__keeps_the_message_after_a_long_path);
	tcase_add_test(tc, test_fail__cuts_a_text_without_end_and_says_so);
	tcase_add_test(tc, test_last_error__belongs_to_the_thread);
	tcase_add_test(tc, test_nonfinite_name__has_no_sign_for_nan);
	tcase_add_test(tc, test_try_and_fail__leave_through_out);
	tcase_add_test(tc, test_version__is_that_of_the_headers);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
