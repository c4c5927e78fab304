/* SPDX-License-Identifier: MIT */
/* Status codes and the text of the last error.
 *
 * The text is thread-local and has a fixed size. A text in allocated memory could not report that memory is exhausted,
 * and a text in a handle would be lost with the handle that a failing constructor does not return. */
#include "core/os_impl.h"
#include "core/status_impl.h"
#include "core/utf8_impl.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A path has up to 4096 bytes, and the message follows it. */
enum { WHOLE_SIZE = 5120 };

static _Thread_local egm__error_state last_failure;

const char *egm_status_name(egm_status status)
{
	switch (status) {
	case EGM_OK:
		return "EGM_OK";
	case EGM_ERR_ARGUMENT:
		return "EGM_ERR_ARGUMENT";
	case EGM_ERR_STATE:
		return "EGM_ERR_STATE";
	case EGM_ERR_SHAPE:
		return "EGM_ERR_SHAPE";
	case EGM_ERR_DTYPE:
		return "EGM_ERR_DTYPE";
	case EGM_ERR_MEMORY:
		return "EGM_ERR_MEMORY";
	case EGM_ERR_NONFINITE:
		return "EGM_ERR_NONFINITE";
	case EGM_ERR_DIVERGED:
		return "EGM_ERR_DIVERGED";
	case EGM_ERR_IO:
		return "EGM_ERR_IO";
	case EGM_ERR_FILE:
		return "EGM_ERR_FILE";
	case EGM_ERR_FORMAT:
		return "EGM_ERR_FORMAT";
	case EGM_ERR_UNSUPPORTED:
		return "EGM_ERR_UNSUPPORTED";
	case EGM_ERR_STOPPED:
		return "EGM_ERR_STOPPED";
	}
	return "EGM_ERR_?";
}

const char *egm_last_error(void)
{
	return last_failure.error;
}

const char *egm__last_text(void)
{
	return last_failure.text;
}

egm_status egm__fail(egm_status code, const char *format, ...)
{
	/* Not formatted in place, because an argument may be the last text itself, to which a caller adds.
	 * egm__utf8_printable, because names in the text may come from a file. */
	char text[WHOLE_SIZE];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (length < 0) text[0] = '\0';
	if (length >= WHOLE_SIZE) egm__utf8_trim(text);
	egm__utf8_printable(last_failure.text, sizeof last_failure.text, text, length >= WHOLE_SIZE);
	egm__utf8_printable(last_failure.error, sizeof last_failure.error, text, length >= WHOLE_SIZE);
	return code;
}

egm_status egm__named(const char *function, egm_status status)
{
	if (status != EGM_OK)
		snprintf(last_failure.error, sizeof last_failure.error, "%.*s: %s", EGM__ERROR_SIZE - EGM__TEXT_SIZE - 2,
		         function, last_failure.text);
	return status;
}

egm_status egm__io_fail(const char *path, const char *action, int error)
{
	char text[128];
	size_t n = strlen(path);
	/* The end of a long path says more than its start, and the line must have room for the reason. */
	const char *tail = n > 300 ? path + n - 300 : path;
	return egm__fail(EGM_ERR_IO, "%s%s: cannot %s: %s", n > 300 ? "..." : "", tail, action,
	                 egm__os_error_text(error, text, sizeof text));
}

void egm__error_save(egm__error_state *state)
{
	memcpy(state, &last_failure, sizeof last_failure);
}

void egm__error_restore(const egm__error_state *state)
{
	memcpy(&last_failure, state, sizeof last_failure);
}

const char *egm__nonfinite_name(double value)
{
	if (isnan(value)) return "nan";
	return value > 0 ? "inf" : "-inf";
}
