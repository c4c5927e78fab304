/* SPDX-License-Identifier: MIT */
/* Makes text of unknown origin safe to show. A right-to-left override in a name would change what an error line seems
 * to say, an escape sequence would move the cursor of a terminal, and a byte that is not UTF-8 would make the reader of
 * a log fail. All of them are escaped. Escaping a text twice changes nothing. */
#include "core/utf8_impl.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

size_t egm__utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	if (s[0] < 0x80) return 1;
	size_t n = s[0] >= 0xc2 && s[0] <= 0xdf ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4 : 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)) return 0;
	if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) return 0;
	return n;
}

static uint32_t code_point(const unsigned char *s, size_t n)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = s[0] & masks[n];
	for (size_t i = 1; i < n; i++) code = code << 6 | (s[i] & 0x3f);
	return code;
}

/* Whether a character is invisible (Default_Ignorable_Code_Point of Unicode) or moves what follows it. The joiners 200C
 * and 200D and the selectors FE00 to FE0F are parts of words and pictures, and are not hidden. */
static int hidden(uint32_t code)
{
	static const uint32_t ranges[][2] = {{0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},      {0x34f, 0x34f},
	                                     {0x61c, 0x61c},     {0x115f, 0x1160},   {0x17b4, 0x17b5},  {0x180b, 0x180f},
	                                     {0x200b, 0x200b},   {0x200e, 0x200f},   {0x2028, 0x202e},  {0x2060, 0x206f},
	                                     {0x3164, 0x3164},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},  {0xfff0, 0xfffb},
	                                     {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		if (code >= ranges[i][0] && code <= ranges[i][1]) return 1;
	}
	return 0;
}

/* Writes the next character of *text to unit as it is shown, advances *text, and returns the length. */
static size_t take_character(char unit[16], const char **text)
{
	const unsigned char *s = (const unsigned char *)*text;
	size_t n = egm__utf8_length(*text);
	*text += n ? n : 1;
	if (!n) return (size_t)sprintf(unit, "\\x%02x", s[0]);
	uint32_t code = code_point(s, n);
	if (hidden(code)) return (size_t)sprintf(unit, code < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)code);
	memcpy(unit, s, n);
	return n;
}

static size_t visible_length(const char *text)
{
	char unit[16];
	size_t n = 0;
	while (*text) n += take_character(unit, &text);
	return n;
}

/* Copies as many whole characters as fit into `room` bytes. */
static size_t put_characters(char *out, size_t room, const char **text)
{
	char unit[16];
	size_t used = 0;
	for (const char *next = *text; *next; *text = next) {
		size_t n = take_character(unit, &next);
		if (used + n > room) break;
		memcpy(out + used, unit, n);
		used += n;
	}
	return used;
}

void egm__utf8_printable(char *out, size_t size, const char *text, int more)
{
	char unit[16];
	size_t end = more ? 3 : 0, room = size - 1 - end, left = visible_length(text);
	size_t used = put_characters(out, left > room ? size / 3 : room, &text);
	left -= used;
	if (*text) {
		memcpy(out + used, "...", 3);
		used += 3;
		while (used + left > room) left -= take_character(unit, &text);
		used += put_characters(out + used, room - used, &text);
	}
	memcpy(out + used, "...", end);
	out[used + end] = '\0';
}

void egm__utf8_trim(char *text)
{
	char *end = text + strlen(text), *start = end;
	while (start > text && end - start < 3 && ((unsigned char)start[-1] & 0xc0) == 0x80) start--;
	if (start > text && (unsigned char)start[-1] >= 0xc0 && !egm__utf8_length(start - 1)) start[-1] = '\0';
}
