/* SPDX-License-Identifier: MIT */
/* Checkpoints and samplers in memory: the bytes are those of a file, continuing from them is the same as from a
 * file, and memory is rejected for the same reasons as a file. */
#include "pair_fixture.h"
#include <egm/sampler.h>

static char path[PATH_MAX];

static unsigned char *ask_and_save(egm_status (*save)(const void *, void *, size_t, size_t *), const void *handle,
                                   size_t *n)
{
	OK(save(handle, NULL, 0, n));
	unsigned char *bytes = malloc(*n + 1);
	memset(bytes, 0x5a, *n + 1);
	size_t needed = 0;
	io_expect("small", save(handle, bytes, *n - 1, &needed), EGM_ERR_ARGUMENT, "must have");
	ck_assert_uint_eq(needed, *n);
	for (size_t i = 0; i <= *n; i++) ck_assert_int_eq(bytes[i], 0x5a);
	io_expect("NULL", save(handle, NULL, 7, &needed), EGM_ERR_ARGUMENT, "buffer is NULL and size is 7");
	OK(save(handle, bytes, *n, &needed));
	ck_assert_uint_eq(needed, *n);
	ck_assert_int_eq(bytes[*n], 0x5a);
	return bytes;
}

static void assert_those_of_the_file(const unsigned char *bytes, size_t n)
{
	size_t size;
	unsigned char *file = io_read(path, &size);
	ck_assert_uint_eq(size, n);
	ck_assert_mem_eq(file, bytes, n);
	free(file);
}

/* ---- a trainer */

static egm_status save_trainer(const void *trainer, void *buffer, size_t size, size_t *needed)
{
	return egm_trainer_save_memory(trainer, buffer, size, needed);
}

static void open_trainer(pair *p)
{
	pair_open(p, NULL, EGM_F32, 4);
	pair_make(p);
}

START_TEST(test_state_bytes__a_trainer)
{
	pair straight = {0}, other = {0};
	size_t n, m;
	snprintf(path, sizeof path, "%s", io_path("state"));
	open_trainer(&straight);
	open_trainer(&other);
	pair_steps(&straight, 7);
	pair_steps(&other, 4);
	unsigned char *bytes = ask_and_save(save_trainer, straight.trainer, &n);
	OK(egm_trainer_save(straight.trainer, path));
	assert_those_of_the_file(bytes, n);
	OK(egm_trainer_restore_memory(other.trainer, bytes, n, NULL));
	ck_assert_int_eq(egm_trainer_steps(other.trainer), 7);
	pair_steps(&straight, 9);
	pair_steps(&other, 9);
	unsigned char *x = ask_and_save(save_trainer, straight.trainer, &n);
	unsigned char *y = ask_and_save(save_trainer, other.trainer, &m);
	ck_assert_uint_eq(n, m);
	ck_assert_mem_eq(x, y, n);
	/* Cut anywhere, the bytes are rejected and change nothing: read as they are, in a block of their size. */
	for (size_t cut = 0; cut < n; cut += 1 + cut / 16) {
		unsigned char *part = malloc(cut + !cut);
		memcpy(part, bytes, cut);
		io_expect("cut", egm_trainer_restore_memory(other.trainer, part, cut, NULL), EGM_ERR_FORMAT, "bytes: ");
		free(part);
	}
	free(y);
	y = ask_and_save(save_trainer, other.trainer, &m);
	ck_assert_mem_eq(x, y, n);
	io_expect("trainer", egm_trainer_save_memory(NULL, NULL, 0, &n), EGM_ERR_ARGUMENT, "trainer is NULL");
	io_expect("trainer", egm_trainer_restore_memory(NULL, bytes, 1, NULL), EGM_ERR_ARGUMENT, "trainer is NULL");
	io_expect("bytes", egm_trainer_restore_memory(other.trainer, NULL, 1, NULL), EGM_ERR_ARGUMENT, "bytes is NULL");
	free(bytes);
	free(x);
	free(y);
	pair_close(&straight);
	pair_close(&other);
}
END_TEST

/* ---- a sampler */

enum { CHAINS = 3 };

static egm_status save_sampler(const void *sampler, void *buffer, size_t size, size_t *needed)
{
	return egm_sampler_save_memory(sampler, buffer, size, needed);
}

static egm_sampler *open_sampler(egm_context *context, uint64_t seed)
{
	egm_model *energy = toy_net(context, "energy", COLUMNS, 5, 1, EGM_F64);
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	egm_hmc_options o = EGM_HMC_OPTIONS_INIT;
	OK(egm_target_model(&target, energy, NULL));
	o.chains = CHAINS;
	o.seed = seed;
	OK(egm_sampler_hmc(&sampler, target, &o));
	egm_target_free(target);
	egm_model_free(energy);
	return sampler;
}

START_TEST(test_state_bytes__a_sampler)
{
	egm_context *context = egm_test_context_on(1, EGM_SIMD_AUTO);
	egm_sampler *straight = open_sampler(context, 1), *other = open_sampler(context, 2);
	double x[5 * CHAINS * COLUMNS], y[5 * CHAINS * COLUMNS];
	size_t n;
	snprintf(path, sizeof path, "%s", io_path("state"));
	OK(egm_sampler_run(straight, 5, 1, draws_out(straight, 5, x), egm_no_out(), NULL, NULL));
	unsigned char *bytes = ask_and_save(save_sampler, straight, &n);
	OK(egm_sampler_save(straight, path));
	assert_those_of_the_file(bytes, n);
	io_expect("cut", egm_sampler_restore_memory(other, bytes, n - 1, NULL), EGM_ERR_FORMAT, "bytes: ");
	OK(egm_sampler_restore_memory(other, bytes, n, NULL));
	OK(egm_sampler_run(straight, 5, 1, draws_out(straight, 5, x), egm_no_out(), NULL, NULL));
	OK(egm_sampler_run(other, 5, 1, draws_out(other, 5, y), egm_no_out(), NULL, NULL));
	ck_assert_mem_eq(x, y, sizeof x);
	io_expect("sampler", egm_sampler_save_memory(NULL, NULL, 0, &n), EGM_ERR_ARGUMENT, "sampler is NULL");
	io_expect("sampler", egm_sampler_restore_memory(NULL, bytes, 1, NULL), EGM_ERR_ARGUMENT, "sampler is NULL");
	io_expect("bytes", egm_sampler_restore_memory(other, NULL, 1, NULL), EGM_ERR_ARGUMENT, "bytes is NULL");
	free(bytes);
	egm_sampler_free(straight);
	egm_sampler_free(other);
	egm_context_free(context);
}
END_TEST

/* ---- memory that fails */

typedef struct both {
	pair p;
	egm_sampler *sampler;
	unsigned char bytes[16384];
} both;

static egm_status trainer_there_and_back(void *user)
{
	both *b = user;
	size_t n;
	egm_status st = egm_trainer_save_memory(b->p.trainer, b->bytes, sizeof b->bytes, &n);
	return st == EGM_OK ? egm_trainer_restore_memory(b->p.trainer, b->bytes, n, NULL) : st;
}

static egm_status sampler_there_and_back(void *user)
{
	both *b = user;
	size_t n;
	egm_status st = egm_sampler_save_memory(b->sampler, b->bytes, sizeof b->bytes, &n);
	return st == EGM_OK ? egm_sampler_restore_memory(b->sampler, b->bytes, n, NULL) : st;
}

START_TEST(test_state_bytes__every_allocation_may_fail)
{
	egm_test_allocator memory = {0};
	both b = {0};
	egm_context *context = egm_test_context(&memory);
	pair_open(&b.p, context, EGM_F32, 4);
	pair_make(&b.p);
	b.sampler = open_sampler(context, 1);
	ck_assert_int_gt(egm_test_fail_each(&memory, trainer_there_and_back, &b), 0);
	ck_assert_int_gt(egm_test_fail_each(&memory, sampler_there_and_back, &b), 0);
	egm_sampler_free(b.sampler);
	pair_close(&b.p);
	ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("state_bytes");
	TCase *tc = tcase_create("core");
	tcase_add_test(tc, test_state_bytes__a_trainer);
	tcase_add_test(tc, test_state_bytes__a_sampler);
	tcase_add_test(tc, test_state_bytes__every_allocation_may_fail);
	suite_add_tcase(s, tc);
	return io_test_main(s);
}
