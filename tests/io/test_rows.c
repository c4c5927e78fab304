/* SPDX-License-Identifier: MIT */
/* Data that are not copied: views, callbacks, open files. Their rows are bit-identical to those of copied data. */
#include "fault_io.h"
#include <io/data_impl.h>
#include <io/file_impl.h>
/* behind names that it has as variables */
#include "data_fixture.h"
#include <math.h>
#include <pthread.h>
#if EGM_HAVE_ZLIB
#include <zlib.h>
#endif

enum { ROWS = 7, COLUMNS = 3 };

static double numbers[ROWS * COLUMNS];

static void setup(void)
{
	data_setup("array");
	for (int i = 0; i < ROWS * COLUMNS; i++) numbers[i] = i * 1.25 - 7;
}

/* Rows in no order, some twice, some that follow one another, the first and the last. */
static const int64_t picked[] = {3, 3, 0, 6, 4, 5, 6, 1, 2, 3, 0};
enum { PICKED = sizeof picked / sizeof *picked };

static egm_status read_picked(const egm_data *d, void *out)
{
	return egm_data_read(d, picked, egm_out_of(egm_data_dtype(d), out, PICKED, egm_data_columns(d)));
}

/* Both give the same bits, whose rows are those of `whole`. */
static void check_same_rows(const char *row, const egm_data *whole, const egm_data *other)
{
	char a[PICKED * 1000 * 8], b[sizeof a];
	size_t bytes = (size_t)egm_data_columns(whole) * (egm_data_dtype(whole) == EGM_F64 ? 8 : 4);
	int64_t x[8], y[8];
	ck_assert_uint_le(bytes * PICKED, sizeof a);
	ck_assert_int_eq(egm_data_dtype(whole), egm_data_dtype(other));
	ck_assert_int_eq(egm_data_rows(whole), egm_data_rows(other));
	ck_assert_int_eq(egm_data_columns(whole), egm_data_columns(other));
	ck_assert_int_eq(egm_data_shape(whole, x), egm_data_shape(other, y));
	ck_assert_mem_eq(x, y, (size_t)egm_data_shape(other, y) * sizeof *x);
	io_expect(row, read_picked(whole, a), EGM_OK, NULL);
	io_expect(row, read_picked(other, b), EGM_OK, NULL);
	ck_assert_msg(memcmp(a, b, bytes * PICKED) == 0, "%s: the rows differ", row);
	for (int i = 0; i < PICKED; i++) {
		const char *want = (const char *)egm_data_values(whole) + (size_t)picked[i] * bytes;
		ck_assert_msg(memcmp(b + (size_t)i * bytes, want, bytes) == 0, "%s: row %d", row, i);
	}
}

static egm_data *copied(egm_dtype dtype)
{
	static float narrow[ROWS * COLUMNS];
	egm_data *d;
	for (int i = 0; i < ROWS * COLUMNS; i++) narrow[i] = (float)numbers[i];
	const void *x = dtype == EGM_F64 ? (const void *)numbers : narrow;
	io_expect("copy", egm_data_copy(&d, context, egm_array_of(dtype, x, ROWS, COLUMNS)), EGM_OK, NULL);
	return d;
}

/* ---- views */

START_TEST(test_rows__a_view_keeps_the_pointer)
{
	egm_data *copy = copied(EGM_F64), *view;
	long bytes = memory.bytes;
	ck_assert_int_eq(egm_data_view(&view, context, egm_f64(numbers, ROWS, COLUMNS)), EGM_OK);
	ck_assert_int_lt(memory.bytes - bytes, 512); /* a handle, and no numbers */
	ck_assert_ptr_eq(egm_data_values(view), numbers);
	check_same_rows("view", copy, view);
	numbers[3 * COLUMNS] = 99;
	double row[COLUMNS];
	ck_assert_int_eq(egm_data_read(view, picked, egm_f64_out(row, 1, COLUMNS)), EGM_OK);
	ck_assert(row[0] == 99);
	egm_data_free(view);
	egm_data_free(copy);
}
END_TEST

START_TEST(test_rows__views_are_checked_once)
{
	egm_data *d = (egm_data *)&d;
	float x[2] = {1, NAN};
	io_expect("NaN", egm_data_view(&d, context, egm_f32(x, 1, 2)), EGM_ERR_NONFINITE,
	          "row 0, column 1 (from 0) is nan");
	ck_assert_ptr_null(d);
	numbers[10] = -INFINITY;
	io_expect("inf", egm_data_view(&d, context, egm_f64(numbers, ROWS, COLUMNS)), EGM_ERR_NONFINITE,
	          "row 3, column 1 (from 0) is -inf");
	io_expect("out", egm_data_view(NULL, context, egm_f32(x, 1, 2)), EGM_ERR_ARGUMENT, "out is NULL");
	io_expect("context", egm_data_view(&d, NULL, egm_f32(x, 1, 2)), EGM_ERR_ARGUMENT, "context is NULL");
	io_expect("x", egm_data_view(&d, context, egm_no_array()), EGM_ERR_ARGUMENT, "x is NULL");
	io_expect("rows", egm_data_view(&d, context, egm_f32(x, 0, 2)), EGM_ERR_ARGUMENT, "0 rows");
	io_expect("columns", egm_data_view(&d, context, egm_f32(x, 1, -1)), EGM_ERR_ARGUMENT, "-1");
	io_expect("size", egm_data_view(&d, context, egm_f32(x, INT64_MAX, 2)), EGM_ERR_ARGUMENT, "must fit in memory");
	ck_assert_ptr_null(d);
}
END_TEST

/* ---- reading rows */

START_TEST(test_rows__read_refuses)
{
	egm_data *d = copied(EGM_F64);
	double out[2 * COLUMNS] = {5, 5, 5, 5, 5, 5};
	float narrow[COLUMNS];
	const int64_t one[2] = {1, 1}, high[2] = {0, ROWS}, low[2] = {0, -1};
	io_expect("data", egm_data_read(NULL, one, egm_f64_out(out, 1, COLUMNS)), EGM_ERR_ARGUMENT, "data is NULL");
	io_expect("indices", egm_data_read(d, NULL, egm_f64_out(out, 1, COLUMNS)), EGM_ERR_ARGUMENT, "indices is NULL");
	io_expect("out", egm_data_read(d, one, egm_no_out()), EGM_ERR_ARGUMENT, "out is NULL");
	io_expect("dtype", egm_data_read(d, one, egm_f32_out(narrow, 1, COLUMNS)), EGM_ERR_DTYPE, "f32");
	io_expect("rows", egm_data_read(d, one, egm_f64_out(out, 0, COLUMNS)), EGM_ERR_ARGUMENT, "rows");
	io_expect("columns", egm_data_read(d, one, egm_f64_out(out, 1, COLUMNS + 1)), EGM_ERR_SHAPE,
	          "out has room for 1 x 4 numbers, must have room for 1 x 3");
	io_expect("high", egm_data_read(d, high, egm_f64_out(out, 2, COLUMNS)), EGM_ERR_ARGUMENT,
	          "index 1 is 7, must be a row from 0 to 6");
	io_expect("low", egm_data_read(d, low, egm_f64_out(out, 2, COLUMNS)), EGM_ERR_ARGUMENT, "index 1 is -1");
	for (int i = 0; i < 2 * COLUMNS; i++) ck_assert(out[i] == 5);
	egm_data_free(d);
}
END_TEST

/* ---- callbacks */

typedef struct filler {
	egm_data *data;
	int calls, stop, inside, nests, frees;
	int64_t spoilt; /* row that has a NaN; -1: none */
} filler;

static int fill(const int64_t *indices, int64_t count, void *out, void *user)
{
	filler *f = user;
	double *to = out, own[COLUMNS];
	f->calls++;
	ck_assert_int_eq(__atomic_fetch_add(&f->inside, 1, __ATOMIC_SEQ_CST), 0); /* one at a time */
	if (f->nests)
		io_expect("nested", egm_data_read(f->data, picked, egm_f64_out(own, 1, COLUMNS)), EGM_ERR_STATE, "callback");
	if (f->frees) egm_data_free(f->data);
	f->frees = 0;
	for (int64_t i = 0; i < count; i++) {
		memcpy(to + i * COLUMNS, numbers + indices[i] * COLUMNS, COLUMNS * sizeof *to);
		if (indices[i] == f->spoilt) to[i * COLUMNS + 2] = NAN;
	}
	__atomic_fetch_sub(&f->inside, 1, __ATOMIC_SEQ_CST);
	return f->stop;
}

static void open_filler(filler *f)
{
	*f = (filler){.spoilt = -1};
	io_expect("callback", egm_data_callback(&f->data, context, EGM_F64, ROWS, COLUMNS, fill, f, NULL), EGM_OK, NULL);
}

START_TEST(test_rows__a_callback_fills_them)
{
	filler f;
	egm_data *copy = copied(EGM_F64);
	open_filler(&f);
	ck_assert_ptr_null(egm_data_values(f.data));
	ck_assert_int_eq(f.calls, 0);
	check_same_rows("callback", copy, f.data);
	ck_assert_int_eq(f.calls, 1);
	f.nests = 1;
	check_same_rows("nested", copy, f.data);
	egm_data_free(f.data);
	egm_data_free(copy);
}
END_TEST

START_TEST(test_rows__a_callback_that_fails)
{
	filler f;
	double out[PICKED * COLUMNS];
	open_filler(&f);
	f.stop = 7;
	io_expect("stop", read_picked(f.data, out), EGM_ERR_STOPPED, "returned 7 for 11 rows from row 3 on");
	f.stop = 0;
	f.spoilt = 5; /* the sixth of those that are picked */
	io_expect("NaN", read_picked(f.data, out), EGM_ERR_NONFINITE, "row 5, column 2 (from 0) is nan, must be finite");
	f.spoilt = -1;
	f.frees = 1; /* it is gone when the call is done */
	io_expect("freed", read_picked(f.data, out), EGM_OK, NULL);
}
END_TEST

static void count_frees(void *user)
{
	++*(int *)user;
}

static int never_asked(const int64_t *indices, int64_t count, void *out, void *user)
{
	(void)indices, (void)count, (void)out, (void)user;
	return 1;
}

/* Once, with the last hold on the data; not by a call that fails. */
START_TEST(test_rows__the_user_of_a_callback_is_freed)
{
	int freed = 0;
	egm_data *d = NULL;
	io_expect("rows", egm_data_callback(&d, context, EGM_F64, 0, 1, never_asked, &freed, count_frees), EGM_ERR_ARGUMENT,
	          "rows is 0");
	ck_assert_int_eq(freed, 0);
	io_expect("good", egm_data_callback(&d, context, EGM_F64, 2, 1, never_asked, &freed, count_frees), EGM_OK, NULL);
	egm__data_retain(d);
	egm_data_free(d);
	ck_assert_int_eq(freed, 0);
	egm_data_free(d);
	ck_assert_int_eq(freed, 1);
}
END_TEST

static void fail_in_free(void *user)
{
	filler *f = user;
	ck_assert_int_eq(egm_data_read(NULL, NULL, egm_no_out()), EGM_ERR_ARGUMENT);
	f->data = NULL;
}

/* The callback frees the data and stops, so that the last hold on them goes when the call has failed. */
START_TEST(test_rows__what_frees_the_user_leaves_the_error)
{
	filler f = {.spoilt = -1, .frees = 1, .stop = 3};
	double out[PICKED * COLUMNS];
	io_expect("good", egm_data_callback(&f.data, context, EGM_F64, ROWS, COLUMNS, fill, &f, fail_in_free), EGM_OK,
	          NULL);
	io_expect("stop", read_picked(f.data, out), EGM_ERR_STOPPED,
	          "egm_data_read: the callback that fills rows returned 3");
	ck_assert_ptr_null(f.data);
}
END_TEST

START_TEST(test_rows__callbacks_of_wrong_arguments)
{
	egm_data *d = (egm_data *)&d;
	filler f;
	io_expect("out", egm_data_callback(NULL, context, EGM_F64, 1, 1, fill, &f, NULL), EGM_ERR_ARGUMENT, "out is NULL");
	io_expect("context", egm_data_callback(&d, NULL, EGM_F64, 1, 1, fill, &f, NULL), EGM_ERR_ARGUMENT,
	          "context is NULL");
	ck_assert_ptr_null(d);
	io_expect("fill", egm_data_callback(&d, context, EGM_F64, 1, 1, NULL, &f, NULL), EGM_ERR_ARGUMENT, "fill is NULL");
	io_expect("dtype", egm_data_callback(&d, context, (egm_dtype)3, 1, 1, fill, &f, NULL), EGM_ERR_ARGUMENT,
	          "dtype is 3");
	io_expect("rows", egm_data_callback(&d, context, EGM_F64, 0, 1, fill, &f, NULL), EGM_ERR_ARGUMENT,
	          "rows is 0 and columns is 1, must be at least 1 each");
	io_expect("columns", egm_data_callback(&d, context, EGM_F64, 1, -2, fill, &f, NULL), EGM_ERR_ARGUMENT,
	          "rows is 1 and columns is -2");
	io_expect("size", egm_data_callback(&d, context, EGM_F64, INT64_MAX / 2, 3, fill, &f, NULL), EGM_ERR_ARGUMENT,
	          "must fit in memory");
	ck_assert_ptr_null(d);
}
END_TEST

static void *read_often(void *user)
{
	double out[PICKED * COLUMNS];
	for (int i = 0; i < 2000; i++)
		if (read_picked(user, out) != EGM_OK) return user;
	return NULL;
}

/* `inside` of the callback says whether one call has met another; the thread sanitizer looks, too. */
START_TEST(test_rows__two_threads_one_callback)
{
	filler f;
	pthread_t threads[2];
	void *failed;
	open_filler(&f);
	for (int i = 0; i < 2; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, read_often, f.data), 0);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &failed);
		ck_assert_ptr_null(failed);
	}
	ck_assert_int_eq(f.calls, 4000);
	egm_data_free(f.data);
}
END_TEST

/* ---- open files */

/* An NPY file of ROWS x `columns` numbers, whose bytes count up, byte by byte, or are those of finite floats. */
static void write_npy(const char *descr, size_t width, int64_t columns, int fortran, size_t extra)
{
	static unsigned char bytes[200000];
	size_t n = (size_t)(ROWS * columns) * width;
	char text[128];
	int length = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': %s, 'shape': (%d, %d), }", descr,
	                      fortran ? "True" : "False", ROWS, (int)columns);
	ck_assert_uint_le(128 + n + extra, sizeof bytes);
	memset(bytes, ' ', 128);
	memcpy(bytes, "\x93NUMPY\1\0\x76\0", 10);
	memcpy(bytes + 10, text, (size_t)length);
	bytes[127] = '\n';
	/* No byte above 0x3f: a number below 2 in floats of either byte order, and finite in halves. */
	for (size_t i = 0; i < n + extra; i++) bytes[128 + i] = (unsigned char)((i * 37 + i / 64) & 0x3f);
	io_write(path, bytes, 128 + n + extra);
}

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define NATIVE ">"
#else
#define NATIVE "<"
#endif

static const struct {
	const char *descr;
	size_t width;
	int64_t columns;
	double scale, offset;
} arrays[] = {
    {"<f4", 4, 5, 1, 0},     {">f4", 4, 5, 1, 0},    {"<f8", 8, 5, 1, 0},   {">f8", 8, 5, 1, 0},
    {"<f4", 4, 900, 2, -1},  {"<f8", 8, 900, 2, -1}, {"<f2", 2, 700, 1, 0}, {"|u1", 1, 784, 1 / 127.5, -1},
    {"|b1", 1, 5, 1, 0},     {"|i1", 1, 5, 1, 0},    {"<i2", 2, 5, 1, 0},   {">u2", 2, 5, 1, 0},
    {"<i4", 4, 5, 0.1, 0.5}, {">u4", 4, 5, 1, 0},    {"<i8", 8, 5, 1, 0},   {"<u8", 8, 700, 1, 0},
    {">i8", 8, 1, 1e-9, 0},  {"|u1", 1, 1, 1, 0},
};

/* _i: an array, as f32 and as f64. Rows of 900 numbers in f8 take more than one chunk where they follow another. */
START_TEST(test_rows__open_npy)
{
	for (int dtype = EGM_F32; dtype <= EGM_F64; dtype++) {
		egm_data *whole, *open;
		options.dtype = dtype;
		options.scale = arrays[_i].scale;
		options.offset = arrays[_i].offset;
		write_npy(arrays[_i].descr, arrays[_i].width, arrays[_i].columns, arrays[_i].columns == 1, 0);
		io_expect(arrays[_i].descr, egm_data_load_npy(&whole, context, path, &options), EGM_OK, NULL);
		long bytes = memory.bytes;
		io_expect(arrays[_i].descr, egm_data_open_npy(&open, context, path, &options), EGM_OK, NULL);
		ck_assert_int_lt(memory.bytes - bytes, 2000);
		ck_assert_ptr_null(egm_data_values(open));
		check_same_rows(arrays[_i].descr, whole, open);
		egm_data_free(open);
		egm_data_free(whole);
	}
}
END_TEST

START_TEST(test_rows__open_idx)
{
	static unsigned char bytes[16 + ROWS * 6] = {0, 0, 8, 3, 0, 0, 0, ROWS, 0, 0, 0, 2, 0, 0, 0, 3};
	egm_data *whole, *open;
	for (int i = 0; i < ROWS * 6; i++) bytes[16 + i] = (unsigned char)(7 * i);
	io_write(path, bytes, sizeof bytes);
	options.scale = 1 / 127.5;
	options.offset = -1;
	ck_assert_int_eq(egm_data_load_idx(&whole, context, path, &options), EGM_OK);
	ck_assert_int_eq(egm_data_open_idx(&open, context, path, &options), EGM_OK);
	check_same_rows("idx", whole, open);
	egm_data_free(open);
	egm_data_free(whole);
}
END_TEST

START_TEST(test_rows__open_the_first_rows)
{
	egm_data *whole, *open;
	double out[COLUMNS];
	options.dtype = EGM_F64;
	options.max_rows = ROWS - 1;
	write_npy("<f8", 8, COLUMNS, 0, 0);
	ck_assert_int_eq(egm_data_load_npy(&whole, context, path, &options), EGM_OK);
	ck_assert_int_eq(egm_data_open_npy(&open, context, path, &options), EGM_OK);
	ck_assert_int_eq(egm_data_rows(open), ROWS - 1);
	ck_assert_int_eq(egm_data_read(open, (const int64_t[]){5}, egm_f64_out(out, 1, COLUMNS)), EGM_OK);
	ck_assert_mem_eq(out, (const double *)egm_data_values(whole) + 5 * COLUMNS, sizeof out);
	io_expect("behind", egm_data_read(open, (const int64_t[]){6}, egm_f64_out(out, 1, COLUMNS)), EGM_ERR_ARGUMENT,
	          "index 0 is 6, must be a row from 0 to 5");
	options.max_bytes = 8; /* is about numbers in memory */
	egm_data_free(open);
	io_expect("max_bytes", egm_data_open_npy(&open, context, path, &options), EGM_OK, NULL);
	egm_data_free(open);
	egm_data_free(whole);
}
END_TEST

/* What a file that is too short or too long is does not depend on how many of its rows are read, nor on where its
 * numbers stay: all of them must be there, and what follows the last row that is read is left alone if it is not the
 * last. */
START_TEST(test_rows__the_first_rows_of_a_file_of_another_length)
{
	egm_data *d;
	for (int rows = 0; rows <= ROWS; rows += ROWS - 1) {
		options.max_rows = rows;
		write_npy("<f4", 4, COLUMNS, 0, 1);
		for (int open = 0; open < 2; open++) {
			egm_status st = (open ? egm_data_open_npy : egm_data_load_npy)(&d, context, path, &options);
			io_expect("longer", st, rows ? EGM_OK : EGM_ERR_FORMAT,
			          rows ? NULL : "has more bytes, must have the 212 that");
			egm_data_free(d);
		}
		for (long missing = 1; missing <= ROWS * COLUMNS * 4; missing++) {
			ck_assert_int_eq(truncate(path, 128 + ROWS * COLUMNS * 4 - missing), 0);
			io_expect("load", egm_data_load_npy(&d, context, path, &options), EGM_ERR_FORMAT, "truncated");
			io_expect("open", egm_data_open_npy(&d, context, path, &options), EGM_ERR_FORMAT, "truncated");
		}
	}
}
END_TEST

START_TEST(test_rows__open_refuses)
{
	egm_data *d = (egm_data *)&d;
	write_npy("<f4", 4, COLUMNS, 1, 0);
	io_expect("fortran", egm_data_open_npy(&d, context, path, &options), EGM_ERR_UNSUPPORTED, "is in Fortran order");
	ck_assert_ptr_null(d);
	write_npy("<f4", 4, COLUMNS, 0, 1);
	io_expect("longer", egm_data_open_npy(&d, context, path, &options), EGM_ERR_FORMAT,
	          "has more bytes, must have the 212 that");
	ck_assert_int_eq(truncate(path, 128 + ROWS * COLUMNS * 4 - 1), 0);
	io_expect("shorter", egm_data_open_npy(&d, context, path, &options), EGM_ERR_FORMAT,
	          "is truncated: ends after 211");
	ck_assert_int_eq(truncate(path, 60), 0);
	io_expect("head", egm_data_open_npy(&d, context, path, &options), EGM_ERR_FORMAT, "within the NPY header");
	io_expect("idx", egm_data_open_idx(&d, context, path, &options), EGM_ERR_FORMAT, "looks like an NPY file");
	unlink(path);
	io_expect("none", egm_data_open_npy(&d, context, path, &options), EGM_ERR_IO, "No such file");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	io_expect("FIFO", egm_data_open_npy(&d, context, path, &options), EGM_ERR_IO, "is a FIFO");
	io_expect("out", egm_data_open_npy(NULL, context, path, &options), EGM_ERR_ARGUMENT, "out is NULL");
	io_expect("context", egm_data_open_idx(&d, NULL, path, &options), EGM_ERR_ARGUMENT, "context is NULL");
	io_expect("path", egm_data_open_idx(&d, context, NULL, &options), EGM_ERR_ARGUMENT, "path is NULL");
	options.scale = NAN;
	io_expect("scale", egm_data_open_idx(&d, context, path, &options), EGM_ERR_ARGUMENT,
	          "scale is nan, must be finite");
	ck_assert_ptr_null(d);
}
END_TEST

#if EGM_HAVE_ZLIB
START_TEST(test_rows__gzip_files_are_not_opened)
{
	egm_data *d;
	gzFile z = gzopen(path, "wb");
	ck_assert_int_eq(gzwrite(z, "\0\0\10\1\0\0\0\1\7", 9), 9);
	ck_assert_int_eq(gzclose(z), Z_OK);
	io_expect("idx", egm_data_open_idx(&d, context, path, NULL), EGM_ERR_UNSUPPORTED, "is a gzip file, which has");
	io_expect("npy", egm_data_open_npy(&d, context, path, NULL), EGM_ERR_UNSUPPORTED, "is a gzip file, which has");
}
END_TEST
#endif

/* A number that is not finite is found when its row is read, not before. f4 goes into the caller's memory as it is, f8
 * through a conversion, and 1e300 is finite until it is stored as f32. */
START_TEST(test_rows__numbers_are_checked_as_they_come)
{
	static const struct {
		const char *descr;
		size_t width;
		int64_t columns, column;
		float f4;
		double f8;
		const char *needle;
	} rows[] = {{NATIVE "f4", 4, 3, 2, INFINITY, 0, "row 4, column 2 (from 0) is inf, must be finite"},
	            {NATIVE "f8", 8, 3, 2, 0, NAN, "row 4, column 2 (from 0) is nan, must be finite"},
	            {NATIVE "f8", 8, 900, 700, 0, NAN, "row 4, column 700 (from 0) is nan, must be finite"},
	            {NATIVE "f8", 8, 3, 2, 0, 1e300,
	             "row 4, column 2 (from 0) is 1e+300, must be finite once it is scaled and stored"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		egm_data *d;
		float out[4 * 900];
		size_t n;
		const int64_t columns = rows[i].columns;
		write_npy(rows[i].descr, rows[i].width, columns, 0, 0);
		unsigned char *bytes = io_read(path, &n);
		size_t at = 128 + (size_t)(4 * columns + rows[i].column) * rows[i].width;
		memcpy(bytes + at, rows[i].width == 4 ? (const void *)&rows[i].f4 : &rows[i].f8, rows[i].width);
		io_write(path, bytes, n);
		free(bytes);
		io_expect(rows[i].needle, egm_data_load_npy(&d, context, path, NULL), EGM_ERR_NONFINITE, rows[i].needle);
		ck_assert_int_eq(egm_data_open_npy(&d, context, path, NULL), EGM_OK);
		ck_assert_int_eq(egm_data_read(d, (const int64_t[]){3, 5}, egm_f32_out(out, 2, columns)), EGM_OK);
		io_expect(rows[i].needle, egm_data_read(d, (const int64_t[]){0, 3, 4, 5}, egm_f32_out(out, 4, columns)),
		          EGM_ERR_NONFINITE, rows[i].needle);
		io_expect(rows[i].needle, egm_data_read(d, (const int64_t[]){6, 4}, egm_f32_out(out, 2, columns)),
		          EGM_ERR_NONFINITE, path);
		egm_data_free(d);
	}
}
END_TEST

/* The file has become shorter, whether the row is still there or not; and once it is as it was, all goes on. */
START_TEST(test_rows__a_file_that_is_truncated)
{
	egm_data *d;
	float out[PICKED * COLUMNS];
	write_npy("<f4", 4, COLUMNS, 0, 0);
	ck_assert_int_eq(egm_data_open_npy(&d, context, path, NULL), EGM_OK);
	for (off_t size = 0; size < 128 + ROWS * COLUMNS * 4; size += 13) {
		ck_assert_int_eq(truncate(path, size), 0);
		io_expect("cut", egm_data_read(d, (const int64_t[]){0}, egm_f32_out(out, 1, COLUMNS)), EGM_ERR_FILE,
		          "was truncated while it was open");
		write_npy("<f4", 4, COLUMNS, 0, 0);
		ck_assert_int_eq(read_picked(d, out), EGM_OK);
	}
	/* Another file of that name is another file. */
	unlink(path);
	ck_assert_int_eq(read_picked(d, out), EGM_OK);
	egm_data_free(d);
}
END_TEST

/* Between the look at the size and the reading: pread is short. */
START_TEST(test_rows__a_file_that_ends_while_it_is_read)
{
	int fd;
	char bytes[40];
	write_npy("<f4", 4, COLUMNS, 0, 0);
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(egm__file_read_at(fd, path, bytes, 40, 128), EGM_OK);
	io_expect("end", egm__file_read_at(fd, path, bytes, 40, 180), EGM_ERR_FILE,
	          "it ends at byte 212, within numbers that end at byte 220");
	close(fd);
	io_expect("closed", egm__file_read_at(fd, path, bytes, 40, 128), EGM_ERR_IO, "cannot read: Bad file descriptor");
}
END_TEST

/* Every call of pread fails, is interrupted or reads one byte. */
START_TEST(test_rows__reads_that_fail)
{
	egm_data *d;
	float want[PICKED * COLUMNS], out[PICKED * COLUMNS];
	write_npy("<f4", 4, COLUMNS, 0, 0);
	ck_assert_int_eq(egm_data_open_npy(&d, context, path, NULL), EGM_OK);
	ck_assert_int_eq(read_picked(d, want), EGM_OK);
	for (long at = 1; at <= 5; at++) {
		fault.call = FAULT_PREAD;
		fault.error = EIO;
		fault.at = at;
		fault.seen = 0;
		io_expect("EIO", read_picked(d, out), EGM_ERR_IO, "cannot read: ");
		ck_assert_ptr_nonnull(strstr(egm_last_error(), strerror(EIO)));
		fault.error = at % 2 ? EINTR : 0;
		fault.seen = 0;
		io_expect("EINTR", read_picked(d, out), EGM_OK, NULL);
		fault.call = FAULT_NONE;
		ck_assert_mem_eq(out, want, sizeof out);
	}
	egm_data_free(d);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rows");
	TCase *tc = tcase_create("core"), *bad = tcase_create("attacks");
	tcase_set_tags(bad, "R6 R16");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_checked_fixture(bad, setup, teardown);
	tcase_add_test(tc, test_rows__a_view_keeps_the_pointer);
	tcase_add_test(bad, test_rows__views_are_checked_once);
	tcase_add_test(bad, test_rows__read_refuses);
	tcase_add_test(tc, test_rows__a_callback_fills_them);
	tcase_add_test(bad, test_rows__a_callback_that_fails);
	tcase_add_test(bad, test_rows__callbacks_of_wrong_arguments);
	tcase_add_test(tc, test_rows__the_user_of_a_callback_is_freed);
	tcase_add_test(bad, test_rows__what_frees_the_user_leaves_the_error);
	tcase_add_test(tc, test_rows__two_threads_one_callback);
	tcase_add_loop_test(tc, test_rows__open_npy, 0, (int)(sizeof arrays / sizeof *arrays));
	tcase_add_test(tc, test_rows__open_idx);
	tcase_add_test(tc, test_rows__open_the_first_rows);
	tcase_add_test(bad, test_rows__the_first_rows_of_a_file_of_another_length);
	tcase_add_test(bad, test_rows__open_refuses);
#if EGM_HAVE_ZLIB
	tcase_add_test(bad, test_rows__gzip_files_are_not_opened);
#endif
	tcase_add_test(bad, test_rows__numbers_are_checked_as_they_come);
	tcase_add_test(bad, test_rows__a_file_that_is_truncated);
	tcase_add_test(bad, test_rows__a_file_that_ends_while_it_is_read);
	tcase_add_test(bad, test_rows__reads_that_fail);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, bad);
	return io_test_main(s);
}
