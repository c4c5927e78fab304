/* SPDX-License-Identifier: MIT */
/* Lines for the log of a context. */
#include "core/context_impl.h"
#include "core/status_impl.h"
#include "core/utf8_impl.h"

#include <stdarg.h>
#include <stdio.h>

void egm__log(egm_context *context, int32_t level, const char *format, ...)
{
	if (!context->log) return;
	char text[512], line[512];
	egm__error_state state;
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (length < 0) return;
	if (length >= (int)sizeof text) egm__utf8_trim(text);
	egm__utf8_printable(line, sizeof line, text, length >= (int)sizeof text);
	egm__error_save(&state);
	context->log(level, line, context->log_user);
	egm__error_restore(&state);
}
