/* SPDX-License-Identifier: MIT */
/* Reads NPY: magic, version, length of the header (u16 in version 1, u32 in 2 and 3), a Python dictionary as text with
 * the keys descr, fortran_order and shape in any order, then the array. Structured types and objects are not supported.
 * NumPy too rejects headers above 10,000 bytes. */
#include <inttypes.h>
#include <string.h>

#include <core/size_impl.h>
#include <io/data_impl.h>

enum { MAX_HEADER = 10000 };

typedef struct header {
	const char *path;
	const char *p, *end; /* what is left of the text */
	egm__array array;
} header;

static egm_status malformed(const header *h, const char *what)
{
	char text[64];
	return egm__fail(EGM_ERR_FORMAT, "%s: NPY header has '%s', must have %s there", h->path, egm__printable(text, h->p),
	                 what);
}

static void skip_blanks(header *h)
{
	while (h->p < h->end && (*h->p == ' ' || *h->p == '\t')) h->p++;
}

/* Whether c comes next, which is then skipped. */
static int take(header *h, char c)
{
	skip_blanks(h);
	if (h->p == h->end || *h->p != c) return 0;
	h->p++;
	return 1;
}

static int take_word(header *h, const char *word)
{
	size_t n = strlen(word);
	skip_blanks(h);
	if ((size_t)(h->end - h->p) < n || memcmp(h->p, word, n) != 0) return 0;
	h->p += n;
	return 1;
}

/* A string in single or double quotes, without escapes, which no key and no type has. */
static egm_status take_string(header *h, char out[32])
{
	char quote = take(h, '\'') ? '\'' : take(h, '"') ? '"' : 0;
	size_t n = 0;
	if (!quote) return malformed(h, "a string");
	while (h->p < h->end && *h->p != quote && *h->p != '\\' && n < 31) out[n++] = *h->p++;
	out[n] = 0;
	if (h->p == h->end || *h->p != quote) return malformed(h, "the end of a short string");
	h->p++;
	return EGM_OK;
}

static egm__element element_of(const char *type)
{
	static const struct {
		const char *type;
		egm__element element;
	} known[] = {{"f2", EGM__ELEMENT_F16}, {"f4", EGM__ELEMENT_F32}, {"f8", EGM__ELEMENT_F64},
	             {"u1", EGM__ELEMENT_U8},  {"u2", EGM__ELEMENT_U16}, {"u4", EGM__ELEMENT_U32},
	             {"u8", EGM__ELEMENT_U64}, {"i1", EGM__ELEMENT_I8},  {"i2", EGM__ELEMENT_I16},
	             {"i4", EGM__ELEMENT_I32}, {"i8", EGM__ELEMENT_I64}, {"b1", EGM__ELEMENT_BOOL}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].type, type) == 0) return known[i].element;
	return (egm__element)0;
}

static egm_status take_descr(header *h)
{
	egm_status st = EGM_OK;
	char descr[32], text[64];
	skip_blanks(h);
	if (h->p < h->end && *h->p == '[')
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: has a structured NPY type, must have plain numbers", h->path);
	EGM_TRY(take_string(h, descr));
	egm__printable(text, descr);
	if (!descr[0] || !strchr("<>|", descr[0]))
		EGM_FAIL(EGM_ERR_FORMAT, "%s: NPY type '%s' has no byte order, must begin with <, > or |", h->path, text);
	h->array.element = element_of(descr + 1);
	if (!h->array.element)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: NPY type is '%s', must be b1, i1 to i8, u1 to u8 or f2 to f8", h->path,
		         text);
	if (descr[0] == '|' && egm__element_size(h->array.element) > 1)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: NPY type '%s' has no byte order, must begin with < or >", h->path, text);
	h->array.big_endian = descr[0] == '>';
out:
	return st;
}

static egm_status take_order(header *h)
{
	h->array.fortran = take_word(h, "True");
	return h->array.fortran || take_word(h, "False") ? EGM_OK : malformed(h, "True or False");
}

static egm_status take_size(header *h, int64_t *size)
{
	int64_t n = 0;
	const char *first;
	skip_blanks(h);
	for (first = h->p; h->p < h->end && *h->p >= '0' && *h->p <= '9'; h->p++)
		if (egm__size_mul(n, 10, &n) || egm__size_add(n, *h->p - '0', &n))
			return egm__fail(EGM_ERR_FORMAT, "%s: NPY shape has a size that is too large, must be below 2^63", h->path);
	if (h->p == first) return malformed(h, "a size");
	/* Python 2 wrote long integers with an L: (4L, 3L). */
	if (h->p < h->end && *h->p == 'L') h->p++;
	*size = n;
	return EGM_OK;
}

static egm_status take_shape(header *h)
{
	egm_status st = EGM_OK;
	if (!take(h, '(')) EGM_TRY(malformed(h, "'('"));
	while (!take(h, ')')) {
		if (h->array.rank == 8)
			EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: has more than 8 dimensions, must have 1 to 8", h->path);
		EGM_TRY(take_size(h, &h->array.shape[h->array.rank++]));
		if (take(h, ',')) continue;
		/* In Python (3) is a number and (3,) a tuple. */
		if (h->array.rank == 1 || !take(h, ')')) EGM_TRY(malformed(h, "a comma"));
		break;
	}
	if (h->array.rank == 0) EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: has 0 dimensions, must have 1 to 8", h->path);
out:
	return st;
}

static egm_status take_entry(header *h, unsigned *seen)
{
	static const char *const names[] = {"descr", "fortran_order", "shape"};
	static egm_status (*const takers[])(header *) = {take_descr, take_order, take_shape};
	egm_status st = EGM_OK;
	char key[32], text[64];
	unsigned i = 0;
	EGM_TRY(take_string(h, key));
	while (i < 3 && strcmp(names[i], key) != 0) i++;
	if (i == 3)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: NPY header has key '%s', must have descr, fortran_order and shape", h->path,
		         egm__printable(text, key));
	if (*seen & 1u << i) EGM_FAIL(EGM_ERR_FORMAT, "%s: NPY header has key '%s' twice, must have it once", h->path, key);
	*seen |= 1u << i;
	if (!take(h, ':')) EGM_TRY(malformed(h, "':'"));
	EGM_TRY(takers[i](h));
out:
	return st;
}

static egm_status parse(header *h)
{
	egm_status st = EGM_OK;
	unsigned seen = 0;
	if (!take(h, '{')) EGM_TRY(malformed(h, "'{'"));
	while (!take(h, '}')) {
		EGM_TRY(take_entry(h, &seen));
		if (take(h, ',')) continue;
		if (!take(h, '}')) EGM_TRY(malformed(h, "a comma or }"));
		break;
	}
	if (seen != 7)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: NPY header lacks a key, must have descr, fortran_order and shape", h->path);
	skip_blanks(h);
	if (h->end - h->p != 1 || *h->p != '\n') EGM_TRY(malformed(h, "one newline, the last byte,"));
out:
	return st;
}

static egm_status read_length(egm__stream *stream, size_t *length)
{
	egm_status st = EGM_OK;
	const char *path = egm__stream_path(stream);
	unsigned char b[8], n[4] = {0};
	EGM_TRY(egm__stream_exact(stream, b, sizeof b, "the NPY magic"));
	if (memcmp(b, "\x93NUMPY", 6) != 0) EGM_TRY(egm__stream_reject(stream, "is not an NPY file"));
	if (b[6] < 1 || b[6] > 3 || b[7] != 0)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: NPY version is %d.%d, must be 1.0, 2.0 or 3.0", path, b[6], b[7]);
	EGM_TRY(egm__stream_exact(stream, n, b[6] == 1 ? 2 : 4, "the NPY header's length"));
	uint32_t bytes = (uint32_t)n[0] | (uint32_t)n[1] << 8 | (uint32_t)n[2] << 16 | (uint32_t)n[3] << 24;
	if (bytes > MAX_HEADER)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: NPY header has %" PRIu32 " bytes, must have at most %d", path, bytes,
		         MAX_HEADER);
	*length = bytes;
out:
	return st;
}

static egm_status read_head(egm__stream *stream, egm__array *array)
{
	egm_status st = EGM_OK;
	char text[MAX_HEADER + 1];
	size_t length = 0;
	EGM_TRY(read_length(stream, &length));
	EGM_TRY(egm__stream_exact(stream, text, length, "the NPY header"));
	text[length] = 0;
	header h = {.path = egm__stream_path(stream), .p = text, .end = text + length};
	EGM_TRY(parse(&h));
	*array = h.array;
out:
	return st;
}

static const egm__array_format npy = {.gzip = 0, .read_head = read_head};

egm_status egm_data_load_npy(egm_data **out, egm_context *context, const char *path, const egm_data_options *options)
{
	const egm__origin from = egm__from_file(path);
	return egm__named(__func__, egm__data_load(out, context, &from, options, &npy));
}

egm_status egm_data_load_npy_memory(egm_data **out, egm_context *context, const void *bytes, size_t size,
                                    const egm_data_options *options)
{
	const egm__origin from = egm__from_memory(bytes, size);
	return egm__named(__func__, egm__data_load(out, context, &from, options, &npy));
}

egm_status egm_data_open_npy(egm_data **out, egm_context *context, const char *path, const egm_data_options *options)
{
	return egm__named(__func__, egm__data_open(out, context, path, options, &npy));
}
