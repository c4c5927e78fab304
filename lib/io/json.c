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
 * jansson's memory comes from malloc: json_set_alloc_funcs would change it for the whole process. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <core/status_impl.h>
#include <io/file_impl.h>
#include <io/json_impl.h>

enum { SLACK = 62 };

static int is_structure(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':' || c == '[' || c == ']' ||
	       c == '{' || c == '}';
}

/* Bytes of the longest token, quotes included; an upper bound where the text is no JSON. */
static size_t longest_token(const char *s, size_t n)
{
	size_t longest = 0, length = 0;
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
		} else if (is_structure(s[i])) {
			length = 0;
		}
		if (length > longest) longest = length;
	}
	return longest;
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
	memset(&error, 0, sizeof error);
	int saved = errno;
	errno = 0;
	json_t *array = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	int number = errno;
	errno = saved;
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
	size_t size = 128, longest = longest_token(bytes, n);
	while (size < longest) size *= 2;
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
