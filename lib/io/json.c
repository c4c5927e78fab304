/* SPDX-License-Identifier: MIT */
/* Parses JSON with jansson, with a guard against its one memory fault.
 *
 * jansson 2.14 collects the bytes of a token in a buffer of 16 bytes that doubles, and does not check whether the
 * doubling succeeded (lex_save in its load.c): without memory, a byte of the token is lost without an error. A tensor
 * name is then wrong; a lost closing quote makes jansson read beyond the buffer. Therefore the buffer is grown before
 * the object is parsed: jansson gets the array ["....", OBJECT], whose string is longer than every token of OBJECT. If
 * that string comes back complete, the buffer has room for every other token; if it is shorter, there was no memory.
 * Its closing quote is SLACK bytes after the last doubling, and is lost only if as many doublings in a row fail; malloc
 * is tried with these sizes first, so that this needs a race, too.
 *
 * jansson allocates by malloc, since json_set_alloc_funcs would change the whole process. It recurses for every opening
 * bracket, and an empty object of two bytes costs 224 bytes: so the text is counted first, and rejected if it is nested
 * deeper, or needs more memory, than any header of a valid file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <core/status_impl.h>
#include <io/c_locale_impl.h>
#include <io/file_impl.h>
#include <io/json_impl.h>

enum { SLACK = 62, MAX_DEPTH = 16 };
/* Bytes that jansson 2.14 allocates with glibc on 64 bits: for an object with its first buckets; an array with its
 * first places; a member with its share of the buckets while they double; a string; a number; a place in an array. */
enum { OBJECT = 224, ARRAY = 128, MEMBER = 128, STRING = 80, NUMBER = 32, PLACE = 24 };
/* Bytes of memory allowed for each byte of text, and in addition. By the figures above, a dense header of tensors needs
 * 26, metadata with keys of three characters and no values 25, layers without parameters 31. */
enum { MEMORY_FACTOR = 32, MEMORY_EXTRA = 16384 };

static int is_structure(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':' || c == '[' || c == ']' ||
	       c == '{' || c == '}';
}

/* What a text consists of; upper bounds if it is not valid JSON. */
typedef struct counts {
	size_t longest; /* bytes of the longest token, quotes included */
	size_t depth;
	size_t objects, arrays, members, strings, numbers, commas;
} counts;

static void count_structure(counts *c, char sign, size_t *depth)
{
	if (sign == '{' || sign == '[') {
		*depth += 1;
		if (*depth > c->depth) c->depth = *depth;
	} else if ((sign == '}' || sign == ']') && *depth) {
		*depth -= 1;
	}
	c->objects += sign == '{';
	c->arrays += sign == '[';
	c->members += sign == ':';
	c->commas += sign == ',';
}

static counts count_text(const char *s, size_t n)
{
	counts c = {0};
	size_t length = 0, depth = 0;
	int quoted = 0;
	for (size_t i = 0; i < n; i++) {
		length++;
		if (quoted) {
			if (s[i] == '\\' && i + 1 < n) {
				length++;
				i++;
			} else if (s[i] == '"') {
				quoted = 0;
			}
		} else if (s[i] == '"') {
			quoted = 1;
			c.strings++;
		} else if (is_structure(s[i])) {
			length = 0;
			count_structure(&c, s[i], &depth);
		} else if (length == 1) {
			c.numbers++;
		}
		if (length > c.longest) c.longest = length;
	}
	return c;
}

static size_t memory_of(const counts *c, size_t n)
{
	size_t values = c->strings > c->members ? c->strings - c->members : 0;
	size_t places = c->commas + c->objects > c->members ? c->commas + c->objects - c->members : 0;
	return c->objects * OBJECT + c->arrays * ARRAY + c->members * MEMBER + values * STRING + c->numbers * NUMBER +
	       places * PLACE + 2 * n;
}

static egm_status check_counts(const counts *c, size_t n, const char *path, const char *what)
{
	if (c->depth > MAX_DEPTH)
		return egm__fail(EGM_ERR_FORMAT, "%s: %s is nested %zu deep, must be at most %d", path, what, c->depth,
		                 MAX_DEPTH);
	if (memory_of(c, n) > MEMORY_FACTOR * n + MEMORY_EXTRA)
		return egm__fail(EGM_ERR_FORMAT,
		                 "%s: %s of %zu bytes has %zu objects, %zu arrays and %zu members, must be a list of tensors",
		                 path, what, n, c->objects, c->arrays, c->members);
	return EGM_OK;
}

/* Whether the blocks of the guard string can be allocated together: the buffer before and after its last doubling, and
 * the string. volatile, because clang removes a malloc whose block is only freed. */
static int memory_for(size_t size)
{
	void *volatile blocks[3] = {malloc(size), malloc(2 * size), malloc(2 * size)};
	int enough = 1;
	for (int i = 0; i < 3; i++) {
		enough = enough && blocks[i];
		free(blocks[i]);
	}
	return enough;
}

static egm_status parse_failure(const json_error_t *error, int number, const char *path, const char *what)
{
	char text[64];
	int position = error->position > 0 ? error->position : 0;
	/* jansson reports a failed malloc by its code, by no text, or by "invalid token" and errno. */
	if (number == ENOMEM || !error->text[0] || json_error_code(error) == json_error_out_of_memory)
		return egm__fail(EGM_ERR_MEMORY, "%s: no memory to parse the %s", path, what);
	return egm__fail(EGM_ERR_FORMAT, "%s: %s is not valid JSON near byte %d: %s", path, what, position,
	                 egm__printable(text, error->text));
}

/* Parses the guarded array text[0 .. n-1], whose object starts at byte `start`. */
static egm_status parse(json_t **out, const char *text, size_t n, size_t start, const char *path, const char *what)
{
	egm_status st = EGM_OK;
	json_error_t error;
	json_t *array = NULL;
	memset(&error, 0, sizeof error);
	int saved = errno;
	egm__c_locale numbers;
	if (!egm__c_locale_begin(&numbers)) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory to parse the %s", path, what);
	errno = 0;
	array = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	int number = errno;
	errno = saved;
	egm__c_locale_end(&numbers);
	if (!array) {
		error.position -= (int)start;
		return parse_failure(&error, number, path, what);
	}
	/* The guard string has start - 4 bytes: before the object are also a bracket, two quotes and a comma. */
	if (json_string_length(json_array_get(array, 0)) != start - 4)
		EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory to parse the %s", path, what);
	json_t *object = json_array_get(array, 1);
	if (json_array_size(array) != 2)
		EGM_FAIL(EGM_ERR_FORMAT, "%s: %s has text after the object, must have one object alone", path, what);
	if (!json_is_object(object)) EGM_FAIL(EGM_ERR_FORMAT, "%s: %s is not a JSON object", path, what);
	*out = json_incref(object);
out:
	json_decref(array);
	return st;
}

egm_status egm__json_load(json_t **out, egm_context *context, const char *bytes, size_t n, const char *path,
                          const char *what)
{
	egm_status st = EGM_OK;
	char *text = NULL;
	*out = NULL;
	size_t first = 0;
	while (first < n && (bytes[first] == ' ' || bytes[first] == '\t' || bytes[first] == '\n' || bytes[first] == '\r'))
		first++;
	if (first == n) EGM_FAIL(EGM_ERR_FORMAT, "%s: %s is empty, must be a JSON object", path, what);
	if (bytes[first] != '{')
		EGM_FAIL(EGM_ERR_FORMAT, "%s: %s begins with byte 0x%02x, must begin with {", path, what,
		         (unsigned char)bytes[first]);
	if (n > (size_t)INT32_MAX / 8)
		EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: %s has %zu bytes, must have at most %d", path, what, n, INT32_MAX / 8);
	counts c = count_text(bytes, n);
	EGM_TRY(check_counts(&c, n, path, what));
	size_t size = 128;
	while (size < c.longest) size *= 2;
	size_t guard = size + SLACK, start = guard + 4;
	text = egm__alloc(context, start + n + 1, 1);
	if (!text || !memory_for(size)) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory to parse the %s, %zu bytes", path, what, n);
	memcpy(text, "[\"", 2);
	memset(text + 2, '.', guard);
	memcpy(text + 2 + guard, "\",", 2);
	memcpy(text + start, bytes, n);
	text[start + n] = ']';
	EGM_TRY(parse(out, text, start + n + 1, start, path, what));
out:
	egm__free(context, text);
	return st;
}
