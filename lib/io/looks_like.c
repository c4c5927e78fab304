/* SPDX-License-Identifier: MIT */
/* Recognises what a file really is, for the error of a reader that expected something else: the pointer of git-lfs, the
 * HTML page that a server sent, the format of another program. */
#include <string.h>

#include <io/file_impl.h>

typedef struct signature {
	size_t at, n;
	const char *bytes, *kind;
} signature;

static const signature signatures[] = {
    {0, 4, "\x89PNG", "a PNG image"},
    {0, 3, "\xff\xd8\xff", "a JPEG image"},
    {0, 4, "GIF8", "a GIF image"},
    {0, 5, "%PDF-", "a PDF document"},
    {0, 6, "\x93NUMPY", "an NPY file"},
    {0, 8, "\x89HDF\r\n\x1a\n", "an HDF5 file"},
    {0, 4, "PAR1", "a Parquet file"},
    {0, 6, "ARROW1", "an Arrow file"},
    {0, 16, "SQLite format 3", "an SQLite database"},
    {0, 10, "MATLAB 5.0", "a MATLAB file"},
    {0, 10, "MATLAB 7.3", "a MATLAB file"},
    {0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.xls or .doc)"},
    {0, 4, "GGUF", "a GGUF model"},
    {0, 4,
     "\x7f"
     "ELF",
     "a program"},
    {0, 2, "\x1f\x8b", "a gzip file"},
    {0, 3, "BZh", "a bzip2 file"},
    {0, 6,
     "\xfd"
     "7zXZ\0",
     "an xz file"},
    {0, 4, "\x28\xb5\x2f\xfd", "a zstd file"},
    {0, 6, "7z\xbc\xaf\x27\x1c", "a 7z archive"},
    {0, 4, "Rar!", "a RAR archive"},
    {257, 5, "ustar", "a tar archive"},
    {0, 2, "\xff\xfe", "UTF-16 text (UTF-8 is read)"},
    {0, 2, "\xfe\xff", "UTF-16 text (UTF-8 is read)"},
    {0, 2, "\x80\x02", "a pickle (of Python's pickle or torch.save)"},
    {0, 2, "\x80\x03", "a pickle (of Python's pickle or torch.save)"},
    {0, 2, "\x80\x04", "a pickle (of Python's pickle or torch.save)"},
    {0, 2, "\x80\x05", "a pickle (of Python's pickle or torch.save)"},
};

static int has(const unsigned char *p, size_t n, size_t at, const char *text, size_t length)
{
	return n >= length && at <= n - length && memcmp(p + at, text, length) == 0;
}

/* Whether p begins with `word`, which is in lower case, in any case. */
static int has_word(const unsigned char *p, size_t n, const char *word)
{
	size_t i = 0;
	for (; word[i] && i < n; i++) {
		unsigned char c = p[i] >= 'A' && p[i] <= 'Z' ? (unsigned char)(p[i] + ('a' - 'A')) : p[i];
		if (c != (unsigned char)word[i]) return 0;
	}
	return !word[i];
}

/* By its first member: an .npy file in NumPy's .npz, NAME/data.pkl of torch.save, the list of types of Office. */
static const char *kind_of_zip(const unsigned char *p, size_t n)
{
	if (n >= 30) {
		size_t length = p[26] | (size_t)p[27] << 8;
		if (length > n - 30) length = n - 30;
		if (length >= 4 && has(p, n, 30 + length - 4, ".npy", 4)) return "a zip archive of NPY files (.npz)";
		if (has(p, n, 30, "[Content_Types].xml", 19)) return "an Office document (.xlsx or .docx)";
		if (length >= 8 && has(p, n, 30 + length - 8, "data.pkl", 8))
			return "a zip archive of PyTorch (torch.save; safetensors.torch.save_file writes what is read here)";
	}
	return "a zip archive";
}

/* A table of Weka, which may begin with lines of comments. */
static int is_arff(const unsigned char *p, size_t n)
{
	size_t i = 0;
	while (i < n && (p[i] == '%' || p[i] == '\n' || p[i] == '\r')) {
		while (i < n && p[i] != '\n') i++;
		if (i < n) i++;
	}
	return has_word(p + i, n - i, "@relation");
}

static const char *kind_of_text(const unsigned char *p, size_t n)
{
	static const char *const pages[] = {"<!doctype html", "<html", "<head", "<body"};
	static const char pointer[] = "version https://git-lfs.github.com/spec/";
	if (has(p, n, 0, "\xef\xbb\xbf", 3)) {
		p += 3;
		n -= 3;
	}
	if (has(p, n, 0, pointer, sizeof pointer - 1)) return "a git-lfs pointer (git lfs pull fetches the file itself)";
	while (n && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
		p++;
		n--;
	}
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
		if (has_word(p, n, pages[i])) return "an HTML page";
	if (is_arff(p, n)) return "an ARFF table of Weka";
	return has_word(p, n, "<?xml") ? "an XML document" : NULL;
}

const char *egm__looks_like(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	if (has(p, n, 4, "\0\0\0\0{", 5)) return "a safetensors file";
	if (has(p, n, 0, "PK\x03\x04", 4)) return kind_of_zip(p, n);
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
		const signature *s = &signatures[i];
		if (has(p, n, s->at, s->bytes, s->n)) return s->kind;
	}
	return kind_of_text(p, n);
}
