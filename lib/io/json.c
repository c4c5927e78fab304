/* SPDX-License-Identifier: MIT */
/* JSON through jansson, with a guard against its one unsafe spot.
 *
 * jansson 2.14 collects the bytes of a token in a buffer of 16 bytes that doubles, and does not look whether the
 * doubling succeeded (lex_save in its load.c): short of memory, a byte of the token is lost without an error. A tensor
 * name then reads wrong; a lost closing quote makes it read on beyond the buffer. So the buffer is grown before the
 * object is seen: what jansson parses is the array ["....", OBJECT], where the string is longer than every token of
 * OBJECT. If that string comes back whole, the buffer has room for every other token and is not grown again; if it
 * comes back shorter, memory ran out. Its closing quote stands SLACK bytes after the last doubling, so that it is not
 * lost unless as many doublings in a row fail; trying the sizes with malloc first makes even that a race.
 *
 * jansson's memory comes from malloc: json_set_alloc_funcs would change it for the whole process. It calls itself for
 * every bracket that opens, and an empty object of two bytes takes it 224: so the text is looked through before jansson
 * sees it, and one that nests deeper or would take more memory than any header of a file does is refused. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <core/status_impl.h>
#include <io/c_locale_impl.h>
#include <io/file_impl.h>
#include <io/json_impl.h>

enum { SLACK = 62, MAX_DEPTH = 16 };
/* Bytes of jansson 2.14 with glibc's malloc on 64 bits: an object and its first buckets; an array and its first places;
 * a member with its share of the buckets while they are doubled; a string; a number; a place in an array likewise. */
enum { OBJECT = 224, ARRAY = 128, MEMBER = 128, STRING = 80, NUMBER = 32, PLACE = 24 };
/* Of memory for each byte of text, and on top. By the figures above a dense header of tensors takes 26, metadata with
 * keys of three characters and no values 25, layers without parameters 31. */
enum { MEMORY_FACTOR = 32, MEMORY_EXTRA = 16384 };

static int is_structure(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':' || c == '[' || c == ']' ||
	       c == '{' || c == '}';
}

/* What a text consists of; upper bounds where it is no JSON. */
typedef struct census {
	size_t longest; /* bytes of the longest token, quotes included */
	size_t depth;
	size_t objects, arrays, members, strings, numbers, commas;
} census;

static void count_structure(census *c, char sign, size_t *depth)
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

static census take_census(const char *s, size_t n)
{
	census c = {0};
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

static size_t memory_of(const census *c, size_t n)
{
	size_t values = c->strings > c->members ? c->strings - c->members : 0;
	size_t places = c->commas + c->objects > c->members ? c->commas + c->objects - c->members : 0;
	return c->objects * OBJECT + c->arrays * ARRAY + c->members * MEMBER + values * STRING + c->numbers * NUMBER +
	       places * PLACE + 2 * n;
}

static egm_status check_census(const census *c, size_t n, const char *path, const char *what)
{
	if (c->depth > MAX_DEPTH)
		return egm__fail(EGM_ERR_FORMAT, "%s: %s is nested %zu deep, at most %d is read", path, what, c->depth,
		                 MAX_DEPTH);
	if (memory_of(c, n) > MEMORY_FACTOR * n + MEMORY_EXTRA)
		return egm__fail(EGM_ERR_FORMAT,
		                 "%s: %s of %zu bytes has %zu objects, %zu arrays and %zu members: no list of tensors", path,
		                 what, n, c->objects, c->arrays, c->members);
	return EGM_OK;
}

/* The blocks that the guard string takes at once: the buffer before and after its last doubling, and the string.
 * volatile, since clang leaves out a malloc whose block is only freed, and takes it for successful. */
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
	/* A failed malloc is named by jansson now and then; else it leaves no text, or "invalid token" and errno. */
	if (number == ENOMEM || !error->text[0] || json_error_code(error) == json_error_out_of_memory)
		return egm__fail(EGM_ERR_MEMORY, "%s: no memory to parse the %s", path, what);
	return egm__fail(EGM_ERR_FORMAT, "%s: %s is not valid JSON near byte %d: %s", path, what, position,
	                 egm__printable(text, error->text));
}

/* json_loadb on the array of the file's top, text[0 .. n-1], whose object starts at byte `start`. */
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
	/* start - 4: without the bracket, both quotes and the comma. */
	if (json_string_length(json_array_get(array, 0)) != start - 4)
		EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory to parse the %s", path, what);
	json_t *object = json_array_get(array, 1);
	if (json_array_size(array) != 2) EGM_FAIL(EGM_ERR_FORMAT, "%s: %s has text after the object", path, what);
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
	if (first == n) EGM_FAIL(EGM_ERR_FORMAT, "%s: %s is empty", path, what);
	if (bytes[first] != '{')
		EGM_FAIL(EGM_ERR_FORMAT, "%s: %s begins with byte 0x%02x, not with {", path, what, (unsigned char)bytes[first]);
	if (n > (size_t)INT32_MAX / 8) EGM_FAIL(EGM_ERR_UNSUPPORTED, "%s: %s of %zu bytes", path, what, n);
	census c = take_census(bytes, n);
	EGM_TRY(check_census(&c, n, path, what));
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
