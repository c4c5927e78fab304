/* SPDX-License-Identifier: MIT */
/* Writes to a file or to a buffer of the caller. For a buffer the bytes are counted first, so that one that is too
 * small stays unchanged. */
#include <string.h>

#include <io/file_impl.h>

typedef struct memory_writer {
	egm__writer base;
	unsigned char *buffer; /* NULL: the bytes are only counted */
	size_t count;
} memory_writer;

static egm_status append(egm__writer *base, const void *bytes, size_t n)
{
	memory_writer *w = (memory_writer *)base;
	if (n && w->buffer) memcpy(w->buffer + w->count, bytes, n);
	w->count += n;
	return EGM_OK;
}

egm_status egm__destination_check(const egm__destination *to)
{
	egm_status st = EGM_OK;
	if (!to->memory) return egm__path_check(to->path);
	if (!to->buffer && to->size)
		EGM_FAIL(EGM_ERR_ARGUMENT,
		         "buffer is NULL and size is %zu, must be 0 then; needed receives how many bytes are needed", to->size);
	if (!to->buffer && !to->needed) EGM_FAIL(EGM_ERR_ARGUMENT, "buffer and needed are NULL, one of them must not be");
out:
	return st;
}

static egm_status write_memory(const egm__destination *to, egm__write write, void *user)
{
	egm_status st = EGM_OK;
	memory_writer counter = {.base = {append}}, writer = {.base = {append}, .buffer = to->buffer};
	EGM_TRY(write(&counter.base, user));
	if (to->needed) *to->needed = counter.count;
	if (!to->buffer) goto out;
	if (to->size < counter.count)
		EGM_FAIL(EGM_ERR_ARGUMENT, "buffer has %zu bytes, must have %zu", to->size, counter.count);
	EGM_TRY(write(&writer.base, user));
out:
	return st;
}

egm_status egm__write_to(egm_context *context, const egm__destination *to, egm__write write, void *user)
{
	return to->memory ? write_memory(to, write, user) : egm__file_replace(context, to->path, write, user);
}
