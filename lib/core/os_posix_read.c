/* SPDX-License-Identifier: MIT */
/* Reads files on Linux and macOS. */
#include "core/os_impl.h"
#include "core/status_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind_name(mode_t mode)
{
	if (S_ISDIR(mode)) return "a directory";
	if (S_ISFIFO(mode)) return "a FIFO";
	if (S_ISSOCK(mode)) return "a socket";
	return "a device";
}

egm_status egm__os_file_open(int *fd, int64_t *size, const char *path)
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

void egm__os_file_close(int fd)
{
	close(fd);
}

int64_t egm__os_file_size(int fd)
{
	struct stat info;
	return fstat(fd, &info) != 0 ? -1 : (int64_t)info.st_size;
}

/* Linux reads at most 2 GiB - 4 KiB in one call; other systems reject more than SSIZE_MAX. */
int64_t egm__os_file_read(int fd, void *bytes, size_t n, int64_t offset)
{
	size_t want = n < ((size_t)1 << 30) ? n : (size_t)1 << 30;
	ssize_t got;
	do got = pread(fd, bytes, want, offset);
	while (got < 0 && errno == EINTR);
	return got;
}
