/* SPDX-License-Identifier: MIT */
/* What tests of data readers share: a context that counts, options, the path of one file, and rejected files. */
#ifndef EGM_TESTS_DATA_FIXTURE_H
#define EGM_TESTS_DATA_FIXTURE_H

#include "io_support.h"
#include <egm/data.h>
#include <stdint.h>

static egm_context *context;
static egm_test_allocator memory;
static egm_data_options options;
static char path[PATH_MAX];

static inline void data_setup(const char *name)
{
	context = egm_test_context(&memory);
	ck_assert_ptr_nonnull(context);
	options = (egm_data_options)EGM_DATA_OPTIONS_INIT;
	snprintf(path, sizeof path, "%s", io_path(name));
}

static inline void teardown(void)
{
	egm_context_free(context);
	ck_assert_int_eq(memory.live, 0);
	unlink(path);
}

/* The numbers of d, all of them equal to want, exactly. */
static inline void check_values(const char *row, const egm_data *d, int64_t rows, int64_t columns, const double *want)
{
	ck_assert_int_eq(egm_data_rows(d), rows);
	ck_assert_int_eq(egm_data_columns(d), columns);
	for (int64_t i = 0; i < rows * columns; i++) {
		double got = egm_data_dtype(d) == EGM_F64 ? ((const double *)egm_data_values(d))[i]
		                                          : (double)((const float *)egm_data_values(d))[i];
		ck_assert_msg(got == want[i], "%s: number %d is %.17g, not %.17g", row, (int)i, got, want[i]);
	}
}

/* A whole file, and why it is refused. */
typedef struct attack {
	const char *row, *bytes;
	size_t n;
	egm_status status;
	const char *needle;
} attack;
#define BYTES(text) text, sizeof text - 1

typedef egm_status reader(egm_data **out, egm_context *context, const char *path, const egm_data_options *options);

static inline void check_attack(const attack *file, reader *read, const egm_data_options *o)
{
	egm_data *data = (egm_data *)&data;
	io_write(path, file->bytes, file->n);
	io_expect(file->row, read(&data, context, path, o), file->status, file->needle);
	ck_assert_ptr_null(data);
}

#endif
