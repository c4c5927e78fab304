/* SPDX-License-Identifier: MIT */
/* Checkpoints of trainers with negatives: buffer and chains continue bit for bit, and a file that does not fit is
 * rejected without a change. */
#include "io/st_files.h"
#include "negatives_fixture.h"

/* ---- resuming */

/* 7 steps take 28 of the buffer's 12 rows, so that the file is written within its third epoch; 8 more go on. */
static void expect_resume(const recipe *r)
{
	machine straight, first, second;
	machine_open(&straight, NULL, r);
	machine_open(&first, NULL, r);
	machine_open(&second, NULL, r);
	machine_steps(&straight, 15);
	machine_steps(&first, 7);
	save(first.trainer, "half.egm");
	machine_steps(&second, 2); /* whatever it did before does not count */
	load(second.trainer, "half.egm");
	save(second.trainer, "again.egm");
	assert_same_files("half.egm", "again.egm");
	machine_steps(&second, 8);
	save(straight.trainer, "straight.egm");
	save(second.trainer, "resumed.egm");
	assert_same_files("straight.egm", "resumed.egm");
	machine_close(&straight);
	machine_close(&first);
	machine_close(&second);
}

START_TEST(test_resume__bit_for_bit)
{
	recipe r = usual;
	r.start = _i / KERNELS + 1;
	r.kernel = 1 + _i % KERNELS;
	r.bounded = _i % 2;
	expect_resume(&r);
	r.dtype = EGM_F32;
	r.bounded = !r.bounded;
	r.steps = 1;
	expect_resume(&r);
}
END_TEST

/* The adapted step and the averages of the watch continue from the file. */
START_TEST(test_resume__of_an_adapted_step)
{
	recipe r = usual;
	r.adapt = 1;
	r.kernel = (const int32_t[]){ANY_MALA, ANY_HMC, ANY_NUTS, ANY_TEMPERED}[_i];
	r.step_size = _i == 1 || _i == 2 ? 10 : 100; /* more than is accepted */
	expect_resume(&r);
	machine m;
	machine_open(&m, NULL, &r);
	machine_steps(&m, 7);
	egm__negatives *n = m.trainer->negatives;
	double step = n->sampler->walkers[0].step, gap = n->watch.gap;
	ck_assert(step < (_i == 1 || _i == 2 ? 10 : 9.99) && gap != 0);
	save(m.trainer, "half.egm");
	machine_steps(&m, 3);
	load(m.trainer, "half.egm");
	ck_assert(n->sampler->walkers[0].step == step && n->watch.gap == gap && isnan(n->acceptance));
	machine_close(&m);
}
END_TEST

/* What 0.4 wrote of a trainer with default negatives: ula, with a step of 0.1^2, and no averages. */
static void forge_older(const char *from, const char *to, const char *negatives)
{
	static const char *const keys[] = {"format",    "format_version", "loss",         "variant",
	                                   "optimizer", "step",           "batches",      "runs",
	                                   "seed",      "energy.layers",  "energy.moves", "energy.learning_rate"};
	enum { KEYS = sizeof keys / sizeof *keys, MOST = 40 };
	egm_context *context = machine_context(1);
	egm__safetensors *file = NULL;
	egm__st_tensor tensors[MOST];
	egm__st_meta meta[KEYS + 1] = {{"negatives", negatives}};
	int32_t kept = 0;
	OK(st_file_read(&file, context, from, NULL));
	ck_assert_int_le(egm__safetensors_count(file), MOST);
	for (int32_t i = 0; i < egm__safetensors_count(file); i++) {
		tensors[kept] = *egm__safetensors_at(file, i);
		kept += strcmp(tensors[kept].name, "negatives.watch") != 0;
	}
	ck_assert_int_eq(kept, egm__safetensors_count(file) - 1);
	for (int i = 0; i < KEYS; i++) meta[i + 1] = (egm__st_meta){keys[i], egm__safetensors_meta(file, keys[i])};
	OK(st_file_write(context, to, kept, tensors, KEYS + 1, meta));
	egm__safetensors_free(file);
	egm_context_free(context);
}

START_TEST(test_resume__from_default_negatives_of_0_4)
{
	recipe r = usual;
	machine older, m;
	r.step_size = 0.01;
	r.buffer = 0;
	machine_open(&older, NULL, &r);
	machine_steps(&older, 5);
	save(older.trainer, "new.egm");
	forge_older("new.egm", "older.egm", "pcd ula");
	machine_open(&m, NULL, &r);
	OK(egm_trainer_set_negatives(m.trainer, NULL, NULL));
	egm__negatives *n = m.trainer->negatives;
	n->watch.gap = 7;
	expect_rejection(m.trainer, "new.egm", EGM_ERR_FORMAT,
	                 "negatives is 'pcd ula' in the checkpoint, 'pcd mala' in the trainer");
	load(m.trainer, "older.egm");
	ck_assert_int_eq(egm_trainer_steps(m.trainer), 5);
	ck_assert_mem_eq(n->buffer, older.trainer->negatives->buffer, 10000 * COLUMNS * 8);
	ck_assert(n->sampler->walkers[0].step == sqrt(0.01) && n->watch.gap == 0);
	machine_steps(&m, 3);
	forge_older("new.egm", "other.egm", "pcd hmc");
	expect_rejection(m.trainer, "other.egm", EGM_ERR_FORMAT, "negatives is 'pcd hmc' in the checkpoint, 'pcd mala'");
	load(older.trainer, "older.egm"); /* with a sampler of ula, ula continues */
	machine_steps(&older, 3);
	machine_close(&m);
	machine_close(&older);
}
END_TEST

/* The seed of the file rules, that of chains, buffer and births too. */
START_TEST(test_resume__takes_the_seed_of_the_file)
{
	recipe r = usual;
	machine a, b;
	machine_open(&a, NULL, &r);
	r.seed = 99;
	machine_open(&b, NULL, &r);
	machine_steps(&a, 4);
	machine_steps(&b, 4); /* in the same epoch of data and buffer, whose orders are of another seed */
	save(a.trainer, "a.egm");
	load(b.trainer, "a.egm");
	machine_steps(&a, 5);
	machine_steps(&b, 5);
	save(a.trainer, "a.egm");
	save(b.trainer, "b.egm");
	assert_same_files("a.egm", "b.egm");
	machine_close(&a);
	machine_close(&b);
}
END_TEST

/* ---- rejections */

static void expect_rejected_by(const recipe *r, const char *text)
{
	machine writer, reader;
	machine_open(&writer, NULL, &usual);
	machine_open(&reader, NULL, r);
	machine_steps(&writer, 3);
	machine_steps(&reader, 2);
	save(writer.trainer, "theirs.egm");
	expect_rejection(reader.trainer, "theirs.egm", EGM_ERR_FORMAT, text);
	machine_steps(&reader, 1);
	machine_close(&writer);
	machine_close(&reader);
}

START_TEST(test_rejected__files_of_other_negatives)
{
	recipe r = usual;
	r.start = EGM_NEGATIVES_CD;
	expect_rejected_by(&r, "negatives is 'pcd ula' in the checkpoint, 'cd ula' in the trainer");
	r.start = EGM_NEGATIVES_SHORT_RUN;
	expect_rejected_by(&r, "negatives is 'pcd ula' in the checkpoint, 'short_run ula' in the trainer");
	r = usual;
	r.kernel = ANY_MALA;
	expect_rejected_by(&r, "negatives is 'pcd ula' in the checkpoint, 'pcd mala' in the trainer");
	r = usual;
	r.buffer = 13;
	expect_rejected_by(&r,
	                   "'negatives.buffer' has 36 numbers of rank 2 in the checkpoint, 39 of rank 2 in the trainer");
	r = usual;
	r.batch = 5; /* chains */
	expect_rejected_by(&r, "'negatives.x' has 12 numbers of rank 2 in the checkpoint, 15 of rank 2 in the trainer");
	r = usual;
	r.dtype = EGM_F32;
	expect_rejected_by(&r, "is not f32 in the checkpoint");
}
END_TEST

START_TEST(test_rejected__every_truncation)
{
	machine m;
	machine_open(&m, NULL, &usual);
	machine_steps(&m, 2);
	save(m.trainer, "whole.egm");
	machine_steps(&m, 1);
	expect_cuts_rejected(m.trainer, "whole.egm");
	load(m.trainer, "whole.egm");
	machine_close(&m);
}
END_TEST

START_TEST(test_rejected__numbers_that_cannot_be)
{
	static const struct {
		const char *name;
		int64_t index;
		double real;
		uint64_t count;
		egm_status status;
		const char *text;
	} bad[] = {
	    {"negatives.buffer", 7, NAN, 0, EGM_ERR_NONFINITE, "'negatives.buffer' is not finite at index 7"},
	    {"negatives.buffer", 35, INFINITY, 0, EGM_ERR_NONFINITE, "'negatives.buffer' is not finite at index 35"},
	    {"negatives.buffer", 4, -4.5, 0, EGM_ERR_FORMAT, "row 1 of 'negatives.buffer' is out of bounds in dimension 1"},
	    {"negatives.watch", 0, NAN, 0, EGM_ERR_NONFINITE, "'negatives.watch' is not finite at index 0"},
	    {"negatives.x", 2, NAN, 0, EGM_ERR_NONFINITE, "'negatives.x' is not finite at index 2"},
	    {"negatives.step", 1, 0, 0, EGM_ERR_NONFINITE, "'negatives.step' is not positive"},
	    {"negatives.value", 1, INFINITY, 0, EGM_ERR_NONFINITE, "'negatives.value'"},
	    {"negatives.energy", 1, NAN, 0, EGM_ERR_NONFINITE, "'negatives.energy' is not finite"},
	    {"negatives.frozen", 3, 0, 2, EGM_ERR_FORMAT, "'negatives.frozen' is 2 at index 3, must be at most 1"},
	    {"negatives.inner", 3, 0, 2, EGM_ERR_FORMAT, "'negatives.inner' is 2 at index 3, must be at most 1"},
	    {"negatives.inner", 2, 0, 1, EGM_ERR_FORMAT,
	     "'negatives.inner' is 1 for all walkers of chain 2, must be less for one"},
	    {"negatives.clock", 0, 0, UINT64_MAX, EGM_ERR_FORMAT, "'negatives.clock' is 18446744073709551615"},
	};
	recipe r = usual;
	machine m;
	r.bounded = 1;
	machine_open(&m, NULL, &r);
	machine_steps(&m, 3);
	save(m.trainer, "good.egm");
	machine_steps(&m, 1);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		forge("good.egm", "bad.egm", bad[i].name, bad[i].name, bad[i].index, bad[i].real, bad[i].count);
		expect_rejection(m.trainer, "bad.egm", bad[i].status, bad[i].text);
	}
	forge("good.egm", "bad.egm", "negatives.buffer", "negatives.puffer", 0, 0, 0);
	expect_rejection(m.trainer, "bad.egm", EGM_ERR_FORMAT, "has no 'negatives.buffer'");
	forge("good.egm", "bad.egm", "negatives.clock", "negatives.cluck", 0, 0, 0);
	expect_rejection(m.trainer, "bad.egm", EGM_ERR_FORMAT, "has no 'negatives.clock'");
	forge("good.egm", "fine.egm", "negatives.buffer", "negatives.buffer", 4, 0.5, 0);
	load(m.trainer, "fine.egm");
	machine_steps(&m, 2);
	machine_close(&m);
}
END_TEST

/* ---- memory */

START_TEST(test_memory__save_and_load_report_each_failure)
{
	egm_test_allocator allocator = {0};
	machine m;
	machine_open(&m, egm_test_context(&allocator), &usual);
	machine_steps(&m, 2);
	expect_failures_reported(m.trainer, &allocator);
	machine_close(&m);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("train/negatives_file");
	TCase *t = tcase_create("resume");
	tcase_set_tags(t, "K24 R15");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, enter_folder, leave_folder);
	tcase_add_loop_test(t, test_resume__bit_for_bit, 0, 3 * KERNELS);
	tcase_add_loop_test(t, test_resume__of_an_adapted_step, 0, 4);
	tcase_add_test(t, test_resume__from_default_negatives_of_0_4);
	tcase_add_test(t, test_resume__takes_the_seed_of_the_file);
	suite_add_tcase(s, t);
	t = tcase_create("rejections");
	tcase_set_tags(t, "R16 R1");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, enter_folder, leave_folder);
	tcase_add_test(t, test_rejected__files_of_other_negatives);
	tcase_add_test(t, test_rejected__every_truncation);
	tcase_add_test(t, test_rejected__numbers_that_cannot_be);
	tcase_add_test(t, test_memory__save_and_load_report_each_failure);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
