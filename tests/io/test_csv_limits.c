/* SPDX-License-Identifier: MIT */
/* Tables of text at their limits: options out of range, wrong arguments, large files. */
#include "csv_table_support.h"
#include <fenv.h>
#include <math.h>
#if EGM_HAVE_ZLIB
#include <zlib.h>
#endif

START_TEST(test_csv_limits__zero_is_every_default)
{
	egm_csv_options zero = {.struct_size = sizeof zero}, set;
	egm_data *data;
	io_write(path, BYTES("x,y # no\n"));
	set = (egm_csv_options)EGM_CSV_OPTIONS_INIT;
	io_write(path, BYTES("# c\nx,y\n1,2.5\n"));
	const egm_csv_options *rows[] = {NULL, &zero, &set};
	for (int i = 0; i < 3; i++) {
		io_expect("default", egm_data_load_csv(&data, context, path, rows[i]), EGM_OK, NULL);
		ck_assert_int_eq(egm_data_dtype(data), EGM_F32);
		check_values("default", data, 1, 2, (const double[]){1, 2.5});
		egm_data_free(data);
	}
}
END_TEST

START_TEST(test_csv_limits__options_out_of_range)
{
	static const struct {
		size_t offset;
		int32_t value;
		const char *needle;
	} rows[] = {{offsetof(egm_csv_options, dtype), 3, "dtype is 3"},
	            {offsetof(egm_csv_options, header), 4, "header is 4"},
	            {offsetof(egm_csv_options, text), -1, "text is -1"},
	            {offsetof(egm_csv_options, unknown), 3, "unknown is 3"},
	            {offsetof(egm_csv_options, delimiter), '5', "character 53"},
	            {offsetof(egm_csv_options, delimiter), '"', "character 34"},
	            {offsetof(egm_csv_options, delimiter), '\n', "character 10"},
	            {offsetof(egm_csv_options, delimiter), 300, "delimiter is 300, must be in [1, 126]"},
	            {offsetof(egm_csv_options, delimiter), '#', "comment is character 35; must be -1 or no delimiter"},
	            {offsetof(egm_csv_options, decimal), ',', "delimiter and decimal are both ',', must differ"},
	            {offsetof(egm_csv_options, decimal), ';', "decimal is character 59"},
	            {offsetof(egm_csv_options, comment), -2, "comment is -2, must be in [-1, 126]"},
	            {offsetof(egm_csv_options, comment), ',', "comment is character 44"},
	            {offsetof(egm_csv_options, skip_lines), -1, "skip_lines is -1"},
	            {offsetof(egm_csv_options, replace_missing), 2, "replace_missing is 2"},
	            {offsetof(egm_csv_options, max_words), -1, "max_words is -1"},
	            {offsetof(egm_csv_options, max_words), (1 << 24) + 1, "max_words is 16777217"},
	            {offsetof(egm_csv_options, column_count), 1, "columns is NULL and column_count 1, must go together"},
	            {offsetof(egm_csv_options, text_column_count), 1, "text_columns is NULL"}};
	egm_data *data;
	io_write(path, "1\n", 2);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		egm_csv_options changed = o;
		memcpy((char *)&changed + rows[i].offset, &rows[i].value, sizeof rows[i].value);
		io_expect(rows[i].needle, egm_data_load_csv(&data, context, path, &changed), EGM_ERR_ARGUMENT, rows[i].needle);
		ck_assert_ptr_null(data);
	}
	o.max_rows = -1;
	io_expect("max_rows", egm_data_load_csv(&data, context, path, &o), EGM_ERR_ARGUMENT, "max_rows is -1");
	o.max_rows = 0;
	o.missing_value = NAN;
	io_expect("NaN", egm_data_load_csv(&data, context, path, &o), EGM_ERR_ARGUMENT, "missing_value is nan");
	o.missing_value = 1e39;
	o.dtype = EGM_F32;
	io_expect("1e39", egm_data_load_csv(&data, context, path, &o), EGM_ERR_ARGUMENT, "missing_value is 1e+39");
	o.missing_value = 0;
	o.scale = INFINITY;
	io_expect("scale", egm_data_load_csv(&data, context, path, &o), EGM_ERR_ARGUMENT, "scale is inf, must be finite");
	o.scale = 1;
	o.offset = NAN;
	io_expect("offset", egm_data_load_csv(&data, context, path, &o), EGM_ERR_ARGUMENT, "offset is nan, must be finite");
	o.offset = 0;
	o.text_columns = (const char *const[]){"1"};
	o.text_column_count = 1;
	io_expect("text", egm_data_load_csv(&data, context, path, &o), EGM_ERR_ARGUMENT,
	          "must be CODES or ONE_HOT for text_columns");
}
END_TEST

/* 1100 texts of 1000 bytes are more than 1 MiB: as words of a column, and as fields of the first line, which is kept.
 */
START_TEST(test_csv_limits__words_take_memory)
{
	enum { TEXTS = 1100, WIDTH = 1001 };
	static char text[TEXTS * WIDTH];
	egm_data *data;
	for (int across = 0; across < 2; across++) {
		for (int i = 0; i < TEXTS; i++) {
			memset(text + i * WIDTH, 'x', WIDTH - 1);
			text[i * WIDTH] = (char)('a' + i % 26);
			text[i * WIDTH + 1] = (char)('a' + i / 26);
			text[i * WIDTH + WIDTH - 1] = across ? ',' : '\n';
		}
		io_write(path, text, sizeof text);
		o.header = NO;
		o.text = CODES;
		o.max_bytes = 100000;
		io_expect("refused", egm_data_load_csv(&data, context, path, &o), EGM_ERR_UNSUPPORTED,
		          "names and words need more than max_bytes allows, must need at most 1048576 bytes");
		o.max_bytes = 3 * sizeof text;
		io_expect("allowed", egm_data_load_csv(&data, context, path, &o), EGM_OK, NULL);
		egm_data_free(data);
	}
}
END_TEST

START_TEST(test_csv_limits__misuse)
{
	const float x[2] = {1, 2};
	egm_data *data, *table = load("table", BYTES("x\n1\n"));
	egm_column c = {.struct_size = sizeof c};
	io_expect("out", egm_data_load_csv(NULL, context, path, NULL), EGM_ERR_ARGUMENT, "out is NULL");
	io_expect("context", egm_data_load_csv(&data, NULL, path, NULL), EGM_ERR_ARGUMENT, "context is NULL");
	io_expect("path", egm_data_load_csv(&data, context, NULL, NULL), EGM_ERR_ARGUMENT, "path is NULL");
	io_expect("data", egm_data_column(NULL, 0, &c), EGM_ERR_ARGUMENT, "data is NULL");
	io_expect("column", egm_data_column(table, 0, NULL), EGM_ERR_ARGUMENT, "column is NULL");
	io_expect("index", egm_data_column(table, 1, &c), EGM_ERR_ARGUMENT, "index is 1, must be 0 to 0");
	io_expect("index", egm_data_column(table, -1, &c), EGM_ERR_ARGUMENT, "index is -1, must be 0 to 0");
	c.struct_size = 3;
	io_expect("size", egm_data_column(table, 0, &c), EGM_ERR_ARGUMENT, "struct_size is 3, must be sizeof(egm_column)");
	egm_data_free(table);
	ck_assert_int_eq(egm_data_copy(&data, context, egm_f32(x, 1, 2)), EGM_OK);
	c = column(data, 1);
	ck_assert_int_eq(c.kind, EGM_COLUMN_NUMBER);
	ck_assert(!c.name && !c.word && !c.words && !c.word_count && !c.field);
	o.like = data;
	egm_data *other;
	io_expect("like", egm_data_load_csv(&other, context, path, &o), EGM_ERR_ARGUMENT,
	          "like has no columns of a table, must be data of");
	egm_data_free(data);
}
END_TEST

START_TEST(test_csv_limits__limits)
{
	egm_data *data;
	o.max_rows = 2;
	data = load("max_rows", BYTES("x,w\n1,1\n2,2\nnothing to see\n"));
	check_values("max_rows", data, 2, 2, (const double[]){1, 1, 2, 2});
	egm_data_free(data);
	o.max_bytes = 32;
	data = load("32", BYTES("x,w\n1,1\n2,2\n"));
	egm_data_free(data);
	o.max_bytes = 31;
	io_expect("31", egm_data_load_csv(&data, context, path, &o), EGM_ERR_UNSUPPORTED, "must be at most max_bytes, 31");
	o.max_bytes = 0;
	o.max_rows = 0;
	o.text = CODES;
	o.max_words = 2;
	data = load("2 words", BYTES("1,a\n2,b\n3,a\n"));
	egm_data_free(data);
	io_write(path, BYTES("1,a\n2,b\n3,c\n"));
	io_expect("3 words", egm_data_load_csv(&data, context, path, &o), EGM_ERR_UNSUPPORTED,
	          "line 3, field 2: 'c' is one word more than max_words allows, must be one of 2");
	/* Words of rows that are not read have no code. */
	o.max_rows = 2;
	data = load("2 rows", BYTES("1,a\n2,b\n3,c\n"));
	ck_assert_str_eq(describe(data), "-.1 -.2(a|b)");
	egm_data_free(data);
	o.max_rows = 0;
	o.skip_lines = 2;
	data = load("skipped", BYTES("a title\n" Q "and more\nx,y\n1,2\n"));
	ck_assert_str_eq(describe(data), "x.1 y.2");
	egm_data_free(data);
}
END_TEST

START_TEST(test_csv_limits__lines_of_many_fields)
{
	enum { FIELDS = 1 << 20 };
	char *text = malloc(2 * FIELDS + 4);
	egm_data *data;
	ck_assert_ptr_nonnull(text);
	for (int i = 0; i < FIELDS; i++) memcpy(text + 2 * i, "7,", 2);
	text[2 * FIELDS - 1] = '\n';
	o.columns = (const char *const[]){"1048576"};
	o.column_count = 1;
	data = load("2^20", text, 2 * FIELDS);
	check_values("2^20", data, 1, 1, (const double[]){7});
	egm_data_free(data);
	memcpy(text + 2 * FIELDS - 1, ",7\n", 3);
	io_write(path, text, 2 * FIELDS + 2);
	io_expect("one more", egm_data_load_csv(&data, context, path, &o), EGM_ERR_UNSUPPORTED,
	          "has more fields, must have at most 1048576");
	free(text);
}
END_TEST

/* 20,000 rows, words in the order of their appearance reversed: more than a buffer, more than the rows that are looked
 * at for the header, a dictionary that grows in the middle. */
START_TEST(test_csv_limits__many_rows)
{
	enum { ROWS = 20000, WORDS = 5000 };
	char *text = malloc(ROWS * 24 + 100), *p = text + sprintf(text, "w,n\n");
	egm_data *data;
	int right = 0;
	ck_assert_ptr_nonnull(text);
	for (int i = 0; i < ROWS; i++) p += sprintf(p, "w%04d,%d\n", (WORDS - 1 - i % WORDS), i);
	o.text = CODES;
	o.dtype = EGM_F32;
	data = load("many", text, (size_t)(p - text));
	ck_assert_int_eq(egm_data_rows(data), ROWS);
	const float *x = egm_data_values(data);
	for (int i = 0; i < ROWS; i++) right += x[2 * i] == (float)(WORDS - 1 - i % WORDS) && x[2 * i + 1] == (float)i;
	ck_assert_int_eq(right, ROWS);
	ck_assert_int_eq(column(data, 0).word_count, WORDS);
	egm_data_free(data);
#if EGM_HAVE_ZLIB
	gzFile z = gzopen(path, "wb");
	ck_assert_int_eq(gzwrite(z, text, (unsigned)(p - text)), (int)(p - text));
	ck_assert_int_eq(gzclose(z), Z_OK);
	ck_assert_int_eq(egm_data_load_csv(&data, context, path, &o), EGM_OK);
	ck_assert(((const float *)egm_data_values(data))[2 * ROWS - 1] == ROWS - 1);
	egm_data_free(data);
#endif
	free(text);
}
END_TEST

/* 0.1 is no tie: RU(0.1) differs from RN(0.1). */
START_TEST(test_csv_limits__whatever_the_host_rounds_to)
{
	static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
	egm_data *table;
	for (int i = 0; i < 4; i++) {
		io_write(path, "0.1,0.3,-0.7\n", 13);
		ck_assert_int_eq(fesetround(modes[i]), 0);
		egm_status st = egm_data_load_csv(&table, context, path, &o);
		ck_assert_int_eq(fegetround(), modes[i]);
		fesetround(FE_TONEAREST);
		ck_assert_int_eq(st, EGM_OK);
		check_values("table", table, 1, 3, (const double[]){0.1, 0.3, -0.7});
		egm_data_free(table);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("csv_limits");
	TCase *tc = tcase_create("core"), *bad = tcase_create("attacks");
	tcase_set_tags(bad, "R6 R16");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_checked_fixture(bad, setup, teardown);
	tcase_add_test(tc, test_csv_limits__zero_is_every_default);
	tcase_add_test(bad, test_csv_limits__options_out_of_range);
	tcase_add_test(bad, test_csv_limits__words_take_memory);
	tcase_add_test(bad, test_csv_limits__misuse);
	tcase_add_test(tc, test_csv_limits__limits);
	tcase_add_test(tc, test_csv_limits__lines_of_many_fields);
	tcase_add_test(tc, test_csv_limits__many_rows);
	tcase_add_test(tc, test_csv_limits__whatever_the_host_rounds_to);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, bad);
	return io_test_main(s);
}
