/* SPDX-License-Identifier: MIT */
/* Memory of a context, and sizes that must not overflow. */
#include "core/context_impl.h"
#include "core/size_impl.h"
#include "support.h"

#include <string.h>

static egm_test_allocator allocator;
static egm_context *context;

static void setup(void)
{
	memset(&allocator, 0, sizeof allocator);
	context = egm_test_context(&allocator);
	ck_assert_ptr_nonnull(context);
}

/* At the end of every test nothing is allocated, and dealloc has received every size: `bytes` is 0 again. */
static void teardown(void)
{
	egm_context_free(context);
	ck_assert_int_eq(allocator.live, 0);
	ck_assert_int_eq(allocator.bytes, 0);
}

START_TEST(test_alloc__is_aligned_for_every_size)
{
	for (size_t size = 0; size < 300; ++size) {
		char *pointer = egm__alloc(context, size, 1);
		ck_assert_ptr_nonnull(pointer);
		ck_assert_uint_eq((uintptr_t)pointer % 64, 0);
		memset(pointer, 0xee, size);
		egm__free(context, pointer);
	}
	egm__free(context, NULL);
}
END_TEST

START_TEST(test_alloc__rejects_sizes_that_overflow_without_asking)
{
	/* The last two would be 1 and 65536 if a count were cut to 32 bits. */
	static const int64_t sizes[][2] = {{(int64_t)SIZE_MAX, 1},
	                                   {(int64_t)(SIZE_MAX - 63), 1},
	                                   {SIZE_MAX / 2, 1},
	                                   {SIZE_MAX / 4, 8},
	                                   {SIZE_MAX / 8 + 2, 8},
	                                   {INT64_C(1) << (sizeof(size_t) * 4), INT64_C(1) << (sizeof(size_t) * 4)},
	                                   {-1, 1},
	                                   {1, -1},
	                                   {INT64_MAX, INT64_MAX},
	                                   {sizeof(size_t) == 4 ? (INT64_C(1) << 32) + 1 : INT64_MAX, 1},
	                                   {sizeof(size_t) == 4 ? (INT64_C(1) << 32) + 65536 : INT64_MAX, 4}};
	char *old = egm__alloc(context, 8, 1);
	ck_assert_ptr_nonnull(old);
	long calls = allocator.calls;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
		ck_assert_ptr_null(egm__alloc(context, sizes[i][0], sizes[i][1]));
		ck_assert_ptr_null(egm__alloc_zero(context, sizes[i][0], sizes[i][1]));
		ck_assert_ptr_null(egm__realloc(context, old, sizes[i][0], sizes[i][1]));
	}
	ck_assert_int_eq(allocator.calls, calls);
	egm__free(context, old);
}
END_TEST

START_TEST(test_alloc_zero__is_zero)
{
	unsigned char *used = egm__alloc(context, 1000, 1);
	ck_assert_ptr_nonnull(used);
	memset(used, 0xee, 1000);
	egm__free(context, used);
	unsigned char *zero = egm__alloc_zero(context, 125, 8);
	ck_assert_ptr_nonnull(zero);
	for (int i = 0; i < 1000; ++i) ck_assert_uint_eq(zero[i], 0);
	egm__free(context, zero);
}
END_TEST

START_TEST(test_realloc__keeps_the_contents)
{
	int *values = egm__realloc(context, NULL, 1, sizeof *values);
	for (int n = 1; n <= 200; ++n) {
		values = egm__realloc(context, values, (size_t)n, sizeof *values);
		ck_assert_ptr_nonnull(values);
		values[n - 1] = n;
		for (int i = 0; i < n; ++i) ck_assert_int_eq(values[i], i + 1);
	}
	egm__free(context, values);
}
END_TEST

START_TEST(test_realloc__a_failure_leaves_the_old_block)
{
	int *values = egm__alloc(context, 4, sizeof *values);
	ck_assert_ptr_nonnull(values);
	for (int i = 0; i < 4; ++i) values[i] = i;
	allocator.fail_at = allocator.calls + 1;
	ck_assert_ptr_null(egm__realloc(context, values, 4000, sizeof *values));
	for (int i = 0; i < 4; ++i) ck_assert_int_eq(values[i], i);
	egm__free(context, values);
}
END_TEST

/* ---- counts of bytes */

static void told(uint64_t bytes, uint64_t peak)
{
	ck_assert_uint_eq(egm_context_bytes(context), bytes);
	ck_assert_uint_eq(egm_context_bytes(context), (uint64_t)allocator.bytes);
	ck_assert_uint_eq(egm_context_peak_bytes(context), peak);
}

/* Counts are those of alloc, with 64 bytes for the header of each block. While a block grows both blocks are counted. A
 * failed allocation is not. */
START_TEST(test_context_bytes__are_those_of_the_allocator)
{
	const uint64_t own = egm_context_bytes(context);
	ck_assert_uint_ge(own, sizeof *context + 64);
	told(own, own);
	char *a = egm__alloc(context, 1000, 1), *b = egm__alloc_zero(context, 10, 8);
	told(own + 1064 + 144, own + 1064 + 144);
	egm__free(context, b);
	told(own + 1064, own + 1064 + 144);
	b = egm__alloc(context, 1, 1);
	told(own + 1064 + 65, own + 1064 + 144);
	b = egm__realloc(context, b, 200, 1);
	told(own + 1064 + 264, own + 1064 + 65 + 264);
	b = egm__realloc(context, b, 100, 1); /* unchanged */
	told(own + 1064 + 264, own + 1064 + 65 + 264);
	allocator.fail_at = allocator.calls + 1;
	allocator.for_ever = 1;
	ck_assert_ptr_null(egm__alloc(context, 1 << 20, 1));
	ck_assert_ptr_null(egm__alloc_zero(context, INT64_MAX, 1));
	ck_assert_ptr_null(egm__realloc(context, b, 1 << 20, 1));
	egm__free(context, NULL);
	told(own + 1064 + 264, own + 1064 + 65 + 264);
	egm__free(context, a);
	egm__free(context, b);
	told(own, own + 1064 + 65 + 264);
	ck_assert(egm_context_bytes(NULL) == 0 && egm_context_peak_bytes(NULL) == 0);
}
END_TEST

enum { TASKS = 8, ROUNDS = 5000, BLOCK = 936 };

static void take_and_give(int32_t index, void *argument)
{
	egm_context *c = argument;
	for (int i = 0; i < ROUNDS; i++) egm__free(c, egm__alloc(c, BLOCK, 1));
}

/* Each of the threads has one block at a time, so that the peak is that of 1 to 4. */
START_TEST(test_context_bytes__of_several_threads)
{
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *c = NULL;
	options.threads = 4;
	ck_assert_int_eq(egm_context_create(&c, &options), EGM_OK);
	const uint64_t own = egm_context_bytes(c);
	ck_assert_uint_eq(egm_context_peak_bytes(c), own);
	egm__parallel(c, TASKS, take_and_give, c);
	ck_assert_uint_eq(egm_context_bytes(c), own);
	ck_assert_uint_ge(egm_context_peak_bytes(c), own + BLOCK + 64);
	ck_assert_uint_le(egm_context_peak_bytes(c), own + 4 * (BLOCK + 64));
	egm_context_free(c);
}
END_TEST

START_TEST(test_size__is_exact_or_rejected)
{
	int64_t out = -1;
	ck_assert_int_eq(egm__size_mul(INT64_C(3037000499), INT64_C(3037000499), &out), 0);
	ck_assert_int_eq(out, INT64_C(9223372030926249001));
	ck_assert_int_eq(egm__size_mul(INT64_C(3037000500), INT64_C(3037000500), &out), 1);
	ck_assert_int_eq(egm__size_mul(-1, 1, &out), 1);
	ck_assert_int_eq(egm__size_mul(0, INT64_MAX, &out), 0);
	ck_assert_int_eq(out, 0);
	ck_assert_int_eq(egm__size_add(INT64_MAX - 1, 1, &out), 0);
	ck_assert_int_eq(out, INT64_MAX);
	ck_assert_int_eq(egm__size_add(INT64_MAX, 1, &out), 1);
	ck_assert_int_eq(egm__size_add(1, -1, &out), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alloc");
	TCase *tc = tcase_create("alloc");
	tcase_set_tags(tc, "R1 R17");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_alloc__is_aligned_for_every_size);
	tcase_add_test(tc, test_alloc__rejects_sizes_that_overflow_without_asking);
	tcase_add_test(tc, test_alloc_zero__is_zero);
	tcase_add_test(tc, test_realloc__keeps_the_contents);
	tcase_add_test(tc, test_realloc__a_failure_leaves_the_old_block);
	tcase_add_test(tc, test_context_bytes__are_those_of_the_allocator);
	tcase_add_test(tc, test_context_bytes__of_several_threads);
	tcase_add_test(tc, test_size__is_exact_or_rejected);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
