/* SPDX-License-Identifier: MIT */
/* Data from arrays, IDX, NPY and CSV, with files made byte by byte. */
#include "data_fixture.h"
#include <math.h>
#if EGM_HAVE_ZLIB
#include <zlib.h>
#endif

static void setup(void)
{
	data_setup("data");
}

/* ---- arrays and options */

START_TEST(test_data__copies_an_array)
{
	const float f[6] = {1, 2, 3, -4, 5, 6};
	const double d[6] = {1, 2, 3, -4, 5, 6};
	int64_t shape[8];
	egm_data *data;
	ck_assert_int_eq(egm_data_copy(&data, context, egm_f32(f, 2, 3)), EGM_OK);
	ck_assert_ptr_ne(egm_data_values(data), f);
	check_values("f32", data, 2, 3, d);
	ck_assert_int_eq(egm_data_shape(data, shape), 2);
	ck_assert(shape[0] == 2 && shape[1] == 3);
	egm_data_free(data);
	ck_assert_int_eq(egm_data_copy(&data, context, egm_f64(d, 6, 1)), EGM_OK);
	check_values("f64", data, 6, 1, d);
	egm_data_free(data);
	egm_data_free(NULL);
}
END_TEST

START_TEST(test_data__outlives_its_context_handle)
{
	const float f[1] = {1};
	egm_data *data;
	egm_context *own;
	ck_assert_int_eq(egm_context_create(&own, NULL), EGM_OK);
	ck_assert_int_eq(egm_data_copy(&data, own, egm_f32(f, 1, 1)), EGM_OK);
	egm_context_free(own);
	ck_assert_int_eq(egm_data_rows(data), 1);
	egm_data_free(data);
}
END_TEST

START_TEST(test_data__names_row_and_column_of_a_nan)
{
	double d[6] = {1, 2, 3, 4, 5, 6};
	float f[6] = {1, 2, 3, 4, -INFINITY, 6};
	egm_data *data;
	d[5] = NAN;
	io_expect("NaN", egm_data_copy(&data, context, egm_f64(d, 2, 3)), EGM_ERR_NONFINITE, "row 1, column 2");
	ck_assert_ptr_null(data);
	io_expect("inf", egm_data_copy(&data, context, egm_f32(f, 3, 2)), EGM_ERR_NONFINITE, "row 2, column 0");
}
END_TEST

START_TEST(test_data__misuse)
{
	const float f[1] = {1};
	int64_t shape[8];
	egm_data *data;
	io_expect("out", egm_data_copy(NULL, context, egm_f32(f, 1, 1)), EGM_ERR_ARGUMENT, "out is NULL");
	io_expect("context", egm_data_copy(&data, NULL, egm_f32(f, 1, 1)), EGM_ERR_ARGUMENT, "context is NULL");
	io_expect("x", egm_data_copy(&data, context, egm_array_of(EGM_F32, NULL, 1, 1)), EGM_ERR_ARGUMENT, "x is NULL");
	io_expect("dtype", egm_data_copy(&data, context, egm_array_of((egm_dtype)3, f, 1, 1)), EGM_ERR_ARGUMENT, "dtype 3");
	io_expect("rows", egm_data_copy(&data, context, egm_f32(f, 0, 1)), EGM_ERR_ARGUMENT, "0 rows");
	io_expect("columns", egm_data_copy(&data, context, egm_f32(f, 1, -1)), EGM_ERR_ARGUMENT, "of -1 numbers");
	io_expect("product", egm_data_copy(&data, context, egm_f32(f, INT64_MAX, 3)), EGM_ERR_ARGUMENT,
	          "must fit in memory");
	io_expect("path", egm_data_load_idx(&data, context, NULL, NULL), EGM_ERR_ARGUMENT, "path is NULL");
	io_expect("out", egm_data_load_csv(NULL, context, path, NULL), EGM_ERR_ARGUMENT, "out is NULL");
	io_expect("context", egm_data_load_npy(&data, NULL, path, NULL), EGM_ERR_ARGUMENT, "context is NULL");
	io_expect("x", egm_array_save_npy(context, egm_array_of(EGM_F32, NULL, 1, 1), path), EGM_ERR_ARGUMENT, "x is NULL");
	io_expect("path", egm_array_save_npy(context, egm_f32(f, 1, 1), NULL), EGM_ERR_ARGUMENT, "path is NULL");
	io_expect("context", egm_array_save_npy(NULL, egm_f32(f, 1, 1), path), EGM_ERR_ARGUMENT, "context is NULL");
	io_expect("rows", egm_array_save_npy(context, egm_f32(f, INT64_MAX, 3), path), EGM_ERR_ARGUMENT, "rows of 3");
	io_expect("dtype", egm_array_save_npy(context, egm_array_of((egm_dtype)0, f, 1, 1), path), EGM_ERR_ARGUMENT,
	          "dtype 0");
	ck_assert_int_eq(egm_data_rows(NULL), 0);
	ck_assert_int_eq(egm_data_columns(NULL), 0);
	ck_assert_int_eq((int)egm_data_dtype(NULL), 0);
	ck_assert_int_eq(egm_data_shape(NULL, shape), 0);
	ck_assert_ptr_null(egm_data_values(NULL));
}
END_TEST

START_TEST(test_data__options_out_of_range)
{
	static const struct {
		size_t offset;
		int32_t value;
		const char *needle;
	} rows[] = {{offsetof(egm_data_options, dtype), -1, "dtype is -1, must be EGM_F32 (1) or EGM_F64 (2)"},
	            {offsetof(egm_data_options, dtype), 3, "dtype is 3, must be"},
	            {offsetof(egm_data_options, reserved), 1, "reserved is 1"}};
	egm_data *data;
	io_write(path, "1\n", 2);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		egm_data_options o = options;
		memcpy((char *)&o + rows[i].offset, &rows[i].value, sizeof rows[i].value);
		io_expect(rows[i].needle, egm_data_load_npy(&data, context, path, &o), EGM_ERR_ARGUMENT, rows[i].needle);
		ck_assert_ptr_null(data);
	}
	options.max_rows = -1;
	io_expect("max_rows", egm_data_load_npy(&data, context, path, &options), EGM_ERR_ARGUMENT, "max_rows is -1");
	options.max_rows = 0;
	options.scale = NAN;
	io_expect("scale", egm_data_load_npy(&data, context, path, &options), EGM_ERR_ARGUMENT,
	          "scale is nan, must be finite");
	options.scale = 1;
	options.offset = INFINITY;
	io_expect("offset", egm_data_load_npy(&data, context, path, &options), EGM_ERR_ARGUMENT,
	          "offset is inf, must be finite");
}
END_TEST

/* ---- IDX */

/* Two rows of 1 x 3 numbers of each type: the bytes, and what they are. */
static const struct {
	const char *name;
	unsigned char type;
	size_t n;
	unsigned char bytes[48];
	double values[6];
} idx_types[] = {
    {"u8", 0x08, 6, {0, 1, 127, 128, 254, 255}, {0, 1, 127, 128, 254, 255}},
    {"i8", 0x09, 6, {0, 1, 127, 128, 254, 255}, {0, 1, 127, -128, -2, -1}},
    {"i16", 0x0b, 12, {0, 0, 0, 1, 1, 0, 0x80, 0, 0xff, 0xff, 0x7f, 0xff}, {0, 1, 256, -32768, -1, 32767}},
    {"i32",
     0x0c,
     24,
     {0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff},
     {0, 1, 65536, -2147483648.0, -1, 2147483647}},
    {"f32",
     0x0d,
     24,
     {0, 0, 0, 0, 0x3f, 0x80, 0, 0, 0xbf, 0x80, 0, 0, 0x3f, 0xc0, 0, 0, 0x40, 0x49, 0x0f, 0xdb, 0x00, 0x00, 0, 1},
     {0, 1, -1, 1.5, 0x1.921fb6p+1, 0x1p-149}},
    {"f64",
     0x0e,
     48,
     {0,    0,    0, 0, 0, 0, 0, 0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xbf, 0xf0, 0,    0,    0,    0,    0,    0,
      0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0x40, 0x00, 0, 0, 0, 0, 0, 0, 0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a},
     {0, 1, -1, 1.5, 2, 0.1}},
};

static size_t idx_file(unsigned char *out, int i)
{
	static const unsigned char sizes[12] = {0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3};
	const unsigned char magic[4] = {0, 0, idx_types[i].type, 3};
	memcpy(out, magic, 4);
	memcpy(out + 4, sizes, 12);
	memcpy(out + 16, idx_types[i].bytes, idx_types[i].n);
	return 16 + idx_types[i].n;
}

static void check_idx(int i)
{
	int64_t shape[8];
	egm_data *data;
	options.dtype = EGM_F64;
	io_expect(idx_types[i].name, egm_data_load_idx(&data, context, path, &options), EGM_OK, NULL);
	check_values(idx_types[i].name, data, 2, 3, idx_types[i].values);
	ck_assert_int_eq(egm_data_shape(data, shape), 3);
	ck_assert(shape[0] == 2 && shape[1] == 1 && shape[2] == 3);
	egm_data_free(data);
	options.dtype = EGM_F32;
	io_expect(idx_types[i].name, egm_data_load_idx(&data, context, path, &options), EGM_OK, NULL);
	for (int k = 0; k < 6; k++) ck_assert(((const float *)egm_data_values(data))[k] == (float)idx_types[i].values[k]);
	egm_data_free(data);
}

START_TEST(test_data__idx_types)
{
	unsigned char file[64];
	io_write(path, file, idx_file(file, _i));
	check_idx(_i);
}
END_TEST

START_TEST(test_data__scale_and_offset)
{
	/* Bytes to [-1, 1]: b / 127.5 - 1, rounded once to each type. */
	unsigned char file[64];
	egm_data *data;
	io_write(path, file, idx_file(file, 0));
	options.scale = 1 / 127.5;
	options.offset = -1;
	ck_assert_int_eq(egm_data_load_idx(&data, context, path, &options), EGM_OK);
	for (int k = 0; k < 6; k++) {
		double y = 1 / 127.5 * idx_types[0].values[k] + -1;
		ck_assert(((const float *)egm_data_values(data))[k] == (float)y);
	}
	egm_data_free(data);
	options.scale = 1e37;
	io_expect("overflow", egm_data_load_idx(&data, context, path, &options), EGM_ERR_NONFINITE, "row 0, column 2");
	options.dtype = EGM_F64;
	io_expect("f64", egm_data_load_idx(&data, context, path, &options), EGM_OK, NULL);
	egm_data_free(data);
}
END_TEST

START_TEST(test_data__max_rows_and_max_bytes)
{
	unsigned char file[64];
	egm_data *data;
	io_write(path, file, idx_file(file, 0));
	options.max_rows = 1;
	ck_assert_int_eq(egm_data_load_idx(&data, context, path, &options), EGM_OK);
	check_values("one row", data, 1, 3, idx_types[0].values);
	egm_data_free(data);
	options.max_bytes = 12;
	ck_assert_int_eq(egm_data_load_idx(&data, context, path, &options), EGM_OK);
	egm_data_free(data);
	options.max_rows = 3;
	io_expect("24 > 12", egm_data_load_idx(&data, context, path, &options), EGM_ERR_UNSUPPORTED,
	          "need 24 bytes, must be at most max_bytes, 12");
	options.max_bytes = 24;
	ck_assert_int_eq(egm_data_load_idx(&data, context, path, &options), EGM_OK);
	check_values("two rows", data, 2, 3, idx_types[0].values);
	egm_data_free(data);
}
END_TEST

/* More than the reader's buffers of 64 KiB and 4096 numbers, plain and gzip. */
static unsigned char *big_idx(size_t *n)
{
	enum { ROWS = 700, COLUMNS = 300 };
	unsigned char *file = malloc(12 + ROWS * COLUMNS);
	const unsigned char head[12] = {0, 0, 8, 2, 0, 0, ROWS >> 8, ROWS & 255, 0, 0, COLUMNS >> 8, COLUMNS & 255};
	ck_assert_ptr_nonnull(file);
	memcpy(file, head, 12);
	for (int i = 0; i < ROWS * COLUMNS; i++) file[12 + i] = (unsigned char)(i * 7 + i / 251);
	*n = 12 + ROWS * COLUMNS;
	return file;
}

static void check_big(const unsigned char *file)
{
	egm_data *data;
	io_expect("big", egm_data_load_idx(&data, context, path, NULL), EGM_OK, NULL);
	ck_assert_int_eq(egm_data_rows(data), 700);
	ck_assert_int_eq(egm_data_columns(data), 300);
	int right = 0;
	for (int i = 0; i < 210000; i++) right += ((const float *)egm_data_values(data))[i] == (float)file[12 + i];
	ck_assert_int_eq(right, 210000);
	egm_data_free(data);
}

START_TEST(test_data__idx_of_many_buffers)
{
	size_t n;
	unsigned char *file = big_idx(&n);
	io_write(path, file, n);
	check_big(file);
	free(file);
}
END_TEST

#if EGM_HAVE_ZLIB
static void write_gzip(const void *bytes, size_t n, const char *mode)
{
	gzFile z = gzopen(path, mode);
	ck_assert_ptr_nonnull(z);
	ck_assert_int_eq(gzwrite(z, bytes, (unsigned)n), (int)n);
	ck_assert_int_eq(gzclose(z), Z_OK);
}

START_TEST(test_data__idx_gzip)
{
	unsigned char file[64];
	for (int i = 0; i < 6; i++) {
		write_gzip(file, idx_file(file, i), "wb");
		check_idx(i);
	}
	size_t n;
	unsigned char *big = big_idx(&n);
	write_gzip(big, n, "wb");
	check_big(big);
	/* Two members, cut anywhere: one file. */
	write_gzip(big, 1000, "wb");
	write_gzip(big + 1000, n - 1000, "ab");
	check_big(big);
	free(big);
}
END_TEST

START_TEST(test_data__gzip_attacks)
{
	egm_data *data;
	size_t n, m;
	unsigned char *big = big_idx(&n);
	write_gzip(big, n, "wb");
	unsigned char *packed = io_read(path, &m);
	for (size_t cut = 3; cut < m; cut += cut < 40 || cut + 40 > m ? 1 : m / 20) {
		io_write(path, packed, cut);
		io_expect("cut", egm_data_load_idx(&data, context, path, NULL), EGM_ERR_FORMAT, "truncated");
	}
	packed[m - 5] ^= 1; /* the checksum */
	io_write(path, packed, m);
	io_expect("checksum", egm_data_load_idx(&data, context, path, NULL), EGM_ERR_FORMAT, "incorrect data check");
	packed[m - 5] ^= 1;
	packed[m / 2] ^= 0x55;
	io_write(path, packed, m);
	io_expect("broken", egm_data_load_idx(&data, context, path, NULL), EGM_ERR_FORMAT, NULL);
	free(packed);
	write_gzip(big, n, "wb");
	write_gzip("", 0, "ab");
	check_big(big);
	write_gzip("x", 1, "ab");
	io_expect("more", egm_data_load_idx(&data, context, path, NULL), EGM_ERR_FORMAT, "has more bytes");
	write_gzip(big, n, "wb");
	FILE *f = fopen(path, "ab");
	fputs("garbage", f);
	fclose(f);
	io_expect("garbage", egm_data_load_idx(&data, context, path, NULL), EGM_ERR_FORMAT, "gzip");
	free(big);
}
END_TEST

static void append(const void *bytes, size_t n)
{
	FILE *f = fopen(path, "ab");
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

/* Zero bytes behind a member are padding, as gzip(1) and Python's gzip have it: up to the end of the file or to another
 * member; 70,000 of them are more than a buffer. What is neither stays an error. */
START_TEST(test_data__gzip_padded_with_zeros)
{
	static const unsigned char zeros[70000];
	static const size_t paddings[] = {1, 2, 511, sizeof zeros};
	unsigned char *big;
	egm_data *data;
	size_t n;
	big = big_idx(&n);
	for (size_t i = 0; i < sizeof paddings / sizeof *paddings; i++) {
		write_gzip(big, n, "wb");
		append(zeros, paddings[i]);
		check_big(big);
		append("\1", 1);
		io_expect("garbage", egm_data_load_idx(&data, context, path, NULL), EGM_ERR_FORMAT, "gzip");
		write_gzip(big, 1000, "wb");
		append(zeros, paddings[i]);
		write_gzip(big + 1000, n - 1000, "ab");
		check_big(big);
		append(zeros, paddings[i]);
		check_big(big);
		append("\x1f\x8b\x08", 3);
		io_expect("a member cut", egm_data_load_idx(&data, context, path, NULL), EGM_ERR_FORMAT, "truncated gzip");
	}
	free(big);
}
END_TEST

/* 20 bytes that claim 4 GiB: nothing near that may be asked for. */
START_TEST(test_data__gzip_that_promises_too_much)
{
	const unsigned char head[12] = {0, 0, 8, 2, 0, 1, 0, 0, 0, 1, 0, 0};
	egm_data *data;
	options.max_bytes = UINT64_MAX;
	write_gzip(head, sizeof head, "wb");
	io_expect("promise", egm_data_load_idx(&data, context, path, &options), EGM_ERR_FORMAT,
	          "must have 4294967296 by its sizes");
}
END_TEST
#else
START_TEST(test_data__gzip_is_not_built_in)
{
	egm_data *data;
	io_write(path, "\x1f\x8b\x08\x00", 4);
	io_expect("gzip", egm_data_load_idx(&data, context, path, NULL), EGM_ERR_UNSUPPORTED, "has no zlib");
}
END_TEST
#endif

static const attack idx_attacks[] = {
    {"empty", BYTES(""), EGM_ERR_FORMAT, "is truncated: ends after 0 bytes"},
    {"three bytes", BYTES("\0\0\x08"), EGM_ERR_FORMAT, "within the IDX header"},
    {"not zero", BYTES("\1\0\x08\1\0\0\0\1x"), EGM_ERR_FORMAT, "begins 01 00"},
    {"type", BYTES("\0\0\x0a\1\0\0\0\1x"), EGM_ERR_FORMAT, "has IDX type 0x0a, must be 0x08, 0x09 or 0x0b to 0x0e"},
    {"no dimension", BYTES("\0\0\x08\0x"), EGM_ERR_FORMAT, "has 0 dimensions"},
    {"nine dimensions", BYTES("\0\0\x08\x09\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1x"),
     EGM_ERR_UNSUPPORTED, "9 dimensions"},
    {"sizes cut", BYTES("\0\0\x08\2\0\0\0\1\0\0"), EGM_ERR_FORMAT, "within the IDX sizes"},
    {"no rows", BYTES("\0\0\x08\1\0\0\0\0"), EGM_ERR_FORMAT, "0 rows"},
    {"no columns", BYTES("\0\0\x08\2\0\0\0\1\0\0\0\0"), EGM_ERR_FORMAT, "1 rows of 0 numbers"},
    {"one byte short", BYTES("\0\0\x08\1\0\0\0\3xx"), EGM_ERR_FORMAT, "ends after 10 bytes, within the numbers"},
    {"numbers cut", BYTES("\0\0\x08\1\0\0\0\x0cxxxxx"), EGM_ERR_FORMAT, "within the numbers"},
    {"one byte over", BYTES("\0\0\x08\1\0\0\0\3xxxx"), EGM_ERR_FORMAT, "has more bytes, must have the 11"},
    {"4 GiB claimed", BYTES("\0\0\x08\1\xff\xff\xff\xffx"), EGM_ERR_FORMAT, "must have 4294967295 by its sizes"},
    {"product wraps", BYTES("\0\0\x0e\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffx"), EGM_ERR_FORMAT,
     "must fit in memory"},
    {"wraps to zero", BYTES("\0\0\x08\4\x80\0\0\0\x80\0\0\0\0\0\0\4\0\0\0\1x"), EGM_ERR_FORMAT, "must fit in memory"},
    {"NaN", BYTES("\0\0\x0d\1\0\0\0\2\0\0\0\0\x7f\xc0\0\0"), EGM_ERR_NONFINITE, "row 1, column 0"},
    {"infinity", BYTES("\0\0\x0e\1\0\0\0\1\xff\xf0\0\0\0\0\0\0"), EGM_ERR_NONFINITE,
     "row 0, column 0 (from 0) is -inf"},
    {"f64 beyond f32", BYTES("\0\0\x0e\1\0\0\0\1\x7f\xe0\0\0\0\0\0\0"), EGM_ERR_NONFINITE, "must be finite once"},
};

START_TEST(test_data__idx_attacks)
{
	check_attack(&idx_attacks[_i], egm_data_load_idx, NULL);
}
END_TEST

START_TEST(test_data__only_regular_files)
{
	egm_data *data;
	io_expect("absent", egm_data_load_idx(&data, context, path, NULL), EGM_ERR_IO, "No such file");
	io_expect("folder", egm_data_load_csv(&data, context, io_folder, NULL), EGM_ERR_IO, "is a directory");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	io_expect("FIFO", egm_data_load_npy(&data, context, path, NULL), EGM_ERR_IO, "is a FIFO");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("data");
	TCase *tc = tcase_create("arrays"), *idx = tcase_create("IDX");
	tcase_set_tags(tc, "R16 R17");
	tcase_set_tags(idx, "R6 R16");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_checked_fixture(idx, setup, teardown);
	tcase_add_test(tc, test_data__copies_an_array);
	tcase_add_test(tc, test_data__outlives_its_context_handle);
	tcase_add_test(tc, test_data__names_row_and_column_of_a_nan);
	tcase_add_test(tc, test_data__misuse);
	tcase_add_test(tc, test_data__options_out_of_range);
	tcase_add_loop_test(idx, test_data__idx_types, 0, 6);
	tcase_add_test(idx, test_data__scale_and_offset);
	tcase_add_test(idx, test_data__max_rows_and_max_bytes);
	tcase_add_test(idx, test_data__idx_of_many_buffers);
#if EGM_HAVE_ZLIB
	tcase_add_test(idx, test_data__idx_gzip);
	tcase_add_test(idx, test_data__gzip_attacks);
	tcase_add_test(idx, test_data__gzip_padded_with_zeros);
	tcase_add_test(idx, test_data__gzip_that_promises_too_much);
#else
	tcase_add_test(idx, test_data__gzip_is_not_built_in);
#endif
	tcase_add_loop_test(idx, test_data__idx_attacks, 0, (int)(sizeof idx_attacks / sizeof *idx_attacks));
	tcase_add_test(idx, test_data__only_regular_files);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, idx);
	return io_test_main(s);
}
