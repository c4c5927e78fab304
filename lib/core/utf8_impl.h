/* SPDX-License-Identifier: MIT */
/* Text of unknown origin: names come out of files, and are shown on terminals. */
#ifndef EGM_CORE_UTF8_IMPL_H
#define EGM_CORE_UTF8_IMPL_H

#include <stddef.h>

/* Bytes of the UTF-8 character at s, which ends with a zero byte at the latest; 0 if there is none: overlong forms,
 * surrogates and numbers above 10FFFF included. */
size_t egm__utf8_length(const char *s);

/* Copies text to out[size], size >= 64, as valid UTF-8 in one line that shows what it is: a byte that belongs to no
 * character becomes \xNN, and so do control characters; characters that reorder the line or are invisible
 * (bidirectional marks, line separators, zero width, tags) become \uNNNN. A text that does not fit loses characters in
 * its middle, "..." in their place: most are a long path and what is said of it. "..." at the end if `more`: the text
 * goes on behind its end. */
void egm__visible(char *out, size_t size, const char *text, int more);
/* Takes off a character that the end of the text has cut. */
void egm__utf8_trim(char *text);

#endif
