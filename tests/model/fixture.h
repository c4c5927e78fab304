/* SPDX-License-Identifier: MIT */
/* Setup with a context that counts its blocks of memory, and what tests of whole models share. */
#ifndef EGM_TESTS_MODEL_FIXTURE_H
#define EGM_TESTS_MODEL_FIXTURE_H

#include <reference.h>

static egm_context *context;
static egm_test_allocator allocator;

static inline void setup(void)
{
	memset(&allocator, 0, sizeof allocator);
	context = egm_test_context(&allocator);
	ck_assert_ptr_nonnull(context);
}

static inline void teardown(void)
{
	egm_context_free(context);
	ck_assert_int_eq(allocator.live, 0);
}

static inline egm_model *empty_model(const char *name, int64_t inputs)
{
	egm_model *model;
	ck_assert_int_eq(egm_model_create(&model, context, name, inputs), EGM_OK);
	return model;
}

/* The text behind the name of the function, whichever of the model's it was. */
static inline void expect_text(const char *text)
{
	const char *colon = strstr(egm_last_error(), ": ");
	ck_assert_msg(colon && !strncmp(egm_last_error(), "egm_model_", 10) && !strcmp(colon + 2, text), "%s, not %s",
	              egm_last_error(), text);
}

static inline void expect(egm_status got, egm_status want, const char *text)
{
	ck_assert_int_eq(got, want);
	expect_text(text);
}

static const net_spec small_net = {
    3, 4, {{"dense", 4, 0}, {"leaky_relu", 0, 0.2}, {"layer_norm", 0, 1e-5}, {"dense", 1, 0}}};

static inline TCase *new_case(Suite *suite, const char *name, const char *tags)
{
	TCase *tc = tcase_create(name);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	if (tags) tcase_set_tags(tc, tags);
	suite_add_tcase(suite, tc);
	return tc;
}

#endif
