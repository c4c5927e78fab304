/* SPDX-License-Identifier: MIT */
/* What is written is read again, has the layout of the format, and keeps any text as names and metadata. */
#include "st_files.h"
#include "st_support.h"
#include <io/safetensors_impl.h>
#include <math.h>

static egm_context *context;

static void setup(void)
{
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
}

static void teardown(void)
{
	egm_context_free(context);
}

static const float f32[6] = {1.5f, -0.0f, 3.25f, 1e-40f, -1e30f, 7};
static const double f64[3] = {0.1, -2e-310, 1e300};
static const uint64_t u64[2] = {UINT64_MAX, 9007199254740993u};
static const uint8_t u8[5] = {0, 1, 254, 255, 7};
static const float scalar = 2.5f;

static const egm__st_tensor tensors[] = {
    {"b.bytes", EGM__ST_U8, 1, {5}, u8, 5},     {"a.float", EGM__ST_F32, 2, {2, 3}, f32, 6},
    {"counter", EGM__ST_U64, 1, {2}, u64, 2},   {"d.double", EGM__ST_F64, 3, {1, 3, 1}, f64, 3},
    {"empty", EGM__ST_F32, 2, {0, 4}, NULL, 0}, {"scalar", EGM__ST_F32, 0, {0}, &scalar, 1},
};
enum { N_TENSORS = sizeof tensors / sizeof *tensors };

static const egm__st_meta meta[] = {{"format", "test"},
                                    {"quotes", "{\"a\":\"\\b\"}\n\t\x01/"},
                                    {"word", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
                                    {"none", ""}};

static void check_same(const egm__st_tensor *got, const egm__st_tensor *want)
{
	static const size_t widths[] = {0, 4, 8, 8, 1};
	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got->name, want->name);
	ck_assert_int_eq(got->dtype, want->dtype);
	ck_assert_int_eq(got->rank, want->rank);
	ck_assert_int_eq(got->count, want->count);
	for (int i = 0; i < want->rank; i++) ck_assert_int_eq(got->shape[i], want->shape[i]);
	ck_assert_uint_eq((uintptr_t)got->data % 64, 0);
	if (want->count) ck_assert_mem_eq(got->data, want->data, (size_t)want->count * widths[want->dtype]);
}

START_TEST(test_safetensors__round_trip)
{
	egm__safetensors *file;
	const char *path = io_path("round.safetensors");
	ck_assert_int_eq(st_file_write(context, path, N_TENSORS, tensors, 4, meta), EGM_OK);
	ck_assert_int_eq(st_file_read(&file, context, path, NULL), EGM_OK);
	ck_assert_int_eq(egm__safetensors_count(file), N_TENSORS);
	for (int i = 0; i < N_TENSORS; i++) check_same(egm__safetensors_find(file, tensors[i].name), &tensors[i]);
	for (int i = 0; i < 4; i++) ck_assert_str_eq(egm__safetensors_meta(file, meta[i].key), meta[i].value);
	ck_assert_ptr_null(egm__safetensors_find(file, "nobody"));
	ck_assert_ptr_null(egm__safetensors_meta(file, "nothing"));
	ck_assert_ptr_null(egm__safetensors_at(file, -1));
	ck_assert_ptr_null(egm__safetensors_at(file, N_TENSORS));
	egm__safetensors_free(file);
	egm__safetensors_free(NULL);
}
END_TEST

/* The place of "NAME" in the header, read with strstr and sscanf alone. */
static void find_offsets(const char *header, const char *name, char dtype[8], uint64_t *begin, uint64_t *end)
{
	char key[64];
	snprintf(key, sizeof key, "\"%s\":{", name);
	const char *entry = strstr(header, key);
	ck_assert_ptr_nonnull(entry);
	const char *type = strstr(entry, "\"dtype\":\""), *offsets = strstr(entry, "\"data_offsets\":[");
	ck_assert(type && offsets);
	ck_assert_int_eq(sscanf(type, "\"dtype\":\"%7[A-Z0-9]\"", dtype), 1);
	unsigned long long b, e;
	ck_assert_int_eq(sscanf(offsets, "\"data_offsets\":[%llu,%llu]}", &b, &e), 2);
	*begin = b;
	*end = e;
}

START_TEST(test_safetensors__layout_follows_the_format)
{
	/* Widest type first, by name within a type: 3 x 8, 2 x 8, 6 x 4, 0, 4, 5 bytes. */
	static const struct {
		const char *name, *dtype;
		uint64_t begin, end;
	} want[] = {{"d.double", "F64", 0, 24}, {"counter", "U64", 24, 40}, {"a.float", "F32", 40, 64},
	            {"empty", "F32", 64, 64},   {"scalar", "F32", 64, 68},  {"b.bytes", "U8", 68, 73}};
	size_t size;
	const char *path = io_path("layout.safetensors");
	ck_assert_int_eq(st_file_write(context, path, N_TENSORS, tensors, 4, meta), EGM_OK);
	unsigned char *bytes = io_read(path, &size);
	uint64_t n = 0;
	for (int i = 7; i >= 0; i--) n = n << 8 | bytes[i];
	ck_assert_uint_eq((8 + n) % 64, 0);
	ck_assert_uint_eq(size, 8 + n + 73);
	ck_assert_int_eq(bytes[8], '{');
	char *header = strndup((char *)bytes + 8, n);
	char *last = strrchr(header, '}');
	ck_assert_uint_eq(strspn(last + 1, " "), strlen(last + 1));
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		char dtype[8];
		uint64_t begin, end;
		find_offsets(header, want[i].name, dtype, &begin, &end);
		ck_assert_str_eq(dtype, want[i].dtype);
		ck_assert_uint_eq(begin, want[i].begin);
		ck_assert_uint_eq(end, want[i].end);
	}
	/* 1.5f = 0x3fc00000 and u64 max, bytes in little-endian order. */
	ck_assert_mem_eq(bytes + 8 + n + 40, "\x00\x00\xc0\x3f", 4);
	ck_assert_mem_eq(bytes + 8 + n + 24, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	free(header);
	free(bytes);
}
END_TEST

START_TEST(test_safetensors__nothing_at_all)
{
	egm__safetensors *file;
	const char *path = io_path("nothing.safetensors");
	ck_assert_int_eq(st_file_write(context, path, 0, NULL, 0, NULL), EGM_OK);
	ck_assert_int_eq(st_file_read(&file, context, path, NULL), EGM_OK);
	ck_assert_int_eq(egm__safetensors_count(file), 0);
	egm__safetensors_free(file);
	st_write(path, " \t\r\n{}  ", 0);
	ck_assert_int_eq(st_file_read(&file, context, path, NULL), EGM_OK);
	egm__safetensors_free(file);
}
END_TEST

/* Names up to 255 bytes around the sizes at which jansson's buffer doubles: 16, 32, 64, ... */
START_TEST(test_safetensors__names_of_every_length)
{
	static char names[255][256];
	egm__st_tensor many[255];
	egm__safetensors *file;
	const char *path = io_path("names.safetensors");
	for (int i = 0; i < 255; i++) {
		for (int k = 0; k <= i; k++) names[i][k] = (char)('a' + k % 26);
		many[i] = (egm__st_tensor){names[i], EGM__ST_U8, 1, {5}, u8, 5};
	}
	ck_assert_int_eq(st_file_write(context, path, 255, many, 0, NULL), EGM_OK);
	ck_assert_int_eq(st_file_read(&file, context, path, NULL), EGM_OK);
	for (int i = 0; i < 255; i++) check_same(egm__safetensors_find(file, names[i]), &many[i]);
	egm__safetensors_free(file);
}
END_TEST

/* Values from the tables of IEEE 754: binary16 smallest subnormal 2^-24, largest 65504, 1/3 -> 0x3555 = 0.333251953125;
 * bfloat16 0x4049 = 3.140625. */
START_TEST(test_safetensors__half_types_are_widened)
{
	static const unsigned char data[] = {0x00, 0x00, 0x00, 0x80, 0x01, 0x00, 0xff, 0x03, 0x00, 0x04, 0xff,
	                                     0x7b, 0x55, 0x35, 0x00, 0xc0, 0x00, 0x7c, 0x00, 0xfc, 0x01, 0x7e, /* F16: 11 */
	                                     0x49, 0x40, 0x80, 0xbf, 0x80, 0x7f};                              /* BF16: 3 */
	static const float half[] = {0,     -0.0f,       0x1p-24f, 0x1.ff8p-15f, 0x1p-14f,
	                             65504, 0x1.554p-2f, -2,       INFINITY,     -INFINITY};
	char file_bytes[512];
	const char *header = "{\"a\":{\"dtype\":\"F16\",\"shape\":[11],\"data_offsets\":[0,22]},"
	                     "\"b\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[22,28]}}";
	size_t n = strlen(header);
	memset(file_bytes, 0, 8);
	file_bytes[0] = (char)n;
	memcpy(file_bytes + 8, header, n);
	memcpy(file_bytes + 8 + n, data, sizeof data);
	const char *path = io_path("half.safetensors");
	io_write(path, file_bytes, 8 + n + sizeof data);
	egm__safetensors *file;
	ck_assert_int_eq(st_file_read(&file, context, path, NULL), EGM_OK);
	const egm__st_tensor *a = egm__safetensors_find(file, "a"), *b = egm__safetensors_find(file, "b");
	ck_assert_int_eq(a->dtype, EGM__ST_F32);
	ck_assert_int_eq(a->count, 11);
	ck_assert_mem_eq(a->data, half, sizeof half);
	ck_assert(isnan(((const float *)a->data)[10]));
	const float brain[] = {3.140625f, -1, INFINITY};
	ck_assert_int_eq(b->dtype, EGM__ST_F32);
	ck_assert_mem_eq(b->data, brain, sizeof brain);
	egm__safetensors_free(file);
}
END_TEST

START_TEST(test_safetensors__limits_are_exact)
{
	egm__safetensors *file;
	egm_load_options o = EGM_LOAD_OPTIONS_INIT;
	const char *path = io_path("limits.safetensors");
	const char *header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}";
	st_write(path, header, 24);
	ck_assert_uint_eq(o.max_header_bytes, 1048576);
	ck_assert_uint_eq(o.max_data_bytes, 8589934592u);
	o.max_header_bytes = strlen(header);
	o.max_data_bytes = 24;
	io_expect("at the limits", st_file_read(&file, context, path, &o), EGM_OK, NULL);
	egm__safetensors_free(file);
	o.max_data_bytes = 23;
	io_expect("data", st_file_read(&file, context, path, &o), EGM_ERR_UNSUPPORTED,
	          "must be at most max_data_bytes, 23");
	ck_assert_ptr_null(file);
	o.max_data_bytes = 24;
	o.max_header_bytes--;
	io_expect("header", st_file_read(&file, context, path, &o), EGM_ERR_UNSUPPORTED,
	          "must have at most max_header_bytes,");
}
END_TEST

START_TEST(test_safetensors__writer_refuses_what_it_could_not_read)
{
	static const struct {
		egm__st_tensor tensor;
		egm_status status;
		const char *needle;
	} rows[] = {
	    {{"", EGM__ST_U8, 1, {5}, u8, 5}, EGM_ERR_ARGUMENT, "empty"},
	    {{NULL, EGM__ST_U8, 1, {5}, u8, 5}, EGM_ERR_ARGUMENT, "NULL"},
	    {{"a/b", EGM__ST_U8, 1, {5}, u8, 5}, EGM_ERR_ARGUMENT, "path"},
	    {{"__metadata__", EGM__ST_U8, 1, {5}, u8, 5}, EGM_ERR_ARGUMENT, "reserved"},
	    {{"a\xff", EGM__ST_U8, 1, {5}, u8, 5}, EGM_ERR_ARGUMENT, "UTF-8"},
	    {{"a\xed\xa0\x80", EGM__ST_U8, 1, {5}, u8, 5}, EGM_ERR_ARGUMENT, "UTF-8"},
	    {{"a\xc0\x80", EGM__ST_U8, 1, {5}, u8, 5}, EGM_ERR_ARGUMENT, "UTF-8"},
	    {{"a", 9, 1, {5}, u8, 5}, EGM_ERR_DTYPE, "type 9"},
	    {{"a", EGM__ST_U8, 9, {5}, u8, 5}, EGM_ERR_SHAPE, "rank 9"},
	    {{"a", EGM__ST_U8, 1, {6}, u8, 5}, EGM_ERR_SHAPE, "5 elements"},
	    {{"a", EGM__ST_U8, 1, {-5}, u8, 5}, EGM_ERR_SHAPE, "size -5"},
	    {{"a", EGM__ST_U8, 1, {INT64_C(1) << 31}, u8, INT64_C(1) << 31},
	     EGM_ERR_UNSUPPORTED,
	     "size is 2147483648, must be at most 2147483647"},
	    {{"a", EGM__ST_U8, 1, {5}, NULL, 5}, EGM_ERR_SHAPE, "5 elements"},
	};
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s", io_path("refused.safetensors"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		io_expect(rows[i].needle, st_file_write(context, path, 1, &rows[i].tensor, 0, NULL), rows[i].status,
		          rows[i].needle);
	const egm__st_tensor twice[] = {tensors[0], tensors[1], tensors[0]};
	io_expect("twice", st_file_write(context, path, 3, twice, 0, NULL), EGM_ERR_ARGUMENT,
	          "has two tensors 'b.bytes', must have one");
	const egm__st_meta keys[] = {{"k", "1"}, {"l", "1"}, {"k", "2"}};
	io_expect("keys", st_file_write(context, path, 0, NULL, 3, keys), EGM_ERR_ARGUMENT,
	          "has two metadata keys 'k', must have one");
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* Five tensors lie one after the other, with bytes 0, 1, 2, ...; the header lists them in every order. The third and
 * the fourth have no bytes and the same place. */
START_TEST(test_safetensors__the_header_lists_in_any_order)
{
	static const int begins[] = {0, 3, 8, 8, 8}, ends[] = {3, 8, 8, 8, 12};
	char header[800], path[PATH_MAX];
	egm__safetensors *file;
	int rest = _i, left[5] = {0, 1, 2, 3, 4}, at = 0;
	snprintf(path, sizeof path, "%s", io_path("order.safetensors"));
	for (int k = 5; k > 0; k--) {
		int pick = rest % k, t = left[pick], n = ends[t] - begins[t];
		rest /= k;
		for (int i = pick; i + 1 < k; i++) left[i] = left[i + 1];
		at += snprintf(header + at, sizeof header - (size_t)at,
		               "%s\"t%d\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]}", k == 5 ? "{" : ",", t, n,
		               begins[t], ends[t]);
	}
	snprintf(header + at, sizeof header - (size_t)at, "}");
	st_write(path, header, 12);
	io_expect(header, st_file_read(&file, context, path, NULL), EGM_OK, NULL);
	for (int t = 0; t < 5; t++) {
		char name[16];
		snprintf(name, sizeof name, "t%d", t);
		const egm__st_tensor *found = egm__safetensors_find(file, name);
		ck_assert(found && found->count == ends[t] - begins[t]);
		for (int i = begins[t]; i < ends[t]; i++)
			ck_assert_int_eq(((const unsigned char *)found->data)[i - begins[t]], i);
	}
	egm__safetensors_free(file);
	unlink(path);
}
END_TEST

/* What a tool keeps of a file of another type, such as PyTorch's num_batches_tracked: its name, without data. */
START_TEST(test_safetensors__types_that_are_not_read)
{
	static const char header[] = "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[8008,8010]},"
	                             "\"n\":{\"dtype\":\"I64\",\"shape\":[1001],\"data_offsets\":[0,8008]}}";
	char path[PATH_MAX];
	egm__safetensors *file;
	snprintf(path, sizeof path, "%s", io_path("types.safetensors"));
	st_write(path, header, 8010);
	io_expect("strict", st_file_read(&file, context, path, NULL), EGM_ERR_UNSUPPORTED,
	          "dtype is I64, must be F16, BF16, F32, F64, U8 or U64");
	io_expect("any", st_file_read_any(&file, context, path, NULL), EGM_OK, NULL);
	const egm__st_tensor *n = egm__safetensors_find(file, "n"), *a = egm__safetensors_find(file, "a");
	ck_assert(n && !n->dtype && !n->data && n->count == 1001);
	ck_assert(a && ((const unsigned char *)a->data)[0] == (8008 & 255) && ((const unsigned char *)a->data)[1] == 73);
	egm__safetensors_free(file);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("safetensors");
	TCase *tc = tcase_create("core");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_safetensors__round_trip);
	tcase_add_test(tc, test_safetensors__layout_follows_the_format);
	tcase_add_test(tc, test_safetensors__nothing_at_all);
	tcase_add_test(tc, test_safetensors__names_of_every_length);
	tcase_add_test(tc, test_safetensors__half_types_are_widened);
	tcase_add_test(tc, test_safetensors__limits_are_exact);
	tcase_add_test(tc, test_safetensors__writer_refuses_what_it_could_not_read);
	tcase_add_loop_test(tc, test_safetensors__the_header_lists_in_any_order, 0, 120);
	tcase_add_test(tc, test_safetensors__types_that_are_not_read);
	suite_add_tcase(s, tc);
	return io_test_main(s);
}
