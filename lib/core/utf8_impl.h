/* SPDX-License-Identifier: MIT */
/* Text of unknown origin: names that come from files and are shown on terminals. */
#ifndef EGM_CORE_UTF8_IMPL_H
#define EGM_CORE_UTF8_IMPL_H

#include <stddef.h>

/* The length in bytes of the UTF-8 character at s, a string; 0 if there is none, which includes overlong forms,
 * surrogates and numbers above 10FFFF. */
size_t egm__utf8_length(const char *s);

/* Copies text to out, which has size >= 64 bytes, as one line of valid UTF-8:
 *  - Bytes that are no character, and control characters, become \xNN.
 *  - Characters that are invisible or reorder the line (bidirectional marks, line separators, zero width, tags) become
 *    \uNNNN.
 *  - If the text does not fit, "..." replaces its middle, because most long texts are a path and a message about it.
 *  - If `more`, the text was cut already, and "..." follows. */
void egm__utf8_printable(char *out, size_t size, const char *text, int more);
/* Removes an incomplete character from the end of the text. */
void egm__utf8_trim(char *text);

#endif
