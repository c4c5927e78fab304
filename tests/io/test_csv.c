/* SPDX-License-Identifier: MIT */
/* Tables of numbers: what is read, what is rejected and at which place, in any locale. */
#include "csv_table_support.h"
#include <locale.h>
#if EGM_HAVE_ZLIB
#include <zlib.h>
#endif

static const struct {
	const char *row, *text;
	size_t n;
	int delimiter, skip;
	int64_t max_rows, rows, columns;
	double values[6];
} tables[] = {
    {"plain", BYTES("1,2,3\n4,5,6\n"), ',', 0, 0, 2, 3, {1, 2, 3, 4, 5, 6}},
    {"no last newline", BYTES("1,2\n3,4"), ',', 0, 0, 2, 2, {1, 2, 3, 4}},
    {"CRLF", BYTES("1,2\r\n3,4\r\n"), ',', 0, 0, 2, 2, {1, 2, 3, 4}},
    {"empty lines", BYTES("\n1,2\n\n \t\r\n3,4\n\n\n"), ',', 0, 0, 2, 2, {1, 2, 3, 4}},
    {"blanks", BYTES(" 1 ,\t2\t\n3 , 4 \n"), ',', 0, 0, 2, 2, {1, 2, 3, 4}},
    {"one column", BYTES("1\n2\n3\n"), ',', 0, 0, 3, 1, {1, 2, 3}},
    {"forms", BYTES("+1,-.5,5.,1e3,1E-2,0000001\n"), ',', 0, 0, 1, 6, {1, -0.5, 5, 1000, 0.01, 1}},
    {"semicolon", BYTES("1;2\n3;4\n"), ';', 0, 0, 2, 2, {1, 2, 3, 4}},
    {"tab", BYTES("1\t 2\n3\t4\n"), '\t', 0, 0, 2, 2, {1, 2, 3, 4}},
    {"aligned by spaces", BYTES("  1   2 \n 30  -4\n"), ' ', 0, 0, 2, 2, {1, 2, 30, -4}},
    {"tabs mixed with spaces", BYTES("1\t 2\n \t3 \t4\t\n"), ' ', 0, 0, 2, 2, {1, 2, 3, 4}},
    {"header", BYTES("# x, y\nx,y\n1,2\n"), ',', 2, 0, 1, 2, {1, 2}},
    {"max_rows", BYTES("1,2\n\n3,4\nnothing to see\n"), ',', 0, 2, 2, 2, {1, 2, 3, 4}},
    {"mark",
     BYTES("\xef\xbb\xbf"
           "1,2\n"),
     ',',
     0,
     0,
     1,
     2,
     {1, 2}},
    {"nearest",
     BYTES("0.1,1e-320,9007199254740993,2.2250738585072011e-308"),
     ',',
     0,
     0,
     1,
     4,
     {0x1.999999999999ap-4, 1e-320, 9007199254740992.0, 0x0.fffffffffffffp-1022}},
};

START_TEST(test_csv__tables)
{
	egm_data *data;
	int64_t shape[8];
	io_write(path, tables[_i].text, tables[_i].n);
	o.delimiter = tables[_i].delimiter;
	o.skip_lines = tables[_i].skip;
	o.max_rows = tables[_i].max_rows;
	io_expect(tables[_i].row, egm_data_load_csv(&data, context, path, &o), EGM_OK, NULL);
	ck_assert_int_eq(egm_data_shape(data, shape), 2);
	ck_assert_int_eq(egm_data_dtype(data), EGM_F64);
	check_values(tables[_i].row, data, tables[_i].rows, tables[_i].columns, tables[_i].values);
	egm_data_free(data);
}
END_TEST

static const attack attacks[] = {
    {"empty", BYTES(""), EGM_ERR_FORMAT, "no row: all lines"},
    {"newlines", BYTES("\n\n\r\n"), EGM_ERR_FORMAT, "no row: all lines"},
    {"word", BYTES("1,2\n3,four\n"), EGM_ERR_FORMAT,
     "line 2, field 2: 'four' is not a number; set the option text to read words"},
    {"short line", BYTES("1,2\n\n3\n"), EGM_ERR_FORMAT, "line 3 has 1 fields, must have 2 as line 1"},
    {"long line", BYTES("1,2\n3,4,5\n"), EGM_ERR_FORMAT, "line 2 has"},
    {"endless line", BYTES("1,2\n3,4,5,6,7"), EGM_ERR_FORMAT, "line 2 has more fields, must have 2"},
    {"empty field", BYTES("1,,3\n"), EGM_ERR_FORMAT,
     "line 1, field 2: the value is missing (''), which the option replace_missing"},
    {"blank field", BYTES("1, ,3\n"), EGM_ERR_FORMAT, "field 2"},
    {"two in one", BYTES("1 2,3\n"), EGM_ERR_FORMAT, "'1 2' is not"},
    {"decimal comma", BYTES("1,5;2\n"), EGM_ERR_FORMAT, "'5;2' is not"},
    {"hexadecimal", BYTES("0x10\n"), EGM_ERR_FORMAT, "'0x10' is not"},
    {"half a number", BYTES("1e\n"), EGM_ERR_FORMAT, "'1e' is not"},
    {"sign alone", BYTES("-\n"), EGM_ERR_FORMAT, "'-' is not"},
    {"zero byte",
     BYTES("1\0"
           "2\n"),
     EGM_ERR_FORMAT, "line 1 has a zero byte"},
    {"UTF-16", BYTES("\xff\xfe\x31\0\n\0"), EGM_ERR_FORMAT, "is not a table of text; it looks like UTF-16 text"},
    {"UTF-16 without a mark", BYTES("1\0,\0002\0\n\0"), EGM_ERR_FORMAT, "line 1 has a zero byte"},
    {"page", BYTES("<!doctype html>\n"), EGM_ERR_FORMAT, "it looks like an HTML page"},
    {"lfs", BYTES("version https://git-lfs.github.com/spec/v1\n"), EGM_ERR_FORMAT, "it looks like a git-lfs pointer"},
    {"NPY", BYTES("\x93NUMPY\1\0"), EGM_ERR_FORMAT, "it looks like an NPY file"},
    {"no UTF-8", BYTES("1,\x9b\xe2\x80\xae\n"), EGM_ERR_FORMAT, "field 2: '\\x9b\\u202e' is not a number"},
    {"nan", BYTES("1,nan\n"), EGM_ERR_FORMAT, "line 1, field 2: the value is missing ('nan')"},
    {"-inf", BYTES("1,2\n-inf,2\n"), EGM_ERR_NONFINITE, "line 2, field 1: '-inf' is not finite"},
    {"Infinity", BYTES("Infinity\n"), EGM_ERR_NONFINITE, "line 1, field 1: 'Infinity' is not finite"},
    {"NaN with payload", BYTES("1\nnan(1)\n"), EGM_ERR_FORMAT, "'nan(1)' is not a number"},
    {"overflow", BYTES("1e999\n"), EGM_ERR_NONFINITE, "'1e999' is not finite once it is scaled and stored"},
};

START_TEST(test_csv__attacks)
{
	egm_data *data = (egm_data *)&data;
	io_write(path, attacks[_i].bytes, attacks[_i].n);
	io_expect(attacks[_i].row, egm_data_load_csv(&data, context, path, &o), attacks[_i].status, attacks[_i].needle);
	ck_assert_ptr_null(data);
}
END_TEST

START_TEST(test_csv__scale_and_storage)
{
	egm_data *data;
	io_write(path, "0,255,1e39,?,word", 17);
	o.text = CODES;
	o.replace_missing = 1;
	o.missing_value = 7;
	o.scale = 1 / 127.5;
	o.offset = -1;
	ck_assert_int_eq(egm_data_load_csv(&data, context, path, &o), EGM_OK);
	ck_assert(((const double *)egm_data_values(data))[0] == -1);
	ck_assert(((const double *)egm_data_values(data))[1] == 1 / 127.5 * 255 + -1);
	ck_assert(((const double *)egm_data_values(data))[3] ==
	          7); /* what replaces a missing value, and codes, as they are */
	ck_assert(((const double *)egm_data_values(data))[4] == 0);
	egm_data_free(data);
	o.dtype = EGM_F32;
	o.scale = 0; /* the default, 1 */
	io_expect("f32", egm_data_load_csv(&data, context, path, &o), EGM_ERR_NONFINITE,
	          "field 3: '1e39' is not finite once");
}
END_TEST

/* A row of 100,000 numbers, 600 kB in one line, and a field at its limit of 1024 bytes. */
START_TEST(test_csv__lines_of_any_length)
{
	enum { COLUMNS = 100000 };
	char *text = malloc(COLUMNS * 7 + 3000), *p = text;
	egm_data *data;
	ck_assert_ptr_nonnull(text);
	o.header = NO; /* 0, 1, 2, ... may be names */
	for (int i = 0; i < COLUMNS; i++) p += sprintf(p, "%s%d", i ? "," : "", i);
	*p++ = '\n';
	io_write(path, text, (size_t)(p - text));
	ck_assert_int_eq(egm_data_load_csv(&data, context, path, &o), EGM_OK);
	ck_assert_int_eq(egm_data_rows(data), 1);
	ck_assert_int_eq(egm_data_columns(data), COLUMNS);
	int right = 0;
	for (int i = 0; i < COLUMNS; i++) right += ((const double *)egm_data_values(data))[i] == i;
	ck_assert_int_eq(right, COLUMNS);
	egm_data_free(data);
	memset(text, '0', 1025);
	memcpy(text, "0.", 2);
	text[1023] = '5';
	text[1024] = '\n';
	io_write(path, text, 1025);
	ck_assert_int_eq(egm_data_load_csv(&data, context, path, &o), EGM_OK);
	egm_data_free(data);
	text[1024] = '0';
	io_write(path, text, 1025);
	io_expect("1025", egm_data_load_csv(&data, context, path, &o), EGM_ERR_FORMAT,
	          "is too long, must have at most 1024 bytes");
	free(text);
}
END_TEST

START_TEST(test_csv__max_bytes)
{
	egm_data *data;
	io_write(path, "1,2\n3,4\n5,6\n", 12);
	o.max_bytes = 48;
	ck_assert_int_eq(egm_data_load_csv(&data, context, path, &o), EGM_OK);
	egm_data_free(data);
	o.max_bytes = 47;
	io_expect("47", egm_data_load_csv(&data, context, path, &o), EGM_ERR_UNSUPPORTED,
	          "3 rows of 2 numbers need 48 bytes, must be at most max_bytes, 47");
}
END_TEST

#if EGM_HAVE_ZLIB
START_TEST(test_csv__gzip)
{
	egm_data *data;
	gzFile z = gzopen(path, "wb");
	for (int i = 0; i < 50000; i++) gzprintf(z, "%d,%d\n", i, -i);
	ck_assert_int_eq(gzclose(z), Z_OK);
	ck_assert_int_eq(egm_data_load_csv(&data, context, path, &o), EGM_OK);
	ck_assert_int_eq(egm_data_rows(data), 50000);
	ck_assert(((const double *)egm_data_values(data))[99999] == -49999);
	egm_data_free(data);
	size_t n;
	unsigned char *bytes = io_read(path, &n);
	io_write(path, bytes, n - 9);
	io_expect("cut", egm_data_load_csv(&data, context, path, &o), EGM_ERR_FORMAT, "truncated gzip");
	free(bytes);
}
END_TEST
#endif

/* ---- locales */

/* Puts on a locale whose decimal sign is a comma: one of the system's, or one that localedef makes in our folder. */
static int set_comma_locale(void)
{
	static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "de_DE", "egm"};
	char command[PATH_MAX + 200];
	for (int i = 0; i < 6; i++) {
		if (i == 5) {
			snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/egm >/dev/null 2>&1", io_folder);
			if (system(command) < 0) return 0;
			setenv("LOCPATH", io_folder, 1);
		}
		if (setlocale(LC_ALL, names[i]) && strcmp(localeconv()->decimal_point, ",") == 0) return 1;
	}
	return 0;
}

START_TEST(test_csv__decimal_sign_is_the_point)
{
	egm_data *data;
	egm_model *m;
	double u[2], x = 0.625;
	if (!set_comma_locale()) {
		/* Nothing to be tested where there is no such locale and localedef is missing. */
		fprintf(stderr, "# no locale with a decimal comma on this system\n");
		return;
	}
	ck_assert(strtod("1,5", NULL) == 1.5);
	io_write(path, "1.5;2.25\n", 9);
	o.delimiter = ';';
	ck_assert_int_eq(egm_data_load_csv(&data, context, path, &o), EGM_OK);
	ck_assert(((const double *)egm_data_values(data))[0] == 1.5);
	ck_assert(((const double *)egm_data_values(data))[1] == 2.25);
	egm_data_free(data);
	io_write(path, "1,5;2\n", 6);
	io_expect("comma", egm_data_load_csv(&data, context, path, &o), EGM_ERR_FORMAT, "'1,5' is not a number");
	/* A model saved here has a point in its slope, and loads. */
	ck_assert_int_eq(egm_model_create(&m, context, "m", 1), EGM_OK);
	egm_model_dense(m, 1);
	egm_model_leaky_relu(m, 0.3);
	ck_assert_int_eq(egm_model_build(m, EGM_F64, 1), EGM_OK);
	ck_assert_int_eq(egm_model_save(m, path), EGM_OK);
	ck_assert_int_eq(egm_model_energy(m, egm_f64(&x, 1, 1), egm_f64_out(&u[0], 1, 1)), EGM_OK);
	egm_model_free(m);
	size_t n;
	char *bytes = (char *)io_read(path, &n);
	ck_assert_ptr_nonnull(memmem(bytes, n, "\\\"slope\\\":0.3}", 14));
	free(bytes);
	io_expect("load", egm_model_load(&m, context, path, NULL), EGM_OK, NULL);
	ck_assert_int_eq(egm_model_energy(m, egm_f64(&x, 1, 1), egm_f64_out(&u[1], 1, 1)), EGM_OK);
	ck_assert(u[0] == u[1]);
	egm_model_free(m);
	ck_assert_str_eq(localeconv()->decimal_point, ",");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("csv");
	TCase *tc = tcase_create("core"), *bad = tcase_create("attacks"), *locale = tcase_create("locale");
	tcase_set_tags(bad, "R6 R16");
	tcase_set_tags(locale, "R20");
	tcase_set_timeout(locale, 240); /* localedef takes seconds */
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_checked_fixture(bad, setup, teardown);
	tcase_add_checked_fixture(locale, setup, teardown);
	tcase_add_loop_test(tc, test_csv__tables, 0, (int)(sizeof tables / sizeof *tables));
	tcase_add_loop_test(bad, test_csv__attacks, 0, (int)(sizeof attacks / sizeof *attacks));
	tcase_add_test(tc, test_csv__scale_and_storage);
	tcase_add_test(tc, test_csv__lines_of_any_length);
	tcase_add_test(tc, test_csv__max_bytes);
#if EGM_HAVE_ZLIB
	tcase_add_test(tc, test_csv__gzip);
#endif
	tcase_add_test(locale, test_csv__decimal_sign_is_the_point);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, bad);
	suite_add_tcase(s, locale);
	return io_test_main(s);
}
