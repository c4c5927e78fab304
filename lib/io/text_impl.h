/* SPDX-License-Identifier: MIT */
/* Text that grows, and JSON written into it. */
#ifndef EGM_IO_TEXT_IMPL_H
#define EGM_IO_TEXT_IMPL_H

#include <core/context_impl.h>

typedef struct egm__text {
	egm_context *context;
	char *bytes; /* ends with a zero once anything was appended */
	size_t count, capacity;
} egm__text;

void egm__text_clear(egm__text *t);
egm_status egm__text_append(egm__text *t, const char *bytes, size_t n);
/* printf, without %e %f %g, whose decimal sign depends on the locale. At most 255 bytes. */
egm_status egm__text_format(egm__text *t, const char *format, ...) EGM__PRINTF(2, 3);
/* "text", quoted and escaped. ARGUMENT if it is not UTF-8. */
egm_status egm__text_string(egm__text *t, const char *text);
/* The shortest decimal number that is read back as `value`, which is finite. */
egm_status egm__text_real(egm__text *t, double value);

#endif
