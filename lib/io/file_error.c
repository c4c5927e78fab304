/* SPDX-License-Identifier: MIT */
/* Errors of files: text of a file in an error line, paths that name nothing. */
#include <string.h>

#include <io/file_impl.h>

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
