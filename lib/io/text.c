/* SPDX-License-Identifier: MIT */
/* Text that grows, and JSON written into it. The JSON library is not used, because its memory is not of the context. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <core/status_impl.h>
#include <core/utf8_impl.h>
#include <io/c_locale_impl.h>
#include <io/text_impl.h>

void egm__text_clear(egm__text *t)
{
	egm__free(t->context, t->bytes);
	*t = (egm__text){.context = t->context};
}

egm_status egm__text_append(egm__text *t, const char *bytes, size_t n)
{
	if (n >= SIZE_MAX / 4 - t->count) return egm__fail(EGM_ERR_MEMORY, "a text has too many bytes, must fit in memory");
	if (t->count + n + 1 > t->capacity) {
		size_t capacity = 2 * (t->count + n) + 256;
		char *grown = egm__realloc(t->context, t->bytes, capacity, 1);
		if (!grown) return egm__fail(EGM_ERR_MEMORY, "no memory for a text of %zu bytes", capacity);
		t->bytes = grown;
		t->capacity = capacity;
	}
	if (n) memcpy(t->bytes + t->count, bytes, n);
	t->count += n;
	t->bytes[t->count] = 0;
	return EGM_OK;
}

egm_status egm__text_format(egm__text *t, const char *format, ...)
{
	char line[256];
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (n < 0 || n >= (int)sizeof line)
		return egm__fail(EGM_ERR_ARGUMENT, "a field of the header has %d bytes, must have at most 255", n);
	return egm__text_append(t, line, (size_t)n);
}

static egm_status append_character(egm__text *t, const char *s, size_t n)
{
	unsigned char c = (unsigned char)*s;
	if (c < 0x20) return egm__text_format(t, "\\u%04x", c);
	egm_status st = EGM_OK;
	if (c == '"' || c == '\\') EGM_TRY(egm__text_append(t, "\\", 1));
	EGM_TRY(egm__text_append(t, s, n));
out:
	return st;
}

egm_status egm__text_string(egm__text *t, const char *text)
{
	egm_status st = EGM_OK;
	EGM_TRY(egm__text_append(t, "\"", 1));
	for (const char *s = text; *s;) {
		size_t n = egm__utf8_length(s);
		if (!n) EGM_FAIL(EGM_ERR_ARGUMENT, "text of the header is not UTF-8 at byte %zu, must be", (size_t)(s - text));
		EGM_TRY(append_character(t, s, n));
		s += n;
	}
	EGM_TRY(egm__text_append(t, "\"", 1));
out:
	return st;
}

egm_status egm__text_real(egm__text *t, double value)
{
	char text[64];
	egm__c_locale numbers;
	if (!egm__c_locale_begin(&numbers)) return egm__fail(EGM_ERR_MEMORY, "no memory to write a number");
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(text, sizeof text, "%.*g", precision, value);
		if (strtod(text, NULL) == value) break;
	}
	egm__c_locale_end(&numbers);
	return egm__text_append(t, text, strlen(text));
}
