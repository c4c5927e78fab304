/* SPDX-License-Identifier: MIT */
/* Opening and reading a file that nobody vouches for. A mapped file that someone truncates kills the process with
 * SIGBUS, a FIFO keeps it waiting for ever: files are read, and only regular ones. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	/* The end of a long path says more than its start, and the reason must still fit. */
	const char *tail = n > 300 ? path + n - 300 : path;
	return egm__fail(EGM_ERR_IO, "%s%s: cannot %s: %s", n > 300 ? "..." : "", tail, action,
	                 error_text(error, text, sizeof text));
}

const char *egm__printable(char out[64], const char *text)
{
	size_t i = 0;
	for (; text[i] && i < 60; i++) out[i] = text[i];
	/* A cut must not split a UTF-8 character: drop the continuation bytes and their lead. */
	if (text[i]) {
		while (i && ((unsigned char)text[i] & 0xc0) == 0x80) i--;
	}
	out[i] = 0;
	return out;
}

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
	/* O_NONBLOCK: opening a FIFO without a writer returns, so that it can be refused. */
	do file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	while (file < 0 && errno == EINTR);
	if (file < 0) EGM_TRY(egm__io_fail(path, "open", errno));
	if (fstat(file, &info) != 0) EGM_TRY(egm__io_fail(path, "inspect", errno));
	if (!S_ISREG(info.st_mode)) EGM_FAIL(EGM_ERR_IO, "%s: is %s, not a regular file", path, kind_name(info.st_mode));
	*fd = file;
	*size = info.st_size;
	return EGM_OK;
out:
	if (file >= 0) close(file);
	return st;
}

egm_status egm__file_read(int fd, const char *path, void *bytes, size_t n, size_t *got)
{
	size_t done = 0;
	while (done < n) {
		/* Linux reads at most 2 GiB - 4 KiB in one call; other systems refuse more than SSIZE_MAX. */
		size_t want = n - done < ((size_t)1 << 30) ? n - done : (size_t)1 << 30;
		ssize_t r = read(fd, (char *)bytes + done, want);
		if (r < 0 && errno == EINTR) continue;
		if (r < 0) return egm__io_fail(path, "read", errno);
		if (r == 0) break;
		done += (size_t)r;
	}
	*got = done;
	return EGM_OK;
}
