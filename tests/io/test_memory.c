/* SPDX-License-Identifier: MIT */
/* Every allocation fails in turn, once and permanently, in the context's allocator and in malloc, which jansson uses.
 * The call then returns EGM_ERR_MEMORY and leaves neither memory nor a partial file; if it succeeds, every byte of the
 * result is compared. */
#include "io_support.h"
#include "malloc_hook.h"
#include "st_files.h"
#include <egm/data.h>
#include <io/safetensors_impl.h>
#if EGM_HAVE_ZLIB
#include <zlib.h>
#endif

static egm_context *context;
static egm_test_allocator memory;
static egm_model *model;
static char path[PATH_MAX];

/* Tokens of 15, 16, 31, 32, 63 and 64 bytes with their quotes, where jansson's buffer is full. */
static const char *const names[] = {"abcdefghijklm",
                                    "abcdefghijklmn",
                                    "abcdefghijklmnopqrstuvwxyzABC",
                                    "abcdefghijklmnopqrstuvwxyzABCD",
                                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345678",
                                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"};
enum { N_NAMES = 6 };
static const double numbers[6] = {1, 2, 3, 4, 5, 6};

static void build_model(void)
{
	ck_assert_int_eq(egm_model_create(&model, context, "memory", 3), EGM_OK);
	for (int i = 0; i < 12; i++) egm_model_dense(model, 2);
	egm_model_leaky_relu(model, 0.2);
	ck_assert_int_eq(egm_model_build(model, EGM_F64, 1), EGM_OK);
}

static void setup(void)
{
	context = egm_test_context(&memory);
	ck_assert_ptr_nonnull(context);
	snprintf(path, sizeof path, "%s", io_path("file"));
	build_model();
}

static egm_data *saved; /* a table, made outside of the walk that saves it */

static void teardown(void)
{
	egm_data_free(saved);
	saved = NULL;
	egm_model_free(model);
	egm_context_free(context);
	ck_assert_int_eq(memory.live, 0);
	unlink(path);
}

/* ---- the calls: each checks its result when it reports success */

static long malloc_made;

/* Ends the time in which malloc fails: Check's assertions need it, too. */
static egm_status done(egm_status st)
{
	malloc_made = malloc_calls;
	malloc_fail(0, 0);
	return st;
}

static egm_status check_data(egm_status st, egm_data *data)
{
	if (st != EGM_OK) {
		ck_assert_ptr_null(data);
		return st;
	}
	ck_assert_int_eq(egm_data_rows(data), 2);
	ck_assert_int_eq(egm_data_columns(data), 3);
	float x[6];
	ck_assert_int_eq(egm_data_read(data, (const int64_t[]){0, 1}, egm_f32_out(x, 2, 3)), EGM_OK);
	for (int i = 0; i < 6; i++) ck_assert(x[i] == (float)numbers[i]);
	egm_data_free(data);
	return st;
}

static egm_status call_create(void)
{
	const float x[6] = {1, 2, 3, 4, 5, 6};
	egm_data *data;
	egm_status st = done(egm_data_copy(&data, context, egm_f32(x, 2, 3)));
	return check_data(st, data);
}

static egm_status call_view(void)
{
	const float x[6] = {1, 2, 3, 4, 5, 6};
	egm_data *data;
	egm_status st = done(egm_data_view(&data, context, egm_f32(x, 2, 3)));
	return check_data(st, data);
}

static int fill(const int64_t *indices, int64_t count, void *out, void *user)
{
	for (int64_t i = 0; i < 3 * count; i++) ((float *)out)[i] = (float)numbers[3 * indices[i / 3] + i % 3];
	return 0;
}

static egm_status call_callback(void)
{
	egm_data *data;
	egm_status st = done(egm_data_callback(&data, context, EGM_F32, 2, 3, fill, NULL, NULL));
	return check_data(st, data);
}

static egm_status call_open_idx(void)
{
	egm_data *data;
	egm_status st = done(egm_data_open_idx(&data, context, path, NULL));
	return check_data(st, data);
}

static egm_status call_open_npy(void)
{
	egm_data *data;
	egm_status st = done(egm_data_open_npy(&data, context, path, NULL));
	return check_data(st, data);
}

static egm_status call_idx(void)
{
	egm_data *data;
	egm_status st = done(egm_data_load_idx(&data, context, path, NULL));
	return check_data(st, data);
}

static egm_status call_npy(void)
{
	egm_data *data;
	egm_status st = done(egm_data_load_npy(&data, context, path, NULL));
	return check_data(st, data);
}

static egm_status call_csv(void)
{
	egm_data *data;
	egm_status st = done(egm_data_load_csv(&data, context, path, NULL));
	return check_data(st, data);
}

/* Names, a dictionary that grows, a word that is missing; then the same file with the dictionary of the first. */
static egm_status call_csv_table(void)
{
	static const float want[9] = {1, 9, 8, 2, -1, 7, 3, 0, 9};
	egm_csv_options o;
	egm_data *first = NULL, *data = NULL;
	egm_column c;
	o = (egm_csv_options)EGM_CSV_OPTIONS_INIT;
	o.text = EGM_CSV_TEXT_CODES;
	o.replace_missing = 1;
	o.missing_value = -1;
	egm_status st = egm_data_load_csv(&first, context, path, &o);
	o.like = first;
	if (st == EGM_OK) st = egm_data_load_csv(&data, context, path, &o);
	done(st);
	if (st == EGM_OK) {
		ck_assert_int_eq(egm_data_rows(data), 11);
		ck_assert_mem_eq(egm_data_values(data), want, sizeof want);
		c = (egm_column)EGM_COLUMN_INIT;
		ck_assert_int_eq(egm_data_column(data, 1, &c), EGM_OK);
		ck_assert_str_eq(c.name, "word");
		ck_assert_int_eq(c.word_count, 10);
		ck_assert_str_eq(c.words[9], "k");
	} else {
		ck_assert_ptr_null(data);
	}
	egm_data_free(first);
	egm_data_free(data);
	return st;
}

static egm_status call_npy_save(void)
{
	return done(egm_array_save_npy(context, egm_f64(numbers, 2, 3), path));
}

static egm_status call_model_save(void)
{
	return done(egm_model_save(model, path));
}

static egm_status call_model_load(void)
{
	static double a[200], b[200];
	egm_model *loaded;
	egm_status st = done(egm_model_load(&loaded, context, path, NULL));
	if (st != EGM_OK) {
		ck_assert_ptr_null(loaded);
		return st;
	}
	int64_t n = egm_model_parameter_count(model);
	ck_assert_str_eq(egm_model_name(loaded), "memory");
	ck_assert_int_eq(egm_model_parameter_count(loaded), n);
	ck_assert_int_eq(egm_model_parameters(model, egm_f64_out(a, n, 1)), EGM_OK);
	ck_assert_int_eq(egm_model_parameters(loaded, egm_f64_out(b, n, 1)), EGM_OK);
	ck_assert_mem_eq(a, b, (size_t)n * sizeof *a);
	egm_model_free(loaded);
	return st;
}

static egm_status call_model_restore(void)
{
	return done(egm_model_restore(model, path, NULL));
}

static egm_status call_model_save_pytorch(void)
{
	return done(egm_model_save_pytorch(model, path));
}

/* A buffer that is too small is asked first. */
static egm_status call_model_memory(void)
{
	static unsigned char bytes[16384];
	egm_model *loaded = NULL;
	size_t n = 0;
	egm_status st = egm_model_save_memory(model, NULL, 0, &n);
	if (st == EGM_OK) st = egm_model_save_memory(model, bytes, sizeof bytes, &n);
	if (st == EGM_OK) st = egm_model_load_memory(&loaded, context, bytes, n, NULL);
	if (st == EGM_OK) st = egm_model_restore_memory(model, bytes, n, NULL);
	done(st);
	egm_model_free(loaded);
	return st;
}

static egm_data *table(void)
{
	static const char text[] = "n,word\n1,k\n2,a\n";
	egm_data *data = NULL;
	egm_csv_options o = EGM_CSV_OPTIONS_INIT;
	o.text = EGM_CSV_TEXT_CODES;
	ck_assert_int_eq(egm_data_load_csv_memory(&data, context, text, sizeof text - 1, &o), EGM_OK);
	return data;
}

static egm_status call_data_save(void)
{
	return done(egm_data_save(saved, path));
}

static egm_status call_data_load(void)
{
	egm_data *data;
	egm_column c;
	egm_status st = done(egm_data_load(&data, context, path, NULL));
	if (st != EGM_OK) {
		ck_assert_ptr_null(data);
		return st;
	}
	c = (egm_column)EGM_COLUMN_INIT;
	ck_assert_int_eq(egm_data_column(data, 1, &c), EGM_OK);
	ck_assert_str_eq(c.name, "word");
	ck_assert_int_eq(c.word_count, 2);
	ck_assert_str_eq(c.words[1], "k");
	egm_data_free(data);
	return st;
}

static egm_status call_write(void)
{
	egm__st_tensor t[N_NAMES];
	egm__st_meta meta[N_NAMES];
	for (int i = 0; i < N_NAMES; i++) {
		t[i] = (egm__st_tensor){names[i], EGM__ST_F64, 1, {i + 1}, numbers, i + 1};
		meta[i] = (egm__st_meta){names[i], names[N_NAMES - 1 - i]};
	}
	return done(st_file_write(context, path, N_NAMES, t, N_NAMES, meta));
}

static egm_status call_read(void)
{
	egm__safetensors *file;
	egm_status st = done(st_file_read(&file, context, path, NULL));
	if (st != EGM_OK) {
		ck_assert_ptr_null(file);
		return st;
	}
	ck_assert_int_eq(egm__safetensors_count(file), N_NAMES);
	for (int i = 0; i < N_NAMES; i++) {
		const egm__st_tensor *t = egm__safetensors_find(file, names[i]);
		const char *value = egm__safetensors_meta(file, names[i]);
		ck_assert(t && value);
		ck_assert_int_eq(t->count, i + 1);
		ck_assert_mem_eq(t->data, numbers, (size_t)(i + 1) * sizeof *numbers);
		ck_assert_str_eq(value, names[N_NAMES - 1 - i]);
	}
	egm__safetensors_free(file);
	return st;
}

/* ---- the files they read */

static void make_nothing(void)
{
	unlink(path);
}

static const unsigned char idx[18] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};

static void make_idx(void)
{
	io_write(path, idx, sizeof idx);
}

#if EGM_HAVE_ZLIB
static void make_idx_gzip(void)
{
	gzFile z = gzopen(path, "wb");
	ck_assert_int_eq(gzwrite(z, idx, sizeof idx), sizeof idx);
	ck_assert_int_eq(gzclose(z), Z_OK);
}
#endif

static void make_npy(void)
{
	ck_assert_int_eq(call_npy_save(), EGM_OK);
}

static void make_csv(void)
{
	io_write(path, "1,2,3\n4,5,6\n", 12);
}

static void make_csv_table(void)
{
	static const char text[] =
	    "n,word,last\n1,k,8\n2,?,7\n3,a,9\n4,b,0\n5,c,0\n6,d,0\n7,e,0\n8,f,0\n9,g,0\n10,h,0\n11,i,0\n";
	io_write(path, text, sizeof text - 1);
}

static void make_model(void)
{
	ck_assert_int_eq(call_model_save(), EGM_OK);
}

static void make_table(void)
{
	unlink(path);
	if (!saved) saved = table();
}

static void make_data(void)
{
	make_table();
	ck_assert_int_eq(call_data_save(), EGM_OK);
}

static void make_container(void)
{
	ck_assert_int_eq(call_write(), EGM_OK);
}

static const struct {
	const char *name;
	void (*make)(void);
	egm_status (*call)(void);
	int writes, parses; /* leaves a file; uses jansson */
} calls[] = {
    {"egm_data_copy", make_nothing, call_create, 0, 0},
    {"egm_data_view", make_nothing, call_view, 0, 0},
    {"egm_data_callback", make_nothing, call_callback, 0, 0},
    {"egm_data_open_idx", make_idx, call_open_idx, 0, 0},
    {"egm_data_open_npy", make_npy, call_open_npy, 0, 0},
    {"egm_data_load_idx", make_idx, call_idx, 0, 0},
#if EGM_HAVE_ZLIB
    {"egm_data_load_idx gzip", make_idx_gzip, call_idx, 0, 0},
#endif
    {"egm_data_load_npy", make_npy, call_npy, 0, 0},
    {"egm_data_load_csv", make_csv, call_csv, 0, 0},
    {"egm_data_load_csv, a table", make_csv_table, call_csv_table, 0, 0},
    {"egm_array_save_npy", make_nothing, call_npy_save, 1, 0},
    {"egm_model_save", make_nothing, call_model_save, 1, 0},
    {"egm_model_save_pytorch", make_nothing, call_model_save_pytorch, 1, 0},
    {"egm_model_load", make_model, call_model_load, 0, 1},
    {"egm_model_restore", make_model, call_model_restore, 0, 1},
    {"egm_model_save_memory and back", make_nothing, call_model_memory, 0, 1},
    {"egm_data_save", make_table, call_data_save, 1, 0},
    {"egm_data_load", make_data, call_data_load, 0, 1},
    {"st_file_write", make_nothing, call_write, 1, 0},
    {"st_file_read", make_container, call_read, 0, 1},
};

/* One call with the n-th allocation failing; 0 when it made fewer than n. */
static int fail_one(int i, long n, int for_ever, int in_malloc)
{
	long live = memory.live;
	memory.calls = 0;
	memory.fail_at = in_malloc ? 0 : n;
	memory.for_ever = for_ever;
	if (in_malloc) malloc_fail(n, for_ever);
	egm_status st = calls[i].call();
	long made = in_malloc ? malloc_made : memory.calls;
	memory.fail_at = 0;
	/* With n beyond the last call nothing failed. malloc also serves the C library, which may do without. */
	if (made >= n && !in_malloc) ck_assert_int_ne(st, EGM_OK);
	if (st != EGM_OK) io_expect(calls[i].name, st, EGM_ERR_MEMORY, "memory");
	ck_assert_msg(memory.live == live, "%s, allocation %ld: %ld blocks left", calls[i].name, n, memory.live - live);
	if (st != EGM_OK && calls[i].writes) ck_assert_int_eq(io_entries(io_folder, NULL), 0);
	if (made < n) ck_assert_int_eq(st, EGM_OK);
	if (calls[i].writes) unlink(path);
	return made >= n;
}

static long walk(int i, int for_ever, int in_malloc)
{
	long n = 1;
	calls[i].make();
	/* A first call outside the walk: jansson reads its seed, the C library sets up its streams. */
	ck_assert_int_eq(calls[i].call(), EGM_OK);
	if (calls[i].writes) unlink(path);
	while (fail_one(i, n, for_ever, in_malloc)) n++;
	return n - 1;
}

START_TEST(test_memory__context_allocations)
{
	ck_assert_int_ge(walk(_i, 0, 0), 1);
	ck_assert_int_ge(walk(_i, 1, 0), 1);
}
END_TEST

START_TEST(test_memory__malloc_of_the_json_parser)
{
	for (int for_ever = 0; for_ever < 2; for_ever++) {
		long live, n = walk(_i, for_ever, 1);
		if (calls[_i].parses) ck_assert_int_ge(n, 20);
		live = malloc_live;
		walk(_i, for_ever, 1);
		ck_assert_int_eq(malloc_live, live);
	}
}
END_TEST

/* Memory is short for large blocks and there for small ones: the guard string of json.c asks for its sizes first. */
START_TEST(test_memory__a_long_token_that_does_not_fit)
{
	static char text[100001];
	const egm__st_meta meta = {"long", text};
	egm__safetensors *file;
	memset(text, 'x', sizeof text - 1);
	ck_assert_int_eq(st_file_write(context, path, 0, NULL, 1, &meta), EGM_OK);
	for (long limit = 1 << 19; limit > 64; limit /= 2) {
		malloc_limit = (size_t)limit;
		egm_status st = done(st_file_read(&file, context, path, NULL));
		malloc_limit = 0;
		if (st == EGM_OK) {
			ck_assert_str_eq(egm__safetensors_meta(file, "long"), text);
			egm__safetensors_free(file);
		} else {
			io_expect("limit", st, EGM_ERR_MEMORY, "memory");
		}
		/* The token of 100,002 bytes makes the buffer 131072 bytes long and then twice that. */
		ck_assert_int_eq(st == EGM_OK, limit >= 2 * 131072);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("memory");
	TCase *tc = tcase_create("R1");
	tcase_set_tags(tc, "R1");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_memory__context_allocations, 0, (int)(sizeof calls / sizeof *calls));
	if (malloc_hook_active()) {
		tcase_add_loop_test(tc, test_memory__malloc_of_the_json_parser, 0, (int)(sizeof calls / sizeof *calls));
		tcase_add_test(tc, test_memory__a_long_token_that_does_not_fit);
	}
	suite_add_tcase(s, tc);
	return io_test_main(s);
}
