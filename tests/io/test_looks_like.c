/* SPDX-License-Identifier: MIT */
/* The error of a file of another format names that format. The first bytes are those that the programs write: git-lfs 3
 * (specification v1), Python's zipfile, pickle, gzip, NumPy and torch.save. */
#include "io_support.h"
#include <egm/data.h>
#include <io/file_impl.h>

static egm_context *context;

static void setup(void)
{
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
}

static void teardown(void)
{
	egm_context_free(context);
}

#define ZIP_OF(length, name) "PK\3\4\x14\0\0\0\0\0\0\0!\0\1\2\3\4\5\0\0\0\5\0\0\0" length "\0\0\0" name
#define BYTES(text) text, sizeof text - 1

static const struct {
	const char *bytes;
	size_t n;
	const char *kind;
} rows[] = {
    {BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"), "a git-lfs pointer"},
    {BYTES("<!DOCTYPE html>\n<html lang=\"en\">"), "an HTML page"},
    {BYTES("\xef\xbb\xbf\r\n  <HTML><head>"), "an HTML page"},
    {BYTES("<?xml version=\"1.0\"?><Error/>"), "an XML document"},
    {BYTES(ZIP_OF("\x10", "archive/data.pkl")), "a zip archive of PyTorch"},
    {BYTES(ZIP_OF("\5", "x.npy")), "a zip archive of NPY files"},
    {BYTES(ZIP_OF("\5", "x.txt")), "a zip archive"},
    {BYTES("PK\3\4\0\0\0\0\0"), "a zip archive"}, /* cut within the first member's head */
    {BYTES("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8P\x19"), "a pickle"},
    {BYTES("\x1f\x8b\x08\0\0\0\0\0\0\x03xxxx"), "a gzip file"},
    {BYTES("\x93NUMPY\x01\0v\0{'descr'"), "an NPY file"},
    {BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "a PNG image"},
    {BYTES("\x89HDF\r\n\x1a\n\0\0\0\0\0"), "an HDF5 file"},
    {BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"), "an old Office document"},
    {BYTES(ZIP_OF("\x13", "[Content_Types].xml")), "an Office document (.xlsx"},
    {BYTES("MATLAB 7.3 MAT-file, Platform: GLNXA64"), "a MATLAB file"},
    {BYTES("% of Weka\n\n% 1 2\n@RELATION iris\n"), "an ARFF table"},
    {BYTES("\xff\xfeh\0e\0l\0l\0o\0"), "UTF-16 text"},
};

START_TEST(test_looks_like__the_kind_is_in_the_error)
{
	char path[PATH_MAX], bytes[600] = {0};
	egm_model *model;
	snprintf(path, sizeof path, "%s", io_path("model.safetensors"));
	io_write(path, rows[_i].bytes, rows[_i].n);
	io_expect("as it is", egm_model_load(&model, context, path, NULL), EGM_ERR_FORMAT, rows[_i].kind);
	/* Longer than every header's length that such bytes can be read as. */
	memcpy(bytes, rows[_i].bytes, rows[_i].n);
	io_write(path, bytes, sizeof bytes);
	ck_assert_int_eq(truncate(path, 3000000), 0);
	io_expect("longer", egm_model_load(&model, context, path, NULL), EGM_ERR_FORMAT, rows[_i].kind);
}
END_TEST

/* What is what it should be, or nothing in particular, has no kind, however much of it there is. */
START_TEST(test_looks_like__no_kind)
{
	static const char header[] = "\2\0\0\0\0\0\0\0{}";
	static const char *const texts[] = {"1,2,3\n", "<3,4>\n", "version 2\n", "% 1\n", "%", "@rel\n", "", "P", "\xff"};
	ck_assert_str_eq(egm__looks_like(header, 10), "a safetensors file");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ck_assert_ptr_null(egm__looks_like(texts[i], strlen(texts[i])));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t n = 0; n < rows[i].n; n++) {
			char *cut = malloc(n ? n : 1); /* of this size, so that a sanitizer sees what is read beyond it */
			ck_assert_ptr_nonnull(cut);
			memcpy(cut, rows[i].bytes, n);
			const char *kind = egm__looks_like(cut, n);
			ck_assert(!kind || strlen(kind) > 3);
			free(cut);
		}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("looks_like");
	TCase *tc = tcase_create("kinds");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_looks_like__the_kind_is_in_the_error, 0, (int)(sizeof rows / sizeof *rows));
	tcase_add_test(tc, test_looks_like__no_kind);
	suite_add_tcase(s, tc);
	return io_test_main(s);
}
