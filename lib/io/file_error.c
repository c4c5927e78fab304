/* SPDX-License-Identifier: MIT */
/* Errors of files: the words of the system for an errno, text of a file in an error line, paths that name nothing. */
#include <string.h>

#include <io/file_impl.h>

/* strerror may share a buffer between threads, and strerror_r comes in two forms. */
static const char *error_text(int error, char *buffer, size_t size)
{
#if defined(__GLIBC__)
	return strerror_r(error, buffer, size);
#else
	return strerror_r(error, buffer, size) == 0 ? buffer : "unknown error";
#endif
}

egm_status egm__io_fail(const char *path, const char *action, int error)
{
	char text[128];
	size_t n = strlen(path);
	/* The end of a long path says more than its start, and the line must have room for the reason. */
	const char *tail = n > 300 ? path + n - 300 : path;
	return egm__fail(EGM_ERR_IO, "%s%s: cannot %s: %s", n > 300 ? "..." : "", tail, action,
	                 error_text(error, text, sizeof text));
}

const char *egm__printable(char out[64], const char *text)
{
	size_t i = 0;
	for (; text[i] && i < 60; i++) out[i] = text[i];
	/* A UTF-8 character must not be split: drop its continuation bytes and the one before them. */
	if (text[i])
		while (i && ((unsigned char)text[i] & 0xc0) == 0x80) i--;
	out[i] = 0;
	return out;
}

egm_status egm__path_check(const char *path)
{
	if (!path) return egm__fail(EGM_ERR_ARGUMENT, "path is NULL");
	return *path ? EGM_OK : egm__fail(EGM_ERR_ARGUMENT, "path is empty, must name a file");
}
