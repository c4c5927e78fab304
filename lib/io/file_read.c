/* SPDX-License-Identifier: MIT */
/* Opens and reads files that may be anything. Files are read and not mapped, because a mapped file that somebody
 * truncates kills the process with SIGBUS; only regular files are read, because a FIFO could block for ever. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include <io/file_impl.h>

egm_status egm__file_read_at(int fd, const char *path, void *bytes, size_t n, int64_t offset)
{
	size_t done = 0;
	while (done < n) {
		int64_t r = egm__os_file_read(fd, (char *)bytes + done, n - done, offset + (int64_t)done);
		if (r < 0) return egm__io_fail(path, "read", errno);
		if (r == 0)
			return egm__fail(EGM_ERR_FILE,
			                 "%s: was truncated while it was open: it ends at byte %" PRId64
			                 ", within numbers that end at byte %" PRId64,
			                 path, offset + (int64_t)done, offset + (int64_t)n);
		done += (size_t)r;
	}
	return EGM_OK;
}

egm_status egm__origin_check(const egm__origin *from)
{
	if (!from->memory) return egm__path_check(from->path);
	return from->bytes ? EGM_OK : egm__fail(EGM_ERR_ARGUMENT, "bytes is NULL");
}

egm_status egm__input_open(egm__input *in, const egm__origin *from)
{
	*in = (egm__input){.path = from->path, .fd = -1, .bytes = from->bytes};
	if (!from->memory) return egm__os_file_open(&in->fd, &in->size, from->path);
	if (from->size > PTRDIFF_MAX)
		return egm__fail(EGM_ERR_ARGUMENT, "size is %zu, must be at most %td", from->size, PTRDIFF_MAX);
	in->size = (int64_t)from->size;
	return EGM_OK;
}

void egm__input_close(egm__input *in)
{
	if (in->fd >= 0) egm__os_file_close(in->fd);
	*in = EGM__INPUT_NONE;
}

static egm_status read_file(egm__input *in, void *bytes, size_t n, size_t *got)
{
	size_t done = 0;
	while (done < n) {
		int64_t r = egm__os_file_read(in->fd, (char *)bytes + done, n - done, in->at + (int64_t)done);
		if (r < 0) return egm__io_fail(in->path, "read", errno);
		if (r == 0) break;
		done += (size_t)r;
	}
	*got = done;
	in->at += (int64_t)done;
	return EGM_OK;
}

egm_status egm__input_read(egm__input *in, void *bytes, size_t n, size_t *got)
{
	if (in->fd >= 0) return read_file(in, bytes, n, got);
	*got = (uint64_t)(in->size - in->at) < n ? (size_t)(in->size - in->at) : n;
	if (*got) memcpy(bytes, in->bytes + in->at, *got);
	in->at += (int64_t)*got;
	return EGM_OK;
}

void egm__input_skip(egm__input *in, int64_t n)
{
	in->at += n < in->size - in->at ? n : in->size - in->at;
}

size_t egm__input_start(const egm__input *in, void *bytes, size_t n)
{
	if (in->fd >= 0) {
		int64_t got = egm__os_file_read(in->fd, bytes, n, 0);
		return got > 0 ? (size_t)got : 0;
	}
	if ((uint64_t)in->size < n) n = (size_t)in->size;
	if (n) memcpy(bytes, in->bytes, n);
	return n;
}
