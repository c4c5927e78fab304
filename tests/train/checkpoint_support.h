/* SPDX-License-Identifier: MIT */
/* Checkpoints of any trainer: a folder for them, files that are rejected without a change, files with one number
 * replaced, and failing allocations. */
#ifndef EGM_TESTS_CHECKPOINT_SUPPORT_H
#define EGM_TESTS_CHECKPOINT_SUPPORT_H

#include "io/st_files.h"
#include "train_support.h"
#include <io/safetensors_impl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

/* The tests run in processes of their own, perhaps at the same time: each has a folder. */
static char folder[] = "checkpoint-XXXXXX";

static inline void enter_folder(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

/* Nothing but the files that were asked for may be there. */
static inline void leave_folder(void)
{
	ck_assert_int_eq(system("rm -f *.egm"), 0);
	ck_assert_int_eq(chdir(".."), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}

static inline void save(const egm_trainer *trainer, const char *path)
{
	OK(egm_trainer_save(trainer, path));
}

static inline void load(egm_trainer *trainer, const char *path)
{
	OK(egm_trainer_restore(trainer, path, NULL));
}

/* ---- rejections */

/* Loading `path` is rejected with these words, and the trainer is what it was. */
static inline void expect_rejection(egm_trainer *trainer, const char *path, egm_status status, const char *text)
{
	save(trainer, "before.egm");
	double term = egm_trainer_term(trainer, 0);
	io_expect(path, egm_trainer_restore(trainer, path, NULL), status, text);
	save(trainer, "after.egm");
	assert_same_files("before.egm", "after.egm");
	ck_assert(egm_trainer_term(trainer, 0) == term || (isnan(term) && isnan(egm_trainer_term(trainer, 0))));
}

/* `path`, cut anywhere: at its first bytes and its last, and in steps of 61 between. The trainer is what it was. */
static inline void expect_cuts_rejected(egm_trainer *trainer, const char *path)
{
	size_t size;
	unsigned char *bytes = io_read(path, &size);
	save(trainer, "before.egm");
	for (size_t n = 0; n < size; n += n + 61 >= size ? 1 : n / 16 < 60 ? 1 + n / 16 : 61) {
		io_write("cut.egm", bytes, n);
		egm_status st = egm_trainer_restore(trainer, "cut.egm", NULL);
		ck_assert_msg(st == EGM_ERR_FORMAT, "%zu of %zu bytes: %s", n, size, egm_status_name(st));
	}
	save(trainer, "after.egm");
	assert_same_files("before.egm", "after.egm");
	free(bytes);
}

/* A checkpoint with one number, or the name, of one array replaced, through the container's own writer. `count` is the
 * number where the array holds counts, `real` elsewhere, which takes an array of f64. */
static inline void forge(const char *from, const char *to, const char *name, const char *new_name, int64_t index,
                         double real, uint64_t count)
{
	static const char *const keys[] = {"format",
	                                   "format_version",
	                                   "loss",
	                                   "variant",
	                                   "optimizer",
	                                   "step",
	                                   "batches",
	                                   "runs",
	                                   "seed",
	                                   "energy.layers",
	                                   "energy.moves",
	                                   "energy.learning_rate",
	                                   "negatives",
	                                   "generator.layers",
	                                   "generator.moves",
	                                   "generator.learning_rate"};
	enum { EVERY = 12, KEYS = sizeof keys / sizeof *keys, MOST = 40 };
	egm_context *context = NULL;
	egm__safetensors *file = NULL;
	egm__st_tensor tensors[MOST];
	egm__st_meta meta[KEYS];
	double values[256];
	int found = 0;
	int32_t n_meta = 0;
	OK(egm_context_create(&context, NULL));
	OK(st_file_read(&file, context, from, NULL));
	int32_t n = egm__safetensors_count(file);
	ck_assert_int_le(n, MOST);
	for (int32_t i = 0; i < n; i++) {
		tensors[i] = *egm__safetensors_at(file, i);
		if (strcmp(tensors[i].name, name) != 0) continue;
		ck_assert_int_le(tensors[i].count, 256);
		memcpy(values, tensors[i].data, (size_t)tensors[i].count * 8);
		if (tensors[i].dtype == EGM__ST_U64)
			memcpy(&values[index], &count, 8);
		else
			values[index] = real;
		tensors[i].data = values;
		tensors[i].name = new_name;
		found++;
	}
	ck_assert_msg(found == 1, "%d arrays %s", found, name);
	for (int i = 0; i < KEYS; i++) {
		const char *value = egm__safetensors_meta(file, keys[i]);
		ck_assert(value || i >= EVERY);
		if (value) meta[n_meta++] = (egm__st_meta){keys[i], value};
	}
	OK(st_file_write(context, to, n, tensors, n_meta, meta));
	egm__safetensors_free(file);
	egm_context_free(context);
}

/* ---- memory */

static inline egm_status save_the_same(void *trainer)
{
	egm_status st = egm_trainer_save(trainer, "other.egm");
	assert_same_files("good.egm", "other.egm"); /* no failed save touches it */
	return st;
}

static inline egm_status load_the_same(void *trainer)
{
	return egm_trainer_restore(trainer, "good.egm", NULL);
}

static inline void expect_failures_reported(egm_trainer *trainer, egm_test_allocator *allocator)
{
	save(trainer, "good.egm");
	load(trainer, "good.egm");
	save(trainer, "other.egm");
	ck_assert_int_gt(egm_test_fail_each(allocator, save_the_same, trainer), 0);
	ck_assert_int_gt(egm_test_fail_each(allocator, load_the_same, trainer), 0);
	save(trainer, "other.egm");
	assert_same_files("good.egm", "other.egm"); /* and no failed load the trainer */
}

#endif
