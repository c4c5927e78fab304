/* SPDX-License-Identifier: MIT */
/* Files from which no sampler can be loaded, and errors of the system while a file is written or read. */
#include "any_kernel.h"
#include "io/st_files.h"
#include "sampler_file_fixture.h"

/* Loading `name` is rejected with these words, and the sampler is what it was. */
static void expect_rejection(egm_sampler *s, const char *name, egm_status status, const char *text)
{
	save(s, "before.egm");
	io_expect(name, egm_sampler_restore(s, io_path(name), NULL), status, text);
	save(s, "after.egm");
	assert_same_files("before.egm", "after.egm");
}

static const struct {
	const char *text;
	int64_t chains, dims, levels;
	int32_t kernel, dtype, adapt_scale, scale;
} others[] = {{"kernel is 'tempered' in the file, 'mala' in the sampler", CHAINS, DIMS, 0, ANY_MALA, EGM_F64, 0, 0},
              {"dtype is 'f64' in the file, 'f32' in the sampler", CHAINS, DIMS, 3, ANY_TEMPERED, EGM_F32, 0, 0},
              {"chains is '4' in the file, '5' in the sampler", 5, DIMS, 3, ANY_TEMPERED, EGM_F64, 0, 0},
              {"dims is '3' in the file, '2' in the sampler", CHAINS, 2, 3, ANY_TEMPERED, EGM_F64, 0, 0},
              {"levels is '3' in the file, '2' in the sampler", CHAINS, DIMS, 2, ANY_TEMPERED, EGM_F64, 0, 0},
              {"the file has no 'scale', which the sampler has", CHAINS, DIMS, 3, ANY_TEMPERED, EGM_F64, 0, 1}};

START_TEST(test_load__rejects_another_kind_of_sampler)
{
	static const double scale[] = {1, 2, 3};
	bench theirs, ours;
	any_kernel_options written = options_of(ANY_TEMPERED, 1), options = options_of(others[_i].kernel, 1);
	bench_open(&theirs, NULL, EGM_F64, DIMS, &written);
	save(theirs.sampler, "theirs.egm");
	options.chains = others[_i].chains;
	options.adapt_scale = others[_i].adapt_scale;
	options.levels = others[_i].levels;
	if (others[_i].scale) options.scale = scale;
	bench_open(&ours, NULL, (egm_dtype)others[_i].dtype, others[_i].dims, &options);
	expect_rejection(ours.sampler, "theirs.egm", EGM_ERR_FORMAT, others[_i].text);
	bench_close(&theirs);
	bench_close(&ours);
}
END_TEST

START_TEST(test_load__compares_the_scales)
{
	static const double scale[] = {1, 2, 3};
	bench own, shared, none;
	any_kernel_options options = options_of(ANY_MALA, 1);
	bench_open(&own, NULL, EGM_F32, DIMS, &options);
	save(own.sampler, "own.egm");
	options.adapt_scale = 0;
	bench_open(&none, NULL, EGM_F32, DIMS, &options);
	options.scale = scale;
	bench_open(&shared, NULL, EGM_F32, DIMS, &options);
	save(shared.sampler, "shared.egm");
	expect_rejection(none.sampler, "own.egm", EGM_ERR_FORMAT, "the file has 'scale', which the sampler does not have");
	expect_rejection(own.sampler, "shared.egm", EGM_ERR_FORMAT,
	                 "'scale' has 3 numbers of rank 1 in the file, 12 of rank 2 in the sampler");
	bench_close(&own);
	bench_close(&shared);
	bench_close(&none);
}
END_TEST

START_TEST(test_load__rejects_what_is_no_sampler)
{
	bench b;
	egm_model *model = NULL;
	any_kernel_options options = options_of(ANY_NUTS, 1);
	bench_open(&b, NULL, EGM_F64, DIMS, &options);
	ck_assert_egm(egm_model_create(&model, b.context, "energy", DIMS));
	egm_model_dense(model, 1);
	ck_assert_egm(egm_model_build(model, EGM_F64, 1));
	ck_assert_egm(egm_model_save(model, io_path("model.egm")));
	expect_rejection(b.sampler, "model.egm", EGM_ERR_FORMAT, "format");
	expect_rejection(b.sampler, "nowhere.egm", EGM_ERR_IO, "nowhere.egm");
	save(b.sampler, "good.egm");
	io_expect("NULL path", egm_sampler_restore(b.sampler, NULL, NULL), EGM_ERR_ARGUMENT, "path is NULL");
	io_expect("NULL", egm_sampler_restore(NULL, io_path("good.egm"), NULL), EGM_ERR_ARGUMENT, "sampler is NULL");
	egm_load_options small = EGM_LOAD_OPTIONS_INIT;
	small.max_data_bytes = 8;
	io_expect("limit", egm_sampler_restore(b.sampler, io_path("good.egm"), &small), EGM_ERR_UNSUPPORTED,
	          "max_data_bytes");
	io_expect("NULL path", egm_sampler_save(b.sampler, NULL), EGM_ERR_ARGUMENT, "path is NULL");
	io_expect("NULL", egm_sampler_save(NULL, io_path("good.egm")), EGM_ERR_ARGUMENT, "sampler is NULL");
	char deep[PATH_MAX + 16];
	snprintf(deep, sizeof deep, "%s/x.egm", io_path("no"));
	io_expect("no folder", egm_sampler_save(b.sampler, deep), EGM_ERR_IO, "x.egm");
	egm_model_free(model);
	bench_close(&b);
}
END_TEST

START_TEST(test_load__rejects_every_truncation)
{
	bench b;
	size_t size;
	any_kernel_options options = options_of(ANY_NUTS, 1);
	bench_open(&b, NULL, EGM_F64, DIMS, &options);
	save(b.sampler, "whole.egm");
	unsigned char *bytes = io_read(io_path("whole.egm"), &size);
	ck_assert_egm(egm_sampler_run(b.sampler, 1, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	save(b.sampler, "kept.egm");
	for (size_t n = 0; n < size; n += 1 + n / 64) {
		io_write(io_path("cut.egm"), bytes, n);
		io_expect("cut", egm_sampler_restore(b.sampler, io_path("cut.egm"), NULL), EGM_ERR_FORMAT, NULL);
	}
	io_write(io_path("cut.egm"), bytes, size - 1);
	io_expect("cut", egm_sampler_restore(b.sampler, io_path("cut.egm"), NULL), EGM_ERR_FORMAT, NULL);
	save(b.sampler, "after.egm");
	assert_same_files("kept.egm", "after.egm");
	load(b.sampler, "whole.egm");
	free(bytes);
	bench_close(&b);
}
END_TEST

/* A flipped bit is rejected, or changes a number to another valid one, from which the chains then continue. */
START_TEST(test_load__survives_every_flipped_byte)
{
	bench b;
	size_t size;
	int rejected = 0, taken = 0;
	any_kernel_options options = options_of(ANY_TEMPERED, 1);
	bench_open(&b, NULL, EGM_F32, DIMS, &options);
	save(b.sampler, "whole.egm");
	unsigned char *bytes = io_read(io_path("whole.egm"), &size);
	for (size_t i = 0; i < size; i++) {
		bytes[i] ^= (unsigned char)(1 << i % 8);
		io_write(io_path("flipped.egm"), bytes, size);
		egm_status st = egm_sampler_restore(b.sampler, io_path("flipped.egm"), NULL);
		bytes[i] ^= (unsigned char)(1 << i % 8);
		if (st != EGM_OK) {
			rejected++;
			ck_assert_msg(st == EGM_ERR_FORMAT || st == EGM_ERR_NONFINITE, "byte %zu: %s", i, egm_last_error());
			continue;
		}
		taken++;
		st = egm_sampler_run(b.sampler, 1, 1, egm_no_out(), egm_no_out(), NULL, NULL);
		ck_assert_msg(st == EGM_OK || st == EGM_ERR_NONFINITE, "byte %zu: %s", i, egm_last_error());
		load(b.sampler, "whole.egm");
	}
	ck_assert_int_ge(rejected, 500); /* the header is longer */
	ck_assert_int_ge(taken, 100);
	save(b.sampler, "after.egm");
	assert_same_files("whole.egm", "after.egm");
	free(bytes);
	bench_close(&b);
}
END_TEST

START_TEST(test_load__rejects_a_header_that_is_too_long)
{
	bench b;
	size_t size;
	any_kernel_options options = options_of(ANY_ULA, 1);
	bench_open(&b, NULL, EGM_F64, DIMS, &options);
	save(b.sampler, "whole.egm");
	unsigned char *bytes = io_read(io_path("whole.egm"), &size);
	for (int shift = 21; shift < 64; shift += 6) {
		for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((UINT64_C(1) << shift) >> 8 * i);
		io_write(io_path("long.egm"), bytes, size);
		expect_rejection(b.sampler, "long.egm", EGM_ERR_FORMAT, "header");
	}
	free(bytes);
	bench_close(&b);
}
END_TEST

/* Replaces `old` by `new`, of the same length, in the header of the file. */
static void expect_forgery(egm_sampler *s, const char *old, const char *new, const char *text)
{
	size_t size;
	save(s, "genuine.egm");
	unsigned char *bytes = io_read(io_path("genuine.egm"), &size), *place = memmem(bytes, size, old, strlen(old));
	ck_assert_uint_eq(strlen(old), strlen(new));
	ck_assert_msg(place != NULL, "%s is not in the file", old);
	memcpy(place, new, strlen(new));
	io_write(io_path("forged.egm"), bytes, size);
	free(bytes);
	expect_rejection(s, "forged.egm", EGM_ERR_FORMAT, text);
}

START_TEST(test_load__trusts_no_text)
{
	bench b;
	any_kernel_options options = options_of(ANY_HMC, 77);
	bench_open(&b, NULL, EGM_F64, DIMS, &options);
	expect_forgery(b.sampler, "\"seed\":\"77\"", "\"seed\":\"-7\"", "seed is '-7', must be a count");
	expect_forgery(b.sampler, "\"seed\":\"77\"", "\"sied\":\"77\"", "the file has no 'seed'");
	expect_forgery(b.sampler, "egm-sampler", "egm-Sampler", "format is 'egm-Sampler' in the file");
	expect_forgery(b.sampler, "\"format_version\":\"1\"", "\"format_version\":\"2\"", "format_version is '2'");
	expect_forgery(b.sampler, "\"chains\":\"4\"", "\"chains\":\"9\"", "chains is '9' in the file, '4' in the sampler");
	expect_forgery(b.sampler, "\"clock\"", "\"cluck\"", "no 'clock'");
	expect_forgery(b.sampler, "\"frozen\":{\"dtype\":\"U64\"", "\"frozen\":{\"dtype\":\"F64\"", "'frozen' is not u64");
	bench_close(&b);
}
END_TEST

/* Writes the file with one number of one array replaced, through the container's own writer. */
static void write_with_number(egm_context *context, const char *from, const char *to, const char *name, int64_t index,
                              const void *number)
{
	static const char *const keys[] = {"format", "format_version", "kernel", "dtype",
	                                   "chains", "dims",           "levels", "seed"};
	enum { KEYS = sizeof keys / sizeof *keys, TENSORS = 32 };
	egm__safetensors *file = NULL;
	egm__st_tensor tensors[TENSORS];
	egm__st_meta meta[KEYS];
	uint64_t values[64];
	int found = 0;
	ck_assert_egm(st_file_read(&file, context, io_path(from), NULL));
	int32_t n = egm__safetensors_count(file);
	ck_assert_int_le(n, TENSORS);
	for (int32_t i = 0; i < n; i++) {
		tensors[i] = *egm__safetensors_at(file, i);
		if (strcmp(tensors[i].name, name) != 0) continue;
		ck_assert_int_le(tensors[i].count, 64);
		memcpy(values, tensors[i].data, (size_t)tensors[i].count * 8);
		memcpy(&values[index], number, 8);
		tensors[i].data = values;
		found = 1;
	}
	ck_assert_msg(found, "no '%s'", name);
	for (size_t i = 0; i < KEYS; i++) meta[i] = (egm__st_meta){keys[i], egm__safetensors_meta(file, keys[i])};
	ck_assert_egm(st_file_write(context, io_path(to), n, tensors, KEYS, meta));
	egm__safetensors_free(file);
}

START_TEST(test_load__rejects_numbers_that_no_chain_has)
{
	static const struct {
		const char *name, *text;
		double real;
		uint64_t count;
		int64_t index;
	} bad[] = {{"x", "'x' is not finite at index 4", NAN, 0, 4},
	           {"x", "'x' is not finite at index 0", INFINITY, 0, 0},
	           {"scale", "'scale' is negative or not finite at index 11", -1, 0, 11},
	           {"scale", "'scale' is negative or not finite at index 1", INFINITY, 0, 1},
	           {"step", "'step' is not positive or not finite at index 3", 0.0, 0, 3},
	           {"step", "'step' is not positive or not finite at index 1", -0.1, 0, 1},
	           {"step", "'step' is not positive or not finite at index 0", NAN, 0, 0},
	           {"value", "'value' is not finite at index 2", -INFINITY, 0, 2},
	           {"accept_sum", "'accept_sum' is negative or not finite at index 2", -1e-9, 0, 2},
	           {"clock", "'clock' is 4611686018427387905 at index 1", 0, ((uint64_t)1 << 62) + 1, 1},
	           {"transitions", "'transitions' is 18446744073709551615 at index 0", 0, UINT64_MAX, 0},
	           {"chain.transitions", "'chain.transitions' is 9223372036854775808", 0, (uint64_t)1 << 63, 3},
	           {"frozen", "'frozen' is 2 at index 0, must be at most 1", 0, 2, 0},
	           {"inner", "'inner' is 2 at index 0, must be at most 1", 0, 2, 0},
	           {"inner", "'inner' is 1 for all walkers of chain 2, must be less for one", 0, 1, 2}};
	bench b;
	any_kernel_options options = options_of(ANY_MALA, 1);
	bench_open(&b, NULL, EGM_F64, DIMS, &options);
	save(b.sampler, "good.egm");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int real = bad[i].count == 0;
		write_with_number(b.context, "good.egm", "bad.egm", bad[i].name, bad[i].index,
		                  real ? (const void *)&bad[i].real : &bad[i].count);
		expect_rejection(b.sampler, "bad.egm", real ? EGM_ERR_NONFINITE : EGM_ERR_FORMAT, bad[i].text);
	}
	double x = 0.25, points[CHAINS * DIMS];
	write_with_number(b.context, "good.egm", "other.egm", "x", 5, &x);
	load(b.sampler, "other.egm");
	ck_assert_egm(egm_sampler_points(b.sampler, points_out(b.sampler, EGM_F64, points)));
	ck_assert_double_eq(points[5], 0.25);
	bench_close(&b);
}
END_TEST

/* ---- failing calls */

static const struct {
	const char *name;
	fault_call call;
	int error;
} faults[] = {{"open", FAULT_OPEN, EACCES},
              {"write", FAULT_WRITE, ENOSPC},
              {"fsync", FAULT_FSYNC, EIO},
              {"close", FAULT_CLOSE, EDQUOT},
              {"rename", FAULT_RENAME, EACCES}};

static void set_fault(fault_call call, long at, int error)
{
	fault.seen = 0;
	fault.at = at;
	fault.error = error;
	fault.call = call;
}

/* The first such call of a save fails: the old file stays, and nothing is left beside it. */
START_TEST(test_save__leaves_the_old_file_when_a_call_fails)
{
	bench b;
	any_kernel_options options = options_of(ANY_NUTS, 1);
	bench_open(&b, NULL, EGM_F64, DIMS, &options);
	save(b.sampler, "old.egm");
	save(b.sampler, "copy.egm");
	ck_assert_egm(egm_sampler_run(b.sampler, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	int files = io_entries(io_folder, NULL);
	set_fault(faults[_i].call, 1, faults[_i].error);
	egm_status st = egm_sampler_save(b.sampler, io_path("old.egm"));
	fault.call = FAULT_NONE;
	io_expect(faults[_i].name, st, EGM_ERR_IO, "old.egm");
	assert_same_files("old.egm", "copy.egm");
	ck_assert_int_eq(io_entries(io_folder, NULL), files);
	save(b.sampler, "old.egm");
	load(b.sampler, "old.egm");
	bench_close(&b);
}
END_TEST

START_TEST(test_load__changes_nothing_when_a_read_fails)
{
	bench b;
	any_kernel_options options = options_of(ANY_NUTS, 1);
	bench_open(&b, NULL, EGM_F64, DIMS, &options);
	save(b.sampler, "good.egm");
	ck_assert_egm(egm_sampler_run(b.sampler, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	save(b.sampler, "kept.egm");
	load(b.sampler, "kept.egm"); /* the first time, jansson reads a seed for its tables */
	set_fault(FAULT_PREAD, 0, 0);
	load(b.sampler, "good.egm");
	long reads = fault.seen;
	ck_assert_int_ge(reads, 2);
	load(b.sampler, "kept.egm");
	for (long at = 1; at <= reads; at++) {
		set_fault(FAULT_PREAD, at, EIO);
		egm_status st = egm_sampler_restore(b.sampler, io_path("good.egm"), NULL);
		fault.call = FAULT_NONE;
		io_expect("read", st, EGM_ERR_IO, "good.egm");
		save(b.sampler, "after.egm");
		assert_same_files("kept.egm", "after.egm");
	}
	bench_close(&b);
}
END_TEST

static egm_status save_the_same(void *sampler)
{
	egm_status st = egm_sampler_save(sampler, io_path("other.egm"));
	assert_same_files("good.egm", "other.egm"); /* no failed save touches it */
	return st;
}

static egm_status load_the_same(void *sampler)
{
	return egm_sampler_restore(sampler, io_path("good.egm"), NULL);
}

START_TEST(test_memory__save_and_load_report_each_failure)
{
	egm_test_allocator allocator = {0};
	bench b;
	any_kernel_options options = options_of(ANY_TEMPERED, 1);
	bench_open(&b, egm_test_context(&allocator), EGM_F64, DIMS, &options);
	save(b.sampler, "good.egm");
	load(b.sampler, "good.egm");
	save(b.sampler, "other.egm");
	ck_assert_int_gt(egm_test_fail_each(&allocator, save_the_same, b.sampler), 0);
	ck_assert_int_gt(egm_test_fail_each(&allocator, load_the_same, b.sampler), 0);
	save(b.sampler, "other.egm");
	assert_same_files("good.egm", "other.egm"); /* and no failed load the sampler */
	bench_close(&b);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("train/sampler_file_rejected");
	TCase *tc = add_case(suite, "rejections", "R16");
	tcase_add_loop_test(tc, test_load__rejects_another_kind_of_sampler, 0, (int)(sizeof others / sizeof *others));
	tcase_add_test(tc, test_load__compares_the_scales);
	tcase_add_test(tc, test_load__rejects_what_is_no_sampler);
	tcase_add_test(tc, test_load__rejects_every_truncation);
	tcase_add_test(tc, test_load__survives_every_flipped_byte);
	tcase_add_test(tc, test_load__rejects_a_header_that_is_too_long);
	tcase_add_test(tc, test_load__trusts_no_text);
	tcase_add_test(tc, test_load__rejects_numbers_that_no_chain_has);
	tc = add_case(suite, "failing calls", "R3 R16");
	tcase_add_loop_test(tc, test_save__leaves_the_old_file_when_a_call_fails, 0, (int)(sizeof faults / sizeof *faults));
	tcase_add_test(tc, test_load__changes_nothing_when_a_read_fails);
	tc = add_case(suite, "memory", "R1");
	tcase_add_test(tc, test_memory__save_and_load_report_each_failure);
	return egm_test_main(suite);
}
