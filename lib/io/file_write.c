/* SPDX-License-Identifier: MIT */
/* Replaces a file as a whole, with a buffer before the calls of the system (core/os_impl.h). A kill or a power cut at
 * any moment leaves either the old file or the new one, where writing in place would destroy a checkpoint before the
 * new one is safe. */
#include <string.h>

#include <io/file_impl.h>

enum { BUFFER_SIZE = 65536 };

typedef struct file_writer {
	egm__writer base; /* first, since append gets a pointer to it */
	egm__os_replacement file;
	size_t fill;
	unsigned char buffer[BUFFER_SIZE];
} file_writer;

static egm_status flush(file_writer *w)
{
	size_t n = w->fill;
	w->fill = 0;
	return egm__os_replace_write(&w->file, w->buffer, n);
}

static egm_status append(egm__writer *base, const void *bytes, size_t n)
{
	egm_status st = EGM_OK;
	file_writer *w = (file_writer *)base;
	if (n > BUFFER_SIZE - w->fill) EGM_TRY(flush(w));
	if (n >= BUFFER_SIZE) return egm__os_replace_write(&w->file, bytes, n);
	if (n) memcpy(w->buffer + w->fill, bytes, n);
	w->fill += n;
out:
	return st;
}

egm_status egm__file_replace(egm_context *context, const char *path, egm__write write, void *user)
{
	egm_status st = EGM_OK;
	file_writer *w = egm__alloc(context, 1, sizeof *w);
	if (!w) return egm__fail(EGM_ERR_MEMORY, "%s: no memory for the buffer of the writer", path);
	w->base = (egm__writer){append};
	w->fill = 0;
	EGM_TRY(egm__os_replace_begin(&w->file, path));
	EGM_TRY(write(&w->base, user));
	EGM_TRY(flush(w));
	EGM_TRY(egm__os_replace_commit(&w->file));
out:
	egm__os_replace_end(&w->file);
	egm__free(context, w);
	return st;
}
