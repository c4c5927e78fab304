/* SPDX-License-Identifier: MIT */
/* NPY: versions, byte orders, types, memory orders, and false headers. The format is that of numpy.lib.format. */
#include "data_fixture.h"
#include "numpy_reference.h"
#include <fenv.h>
#include <math.h>

static void setup(void)
{
	data_setup("array.npy");
	options.dtype = EGM_F64;
}

/* Magic, version, the dictionary, spaces to a multiple of 64 and a newline, then the data. */
static void write_npy(int version, const char *dictionary, const void *data, size_t n)
{
	static unsigned char file[4096];
	size_t length = version == 1 ? 2 : 4, start = 8 + length, text = strlen(dictionary);
	size_t total = (start + text + 1 + 63) / 64 * 64, header = total - start;
	ck_assert_uint_le(total + n, sizeof file);
	memset(file, ' ', total);
	memcpy(file, "\x93NUMPY", 6);
	file[6] = (unsigned char)version;
	file[7] = 0;
	for (size_t i = 0; i < length; i++) file[8 + i] = (unsigned char)(header >> (8 * i));
	memcpy(file + start, dictionary, text);
	file[total - 1] = '\n';
	if (n) memcpy(file + total, data, n);
	io_write(path, file, total + n);
}

static void check(const char *row, int64_t rows, int64_t columns, const double *want)
{
	egm_data *data;
	io_expect(row, egm_data_load_npy(&data, context, path, &options), EGM_OK, NULL);
	ck_assert_int_eq(egm_data_dtype(data), EGM_F64);
	check_values(row, data, rows, columns, want);
	egm_data_free(data);
}

static const struct {
	const char *descr;
	size_t width;
	unsigned char bytes[16]; /* 1.5 and -2 where the type has them; else 1 and -2, or 1 and 254 */
	double values[2];
} types[] = {
    {"<f4", 4, {0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0}, {1.5, -2}},
    {">f4", 4, {0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0}, {1.5, -2}},
    {"<f8", 8, {0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0}, {1.5, -2}},
    {">f8", 8, {0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0}, {1.5, -2}},
    {"|u1", 1, {1, 254}, {1, 254}},
    {"<u1", 1, {1, 254}, {1, 254}},
    {"<i4", 4, {1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff}, {1, -2}},
    {">i4", 4, {0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe}, {1, -2}},
    {"<i8", 8, {1, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {1, -2}},
    {">i8", 8, {0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}, {1, -2}},
};

START_TEST(test_npy__types_versions_orders)
{
	static const char *const orders[] = {"True", "False"};
	/* Fortran order is the same as C order when at most one size is above 1. */
	static const char *const shapes[] = {"(2,)", "(2, 1)", "(1, 2)", "(1, 2, 1)"};
	static const int64_t rows[] = {2, 2, 1, 1}, columns[] = {1, 1, 2, 2};
	for (int version = 1; version <= 3; version++) {
		for (int k = 0; k < 8; k++) {
			char dictionary[128];
			snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }",
			         types[_i].descr, orders[k % 2], shapes[k / 2]);
			write_npy(version, dictionary, types[_i].bytes, 2 * types[_i].width);
			check(dictionary, rows[k / 2], columns[k / 2], types[_i].values);
		}
	}
}
END_TEST

/* Every type, byte order and memory order as NumPy writes them; the numbers are those that NumPy reads. Integers of 64
 * bits are rounded once to either type, as astype does. */
START_TEST(test_npy__files_that_numpy_wrote)
{
	const numpy_file *f = &numpy_files[_i];
	egm_data *data;
	int64_t shape[8];
	int32_t rank;
	write_npy(1, f->dictionary, f->data, f->n);
	for (int dtype = EGM_F32; dtype <= EGM_F64; dtype++) {
		options.dtype = dtype;
		io_expect(f->dictionary, egm_data_load_npy(&data, context, path, &options), EGM_OK, NULL);
		rank = egm_data_shape(data, shape);
		ck_assert_int_eq(shape[0] * egm_data_columns(data), 6);
		ck_assert_int_eq(strstr(f->dictionary, "(2, 3)") != NULL, rank == 2);
		check_values(f->dictionary, data, shape[0], egm_data_columns(data), dtype == EGM_F64 ? f->f64 : f->f32);
		for (int i = 0; dtype == EGM_F64 && i < 6; i++)
			ck_assert_int_eq(signbit(((const double *)egm_data_values(data))[i]), signbit(f->f64[i]));
		egm_data_free(data);
	}
}
END_TEST

/* All 65536 halves: sign, 2^(e - 15), 1 + f/1024, and below 2^-14 multiples of 2^-24 (IEEE 754-2019, 3.4). */
START_TEST(test_npy__every_half)
{
	static unsigned char file[128 + 2 * 63488];
	static const char head[] = "\x93NUMPY\1\0\x76\0{'descr': '<f2', 'fortran_order': False, 'shape': (63488,)}";
	egm_data *data;
	int n = 0;
	for (int bits = 0; bits < 65536; bits++) {
		if ((bits >> 10 & 31) == 31) continue;
		file[128 + 2 * n] = (unsigned char)bits;
		file[128 + 2 * n++ + 1] = (unsigned char)(bits >> 8);
	}
	ck_assert_int_eq(n, 63488);
	memset(file, ' ', 128);
	memcpy(file, head, sizeof head - 1);
	file[127] = '\n';
	io_write(path, file, sizeof file);
	ck_assert_int_eq(egm_data_load_npy(&data, context, path, &options), EGM_OK);
	int right = 0;
	for (int i = 0; i < n; i++) {
		int bits = file[128 + 2 * i] | file[129 + 2 * i] << 8, e = bits >> 10 & 31;
		double want = (bits & 1023) / 1024.0;
		want = e ? (1 + want) * pow(2, e - 15) : want * pow(2, -14);
		double got = ((const double *)egm_data_values(data))[i];
		right += got == (bits >> 15 ? -want : want) && !signbit(got) == !(bits >> 15);
	}
	ck_assert_int_eq(right, n);
	egm_data_free(data);
	memcpy(file + 128, "\0\x7c", 2);
	io_write(path, file, sizeof file);
	io_expect("infinity", egm_data_load_npy(&data, context, path, &options), EGM_ERR_NONFINITE, "row 0, column 0");
}
END_TEST

/* Fortran order of any sizes: element (i, j, k) of the file is number i + a (j + b k), of the result (i b + j) c + k.
 */
START_TEST(test_npy__fortran_order_of_any_sizes)
{
	unsigned char bytes[125];
	for (int i = 0; i < 125; i++) bytes[i] = (unsigned char)i;
	for (int run = 0; run < 125 * 2; run++) {
		int a = 1 + run % 5, b = 1 + run / 5 % 5, c = 1 + run / 25 % 5, rows = run < 125 ? a : (a + 1) / 2;
		char text[100];
		egm_data *data;
		snprintf(text, sizeof text, "{'descr': '|u1', 'fortran_order': True, 'shape': (%d, %dL, %d), }", a, b, c);
		write_npy(2, text, bytes, (size_t)(a * b * c));
		options.max_rows = run < 125 ? 0 : rows;
		io_expect(text, egm_data_load_npy(&data, context, path, &options), EGM_OK, NULL);
		ck_assert_int_eq(egm_data_rows(data), rows);
		const double *x = egm_data_values(data);
		int right = 0;
		for (int i = 0; i < rows; i++)
			for (int j = 0; j < b; j++)
				for (int k = 0; k < c; k++) right += x[(i * b + j) * c + k] == i + a * (j + b * k);
		ck_assert_int_eq(right, rows * b * c);
		egm_data_free(data);
	}
}
END_TEST

/* Python 2 wrote sizes as 4L; NumPy reads such files: numpy.load gives [[0, 1, 2], [3, 4, 5]] for this one. */
START_TEST(test_npy__long_integers_of_python_2)
{
	static const double want[6] = {0, 1, 2, 3, 4, 5};
	write_npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 3L), }", "\0\1\2\3\4\5", 6);
	check("2L", 2, 3, want);
	write_npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (6L,), }", "\0\1\2\3\4\5", 6);
	check("6L", 6, 1, want);
}
END_TEST

/* 2^53 + 1 is a tie, and 1/3 is none: both follow the thread's rounding unless the reader sees to its own. */
START_TEST(test_npy__whatever_the_host_rounds_to)
{
	static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
	const double want[2] = {9007199254740992.0, 6004799503160661.0}, third = 1.0 / 3;
	for (int i = 0; i < 4; i++) {
		egm_data *data;
		write_npy(1, "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", "\1\0\0\0\0\0\x20\0", 8);
		ck_assert_int_eq(fesetround(modes[i]), 0);
		options.scale = 1;
		egm_status st = egm_data_load_npy(&data, context, path, &options);
		ck_assert_int_eq(fegetround(), modes[i]);
		ck_assert_int_eq(st, EGM_OK);
		ck_assert(((const double *)egm_data_values(data))[0] == want[0]);
		egm_data_free(data);
		/* RN(2^54 / 3) = RN(6004799503160661.33) */
		write_npy(1, "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", "\0\0\0\0\0\0\x40\0", 8);
		options.scale = third;
		st = egm_data_load_npy(&data, context, path, &options);
		fesetround(FE_TONEAREST);
		ck_assert_int_eq(st, EGM_OK);
		ck_assert(((const double *)egm_data_values(data))[0] == want[1]);
		egm_data_free(data);
	}
}
END_TEST

START_TEST(test_npy__says_what_else_it_looks_like)
{
	static const attack rows[] = {
	    {"page", BYTES("<!DOCTYPE html>\n<html>"), EGM_ERR_FORMAT, "is not an NPY file; it looks like an HTML page"},
	    {"lfs", BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"), EGM_ERR_FORMAT,
	     "a git-lfs pointer"},
	    {"zip", BYTES("PK\3\4\x14\0\0\0\0\0"), EGM_ERR_FORMAT, "a zip archive"},
	    {"gzip", BYTES("\x1f\x8b\x08\0\0\0\0\0"), EGM_ERR_FORMAT, "a gzip file"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check_attack(&rows[i], egm_data_load_npy, NULL);
	check_attack(
	    &(attack){"IDX", BYTES("<html>\n"), EGM_ERR_FORMAT, "begins 3c 68, must begin 00 00; it looks like an HTML"},
	    egm_data_load_idx, NULL);
}
END_TEST

START_TEST(test_npy__the_dictionary_as_python_allows_it)
{
	static const char *const texts[] = {
	    "{'shape':(1,2),'descr':'<f4','fortran_order':False}",
	    "{\"fortran_order\": False, \"descr\": \"<f4\", \"shape\": (1, 2)}",
	    "  { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 1 , 2 , ) , }",
	};
	for (int i = 0; i < 3; i++) {
		write_npy(1, texts[i], types[0].bytes, 8);
		check(texts[i], 1, 2, types[0].values);
	}
}
END_TEST

START_TEST(test_npy__sizes_before_flattening)
{
	egm_data *data;
	int64_t shape[8];
	unsigned char bytes[24];
	for (int i = 0; i < 24; i++) bytes[i] = (unsigned char)i;
	write_npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 4), }", bytes, 24);
	ck_assert_int_eq(egm_data_load_npy(&data, context, path, &options), EGM_OK);
	ck_assert_int_eq(egm_data_rows(data), 2);
	ck_assert_int_eq(egm_data_columns(data), 12);
	ck_assert_int_eq(egm_data_shape(data, shape), 3);
	ck_assert(shape[0] == 2 && shape[1] == 3 && shape[2] == 4);
	ck_assert(((const double *)egm_data_values(data))[23] == 23);
	egm_data_free(data);
	options.max_rows = 1;
	ck_assert_int_eq(egm_data_load_npy(&data, context, path, &options), EGM_OK);
	ck_assert_int_eq(egm_data_rows(data), 1);
	ck_assert_int_eq(egm_data_shape(data, shape), 3);
	ck_assert_int_eq(shape[0], 1);
	egm_data_free(data);
}
END_TEST

START_TEST(test_npy__round_trip)
{
	const float f[6] = {1.5f, -0.0f, 1e-45f, 3.4e38f, 5, 6};
	const double d[6] = {0.1, -0.0, 5e-324, 1.7e308, 5, 6};
	egm_data *data;
	ck_assert_int_eq(egm_array_save_npy(context, egm_f64(d, 2, 3), path), EGM_OK);
	ck_assert_int_eq(egm_data_load_npy(&data, context, path, &options), EGM_OK);
	ck_assert_int_eq(egm_data_columns(data), 3);
	ck_assert_mem_eq(egm_data_values(data), d, sizeof d);
	egm_data_free(data);
	options.dtype = EGM_F32;
	ck_assert_int_eq(egm_array_save_npy(context, egm_f32(f, 3, 2), path), EGM_OK);
	ck_assert_int_eq(egm_data_load_npy(&data, context, path, &options), EGM_OK);
	ck_assert_int_eq(egm_data_rows(data), 3);
	ck_assert_mem_eq(egm_data_values(data), f, sizeof f);
	egm_data_free(data);
}
END_TEST

/* The bytes that numpy.save(f, numpy.array([[1.5, -2]], 'f4')) writes on a little-endian machine. */
START_TEST(test_npy__written_as_numpy_writes_it)
{
	static const float x[2] = {1.5f, -2};
	static const char text[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
	size_t n;
	ck_assert_int_eq(egm_array_save_npy(context, egm_f32(x, 1, 2), path), EGM_OK);
	unsigned char *file = io_read(path, &n);
	ck_assert_uint_eq(n, 128 + 8);
	ck_assert_mem_eq(file, "\x93NUMPY\x01\x00\x76\x00", 10);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	ck_assert_mem_eq(file + 10, text, sizeof text - 1);
	ck_assert_mem_eq(file + 128, types[0].bytes, 8);
#endif
	ck_assert_uint_eq(strspn((char *)file + 10 + sizeof text - 1, " "), 117 - (sizeof text - 1));
	ck_assert_int_eq(file[127], '\n');
	free(file);
}
END_TEST

#define D(descr, order, shape) "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape ", }"

static const struct {
	const char *row, *dictionary;
	size_t n;
	egm_status status;
	const char *needle;
} attacks[] = {
    {"object", D("'|O'", "False", "(2,)"), 8, EGM_ERR_UNSUPPORTED, "type is '|O'"},
    {"structure", D("[('a', '<f4')]", "False", "(2,)"), 8, EGM_ERR_UNSUPPORTED, "structured"},
    {"long double", D("'<f16'", "False", "(2,)"), 32, EGM_ERR_UNSUPPORTED, "type is '<f16'"},
    {"time", D("'<M8[s]'", "False", "(2,)"), 16, EGM_ERR_UNSUPPORTED, "type is '<M8[s]'"},
    {"| for f2", D("'|f2'", "False", "(2,)"), 4, EGM_ERR_FORMAT, "no byte order"},
    {"complex", D("'<c8'", "False", "(1,)"), 8, EGM_ERR_UNSUPPORTED, "type is '<c8'"},
    {"text", D("'<U4'", "False", "(1,)"), 16, EGM_ERR_UNSUPPORTED, "type is '<U4'"},
    {"no order of bytes", D("'f4'", "False", "(2,)"), 8, EGM_ERR_FORMAT, "no byte order"},
    {"| for f4", D("'|f4'", "False", "(2,)"), 8, EGM_ERR_FORMAT, "no byte order"},
    {"empty descr", D("''", "False", "(2,)"), 8, EGM_ERR_FORMAT, "no byte order"},
    {"long descr", D("'<f4567890123456789012345678901234567890'", "False", "(2,)"), 8, EGM_ERR_FORMAT, "short string"},
    {"descr a number", D("4", "False", "(2,)"), 8, EGM_ERR_FORMAT,
     "has '4, 'fortran_order': False, 'shape': (2,), }\\x0a', must have a string there"},
    {"Fortran over", D("'<f4'", "True", "(2, 2)"), 17, EGM_ERR_FORMAT, "has more bytes, must have the 144 that follow"},
    {"two L", D("'<f4'", "False", "(2LL,)"), 8, EGM_ERR_FORMAT, "a comma"},
    {"L alone", D("'<f4'", "False", "(L,)"), 8, EGM_ERR_FORMAT,
     "has 'L,), }                                                      ', must have a size there"},
    {"small l", D("'<f4'", "False", "(2l,)"), 8, EGM_ERR_FORMAT, "a comma"},
    {"order 1", D("'<f4'", "1", "(2,)"), 8, EGM_ERR_FORMAT, "True or False"},
    {"a number as shape", D("'<f4'", "False", "(2)"), 8, EGM_ERR_FORMAT, "a comma"},
    {"no tuple", D("'<f4'", "False", "2"), 8, EGM_ERR_FORMAT, "must have '(' there"},
    {"list", D("'<f4'", "False", "[2]"), 8, EGM_ERR_FORMAT, "must have '(' there"},
    {"no dimension", D("'<f4'", "False", "()"), 4, EGM_ERR_UNSUPPORTED, "has 0 dimensions"},
    {"nine", D("'<f4'", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), 4, EGM_ERR_UNSUPPORTED, "more than 8"},
    {"negative", D("'<f4'", "False", "(-2,)"), 8, EGM_ERR_FORMAT,
     "has '-2,), }                                                     ', must have a size there"},
    {"real", D("'<f4'", "False", "(2.0,)"), 8, EGM_ERR_FORMAT, "a comma"},
    {"2^64", D("'<f4'", "False", "(18446744073709551616,)"), 8, EGM_ERR_FORMAT, "must be below 2^63"},
    {"wrap", D("'<f4'", "False", "(4611686018427387904, 4)"), 8, EGM_ERR_FORMAT, "must fit in memory"},
    {"wrap to zero", D("'|u1'", "False", "(4294967296, 4294967296, 0)"), 0, EGM_ERR_FORMAT, "must fit in memory"},
    {"no rows", D("'<f4'", "False", "(0, 4)"), 0, EGM_ERR_FORMAT, "0 rows of 4"},
    {"no columns", D("'<f4'", "False", "(4, 0)"), 0, EGM_ERR_FORMAT, "4 rows of 0"},
    {"8 EiB", D("'|u1'", "False", "(9223372036854775807,)"), 0, EGM_ERR_FORMAT, "truncated"},
    {"data cut", D("'<f4'", "False", "(2,)"), 7, EGM_ERR_FORMAT, "within the numbers"},
    {"data over", D("'<f4'", "False", "(2,)"), 9, EGM_ERR_FORMAT, "has more bytes, must have the 136 that follow"},
    {"no dictionary", "", 8, EGM_ERR_FORMAT, "must have '{' there"},
    {"empty dictionary", "{}", 8, EGM_ERR_FORMAT, "lacks"},
    {"no shape", "{'descr': '<f4', 'fortran_order': False}", 8, EGM_ERR_FORMAT, "lacks"},
    {"unknown key", "{'descr': '<f4', 'x': 1}", 8, EGM_ERR_FORMAT, "has key 'x', must have descr"},
    {"key twice", "{'descr': '<f4', 'descr': '<f4'}", 8, EGM_ERR_FORMAT, "key 'descr' twice"},
    {"no colon", "{'descr' '<f4'}", 8, EGM_ERR_FORMAT, "must have ':' there"},
    {"no comma", "{'descr': '<f4' 'fortran_order': False}", 8, EGM_ERR_FORMAT, "a comma or }"},
    {"open", "{'descr': '<f4", 8, EGM_ERR_FORMAT, "short string"},
    {"open tuple", "{'shape': (2,", 8, EGM_ERR_FORMAT, "must have a size there"},
    {"escape", "{'de\\x73cr': '<f4'}", 8, EGM_ERR_FORMAT, "short string"},
    {"text after", D("'<f4'", "False", "(2,)") "x", 8, EGM_ERR_FORMAT, "newline"},
    {"two newlines", D("'<f4'", "False", "(2,)") "\n", 8, EGM_ERR_FORMAT, "newline"},
};

START_TEST(test_npy__attacks)
{
	static const unsigned char zeros[64];
	egm_data *data = (egm_data *)&data;
	write_npy(1, attacks[_i].dictionary, zeros, attacks[_i].n);
	io_expect(attacks[_i].row, egm_data_load_npy(&data, context, path, &options), attacks[_i].status,
	          attacks[_i].needle);
	ck_assert_ptr_null(data);
}
END_TEST

START_TEST(test_npy__broken_preambles)
{
	static const attack rows[] = {
	    {"empty", BYTES(""), EGM_ERR_FORMAT, "within the NPY magic"},
	    {"magic", BYTES("\x94NUMPY\1\0\0\0"), EGM_ERR_FORMAT, "is not an NPY file"},
	    {"version 0", BYTES("\x93NUMPY\0\0\0\0"), EGM_ERR_UNSUPPORTED, "version is 0.0"},
	    {"version 4", BYTES("\x93NUMPY\4\0\0\0"), EGM_ERR_UNSUPPORTED, "version is 4.0"},
	    {"version 1.1", BYTES("\x93NUMPY\1\1\0\0"), EGM_ERR_UNSUPPORTED, "version is 1.1"},
	    {"length cut", BYTES("\x93NUMPY\2\0\1\0\0"), EGM_ERR_FORMAT, "within the NPY header's length"},
	    {"header cut", BYTES("\x93NUMPY\1\0\x76\0{"), EGM_ERR_FORMAT, "within the NPY header"},
	    {"no header", BYTES("\x93NUMPY\1\0\0\0"), EGM_ERR_FORMAT, "must have '{' there"},
	    {"zero byte", BYTES("\x93NUMPY\1\0\3\0{\0}"), EGM_ERR_FORMAT, "a string"},
	    {"10,001", BYTES("\x93NUMPY\1\0\x11\x27"), EGM_ERR_UNSUPPORTED, "header has 10001 bytes"},
	    {"4 GiB", BYTES("\x93NUMPY\2\0\xff\xff\xff\xff"), EGM_ERR_UNSUPPORTED, "header has 4294967295"},
	    {"gzip", BYTES("\x1f\x8b\x08\0\0\0\0\0"), EGM_ERR_FORMAT, "is not an NPY file"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check_attack(&rows[i], egm_data_load_npy, NULL);
}
END_TEST

START_TEST(test_npy__nan_is_named)
{
	double x[6] = {1, 2, 3, 4, NAN, 6};
	egm_data *data;
	ck_assert_int_eq(egm_array_save_npy(context, egm_f64(x, 3, 2), path), EGM_OK);
	io_expect("NaN", egm_data_load_npy(&data, context, path, NULL), EGM_ERR_NONFINITE,
	          "row 2, column 0 (from 0) is nan");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("npy");
	TCase *tc = tcase_create("core"), *bad = tcase_create("attacks");
	tcase_set_tags(bad, "R6 R16");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_checked_fixture(bad, setup, teardown);
	tcase_add_loop_test(tc, test_npy__types_versions_orders, 0, (int)(sizeof types / sizeof *types));
	tcase_add_loop_test(tc, test_npy__files_that_numpy_wrote, 0, (int)(sizeof numpy_files / sizeof *numpy_files));
	tcase_add_test(tc, test_npy__every_half);
	tcase_add_test(tc, test_npy__fortran_order_of_any_sizes);
	tcase_add_test(tc, test_npy__long_integers_of_python_2);
	tcase_add_test(tc, test_npy__whatever_the_host_rounds_to);
	tcase_add_test(bad, test_npy__says_what_else_it_looks_like);
	tcase_add_test(tc, test_npy__the_dictionary_as_python_allows_it);
	tcase_add_test(tc, test_npy__sizes_before_flattening);
	tcase_add_test(tc, test_npy__round_trip);
	tcase_add_test(tc, test_npy__written_as_numpy_writes_it);
	tcase_add_loop_test(bad, test_npy__attacks, 0, (int)(sizeof attacks / sizeof *attacks));
	tcase_add_test(bad, test_npy__broken_preambles);
	tcase_add_test(bad, test_npy__nan_is_named);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, bad);
	return io_test_main(s);
}
