/* SPDX-License-Identifier: MIT */
/* What a header may need of the JSON parser: depth, memory, locale, rounding. */
#include "malloc_hook.h"
#include "st_support.h"
#include <egm/data.h>
#include <fenv.h>
#include <io/json_impl.h>
#include <locale.h>
#include <pthread.h>

static egm_context *context;
static char path[PATH_MAX];

static void setup(void)
{
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	snprintf(path, sizeof path, "%s", io_path("model"));
}

static void teardown(void)
{
	egm_context_free(context);
	unlink(path);
}

static egm_status parse(const char *text, size_t n)
{
	json_t *object;
	egm_status st = egm__json_load(&object, context, text, n, "path", "header");
	json_decref(object);
	return st;
}

/* ---- depth */

/* {"a":[[...]]} with `depth` brackets that are open at once, arrays or objects; its length. */
static size_t nest(char *text, int depth, int objects)
{
	size_t n = 0;
	for (int i = 0; i < depth; i++) n += (size_t)sprintf(text + n, objects || i == 0 ? "{\"a\":" : "[");
	text[n++] = '1';
	for (int i = depth; i-- > 0;) text[n++] = objects || i == 0 ? '}' : ']';
	text[n] = 0;
	return n;
}

START_TEST(test_json__depth)
{
	static char text[8000];
	for (int objects = 0; objects < 2; objects++) {
		for (int depth = 1; depth <= 16; depth++)
			io_expect("shallow", parse(text, nest(text, depth, objects)), EGM_OK, NULL);
		io_expect("17", parse(text, nest(text, 17, objects)), EGM_ERR_FORMAT,
		          "header is nested 17 deep, must be at most 16");
		io_expect("1000", parse(text, nest(text, 1000, objects)), EGM_ERR_FORMAT, "nested 1000 deep");
	}
	static const char quoted[] = "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[\"}";
	io_expect("quoted", parse(quoted, sizeof quoted - 1), EGM_OK, NULL);
}
END_TEST

static void *load_deep(void *user)
{
	egm_model *model;
	*(egm_status *)user = egm_model_load(&model, context, path, NULL);
	return NULL;
}

/* A header of 4 KB on the smallest stack of a thread that the system gives, at least 128 KiB: to jansson each bracket
 * is a call of some 100 bytes of stack, and its own limit is 2048 of them. A crash fails the test. */
START_TEST(test_json__depth_on_a_small_stack)
{
	static char header[4096];
	pthread_attr_t attributes;
	pthread_t thread;
	egm_status st = EGM_OK;
	memset(header, '[', sizeof header);
	memcpy(header, "{\"a\":", 5);
	st_write_length(path, sizeof header, header, sizeof header, 0);
	ck_assert_int_eq(pthread_attr_init(&attributes), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attributes, 128 * 1024), 0);
	ck_assert_int_eq(pthread_create(&thread, &attributes, load_deep, &st), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	ck_assert_int_eq(st, EGM_ERR_FORMAT);
}
END_TEST

/* ---- memory */

/* `piece` again and again, %d in it another number each time, until there are about n bytes. */
static size_t repeat(char *text, size_t n, const char *start, const char *piece, const char *end)
{
	size_t at = (size_t)sprintf(text, "%s", start);
	for (int i = 0; at < n; i++) {
		if (i) text[at++] = ',';
		at += (size_t)snprintf(text + at, 200, piece, i);
	}
	return at + (size_t)sprintf(text + at, "%s", end);
}

static const struct {
	const char *start, *piece, *end;
	int valid; /* a header of tensors, or metadata: to be read */
} dense[] = {
    {"{\"a\":[", "{}", "]}", 0},
    {"{\"a\":[", "[]", "]}", 0},
    {"{\"a\":[", "1", "]}", 0},
    {"{\"a\":[", "1.5", "]}", 0},
    {"{\"a\":[", "\"\"", "]}", 0},
    {"{\"a\":[", "{\"\":1}", "]}", 0},
    {"{\"a\":[", "[[[[]]]]", "]}", 0},
    {"{\"a\":[", "true", "]}", 0},
    {"{", "\"%d\":{}", "}", 0},
    {"{", "\"%d\":[]", "}", 0},
    {"{", "\"%d\":1", "}", 0},
    {"{", "\"%x\":\"\"", "}", 0},
    {"{\"inputs\":1,\"layers\":[", "{\"kind\":\"relu\"}", "]}", 1},
    {"{\"__metadata__\":{", "\"%04d\":\"\"", "}}", 1},
    {"{\"__metadata__\":{", "\"%d\":\"a longer text\"", "}}", 1},
    {"{", "\"%03x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", "}", 1},
    {"{", "\"%03x\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,0],\"data_offsets\":[0,0]}", "}", 1},
    {"{", "\"%d.weight\":{\"dtype\":\"F32\",\"shape\":[128,128],\"data_offsets\":[65536,131072]}", "}", 1},
};

/* What egm_load_options promises: 32 bytes for each of the header's, and 64 KiB. A text that would take more is refused
 * before jansson sees it; a header is never one of these. */
START_TEST(test_json__memory)
{
	static const size_t sizes[] = {100, 1000, 10000, 200000};
	char *text = malloc(400000);
	ck_assert_ptr_nonnull(text);
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		size_t n = repeat(text, sizes[k], dense[_i].start, dense[_i].piece, dense[_i].end);
		long before = malloc_live;
		malloc_peak = malloc_live;
		egm_status st = parse(text, n);
		long peak = malloc_peak - before;
		if (dense[_i].valid) io_expect(dense[_i].piece, st, EGM_OK, NULL);
		if (st != EGM_OK) io_expect(dense[_i].piece, st, EGM_ERR_FORMAT, "must be a list of tensors");
		ck_assert_msg(peak <= (long)(32 * n + 65536), "%s: %ld bytes for a header of %zu", dense[_i].piece, peak, n);
		ck_assert_int_eq(malloc_live, before);
	}
	free(text);
}
END_TEST

/* ---- numbers */

static egm_model *reals_model(void)
{
	egm_model *m;
	ck_assert_int_eq(egm_model_create(&m, context, "reals", 2), EGM_OK);
	egm_model_dense(m, 3);
	egm_model_leaky_relu(m, 0.1);
	egm_model_leaky_relu(m, 1.0 / 3);
	egm_model_leaky_relu(m, 0.30000000000000004);
	egm_model_elu(m, 1.7976931348623157e308);
	egm_model_elu(m, 4.9406564584124654e-324);
	egm_model_layer_norm(m, 1e-5);
	egm_model_layer_norm(m, 2.2250738585072011e-308);
	egm_model_batch_norm(m, 1e-3, 0.1);
	egm_model_dense(m, 1);
	io_expect("build", egm_model_build(m, EGM_F64, 1), EGM_OK, NULL);
	return m;
}

static unsigned char *saved(const egm_model *m, size_t *n)
{
	io_expect("save", egm_model_save(m, path), EGM_OK, NULL);
	return io_read(path, n);
}

static int has(const unsigned char *bytes, size_t n, const char *text)
{
	return memmem(bytes, n, text, strlen(text)) != NULL;
}

static void expect_same(const egm_model *m, const unsigned char *bytes, size_t n)
{
	size_t count;
	unsigned char *again = saved(m, &count);
	ck_assert_uint_eq(count, n);
	ck_assert_mem_eq(again, bytes, n);
	free(again);
}

/* The bytes of a file, and the numbers that come back, are those of rounding to nearest in every mode of the host: the
 * texts are the shortest that read back as the number, which 0.1 and 1e-5 are in that mode alone. */
START_TEST(test_json__rounding_of_the_host)
{
	static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
	egm_model *m = reals_model(), *loaded;
	size_t n;
	unsigned char *bytes = saved(m, &n);
	ck_assert(has(bytes, n, "\\\"slope\\\":0.1}"));
	ck_assert(has(bytes, n, "\\\"alpha\\\":4.94065645841247e-324}")); /* subnormal, and kept so */
	ck_assert_int_eq(fesetround(modes[_i]), 0);
	expect_same(m, bytes, n);
	io_expect("load", egm_model_load(&loaded, context, path, NULL), EGM_OK, NULL);
	ck_assert_int_eq(fegetround(), modes[_i]);
	fesetround(FE_TONEAREST);
	expect_same(loaded, bytes, n);
	egm_model_free(loaded);
	egm_model_free(m);
	free(bytes);
}
END_TEST

/* A locale whose decimal sign has more than one byte: Pashto's is U+066B. One of the system's, or one that localedef
 * makes in our folder. */
static int set_wide_locale(void)
{
	static const char *const names[] = {"ps_AF.UTF-8", "ps_AF.utf8", "ps_AF", "fa_IR.UTF-8", "egm"};
	char command[PATH_MAX + 200];
	for (int i = 0; i < 5; i++) {
		if (i == 4) {
			snprintf(command, sizeof command, "localedef -i ps_AF -f UTF-8 %s/egm >/dev/null 2>&1", io_folder);
			if (system(command) < 0) return 0;
			setenv("LOCPATH", io_folder, 1);
		}
		if (setlocale(LC_ALL, names[i]) && strlen(localeconv()->decimal_point) > 1) return 1;
	}
	return 0;
}

START_TEST(test_json__decimal_sign_of_several_bytes)
{
	egm_model *m = reals_model(), *loaded;
	size_t n;
	unsigned char *bytes = saved(m, &n);
	if (!set_wide_locale()) {
		fprintf(stderr, "# skipped: no locale with a decimal sign of several bytes on this system\n");
	} else {
		expect_same(m, bytes, n);
		io_expect("load", egm_model_load(&loaded, context, path, NULL), EGM_OK, NULL);
		expect_same(loaded, bytes, n);
		egm_model_free(loaded);
		ck_assert_uint_gt(strlen(localeconv()->decimal_point), 1);
	}
	egm_model_free(m);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json");
	TCase *tc = tcase_create("core"), *locale = tcase_create("locale");
	tcase_set_timeout(locale, 240); /* localedef takes seconds */
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_json__depth);
	tcase_add_test(tc, test_json__depth_on_a_small_stack);
	tcase_add_loop_test(tc, test_json__memory, 0, (int)(sizeof dense / sizeof *dense));
	tcase_add_loop_test(tc, test_json__rounding_of_the_host, 0, 4);
	tcase_add_checked_fixture(locale, setup, teardown);
	tcase_add_test(locale, test_json__decimal_sign_of_several_bytes);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, locale);
	return io_test_main(s);
}
