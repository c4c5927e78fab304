/* SPDX-License-Identifier: MIT */
/* Files that must be rejected, each for its own reason, in little time and memory. */
#include "fault_io.h"
#include "malloc_hook.h"
#include "st_files.h"
#include "st_support.h"
#include <io/safetensors_impl.h>

static egm_context *context;
static egm_test_allocator memory;

static void setup(void)
{
	context = egm_test_context(&memory);
	ck_assert_ptr_nonnull(context);
}

static void teardown(void)
{
	egm_context_free(context);
	ck_assert_int_eq(memory.live, 0);
}

/* A header of n entries, all on the same range. */
static char *amplified_header(int n, size_t *length)
{
	char *header = malloc((size_t)n * 64 + 2), *p = header;
	ck_assert_ptr_nonnull(header);
	*p++ = '{';
	for (int i = 0; i < n; i++)
		p += sprintf(p, "%s\"%d\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}", i ? "," : "", i);
	*p++ = '}';
	*length = (size_t)(p - header);
	return header;
}

/* One rejected reading, which leaves nothing behind. */
static void reject_once(const char *row, const char *path, const egm_load_options *options, egm_status status,
                        const char *needle)
{
	egm__safetensors *file = (egm__safetensors *)&file;
	long live = memory.live;
	egm_status st = st_file_read(&file, context, path, options);
	io_expect(row, st, status, needle);
	ck_assert_msg(!file, "%s: out is not NULL", row);
	ck_assert_msg(memory.live == live, "%s: %ld blocks left", row, memory.live - live);
	ck_assert_msg(strstr(egm_last_error(), path) == egm_last_error(), "%s: no path in '%s'", row, egm_last_error());
}

/* Bytes of a file that a reader may have to look at: a header has 1 MiB at most, and nothing else has to be read. */
static long header_bytes(const char *path)
{
	struct stat info;
	if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
	return info.st_size < 1048576 ? (long)info.st_size : 1048576;
}

/* A rejected reading does not cost out of proportion to its header. Allocations are counted instead of time, so that no
 * machine is too slow. There are 19 for a tensor, nearly all of jansson's, and an entry has 54 bytes or more: one for 2
 * bytes and 100 are allowed. Memory: 20 bytes for each, as for a header at the cap (A4), and 64 KiB for buffers. */
static void reject(const char *row, const char *path, const egm_load_options *options, egm_status status,
                   const char *needle)
{
	long header = header_bytes(path), calls = malloc_calls, live = malloc_live;
	malloc_peak = malloc_live;
	reject_once(row, path, options, status, needle);
	ck_assert_msg(malloc_calls - calls <= 100 + header / 2, "%s: %ld allocations for %ld bytes", row,
	              malloc_calls - calls, header);
	ck_assert_msg(malloc_peak - live <= 65536 + 20 * header, "%s: %ld bytes of memory for %ld bytes", row,
	              malloc_peak - live, header);
}

/* One tensor of F32 [2, 3]; what a row changes stands beside it. */
#define ENTRY(dtype, shape, offsets) "{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define GOOD ENTRY("\"F32\"", "[2,3]", "[0,24]")
#define ONE(dtype, shape, offsets) "{\"a\":" ENTRY(dtype, shape, offsets) "}"
#define F32(shape, offsets) ONE("\"F32\"", shape, offsets)
#define TWO(first, second) "{\"a\":" ENTRY("\"U8\"", "[8]", first) ",\"b\":" ENTRY("\"U8\"", "[8]", second) "}"
#define NAMED(name) "{\"" name "\":" GOOD "}"

static const struct {
	const char *row, *header;
	size_t data;
	egm_status status;
	const char *needle;
} rows[] = {
    {"good", "{\"a\":" GOOD "}", 24, EGM_OK, NULL},
    {"A5 overlap", TWO("[0,8]", "[4,12]"), 12, EGM_ERR_FORMAT, "'b': begins at 4, must begin at 8"},
    {"A5 same range", TWO("[0,8]", "[0,8]"), 8, EGM_ERR_FORMAT, "begins at 0"},
    {"A5 hole", TWO("[0,8]", "[12,20]"), 20, EGM_ERR_FORMAT, "begins at 12"},
    {"A5 hole at the start", F32("[2,3]", "[8,32]"), 32, EGM_ERR_FORMAT, "begins at 8"},
    {"A5 unsorted", TWO("[8,16]", "[0,8]"), 16, EGM_OK, NULL}, /* the format does not ask for an order */
    {"A5 unsorted overlap", TWO("[4,12]", "[0,8]"), 12, EGM_ERR_FORMAT, "'a': begins at 4"},
    {"A5 unsorted hole", TWO("[12,20]", "[0,8]"), 20, EGM_ERR_FORMAT, "'a': begins at 12"},
    {"A5 end before begin", F32("[2,3]", "[24,0]"), 24, EGM_ERR_FORMAT, "ends at 0, must be at least its begin, 24"},
    {"A6 trailing bytes", F32("[2,3]", "[0,24]"), 25, EGM_ERR_FORMAT, "1 bytes after the last tensor, must have none"},
    {"A6 truncated data", F32("[2,3]", "[0,24]"), 23, EGM_ERR_FORMAT, "has 23 bytes of tensors, must have 24"},
    {"A6 data of nothing", "{}", 1, EGM_ERR_FORMAT, "1 bytes after"},
    {"A7 duplicate tensor", "{\"a\":" GOOD ",\"a\":" GOOD "}", 24, EGM_ERR_FORMAT, "duplicate"},
    {"A7 duplicate metadata", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, EGM_ERR_FORMAT, "duplicate"},
    {"A7 duplicate in metadata", "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, EGM_ERR_FORMAT, "duplicate"},
    {"A7 duplicate through an escape", "{\"a\":" GOOD ",\"\\u0061\":" GOOD "}", 24, EGM_ERR_FORMAT, "duplicate"},
    {"A7 duplicate member", "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0,
     EGM_ERR_FORMAT, "duplicate"},
    {"A8 invalid UTF-8", NAMED("\xff"), 24, EGM_ERR_FORMAT, "decode byte 0xff"},
    {"A8 overlong UTF-8", NAMED("\xc0\xaf"), 24, EGM_ERR_FORMAT, "decode byte 0xc0"},
    {"A8 cut UTF-8", NAMED("\xe2\x82"), 24, EGM_ERR_FORMAT, "decode byte 0xe2"},
    {"A8 lone surrogate", NAMED("\\ud800"), 24, EGM_ERR_FORMAT, "invalid Unicode"},
    {"A8 zero in a name", NAMED("a\\u0000b"), 24, EGM_ERR_FORMAT, "NUL byte in object key"},
    {"A8 zero in metadata", "{\"__metadata__\":{\"k\":\"\\u0000\"}}", 0, EGM_ERR_FORMAT, "\\u0000 is not allowed"},
    {"A8 byte order mark", "\xef\xbb\xbf{}", 0, EGM_ERR_FORMAT, "begins with byte 0xef"},
    {"A9 text after", "{}x", 0, EGM_ERR_FORMAT, "not valid JSON near byte 3"},
    {"A9 object after", "{},{}", 0, EGM_ERR_FORMAT, "text after the object"},
    {"A9 bracket after", "{}]", 0, EGM_ERR_FORMAT, "not valid JSON"},
    {"A9 brackets around", "{}],[{}", 0, EGM_ERR_FORMAT, "not valid JSON"},
    {"A9 not an object", "[1]", 0, EGM_ERR_FORMAT, "begins with byte 0x5b"},
    {"A9 unfinished", "{\"a\":", 0, EGM_ERR_FORMAT, "not valid JSON"},
    {"A9 unfinished string", "{\"a", 0, EGM_ERR_FORMAT, "not valid JSON"},
    {"A9 spaces alone", "        ", 0, EGM_ERR_FORMAT, "is empty"},
    {"A10 too few bytes", F32("[2,3]", "[0,20]"), 20, EGM_ERR_FORMAT, "span 20 bytes, must span 24"},
    {"A10 too many bytes", F32("[2,3]", "[0,28]"), 28, EGM_ERR_FORMAT, "span 28 bytes"},
    {"A10 scalar", F32("[]", "[0,0]"), 0, EGM_ERR_FORMAT, "must span 4"},
    {"A11 2 x (2^64-2)", F32("[2,18446744073709551614]", "[0,24]"), 24, EGM_ERR_FORMAT, "too big integer"},
    {"A11 2 x (2^63-1)", F32("[2,9223372036854775807]", "[0,24]"), 24, EGM_ERR_FORMAT, "product of shape overflows"},
    {"A11 bits", F32("[576460752303423488]", "[0,24]"), 24, EGM_ERR_UNSUPPORTED, "at most 2147483647"},
    {"A11 many sizes", F32("[2147483647,2147483647,2]", "[0,24]"), 24, EGM_ERR_FORMAT,
     "elements of 32 bits, must fit in memory"},
    {"A12 real size", F32("[2.0,3]", "[0,24]"), 24, EGM_ERR_FORMAT, "a size in shape is not an integer"},
    {"A12 exponent", F32("[2,3]", "[0,24e0]"), 24, EGM_ERR_FORMAT, "end in data_offsets is not an integer"},
    {"A12 negative size", F32("[-2,-3]", "[0,24]"), 24, EGM_ERR_FORMAT, "a size in shape is -2"},
    {"A12 negative begin", F32("[2,3]", "[-24,0]"), 24, EGM_ERR_FORMAT, "begin in data_offsets is -24"},
    {"A12 beyond int64", F32("[2,3]", "[0,9223372036854775808]"), 24, EGM_ERR_FORMAT, "too big integer"},
    {"A12 text", F32("[\"2\",3]", "[0,24]"), 24, EGM_ERR_FORMAT, "not an integer"},
    {"A12 null", F32("[null,3]", "[0,24]"), 24, EGM_ERR_FORMAT, "not an integer"},
    {"A13 half a byte", ONE("\"F4\"", "[3]", "[0,1]"), 1, EGM_ERR_FORMAT, "12 bits, must be whole bytes"},
    {"A13 six bits", ONE("\"F6_E2M3\"", "[2]", "[0,2]"), 2, EGM_ERR_FORMAT, "12 bits"},
    {"A13 whole bytes", ONE("\"F6_E3M2\"", "[4]", "[0,3]"), 3, EGM_ERR_UNSUPPORTED,
     "dtype is F6_E3M2, must be F16, BF16, F32, F64, U8 or U64"},
    {"A14 unknown", ONE("\"F33\"", "[2,3]", "[0,24]"), 24, EGM_ERR_FORMAT, "dtype is 'F33', must be one of the format"},
    {"A14 lower case", ONE("\"f32\"", "[2,3]", "[0,24]"), 24, EGM_ERR_FORMAT,
     "dtype is 'f32', must be one of the format"},
    {"A14 number", ONE("32", "[2,3]", "[0,24]"), 24, EGM_ERR_FORMAT, "dtype is not a string"},
    {"A14 known, not read", ONE("\"I16\"", "[2]", "[0,4]"), 4, EGM_ERR_UNSUPPORTED,
     "dtype is I16, must be F16, BF16, F32, F64, U8 or U64"},
    {"A15 nine dimensions", F32("[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, EGM_ERR_UNSUPPORTED,
     "has 9 dimensions, must have at most 8"},
    {"A15 size beyond int", ONE("\"U8\"", "[0,2147483648]", "[0,0]"), 0, EGM_ERR_UNSUPPORTED, "size is 2147483648"},
    {"A17 slash", NAMED("../../etc/passwd"), 24, EGM_ERR_FORMAT, "has a path character"},
    {"A17 backslash", NAMED("a\\\\b"), 24, EGM_ERR_FORMAT, "has a path character"},
    {"A17 dots", NAMED(".."), 24, EGM_ERR_FORMAT, "is a path"},
    {"A17 empty", NAMED(""), 24, EGM_ERR_FORMAT, "is empty"},
    {"A17 line feed", NAMED("a\\nb"), 24, EGM_ERR_FORMAT, "'a\\x0ab' has a control character"},
    {"shape missing", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,24]}}", 24, EGM_ERR_FORMAT,
     "shape is not an array"},
    {"dtype missing", "{\"a\":{\"shape\":[6],\"data_offsets\":[0,24]}}", 24, EGM_ERR_FORMAT, "dtype is not a string"},
    {"offsets missing", "{\"a\":{\"dtype\":\"F32\",\"shape\":[6]}}", 24, EGM_ERR_FORMAT, "data_offsets is not a pair"},
    {"three offsets", F32("[2,3]", "[0,24,24]"), 24, EGM_ERR_FORMAT, "data_offsets is not a pair"},
    {"one member more", "{\"a\":{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[0,24],\"x\":1}}", 24, EGM_ERR_FORMAT,
     "has 4 members"},
    {"entry is no object", "{\"a\":1}", 0, EGM_ERR_FORMAT, "'a' is not an object"},
    {"metadata is no object", "{\"__metadata__\":[]}", 0, EGM_ERR_FORMAT, "__metadata__ is not an object"},
    {"metadata with a number", "{\"__metadata__\":{\"k\":1}}", 0, EGM_ERR_FORMAT, "'k' is not a string"},
};

START_TEST(test_st_attacks__headers)
{
	const char *row = rows[_i].row;
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s", io_path("attack.safetensors"));
	st_write(path, rows[_i].header, rows[_i].data);
	if (rows[_i].status == EGM_OK) {
		egm__safetensors *file;
		io_expect(row, st_file_read(&file, context, path, NULL), EGM_OK, NULL);
		egm__safetensors_free(file);
	} else {
		reject(row, path, NULL, rows[_i].status, rows[_i].needle);
	}
}
END_TEST

START_TEST(test_st_attacks__A1_no_file_to_speak_of)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s", io_path("a1"));
	reject("A1 absent", path, NULL, EGM_ERR_IO, "No such file");
	io_write(path, "", 0);
	reject("A1 empty", path, NULL, EGM_ERR_FORMAT, "0 bytes");
	io_write(path, "1234567", 7);
	reject("A1 short", path, NULL, EGM_ERR_FORMAT, "7 bytes");
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	reject("A1 directory", path, NULL, EGM_ERR_IO, "is a directory");
	rmdir(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	reject("A1 FIFO", path, NULL, EGM_ERR_IO, "is a FIFO");
	reject("A1 device", "/dev/zero", NULL, EGM_ERR_IO, "is a device");
}
END_TEST

START_TEST(test_st_attacks__A2_length_of_the_header)
{
	static const uint64_t lengths[] = {3, 100, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 7, INT64_MAX};
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s", io_path("a2"));
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		char needle[64];
		snprintf(needle, sizeof needle, "header has %llu bytes, must fit in the file of 10",
		         (unsigned long long)lengths[i]);
		st_write_length(path, lengths[i], "{}", 2, 0);
		reject("A2", path, NULL, EGM_ERR_FORMAT, needle);
	}
	st_write_length(path, 0, "{}", 2, 0);
	reject("A2", path, NULL, EGM_ERR_FORMAT, "header has 0 bytes, must have at least 2");
}
END_TEST

/* A sparse file of the length that its first 8 bytes claim. */
static void write_sparse(const char *path, uint64_t n)
{
	st_write_length(path, n, "", 0, 0);
	ck_assert_int_eq(truncate(path, (off_t)(8 + n)), 0);
}

START_TEST(test_st_attacks__A3_header_over_the_cap)
{
	char path[PATH_MAX];
	egm_load_options o = EGM_LOAD_OPTIONS_INIT;
	snprintf(path, sizeof path, "%s", io_path("a3"));
	write_sparse(path, 1048577);
	reject("A3 cap", path, NULL, EGM_ERR_UNSUPPORTED,
	       "header has 1048577 bytes, must have at most max_header_bytes, 1048576");
	write_sparse(path, 100000001);
	o.max_header_bytes = UINT64_MAX;
	reject("A3 format", path, &o, EGM_ERR_FORMAT, "must have at most 100000000");
}
END_TEST

/* A file with that header; its length. */
static size_t write_amplified(const char *path, int n)
{
	size_t length;
	char *header = amplified_header(n, &length);
	st_write_length(path, length, header, length, 8);
	free(header);
	return length;
}

/* Some 18,000 such tensors fit within the default cap. 100,000 need the cap raised, 10 million more than the format
 * allows. */
START_TEST(test_st_attacks__A4_many_tensors_on_one_range)
{
	static const char needle[] = "begins at 0, must begin at 8";
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s", io_path("a4"));
	write_amplified(path, 4000);
	reject("A4", path, NULL, EGM_ERR_FORMAT, needle);
	size_t length = write_amplified(path, 18000);
	ck_assert_uint_lt(length, 1048576);
	malloc_peak = malloc_live;
	long before = malloc_live;
	reject_once("A4 at the cap", path, NULL, EGM_ERR_FORMAT, needle);
	ck_assert_int_lt(malloc_peak - before, 20 * 1048576);
	write_amplified(path, 100000);
	reject("A4 100,000", path, NULL, EGM_ERR_UNSUPPORTED, "max_header_bytes");
	write_sparse(path, UINT64_C(500000000));
	reject("A4 10 million", path, NULL, EGM_ERR_FORMAT, "must have at most 100000000");
}
END_TEST

START_TEST(test_st_attacks__A9_deep_nesting)
{
	enum { N = 1000000 };
	char path[PATH_MAX], *header = malloc(N);
	ck_assert_ptr_nonnull(header);
	snprintf(path, sizeof path, "%s", io_path("a9"));
	memset(header, '[', N);
	memcpy(header, "{\"a\":", 5);
	st_write_length(path, N, header, N, 0);
	reject("A9 arrays", path, NULL, EGM_ERR_FORMAT, "deep, must be at most 16");
	for (size_t i = 0; i + 5 <= N; i += 5) memcpy(header + i, "{\"a\":", 5);
	st_write_length(path, N, header, N, 0);
	reject("A9 objects", path, NULL, EGM_ERR_FORMAT, "deep, must be at most 16");
	free(header);
}
END_TEST

START_TEST(test_st_attacks__A17_long_name)
{
	enum { N = 1000000 };
	static const char tail[] = "\":" GOOD "}";
	char path[PATH_MAX], *header = malloc(N + sizeof tail);
	ck_assert_ptr_nonnull(header);
	snprintf(path, sizeof path, "%s", io_path("a17"));
	memset(header, 'n', N);
	memcpy(header, "{\"", 2);
	memcpy(header + N, tail, sizeof tail);
	st_write_length(path, N + sizeof tail - 1, header, N + sizeof tail - 1, 24);
	reject("A17 1 MB", path, NULL, EGM_ERR_FORMAT, "is longer than 255 bytes");
	free(header);
}
END_TEST

/* Read call 1 brings the length, 2 the header, 3 the data: the file is cut before each of them. */
START_TEST(test_st_attacks__A18_cut_while_read)
{
	static const char *const needles[] = {"of a", "of the header", "of a"};
	char path[PATH_MAX], header[400];
	snprintf(path, sizeof path, "%s", io_path("a18"));
	snprintf(header, sizeof header, "%-200s", "{\"a\":" ENTRY("\"U8\"", "[8000]", "[0,8000]") "}");
	for (int i = 1; i < 3; i++) {
		st_write(path, header, 8000);
		fault.call = FAULT_PREAD;
		fault.seen = 0;
		fault.at = i + 1;
		fault.cut = path;
		reject_once("A18", path, NULL, EGM_ERR_FORMAT, needles[i]);
		fault.call = FAULT_NONE;
		fault.cut = NULL;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("st_attacks");
	TCase *tc = tcase_create("R6");
	tcase_set_tags(tc, "R6");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_st_attacks__headers, 0, (int)(sizeof rows / sizeof *rows));
	tcase_add_test(tc, test_st_attacks__A1_no_file_to_speak_of);
	tcase_add_test(tc, test_st_attacks__A2_length_of_the_header);
	tcase_add_test(tc, test_st_attacks__A3_header_over_the_cap);
	tcase_add_test(tc, test_st_attacks__A4_many_tensors_on_one_range);
	tcase_add_test(tc, test_st_attacks__A9_deep_nesting);
	tcase_add_test(tc, test_st_attacks__A17_long_name);
	tcase_add_test(tc, test_st_attacks__A18_cut_while_read);
	suite_add_tcase(s, tc);
	return io_test_main(s);
}
