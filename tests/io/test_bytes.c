/* SPDX-License-Identifier: MIT */
/* Memory in place of a file: the bytes that are written are those of the file, and bytes that are read give the errors
 * of the file but for its name. Files of data are tested here, too. */
#include "st_files.h"
#include <io/safetensors_impl.h>
/* behind names that it has as variables */
#include "csv_table_support.h"
#include <math.h>
#if EGM_HAVE_ZLIB
#include <zlib.h>
#endif

static egm_model *model;
static egm_data *data;

static void open_all(void)
{
	static const char text[] = "age,city,size\n30,Rome,\xe9\n?,Oslo,b\n50,Rome,b\n"; /* one word is not UTF-8 */
	setup();
	ck_assert_int_eq(egm_model_create(&model, context, "m", 2), EGM_OK);
	egm_model_dense(model, 3);
	egm_model_leaky_relu(model, 0.2);
	egm_model_dense(model, 1);
	ck_assert_int_eq(egm_model_build(model, EGM_F64, 1), EGM_OK);
	o.text = CODES;
	o.replace_missing = 1;
	o.missing_value = -1;
	data = load("table", text, sizeof text - 1);
}

static void close_all(void)
{
	egm_data_free(data);
	egm_model_free(model);
	teardown();
}

/* ---- writing */

typedef struct saver {
	const char *name;
	egm_status (*to_file)(void);
	egm_status (*to_memory)(void *buffer, size_t size, size_t *needed);
} saver;

static egm_status model_file(void)
{
	return egm_model_save(model, path);
}

static egm_status model_memory(void *buffer, size_t size, size_t *needed)
{
	return egm_model_save_memory(model, buffer, size, needed);
}

static egm_status pytorch_file(void)
{
	return egm_model_save_pytorch(model, path);
}

static egm_status pytorch_memory(void *buffer, size_t size, size_t *needed)
{
	return egm_model_save_pytorch_memory(model, buffer, size, needed);
}

static egm_status data_file(void)
{
	return egm_data_save(data, path);
}

static egm_status data_memory(void *buffer, size_t size, size_t *needed)
{
	return egm_data_save_memory(data, buffer, size, needed);
}

static const saver savers[] = {{"model", model_file, model_memory},
                               {"model for PyTorch", pytorch_file, pytorch_memory},
                               {"data", data_file, data_memory}};

START_TEST(test_bytes__are_those_of_the_file)
{
	size_t n, needed = 0;
	ck_assert_int_eq(savers[_i].to_file(), EGM_OK);
	unsigned char *file = io_read(path, &n);
	io_expect("ask", savers[_i].to_memory(NULL, 0, &needed), EGM_OK, NULL);
	ck_assert_uint_eq(needed, n);
	unsigned char *bytes = malloc(n + 1);
	memset(bytes, 0x5a, n + 1);
	needed = 0;
	io_expect("exact", savers[_i].to_memory(bytes, n, &needed), EGM_OK, NULL);
	ck_assert_uint_eq(needed, n);
	ck_assert_mem_eq(bytes, file, n);
	ck_assert_int_eq(bytes[n], 0x5a);
	memset(bytes, 0, n);
	io_expect("wide", savers[_i].to_memory(bytes, n + 1, NULL), EGM_OK, NULL);
	ck_assert_mem_eq(bytes, file, n);
	ck_assert_int_eq(bytes[n], 0x5a);
	free(bytes);
	free(file);
}
END_TEST

START_TEST(test_bytes__a_buffer_that_is_too_small)
{
	size_t n, needed;
	char text[64];
	unsigned char bytes[4096];
	ck_assert_int_eq(savers[_i].to_memory(NULL, 0, &n), EGM_OK);
	ck_assert_uint_lt(n, sizeof bytes);
	memset(bytes, 0x5a, sizeof bytes);
	const size_t sizes[] = {0, 1, n / 2, n - 1};
	for (int i = 0; i < 4; i++) {
		needed = 0;
		snprintf(text, sizeof text, "buffer has %zu bytes, must have %zu", sizes[i], n);
		io_expect("small", savers[_i].to_memory(bytes, sizes[i], &needed), EGM_ERR_ARGUMENT, text);
		ck_assert_uint_eq(needed, n);
		for (size_t k = 0; k < sizeof bytes; k++) ck_assert_int_eq(bytes[k], 0x5a);
	}
	io_expect("NULL", savers[_i].to_memory(NULL, 5, &needed), EGM_ERR_ARGUMENT, "buffer is NULL and size is 5");
	io_expect("nothing", savers[_i].to_memory(NULL, 0, NULL), EGM_ERR_ARGUMENT,
	          "buffer and needed are NULL, one of them must not be");
}
END_TEST

/* ---- reading */

/* Which object a reader made does not matter here: it is freed, or restored into. */
typedef struct loader {
	const char *name;
	egm_status (*from_file)(void);
	egm_status (*from_memory)(const void *bytes, size_t size);
} loader;

static egm_status free_model(egm_status st, egm_model *m)
{
	ck_assert_int_eq(st == EGM_OK, m != NULL);
	egm_model_free(m);
	return st;
}

static egm_status free_data(egm_status st, egm_data *d)
{
	ck_assert_int_eq(st == EGM_OK, d != NULL);
	egm_data_free(d);
	return st;
}

#define LOADERS(name, type, function)                                      \
	static egm_status name##_from_file(void)                               \
	{                                                                      \
		egm_##type *x = NULL;                                              \
		egm_status st = function(&x, context, path, NULL);                 \
		return free_##type(st, x);                                         \
	}                                                                      \
	static egm_status name##_from_memory(const void *bytes, size_t size)   \
	{                                                                      \
		egm_##type *x = NULL;                                              \
		egm_status st = function##_memory(&x, context, bytes, size, NULL); \
		return free_##type(st, x);                                         \
	}
LOADERS(model, model, egm_model_load)
LOADERS(data, data, egm_data_load)
LOADERS(npy, data, egm_data_load_npy)
LOADERS(idx, data, egm_data_load_idx)
LOADERS(csv, data, egm_data_load_csv)

static egm_status restore_from_file(void)
{
	return egm_model_restore(model, path, NULL);
}

static egm_status restore_from_memory(const void *bytes, size_t size)
{
	return egm_model_restore_memory(model, bytes, size, NULL);
}

static const loader loaders[] = {
    {"egm_model_load", model_from_file, model_from_memory},
    {"egm_model_restore", restore_from_file, restore_from_memory},
    {"egm_data_load", data_from_file, data_from_memory},
    {"egm_data_load_npy", npy_from_file, npy_from_memory},
    {"egm_data_load_idx", idx_from_file, idx_from_memory},
    {"egm_data_load_csv", csv_from_file, csv_from_memory},
};

static const unsigned char idx_bytes[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
static const char csv_bytes[] = "x,y\n1,2\n\"3\",4\n";

/* A file that the reader accepts; its bytes, to be freed. */
static unsigned char *good_file(int i, size_t *n)
{
	if (i < 2) ck_assert_int_eq(model_file(), EGM_OK);
	if (i == 2) ck_assert_int_eq(data_file(), EGM_OK);
	if (i == 3)
		ck_assert_int_eq(egm_array_save_npy(context, egm_f64((const double[]){1, 2, 3, 4}, 2, 2), path), EGM_OK);
	if (i == 4) io_write(path, idx_bytes, sizeof idx_bytes);
	if (i == 5) io_write(path, csv_bytes, sizeof csv_bytes - 1);
	return io_read(path, n);
}

/* The error of a file, with "bytes" where its path is. Function names do not count: they differ by _memory. */
static void without_path(char out[600], const char *text)
{
	const char *at = strstr(text, path);
	snprintf(out, 600, "%.*sbytes%s", at ? (int)(at - text) : 0, text, at ? at + strlen(path) : text);
}

static void compare(int i, const unsigned char *bytes, size_t n)
{
	char want[600];
	const loader *l = &loaders[i];
	io_write(path, bytes, n);
	egm_status file = l->from_file();
	without_path(want, egm_last_error());
	egm_status read = l->from_memory(bytes, n);
	ck_assert_msg(file == read, "%s: %s of a file, %s of memory", l->name, egm_status_name(file),
	              egm_status_name(read));
	if (file == EGM_OK) return;
	const char *got = egm_last_error(), *behind = strstr(want, "bytes");
	ck_assert_msg(strstr(got, behind) != NULL, "%s: '%s' is not in '%s'", l->name, behind, got);
}

/* Every file that ends early, and every file with one byte changed: read from memory that ends where the bytes do. */
START_TEST(test_bytes__are_refused_as_files_are)
{
	size_t n, step;
	unsigned char *bytes = good_file(_i, &n);
	compare(_i, bytes, n);
	ck_assert_int_eq(loaders[_i].from_file(), EGM_OK);
	step = n > 400 ? n / 200 : 1;
	for (size_t cut = 0; cut < n; cut += step) {
		unsigned char *part = malloc(cut + !cut);
		memcpy(part, bytes, cut);
		compare(_i, part, cut);
		free(part);
	}
	for (size_t at = 0; at < n; at += step) {
		bytes[at] ^= (unsigned char)(1 + at % 255);
		compare(_i, bytes, n);
		bytes[at] ^= (unsigned char)(1 + at % 255);
	}
	free(bytes);
}
END_TEST

START_TEST(test_bytes__misuse)
{
	egm_model *m = (egm_model *)&m;
	egm_data *d = (egm_data *)&d;
	size_t n;
	const char *x = "x";
	io_expect("model", egm_model_save_memory(NULL, NULL, 0, &n), EGM_ERR_ARGUMENT, "model is NULL");
	io_expect("data", egm_data_save_memory(NULL, NULL, 0, &n), EGM_ERR_ARGUMENT, "data is NULL");
	io_expect("data", egm_data_save(NULL, path), EGM_ERR_ARGUMENT, "data is NULL");
	io_expect("path", egm_data_save(data, NULL), EGM_ERR_ARGUMENT, "path is NULL");
	io_expect("out", egm_model_load_memory(NULL, context, x, 1, NULL), EGM_ERR_ARGUMENT, "out is NULL");
	io_expect("context", egm_model_load_memory(&m, NULL, x, 1, NULL), EGM_ERR_ARGUMENT, "context is NULL");
	io_expect("bytes", egm_model_load_memory(&m, context, NULL, 1, NULL), EGM_ERR_ARGUMENT, "bytes is NULL");
	io_expect("size", egm_model_load_memory(&m, context, x, SIZE_MAX, NULL), EGM_ERR_ARGUMENT, "size is");
	ck_assert_ptr_null(m);
	io_expect("model", egm_model_restore_memory(NULL, x, 1, NULL), EGM_ERR_ARGUMENT, "model is NULL");
	io_expect("bytes", egm_model_restore_memory(model, NULL, 1, NULL), EGM_ERR_ARGUMENT, "bytes is NULL");
	io_expect("out", egm_data_load_memory(NULL, context, x, 1, NULL), EGM_ERR_ARGUMENT, "out is NULL");
	io_expect("context", egm_data_load_npy_memory(&d, NULL, x, 1, NULL), EGM_ERR_ARGUMENT, "context is NULL");
	ck_assert_ptr_null(d);
	io_expect("bytes", egm_data_load_memory(&d, context, NULL, 0, NULL), EGM_ERR_ARGUMENT, "bytes is NULL");
	io_expect("bytes", egm_data_load_npy_memory(&d, context, NULL, 0, NULL), EGM_ERR_ARGUMENT, "bytes is NULL");
	io_expect("bytes", egm_data_load_idx_memory(&d, context, NULL, 0, NULL), EGM_ERR_ARGUMENT, "bytes is NULL");
	io_expect("bytes", egm_data_load_csv_memory(&d, context, NULL, 0, NULL), EGM_ERR_ARGUMENT, "bytes is NULL");
	io_expect("path", egm_data_load(&d, context, NULL, NULL), EGM_ERR_ARGUMENT, "path is NULL");
	io_expect("npy", egm_data_load_npy_memory(&d, context, x, 0, NULL), EGM_ERR_FORMAT, "within the NPY magic");
	ck_assert_ptr_null(d);
}
END_TEST

#if EGM_HAVE_ZLIB
/* Bytes of a gzip file are expanded as the file is. */
START_TEST(test_bytes__gzip)
{
	egm_data *d;
	size_t n;
	for (int text = 0; text < 2; text++) {
		gzFile z = gzopen(path, "wb");
		const void *plain = text ? (const void *)"1,2,3\n4,5,6\n" : idx_bytes;
		ck_assert_int_gt(gzwrite(z, plain, text ? 12 : sizeof idx_bytes), 0);
		ck_assert_int_eq(gzclose(z), Z_OK);
		unsigned char *bytes = io_read(path, &n);
		io_expect("gzip",
		          text ? egm_data_load_csv_memory(&d, context, bytes, n, &o)
		               : egm_data_load_idx_memory(&d, context, bytes, n, NULL),
		          EGM_OK, NULL);
		check_values("gzip", d, 2, 3, (const double[]){1, 2, 3, 4, 5, 6});
		egm_data_free(d);
		io_expect("cut", egm_data_load_idx_memory(&d, context, bytes, n - 9, NULL), EGM_ERR_FORMAT, "bytes: ");
		free(bytes);
	}
}
END_TEST
#endif

/* The limits of a file are those of memory. */
START_TEST(test_bytes__limits)
{
	static unsigned char bytes[4096];
	egm_load_options limits;
	egm_model *m;
	egm_data *d;
	size_t n;
	limits = (egm_load_options)EGM_LOAD_OPTIONS_INIT;
	limits.max_data_bytes = 8;
	ck_assert_int_eq(egm_model_save_memory(model, bytes, sizeof bytes, &n), EGM_OK);
	io_expect("model", egm_model_load_memory(&m, context, bytes, n, &limits), EGM_ERR_UNSUPPORTED,
	          "must be at most max_data_bytes, 8");
	ck_assert_int_eq(egm_data_save_memory(data, bytes, sizeof bytes, &n), EGM_OK);
	io_expect("data", egm_data_load_memory(&d, context, bytes, n, &limits), EGM_ERR_UNSUPPORTED,
	          "must be at most max_data_bytes, 8");
	options.max_bytes = 8;
	io_expect("idx", egm_data_load_idx_memory(&d, context, idx_bytes, sizeof idx_bytes, &options), EGM_ERR_UNSUPPORTED,
	          "must be at most max_bytes, 8");
	o.max_bytes = 8;
	io_expect("csv", egm_data_load_csv_memory(&d, context, csv_bytes, sizeof csv_bytes - 1, &o), EGM_ERR_UNSUPPORTED,
	          "must be at most max_bytes, 8");
}
END_TEST

/* ---- data in a file */

static void check_round_trip(const egm_data *d, const char *what)
{
	static unsigned char bytes[4096];
	static char before[2000];
	egm_data *again;
	size_t n;
	int64_t a[8], b[8];
	strcpy(before, describe(d));
	io_expect(what, egm_data_save_memory(d, bytes, sizeof bytes, &n), EGM_OK, NULL);
	io_expect(what, egm_data_load_memory(&again, context, bytes, n, NULL), EGM_OK, NULL);
	ck_assert_str_eq(describe(again), before);
	ck_assert_int_eq(egm_data_dtype(again), egm_data_dtype(d));
	ck_assert_int_eq(egm_data_shape(again, a), egm_data_shape(d, b));
	ck_assert_mem_eq(a, b, (size_t)egm_data_shape(d, b) * sizeof *a);
	size_t size = (size_t)(egm_data_rows(d) * egm_data_columns(d)) * (egm_data_dtype(d) == EGM_F64 ? 8 : 4);
	ck_assert_mem_eq(egm_data_values(again), egm_data_values(d), size);
	egm_data_free(again);
}

START_TEST(test_bytes__data_round_trip)
{
	const float x[4] = {1, -0.0f, 3e-40f, 4};
	egm_data *other;
	check_round_trip(data, "codes");
	ck_assert_str_eq(describe(data), "age.1?1 city.2(Oslo|Rome) size.3(b|\xe9)");
	o.text = HOT;
	other = load("one-hot", BYTES("1,b\n2,a\n"));
	check_round_trip(other, "one-hot without names");
	egm_data_free(other);
	ck_assert_int_eq(egm_data_view(&other, context, egm_f32(x, 2, 2)), EGM_OK);
	check_round_trip(other, "view");
	egm_data_free(other);
	static const unsigned char images[12 + 4 + 8] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,
	                                                 0, 0, 0, 2, 9, 8, 7, 6, 5, 4, 3};
	ck_assert_int_eq(egm_data_load_idx_memory(&other, context, images, sizeof images, NULL), EGM_OK);
	check_round_trip(other, "images");
	egm_data_free(other);
}
END_TEST

/* A table that was loaded serves others as `like`. */
START_TEST(test_bytes__data_that_are_like_saved_ones)
{
	egm_data *again, *test;
	ck_assert_int_eq(egm_data_save(data, path), EGM_OK);
	io_expect("load", egm_data_load(&again, context, path, NULL), EGM_OK, NULL);
	o.like = again;
	test = load("test", BYTES("size,age,city\nb,7,Rome\n"));
	check_values("test", test, 1, 3, (const double[]){7, 1, 0});
	egm_data_free(test);
	egm_data_free(again);
}
END_TEST

/* 9000 words of a letter or more: 18 kB in the file, and 9000 blocks in memory, counted as 128 bytes each. */
START_TEST(test_bytes__words_take_memory)
{
	enum { WORDS = 9000 };
	static char text[10 * WORDS];
	char *p = text;
	egm_load_options limits = EGM_LOAD_OPTIONS_INIT;
	egm_data *words, *again;
	for (int i = 0; i < WORDS; i++) p += sprintf(p, "w%d\n", i);
	o.header = NO;
	words = load("words", text, (size_t)(p - text));
	ck_assert_int_eq(egm_data_save(words, path), EGM_OK);
	limits.max_data_bytes = 1 << 20;
	io_expect("small", egm_data_load(&again, context, path, &limits), EGM_ERR_UNSUPPORTED,
	          "names and words need more than max_data_bytes allows, must need at most 1048576 bytes");
	limits.max_data_bytes = 1300000;
	io_expect("enough", egm_data_load(&again, context, path, &limits), EGM_OK, NULL);
	ck_assert_int_eq(column(again, 0).word_count, WORDS);
	egm_data_free(again);
	egm_data_free(words);
}
END_TEST

static int never(const int64_t *indices, int64_t count, void *out, void *user)
{
	return 1;
}

START_TEST(test_bytes__data_that_cannot_be_saved)
{
	double x[2] = {1, 2};
	egm_data *d;
	size_t n;
	ck_assert_int_eq(egm_data_callback(&d, context, EGM_F64, 1, 2, never, NULL, NULL), EGM_OK);
	io_expect("callback", egm_data_save_memory(d, NULL, 0, &n), EGM_ERR_UNSUPPORTED, "are not in memory");
	egm_data_free(d);
	ck_assert_int_eq(egm_data_view(&d, context, egm_f64(x, 1, 2)), EGM_OK);
	x[1] = NAN;
	io_expect("changed", egm_data_save_memory(d, NULL, 0, &n), EGM_ERR_NONFINITE, "row 0, column 1");
	egm_data_free(d);
}
END_TEST

/* Files of the right form whose contents belong together in no data. */
static const struct {
	const char *row, *needle;
	egm_status status;
	int32_t n; /* tensors */
	int64_t width;
	uint64_t columns[10];
	const char *texts;
	int64_t bytes;
} forged[] = {
    {"good", NULL, EGM_OK, 3, 5, {2, 1, 0, 1, 2, 1, 2, 0, 1, 0}, "n\0a\0b\0m", 8},
    {"no texts", "tensor 'texts' is missing", EGM_ERR_FORMAT, 2, 5, {1, 1, 0, 0, 0, 1, 2, 0, 0, 0}, "", 0},
    {"width", "must be U64 [columns, 5]", EGM_ERR_FORMAT, 3, 10, {1, 1, 0, 0, 0, 1, 2, 0, 0, 0}, "", 0},
    {"kind", "the kind of column 1 is 4", EGM_ERR_FORMAT, 3, 5, {1, 1, 0, 0, 0, 4, 2, 0, 0, 0}, "", 0},
    {"field", "the field of column 0 is 0", EGM_ERR_FORMAT, 3, 5, {1, 0, 0, 0, 0, 1, 2, 0, 0, 0}, "", 0},
    {"missing", "missing values of column 0 is 3", EGM_ERR_FORMAT, 3, 5, {1, 1, 3, 0, 0, 1, 2, 0, 0, 0}, "", 0},
    {"named", "'has a name' of column 1 is 1", EGM_ERR_FORMAT, 3, 5, {1, 1, 0, 0, 0, 1, 2, 0, 1, 0}, "m", 2},
    {"words of numbers",
     "number of words of column 0 is 1",
     EGM_ERR_FORMAT,
     3,
     5,
     {1, 1, 0, 0, 1, 1, 2, 0, 0, 0},
     "a",
     2},
    {"no words", "number of words of column 0 is 0", EGM_ERR_FORMAT, 3, 5, {2, 1, 0, 0, 0, 1, 2, 0, 0, 0}, "", 0},
    {"order", "word 1 of column 0 is out of order", EGM_ERR_FORMAT, 3, 5, {2, 1, 0, 0, 2, 1, 2, 0, 0, 0}, "b\0a", 4},
    {"twice", "word 1 of column 0 is out of order", EGM_ERR_FORMAT, 3, 5, {2, 1, 0, 0, 2, 1, 2, 0, 0, 0}, "a\0a", 4},
    {"short texts",
     "ends before the texts of column 0",
     EGM_ERR_FORMAT,
     3,
     5,
     {2, 1, 0, 0, 3, 1, 2, 0, 0, 0},
     "a\0b",
     4},
    {"no zero", "ends before the texts of column 0", EGM_ERR_FORMAT, 3, 5, {2, 1, 0, 0, 2, 1, 2, 0, 0, 0}, "a\0b", 3},
    {"endless", "ends before the texts", EGM_ERR_FORMAT, 3, 5, {2, 1, 0, 0, UINT64_MAX, 1, 2, 0, 0, 0}, "a\0b", 4},
    {"long texts", "has 2 bytes after its texts", EGM_ERR_FORMAT, 3, 5, {1, 1, 0, 0, 0, 1, 2, 0, 0, 0}, "a", 2},
    {"too many",
     "describes 3 columns, must describe the 2 of 'values'",
     EGM_ERR_FORMAT,
     3,
     5,
     {3, 1, 0, 0, 2, 1, 2, 0, 0, 0},
     "a\0b",
     4},
};

START_TEST(test_bytes__data_files_that_are_no_data)
{
	static const double values[4] = {1, 2, 3, 4};
	const egm__st_meta meta[] = {{"format", "egm-data"}, {"format_version", "1"}};
	const int64_t rows = 10 / forged[_i].width;
	const egm__st_tensor list[] = {
	    {"values", EGM__ST_F64, 2, {2, 2}, values, 4},
	    {"columns", EGM__ST_U64, 2, {rows, forged[_i].width}, forged[_i].columns, 10},
	    {"texts", EGM__ST_U8, 1, {forged[_i].bytes}, forged[_i].texts, forged[_i].bytes},
	};
	egm_data *d = (egm_data *)&d;
	ck_assert_int_eq(st_file_write(context, path, forged[_i].n, list, 2, meta), EGM_OK);
	io_expect(forged[_i].row, egm_data_load(&d, context, path, NULL), forged[_i].status, forged[_i].needle);
	if (forged[_i].status == EGM_OK) ck_assert_str_eq(describe(d), "n.1(a|b) m.2");
	if (forged[_i].status != EGM_OK) ck_assert_ptr_null(d);
	egm_data_free(d);
}
END_TEST

START_TEST(test_bytes__data_files_of_other_formats)
{
	static const double bad[2] = {1, INFINITY};
	static const uint64_t counts[2] = {1, 2};
	egm__st_meta meta[] = {{"format", "egm-data"}, {"format_version", "1"}};
	egm__st_tensor list[] = {{"values", EGM__ST_F64, 2, {1, 2}, bad, 2}, {"more", EGM__ST_F64, 1, {1}, bad, 1}};
	egm_data *d;
	ck_assert_int_eq(model_file(), EGM_OK);
	io_expect("model", egm_data_load(&d, context, path, NULL), EGM_ERR_FORMAT,
	          "format is 'egm-model', must be 'egm-data'");
	ck_assert_int_eq(st_file_write(context, path, 1, list, 0, NULL), EGM_OK);
	io_expect("no metadata", egm_data_load(&d, context, path, NULL), EGM_ERR_FORMAT, "metadata has no 'format'");
	ck_assert_int_eq(st_file_write(context, path, 1, list, 2, meta), EGM_OK);
	io_expect("inf", egm_data_load(&d, context, path, NULL), EGM_ERR_NONFINITE, "row 0, column 1 (from 0) is inf");
	ck_assert_int_eq(st_file_write(context, path, 2, list, 2, meta), EGM_OK);
	io_expect("more", egm_data_load(&d, context, path, NULL), EGM_ERR_FORMAT,
	          "has tensor 'more', must have values, columns and texts alone");
	ck_assert_int_eq(st_file_write(context, path, 0, NULL, 2, meta), EGM_OK);
	io_expect("none", egm_data_load(&d, context, path, NULL), EGM_ERR_FORMAT, "tensor 'values' is missing");
	list[0] = (egm__st_tensor){"values", EGM__ST_U64, 2, {1, 2}, counts, 2};
	ck_assert_int_eq(st_file_write(context, path, 1, list, 2, meta), EGM_OK);
	io_expect("counts", egm_data_load(&d, context, path, NULL), EGM_ERR_DTYPE, "has another type, must be F32 or F64");
	list[0] = (egm__st_tensor){"values", EGM__ST_F64, 0, {0}, bad, 1};
	ck_assert_int_eq(st_file_write(context, path, 1, list, 2, meta), EGM_OK);
	io_expect("rank 0", egm_data_load(&d, context, path, NULL), EGM_ERR_FORMAT, "has 0 dimensions");
	list[0] = (egm__st_tensor){"values", EGM__ST_F64, 2, {2, 0}, bad, 0};
	ck_assert_int_eq(st_file_write(context, path, 1, list, 2, meta), EGM_OK);
	io_expect("empty", egm_data_load(&d, context, path, NULL), EGM_ERR_FORMAT, "must have at least 1 of each");
	meta[1].value = "2";
	ck_assert_int_eq(st_file_write(context, path, 1, list, 2, meta), EGM_OK);
	io_expect("version", egm_data_load(&d, context, path, NULL), EGM_ERR_UNSUPPORTED, "format_version is '2'");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bytes");
	TCase *tc = tcase_create("core"), *bad = tcase_create("attacks");
	tcase_set_tags(bad, "R6 R16");
	tcase_add_checked_fixture(tc, open_all, close_all);
	tcase_add_checked_fixture(bad, open_all, close_all);
	tcase_add_loop_test(tc, test_bytes__are_those_of_the_file, 0, (int)(sizeof savers / sizeof *savers));
	tcase_add_loop_test(bad, test_bytes__a_buffer_that_is_too_small, 0, 2);
	tcase_add_loop_test(bad, test_bytes__are_refused_as_files_are, 0, (int)(sizeof loaders / sizeof *loaders));
	tcase_add_test(bad, test_bytes__misuse);
#if EGM_HAVE_ZLIB
	tcase_add_test(tc, test_bytes__gzip);
#endif
	tcase_add_test(bad, test_bytes__limits);
	tcase_add_test(tc, test_bytes__data_round_trip);
	tcase_add_test(tc, test_bytes__data_that_are_like_saved_ones);
	tcase_add_test(bad, test_bytes__words_take_memory);
	tcase_add_test(bad, test_bytes__data_that_cannot_be_saved);
	tcase_add_loop_test(bad, test_bytes__data_files_that_are_no_data, 0, (int)(sizeof forged / sizeof *forged));
	tcase_add_test(bad, test_bytes__data_files_of_other_formats);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, bad);
	return io_test_main(s);
}
