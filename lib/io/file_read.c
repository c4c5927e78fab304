/* SPDX-License-Identifier: MIT */
/* Opens and reads files that may be anything. Files are read and not mapped, because a mapped file that somebody
 * truncates kills the process with SIGBUS; only regular files are read, because a FIFO could block for ever. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <io/file_impl.h>

static const char *kind_name(mode_t mode)
{
	if (S_ISDIR(mode)) return "a directory";
	if (S_ISFIFO(mode)) return "a FIFO";
	if (S_ISSOCK(mode)) return "a socket";
	return "a device";
}

egm_status egm__file_open(int *fd, int64_t *size, const char *path)
{
	egm_status st = EGM_OK;
	struct stat info;
	int file;
	/* O_NONBLOCK: opening a FIFO without a writer returns, so that it can be rejected. */
	do file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	while (file < 0 && errno == EINTR);
	if (file < 0) EGM_TRY(egm__io_fail(path, "open", errno));
	if (fstat(file, &info) != 0) EGM_TRY(egm__io_fail(path, "inspect", errno));
	if (!S_ISREG(info.st_mode))
		EGM_FAIL(EGM_ERR_IO, "%s: is %s, must be a regular file", path, kind_name(info.st_mode));
	*fd = file;
	*size = info.st_size;
	return EGM_OK;
out:
	if (file >= 0) close(file);
	return st;
}

/* Linux reads at most 2 GiB - 4 KiB in one call; other systems reject more than SSIZE_MAX. */
static size_t portion(size_t n)
{
	return n < ((size_t)1 << 30) ? n : (size_t)1 << 30;
}

egm_status egm__file_read_at(int fd, const char *path, void *bytes, size_t n, int64_t offset)
{
	size_t done = 0;
	while (done < n) {
		ssize_t r = pread(fd, (char *)bytes + done, portion(n - done), offset + (int64_t)done);
		if (r < 0 && errno == EINTR) continue;
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
	if (!from->memory) return egm__file_open(&in->fd, &in->size, from->path);
	if (from->size > PTRDIFF_MAX)
		return egm__fail(EGM_ERR_ARGUMENT, "size is %zu, must be at most %td", from->size, PTRDIFF_MAX);
	in->size = (int64_t)from->size;
	return EGM_OK;
}

void egm__input_close(egm__input *in)
{
	if (in->fd >= 0) close(in->fd);
	*in = EGM__INPUT_NONE;
}

static egm_status read_file(egm__input *in, void *bytes, size_t n, size_t *got)
{
	size_t done = 0;
	while (done < n) {
		ssize_t r = read(in->fd, (char *)bytes + done, portion(n - done));
		if (r < 0 && errno == EINTR) continue;
		if (r < 0) return egm__io_fail(in->path, "read", errno);
		if (r == 0) break;
		done += (size_t)r;
	}
	*got = done;
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

egm_status egm__input_skip(egm__input *in, int64_t n)
{
	if (in->fd >= 0) return lseek(in->fd, n, SEEK_CUR) >= 0 ? EGM_OK : egm__io_fail(in->path, "read", errno);
	in->at += n < in->size - in->at ? n : in->size - in->at;
	return EGM_OK;
}

size_t egm__input_start(const egm__input *in, void *bytes, size_t n)
{
	if (in->fd >= 0) {
		ssize_t got = pread(in->fd, bytes, n, 0);
		return got > 0 ? (size_t)got : 0;
	}
	if ((uint64_t)in->size < n) n = (size_t)in->size;
	if (n) memcpy(bytes, in->bytes, n);
	return n;
}
