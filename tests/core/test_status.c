/* SPDX-License-Identifier: MIT */
/* Names of the codes, and the text of the last error: one line, of bounded length, one for each thread. */
#include "core/status_impl.h"
#include "support.h"

#include <egm/version.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

START_TEST(test_status_name__names_every_code)
{
	static const struct {
		int code;
		const char *name;
	} codes[] = {
	    {0, "EGM_OK"},           {-1, "EGM_ERR_ARGUMENT"},     {-2, "EGM_ERR_STATE"},      {-10, "EGM_ERR_SHAPE"},
	    {-20, "EGM_ERR_DTYPE"},  {-30, "EGM_ERR_MEMORY"},      {-40, "EGM_ERR_NONFINITE"}, {-50, "EGM_ERR_IO"},
	    {-41, "EGM_ERR_DIVERGED"}, {-60, "EGM_ERR_FORMAT"}, {-70, "EGM_ERR_UNSUPPORTED"}, {-80, "EGM_ERR_STOPPED"},
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
	ck_assert_str_eq(egm_last_error(), "tensor 'a?b?[2J?' twice");
}
END_TEST

START_TEST(test_fail__cuts_a_long_text_and_says_so)
{
	char name[4000];
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	egm__fail(EGM_ERR_FORMAT, "%s", name);
	size_t length = strlen(egm_last_error());
	ck_assert_uint_lt(length, 1024);
	ck_assert_str_eq(egm_last_error() + length - 3, "...");
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

/* With the sign that arithmetic on x86 gives a NaN, and with the other. */
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
	tcase_add_test(tc, test_fail__cuts_a_long_text_and_says_so);
	tcase_add_test(tc, test_last_error__belongs_to_the_thread);
	tcase_add_test(tc, test_nonfinite_name__has_no_sign_for_nan);
	tcase_add_test(tc, test_try_and_fail__leave_through_out);
	tcase_add_test(tc, test_version__is_that_of_the_headers);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
