/* SPDX-License-Identifier: MIT */
/* Dictionaries: words sorted by their bytes, so that codes do not depend on the order of rows. */
#include <inttypes.h>
#include <string.h>

#include <core/status_impl.h>
#include <io/csv_table_impl.h>

egm_status egm__words_copy(egm_context *context, char **out, const char *text, const char *path)
{
	size_t n = strlen(text) + 1;
	*out = egm__alloc(context, n, 1);
	if (!*out) return egm__fail(EGM_ERR_MEMORY, "%s: no memory for a word of %zu bytes", path, n - 1);
	memcpy(*out, text, n);
	return EGM_OK;
}

int egm__words_find(const egm__words *d, const char *text, int64_t *at)
{
	int64_t low = 0, high = d->count;
	while (low < high) {
		int64_t middle = low + (high - low) / 2;
		int order = strcmp(d->words[middle], text);
		if (order == 0) {
			*at = middle;
			return 1;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*at = low;
	return 0;
}

egm_status egm__words_insert(egm_context *context, egm__words *d, int64_t at, const char *text, const char *path)
{
	egm_status st = EGM_OK;
	char *word = NULL;
	if (d->count == d->capacity) {
		int64_t capacity = d->capacity ? 2 * d->capacity : 8;
		char **grown = egm__realloc(context, d->words, capacity, sizeof *grown);
		if (!grown) EGM_FAIL(EGM_ERR_MEMORY, "%s: no memory for %" PRId64 " words", path, capacity);
		d->words = grown;
		d->capacity = capacity;
	}
	EGM_TRY(egm__words_copy(context, &word, text, path));
	memmove(d->words + at + 1, d->words + at, (size_t)(d->count - at) * sizeof *d->words);
	d->words[at] = word;
	d->count++;
out:
	return st;
}
