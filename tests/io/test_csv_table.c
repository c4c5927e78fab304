/* SPDX-License-Identifier: MIT */
/* Tables of text with headers, words, quotes, comments, missing values, columns by name. The contents of a table were
 * written down by hand or come from pandas, see csv_reference.py. */
#include "csv_reference.h"
#include "csv_table_support.h"

/* letters of `how`: , ; t(ab) b(lanks) delimiter; H/N header; c/h words; m missing values become -9; d decimal comma;
 * x no comments. */
static void options_of(const char *how)
{
	for (; *how; how++) {
		if (*how == ';') o.delimiter = ';';
		if (*how == 't') o.delimiter = '\t';
		if (*how == 'b') o.delimiter = ' ';
		if (*how == 'H') o.header = YES;
		if (*how == 'N') o.header = NO;
		if (*how == 'c') o.text = CODES;
		if (*how == 'h') o.text = HOT;
		if (*how == 'd') o.decimal = ',';
		if (*how == 'x') o.comment = -1;
		if (*how == 'm') {
			o.replace_missing = 1;
			o.missing_value = -9;
		}
	}
}

static const struct {
	const char *row, *how, *text;
	int64_t rows, columns;
	double values[12];
	const char *description;
} tables[] = {
    {"numbers", "", "1,2\n3,4\n", 2, 2, {1, 2, 3, 4}, "-.1 -.2"},
    {"header", "", "x,y\n1,2\n3,4\n", 2, 2, {1, 2, 3, 4}, "x.1 y.2"},
    {"header with empty name", "", ",y\n1,2\n", 1, 2, {1, 2}, ".1 y.2"},
    {"header in quotes", "", Q "x, 1" Q "," Q "say " Q Q "y" Q Q Q "\n1,2\n", 1, 2, {1, 2}, "x, 1.1 say \"y\".2"},
    {"numeric header", "H", "2001,2002\n1,2\n", 1, 2, {1, 2}, "2001.1 2002.2"},
    {"numbers as first row", "", "2001,2002\n1,2\n", 2, 2, {2001, 2002, 1, 2}, "-.1 -.2"},
    {"numbers in quotes", "", Q "1" Q ", " Q "-2.5e1" Q " \n", 1, 2, {1, -25}, "-.1 -.2"},
    {"CRLF", "c", "a,b\r\n1,x\r\n2,y\r\n", 2, 2, {1, 0, 2, 1}, "a.1 b.2(x|y)"},
    {"CR", "c", "a,b\r1,x\r2,y", 2, 2, {1, 0, 2, 1}, "a.1 b.2(x|y)"},
    {"mark", "", "\xef\xbb\xbfx,y\n1,2", 1, 2, {1, 2}, "x.1 y.2"},
    {"mark before a quote", "", "\xef\xbb\xbf" Q "x" Q ",y\n1,2", 1, 2, {1, 2}, "x.1 y.2"},
    {"codes in the order of bytes", "cN", "b\nB\nba\na\nb\n", 5, 1, {2, 0, 3, 1, 2}, "-.1(B|a|b|ba)"},
    {"one-hot",
     "h",
     "n,s\n1,tcp\n2,udp\n3,tcp\n",
     3,
     3,
     {1, 1, 0, 2, 0, 1, 3, 1, 0},
     "n.1 s.2=tcp(tcp|udp) s.2=udp(tcp|udp)"},
    {"words without header",
     "c",
     "0,tcp,http\n1,udp,dns\n",
     2,
     3,
     {0, 0, 1, 1, 1, 0},
     "-.1 -.2(tcp|udp) -.3(dns|http)"},
    {"blanks around words", "c", "1, x y ,\t2\n1,x y,2", 2, 3, {1, 0, 2, 1, 0, 2}, "-.1 -.2(x y) -.3"},
    {"delimiter, quote and line feed in a word",
     "c",
     "1," Q "a,b" Q "\n2," Q "a" Q Q Q "\n3," Q "a\nb" Q "\n",
     3,
     2,
     {1, 2, 2, 1, 3, 0},
     "-.1 -.2(a\nb|a\"|a,b)"},
    {"a quote within", "c", "1,5" Q " disk\n", 1, 2, {1, 0}, "-.1 -.2(5\" disk)"},
    {"comments",
     "",
     "# x, y\n#\n1,2\n  # more\n3,4 # inline, with comma\n5, 6\t#\n",
     3,
     2,
     {1, 2, 3, 4, 5, 6},
     "-.1 -.2"},
    {"comment behind a quote", "", "1," Q "2" Q " # two\n", 1, 2, {1, 2}, "-.1 -.2"},
    {"no comments", "xcN", "#1,2\n#2,3\n", 2, 2, {0, 2, 1, 3}, "-.1(#1|#2) -.2"},
    {"# in a word", "cN", "C#,1\n", 1, 2, {0, 1}, "-.1(C#) -.2"},
    {"# behind a delimiter", "c", "1,#2\n", 1, 2, {1, 0}, "-.1 -.2(#2)"},
    {"missing",
     "m",
     "1,,?\nNA,n/a,nan\n" Q Q ",NULL,7\n4,5,6\n",
     4,
     3,
     {1, -9, -9, -9, -9, -9, -9, -9, 7, 4, 5, 6},
     "-.1?2 -.2?3 -.3?2"},
    {"missing words as codes", "mc", "1,x\n2,?\n3,\n", 3, 2, {1, 0, 2, -9, 3, -9}, "-.1 -.2(x)?2"},
    {"missing words as one-hot", "mh", "1,x\n2,?\n", 2, 2, {1, 1, 2, 0}, "-.1 -.2=x(x)?1"},
    {"NA in quotes is a word", "mc", "1," Q "NA" Q "\n2,NA\n", 2, 2, {1, 0, 2, -9}, "-.1 -.2(NA)?1"},
    {"nothing but missing", "m", "1,\n2,?\n", 2, 2, {1, -9, 2, -9}, "-.1 -.2?2"},
    {"trailing separator", "", "1,2,\n3,4,\n", 2, 2, {1, 2, 3, 4}, "-.1 -.2"},
    {"trailing separator of the header", "", "x,y,\n1,2,\n3,4\n", 2, 2, {1, 2, 3, 4}, "x.1 y.2"},
    {"trailing separator of rows", "", "x,y\n1,2,\n3,4, \n", 2, 2, {1, 2, 3, 4}, "x.1 y.2"},
    {"no trailing separator: a value below", "m", "1,2,\n3,4,5\n", 2, 3, {1, 2, -9, 3, 4, 5}, "-.1 -.2 -.3?1"},
    {"an empty last field in quotes", "m", "1," Q Q "\n2,\n", 2, 2, {1, -9, 2, -9}, "-.1 -.2?2"},
    {"one column keeps its empty first cell", "mH", Q Q "\n1\n", 1, 1, {1}, ".1"},
    {"semicolons", ";", "x;y\n1.5;2\n", 1, 2, {1.5, 2}, "x.1 y.2"},
    {"decimal comma", ";d", "x;y\n1,5;-2\n", 1, 2, {1.5, -2}, "x.1 y.2"},
    {"tabs", "tm", "x\ty\n1\t2\n \t4\n", 2, 2, {1, 2, -9, 4}, "x.1?1 y.2"},
    {"tabs mixed with blanks", "b", "x  y\n 1\t 2 \n3 \t4\t\n", 2, 2, {1, 2, 3, 4}, "x.1 y.2"},
    {"blanks, comment and quotes",
     "bcN",
     "1 " Q "a b" Q "  3 # c\n\t2 b 4\n",
     2,
     3,
     {1, 0, 3, 2, 1, 4},
     "-.1 -.2(a b|b) -.3"},
    {"not a count", "", "0,1,3\n4,5,6\n", 2, 3, {0, 1, 3, 4, 5, 6}, "-.1 -.2 -.3"},
    {"a count of two", "", "0,1\n1,0\n", 2, 2, {0, 1, 1, 0}, "-.1 -.2"},
    {"a count that is said to be a row", "N", "0,1,2\n3,4,5\n", 2, 3, {0, 1, 2, 3, 4, 5}, "-.1 -.2 -.3"},
    {"a count that is said to be a header", "H", "0,1,2\n3,4,5\n", 1, 3, {3, 4, 5}, "0.1 1.2 2.3"},
    {"empty lines", "", "\n\nx\n\n1\n \n\t\n2\n\n", 2, 1, {1, 2}, "x.1"},
    {"nearest",
     "",
     "0.1,1e-320,9007199254740993\n",
     1,
     3,
     {0x1.999999999999ap-4, 1e-320, 9007199254740992.0},
     "-.1 -.2 -.3"},
};

START_TEST(test_csv_table__tables)
{
	options_of(tables[_i].how);
	egm_data *data = load(tables[_i].row, tables[_i].text, strlen(tables[_i].text));
	check_values(tables[_i].row, data, tables[_i].rows, tables[_i].columns, tables[_i].values);
	ck_assert_msg(strcmp(describe(data), tables[_i].description) == 0, "%s: %s", tables[_i].row, describe(data));
	egm_data_free(data);
}
END_TEST

START_TEST(test_csv_table__as_pandas_reads_it)
{
	const csv_reference *r = &csv_references[_i];
	o.delimiter = r->delimiter;
	o.decimal = r->decimal;
	o.text = r->one_hot ? HOT : CODES;
	options_of("m");
	egm_data *data = load(r->description, r->text, r->n);
	check_values(r->description, data, r->rows, r->columns, r->values);
	ck_assert_str_eq(describe(data), r->description);
	egm_data_free(data);
}
END_TEST

static const struct {
	const char *row, *how, *text;
	egm_status status;
	const char *needle;
} attacks[] = {
    {"empty", "", "", EGM_ERR_FORMAT, "no row: all lines"},
    {"comments alone", "", "# a\n \n#b", EGM_ERR_FORMAT, "no row: all lines"},
    {"header alone", "H", "x,y\n", EGM_ERR_FORMAT, "no row below the header"},
    {"a word", "", "1,2\n3,four\n", EGM_ERR_FORMAT, "line 2, field 2: 'four' is not a number; set the option text"},
    {"a word in line 1", "", "1,two\n3,4\n", EGM_ERR_FORMAT, "line 1, field 2: 'two' is not a number; if the line is"},
    {"a word in line 1 of codes", "c", "1,two\n3,4\n", EGM_ERR_FORMAT, "line 1, field 2: 'two' is not a number; if"},
    {"words alone", "c", "a,b\nc,d\n", EGM_ERR_FORMAT, "line 1 may be a header or a row"},
    {"words alone, refused", "", "a,b\n,d\n", EGM_ERR_FORMAT, "no column has numbers alone ('d' in line 2, field 2)"},
    {"names alone", "", "a,b\n", EGM_ERR_FORMAT,
     "line 1 may be a header or a row: there is no line below it; set the option"},
    {"names from pandas", "", "0,1,2\n1.5,2.5,3.5\n", EGM_ERR_FORMAT, "line 1 may be a header or a row: it counts"},
    {"names and a class", "c", "0,1,2,class\n1.5,2,3,a\n", EGM_ERR_FORMAT,
     "line 1 may be a header or a row: it counts"},
    {"index and names", "m", ",0,1,2\n0,1.5,2,3\n", EGM_ERR_FORMAT, "line 1 may be a header or a row: it counts"},
    {"decimal comma", ";H", "x;y\n1;-2,5\n", EGM_ERR_FORMAT, "'-2,5' is not a number; is the decimal sign ','?"},
    {"decimal comma below a header", ";", "x;y\n1,5;2,5\n", EGM_ERR_FORMAT, "('1,5' in line 2, field 1)"},
    {"semicolons", "cH", "x;y\na;1,5\n", EGM_ERR_FORMAT,
     "has more fields, must have 1 as line 1; is the delimiter right"},
    {"word under numbers", "c", "a\n1\n2\nl.5\n", EGM_ERR_FORMAT,
     "line 1 may be a header or a row: no column has numbers alone"},
    {"word under numbers", "cN", "1,1\n2,2\n3,l.5\n", EGM_ERR_FORMAT,
     "line 3, field 2: 'l.5' is not a number, line 1 has a number there"},
    {"number under words", "cN", "x\ny\n3\n", EGM_ERR_FORMAT,
     "line 3, field 1: '3' is a number, line 1 has a word there"},
    {"missing", "", "1,2\n3,\n", EGM_ERR_FORMAT, "line 2, field 2: the value is missing ('')"},
    {"missing ?", "c", "a,b\n1,x\n2,?\n", EGM_ERR_FORMAT, "line 3, field 2: the value is missing ('?')"},
    {"missing behind comments", "", "# c\n\n1,2\n# c\n\n3,NA\n", EGM_ERR_FORMAT,
     "line 6, field 2: the value is missing"},
    {"short", "", "1,2\n3\n", EGM_ERR_FORMAT, "line 2 has 1 fields, must have 2 as line 1"},
    {"long", "", "1,2\n3,4,5\n", EGM_ERR_FORMAT, "line 2 has more fields, must have 2 as line 1"},
    {"two trailing separators", "", "1,2\n3,4,,\n", EGM_ERR_FORMAT, "line 2 has more fields, must have 2"},
    {"infinity", "m", "x\n1\n-Inf\n", EGM_ERR_NONFINITE, "line 3, field 1: '-Inf' is not finite"},
    {"overflow", "", "1\n1e999\n", EGM_ERR_NONFINITE,
     "line 2, field 1: '1e999' is not finite once it is scaled and stored"},
    {"open quote", "", "1,2\n" Q "3,4\n5,6\n", EGM_ERR_FORMAT,
     "line 2, field 1: begins with a quote, must end with one"},
    {"text behind a quote", "", "1," Q "2" Q "3\n", EGM_ERR_FORMAT,
     "line 1, field 2: '2' has text after its closing quote"},
    {"line numbers behind quotes", "cH", "x,y\n" Q "a\n\nb" Q ",1\nc\n", EGM_ERR_FORMAT, "line 5 has 1 fields"},
    {"comment or text", "c", "1,Apt #5\n", EGM_ERR_FORMAT,
     "line 1, field 2: 'Apt' may be followed by a comment: quote the text"},
    {"wrong delimiter and a header", "", "a;b\n1;2\n", EGM_ERR_FORMAT,
     "set the option header. Is the delimiter right?"},
    {"wrong delimiter", "", "1;2\n3;4\n", EGM_ERR_FORMAT, "'1;2' is not a number; is the delimiter ';'?"},
    {"wrong delimiter", "", "1 2\n3 4\n", EGM_ERR_FORMAT, "is the delimiter a blank or a tab?"},
    {"point and comma", ";d", "1.5;2\n", EGM_ERR_FORMAT, "'1.5' is not a number"},
    {"two commas", ";d", "1,5,5;2\n", EGM_ERR_FORMAT, "'1,5,5' is not a number"},
    {"hexadecimal", "", "0x10\n", EGM_ERR_FORMAT, "'0x10' is not"},
    {"page", "cN", "\n <!DOCTYPE html>\n<html>", EGM_ERR_FORMAT, "is not a table of text; it looks like an HTML page"},
    {"lfs", "cN", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", EGM_ERR_FORMAT, "a git-lfs pointer"},
    {"zip", "cN", "PK\3\4\x14", EGM_ERR_FORMAT, "a zip archive"},
    {"UTF-16", "cN",
     "\xff\xfe"
     "1,2\n",
     EGM_ERR_FORMAT, "it looks like UTF-16"},
    {"ARFF", "cN", "@relation iris\n@data\n1,2\n", EGM_ERR_FORMAT, "an ARFF table"},
    {"a word like a signature", "", "PAR1,BZh\n1,x\n", EGM_ERR_FORMAT, "line 2, field 2: 'x'"},
};

START_TEST(test_csv_table__attacks)
{
	egm_data *data = (egm_data *)&data;
	options_of(attacks[_i].how);
	io_write(path, attacks[_i].text, strlen(attacks[_i].text));
	io_expect(attacks[_i].row, egm_data_load_csv(&data, context, path, &o), attacks[_i].status, attacks[_i].needle);
	ck_assert_ptr_null(data);
}
END_TEST

/* Kinds that have no letters to show; and what says what it is may be skipped by who knows. */
START_TEST(test_csv_table__other_formats)
{
	egm_data *data;
	char bytes[600] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
	io_write(path, bytes, sizeof bytes);
	io_expect("xls", egm_data_load_csv(&data, context, path, &o), EGM_ERR_FORMAT, "an old Office document");
	memcpy(bytes, "MATLAB 7.3 MAT-file", 19);
	io_write(path, bytes, sizeof bytes);
	io_expect("mat", egm_data_load_csv(&data, context, path, &o), EGM_ERR_FORMAT, "a MATLAB file");
	o.skip_lines = 3;
	data = load("ARFF", BYTES("@relation a\n@attribute x real\n@data\n1\n2\n"));
	check_values("ARFF", data, 2, 1, (const double[]){1, 2});
	egm_data_free(data);
}
END_TEST

START_TEST(test_csv_table__utf16_without_a_mark)
{
	egm_data *data = (egm_data *)&data;
	io_write(path, "1\0,\0002\0\n\0", 8);
	io_expect("UTF-16", egm_data_load_csv(&data, context, path, &o), EGM_ERR_FORMAT, "line 1 has a zero byte");
	ck_assert_ptr_null(data);
}
END_TEST

/* ---- columns */

static const char people[] = "name,age,city,weight\nAnn,30,Rome,60\nBob,40,Oslo,70\nCid,50,Rome,80\n";

START_TEST(test_csv_table__columns)
{
	static const struct {
		const char *columns[3];
		int count;
		double values[9];
		const char *description;
	} rows[] = {
	    {{"age", "weight"}, 2, {30, 60, 40, 70, 50, 80}, "age.2 weight.4"},
	    {{"weight", "age"}, 2, {60, 30, 70, 40, 80, 50}, "weight.4 age.2"},
	    {{"4", "2"}, 2, {60, 30, 70, 40, 80, 50}, "weight.4 age.2"},
	    {{"2-3"}, 1, {30, 1, 40, 0, 50, 1}, "age.2 city.3(Oslo|Rome)"},
	    {{"weight", "2-2"}, 2, {60, 30, 70, 40, 80, 50}, "weight.4 age.2"},
	};
	o.text = CODES;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		o.columns = rows[i].columns;
		o.column_count = rows[i].count;
		egm_data *data = load(rows[i].description, BYTES(people));
		check_values(rows[i].description, data, 3, 2, rows[i].values);
		ck_assert_str_eq(describe(data), rows[i].description);
		egm_data_free(data);
	}
}
END_TEST

START_TEST(test_csv_table__columns_that_are_not_there)
{
	static const struct {
		const char *column, *needle;
	} rows[] = {{"height", "columns: there is no column 'height' (the file has 4 columns and a header)"},
	            {"5", "no column '5'"},
	            {"0", "no column '0'"},
	            {"3-2", "no column '3-2'"},
	            {"2-5", "no column '2-5'"},
	            {"2-", "no column '2-'"},
	            {"-2", "no column '-2'"},
	            {"99999999999999999999", "no column"},
	            {"", "no column ''"},
	            {NULL, "an entry of columns is NULL"}};
	egm_data *data;
	io_write(path, BYTES(people));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		o.columns = &rows[i].column;
		o.column_count = 1;
		io_expect("column", egm_data_load_csv(&data, context, path, &o), EGM_ERR_ARGUMENT, rows[i].needle);
	}
	const char *twice[] = {"age", "2"};
	o.columns = twice;
	o.column_count = 2;
	io_expect("twice", egm_data_load_csv(&data, context, path, &o), EGM_ERR_ARGUMENT,
	          "columns has column 2 twice, must have it once");
	io_write(path, "x,x\n1,2\n", 8);
	o.columns = (const char *const[]){"x"};
	o.column_count = 1;
	io_expect("same", egm_data_load_csv(&data, context, path, &o), EGM_ERR_ARGUMENT,
	          "columns 1 and 2 are both 'x', must differ");
}
END_TEST

/* What is not read may be anything, a field beyond the limit included. */
START_TEST(test_csv_table__other_columns_may_hold_anything)
{
	static char text[9000];
	egm_data *data;
	size_t n = (size_t)sprintf(text, "x,note\n1,%01500d\n2,", 7);
	memset(text + n, 'w', 3000);
	strcpy(text + n + 3000, "\n");
	n += 3001;
	o.columns = (const char *const[]){"x"};
	o.column_count = 1;
	data = load("long", text, n);
	check_values("long", data, 2, 1, (const double[]){1, 2});
	egm_data_free(data);
	o.columns = NULL;
	o.column_count = 0;
	io_expect("read", egm_data_load_csv(&data, context, path, &o), EGM_ERR_FORMAT,
	          "line 2, field 2: is too long, must have at most 1024 bytes");
}
END_TEST

START_TEST(test_csv_table__numbers_as_words)
{
	o.text = HOT;
	o.text_columns = (const char *const[]){"label"};
	o.text_column_count = 1;
	egm_data *data = load("labels", BYTES("x,label\n1,0\n2,10\n3,9\n4,0\n"));
	check_values("labels", data, 4, 4, (const double[]){1, 1, 0, 0, 2, 0, 1, 0, 3, 0, 0, 1, 4, 1, 0, 0});
	ck_assert_str_eq(describe(data), "x.1 label.2=0(0|10|9) label.2=10(0|10|9) label.2=9(0|10|9)");
	egm_data_free(data);
	o.text_columns = (const char *const[]){"2"};
	o.text = CODES;
	o.header = NO;
	data = load("mixed", BYTES("1,B5\n2,12\n"));
	ck_assert_str_eq(describe(data), "-.1 -.2(12|B5)");
	egm_data_free(data);
}
END_TEST

/* ---- a second file with the dictionaries of the first */

START_TEST(test_csv_table__like)
{
	o.text = CODES;
	egm_data *train = load("train", BYTES("proto,bytes\nudp,1\ntcp,2\nicmp,3\n")), *test;
	ck_assert_str_eq(describe(train), "proto.1(icmp|tcp|udp) bytes.2");
	o.like = train;
	/* Another order of columns, one more, fewer words: the codes are those of the training data. */
	test = load("test", BYTES("label,bytes,proto\n?,7,udp\nx,8,tcp\n"));
	check_values("test", test, 2, 2, (const double[]){2, 7, 1, 8});
	ck_assert_str_eq(describe(test), "proto.3(icmp|tcp|udp) bytes.2");
	egm_data_free(test);
	/* No header: by number. */
	test = load("no header", BYTES("tcp,9\n"));
	check_values("no header", test, 1, 2, (const double[]){1, 9});
	egm_data_free(test);
	io_write(path, BYTES("proto,bytes\nudp,1\nsctp,2\n"));
	io_expect("unknown", egm_data_load_csv(&test, context, path, &o), EGM_ERR_FORMAT,
	          "line 3, field 1: 'sctp' is not in the dictionary; it must be there unless the option unknown allows it");
	o.unknown = EGM_CSV_UNKNOWN_CODE;
	test = load("a code of its own", BYTES("proto,bytes\nudp,1\nsctp,2\n"));
	check_values("a code of its own", test, 2, 2, (const double[]){2, 1, 3, 2});
	ck_assert_str_eq(describe(test), "proto.1(icmp|tcp|udp) bytes.2");
	/* The second serves like the first, and outlives it. */
	egm_data_free(train);
	o.like = test;
	train = load("third", BYTES("proto,bytes\nicmp,1\n"));
	check_values("third", train, 1, 2, (const double[]){0, 1});
	egm_data_free(test);
	ck_assert_str_eq(describe(train), "proto.1(icmp|tcp|udp) bytes.2");
	o.like = train;
	io_write(path, BYTES("bytes,x\n1,2\n"));
	io_expect("lacks", egm_data_load_csv(&test, context, path, &o), EGM_ERR_ARGUMENT,
	          "like: there is no column 'proto'");
	io_write(path, BYTES("tcp\n"));
	io_expect("narrow", egm_data_load_csv(&test, context, path, &o), EGM_ERR_FORMAT, "line 1 may be a header");
	o.header = NO;
	io_expect("narrow", egm_data_load_csv(&test, context, path, &o), EGM_ERR_ARGUMENT, "like: there is no column '2'");
	io_write(path, BYTES("tcp,x\n"));
	io_expect("kind", egm_data_load_csv(&test, context, path, &o), EGM_ERR_FORMAT,
	          "'x' is not a number, must be one as in the table of the option like");
	egm_data_free(train);
}
END_TEST

START_TEST(test_csv_table__like_one_hot)
{
	o.text = HOT;
	o.replace_missing = 1;
	egm_data *train = load("train", BYTES("s,x\na,1\nb,2\n")), *test;
	o.like = train;
	o.unknown = EGM_CSV_UNKNOWN_CODE;
	test = load("test", BYTES("s,x\nb,1\nc,2\n?,3\n"));
	check_values("test", test, 3, 3, (const double[]){0, 1, 1, 0, 0, 2, 0, 0, 3});
	egm_data_free(test);
	/* Two columns of one name, where they were. */
	egm_data_free(train);
	o.like = NULL;
	train = load("x, x", BYTES("x,s,x\n1,a,3\n"));
	o.like = train;
	test = load("x, x", BYTES("x,s,x\n5,a,7\n"));
	check_values("x, x", test, 1, 3, (const double[]){5, 1, 7});
	egm_data_free(test);
	io_write(path, BYTES("s,x,x\na,5,7\n"));
	io_expect("x, x", egm_data_load_csv(&test, context, path, &o), EGM_ERR_ARGUMENT,
	          "columns 2 and 3 are both 'x', must differ");
	/* Names alone tell a header of words from a row, where the table has no numbers. */
	egm_data_free(train);
	o.like = NULL;
	o.header = YES;
	train = load("words", BYTES("s,t\na,1x\nb,2x\n"));
	o.like = train;
	o.header = EGM_CSV_HEADER_DETECT;
	test = load("words", BYTES("t,s\n1x,b\n"));
	check_values("words", test, 1, 4, (const double[]){0, 1, 1, 0});
	egm_data_free(test);
	egm_data_free(train);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("csv_table");
	TCase *tc = tcase_create("core"), *bad = tcase_create("attacks");
	tcase_set_tags(bad, "R6 R16");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_checked_fixture(bad, setup, teardown);
	tcase_add_loop_test(tc, test_csv_table__tables, 0, (int)(sizeof tables / sizeof *tables));
	tcase_add_loop_test(tc, test_csv_table__as_pandas_reads_it, 0,
	                    (int)(sizeof csv_references / sizeof *csv_references));
	tcase_add_loop_test(bad, test_csv_table__attacks, 0, (int)(sizeof attacks / sizeof *attacks));
	tcase_add_test(bad, test_csv_table__other_formats);
	tcase_add_test(bad, test_csv_table__utf16_without_a_mark);
	tcase_add_test(tc, test_csv_table__columns);
	tcase_add_test(bad, test_csv_table__columns_that_are_not_there);
	tcase_add_test(tc, test_csv_table__other_columns_may_hold_anything);
	tcase_add_test(tc, test_csv_table__numbers_as_words);
	tcase_add_test(tc, test_csv_table__like);
	tcase_add_test(tc, test_csv_table__like_one_hot);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, bad);
	return io_test_main(s);
}
