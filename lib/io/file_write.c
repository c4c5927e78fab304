/* SPDX-License-Identifier: MIT */
/* Replaces a file as a whole. The bytes go to a new file in the same folder, which is flushed to disk and renamed over
 * the target, and then the folder is flushed: a kill or a power cut at any moment leaves the old file or the new one.
 * Writing in place is never right for a checkpoint: what was there is gone before the first new byte is safe.
 * A temporary file is left behind only by a kill; its name is the target's with 16 hexadecimal digits and .tmp. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <io/file_impl.h>
#include <io/safetensors_impl.h>

enum { BUFFER_SIZE = 65536, ATTEMPTS = 100 };

struct egm__file_writer {
	const char *path; /* as the caller wrote it, for error texts */
	char target[PATH_MAX];
	char temporary[PATH_MAX];
	int fd, folder, created;
	mode_t mode; /* of the file to be replaced; 0: there is none */
	size_t fill;
	unsigned char buffer[BUFFER_SIZE];
};

static egm_status write_all(egm__file_writer *w, const void *bytes, size_t n)
{
	const char *p = bytes;
	while (n) {
		size_t want = n < ((size_t)1 << 30) ? n : (size_t)1 << 30;
		ssize_t r = write(w->fd, p, want);
		if (r < 0 && errno == EINTR) continue;
		if (r < 0) return egm__io_fail(w->path, "write", errno);
		p += r;
		n -= (size_t)r;
	}
	return EGM_OK;
}

static egm_status flush(egm__file_writer *w)
{
	size_t n = w->fill;
	w->fill = 0;
	return write_all(w, w->buffer, n);
}

egm_status egm__file_append(egm__file_writer *w, const void *bytes, size_t n)
{
	egm_status st = EGM_OK;
	if (n > BUFFER_SIZE - w->fill) EGM_TRY(flush(w));
	if (n >= BUFFER_SIZE) return write_all(w, bytes, n);
	if (n) memcpy(w->buffer + w->fill, bytes, n);
	w->fill += n;
out:
	return st;
}

/* Where the bytes end up. A symbolic link is followed, so that it stays one. A device is refused: renaming over
 * /dev/null would replace it. */
static egm_status find_target(egm__file_writer *w, const char *path)
{
	egm_status st = EGM_OK;
	struct stat info;
	size_t n = strlen(path);
	if (n >= PATH_MAX) EGM_TRY(egm__io_fail(path, "write", ENAMETOOLONG));
	if (lstat(path, &info) != 0) {
		if (errno != ENOENT) EGM_TRY(egm__io_fail(path, "write", errno));
		memcpy(w->target, path, n + 1);
		goto out;
	}
	if (!S_ISLNK(info.st_mode)) {
		memcpy(w->target, path, n + 1);
	} else if (!realpath(path, w->target) || stat(w->target, &info) != 0) {
		EGM_TRY(egm__io_fail(path, "follow the link", errno));
	}
	if (!S_ISREG(info.st_mode)) EGM_FAIL(EGM_ERR_IO, "%s: exists and is not a regular file", path);
	w->mode = info.st_mode & 0777;
out:
	return st;
}

static egm_status open_folder(egm__file_writer *w, size_t prefix)
{
	char folder[PATH_MAX];
	memcpy(folder, w->target, prefix);
	folder[prefix] = 0;
	do w->folder = open(prefix ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (w->folder < 0 && errno == EINTR);
	return w->folder < 0 ? egm__io_fail(w->path, "open the folder", errno) : EGM_OK;
}

/* Creates the temporary file. O_EXCL makes the name ours; clock, process and address make a second try rare. */
static egm_status open_temporary(egm__file_writer *w, size_t prefix)
{
	struct timespec now = {0};
	const char *base = w->target + prefix;
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t tag = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	tag ^= ((uint64_t)getpid() << 40) ^ (uint64_t)(uintptr_t)w;
	for (int attempt = 0; attempt < ATTEMPTS;) {
		/* 200 bytes of the name, so that the longer one is within NAME_MAX. */
		int n = snprintf(w->temporary, PATH_MAX, "%.*s%.200s.%016" PRIx64 ".tmp", (int)prefix, w->target, base, tag);
		if (n < 0 || n >= PATH_MAX) return egm__io_fail(w->path, "write", ENAMETOOLONG);
		w->fd = open(w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (w->fd >= 0) {
			w->created = 1;
			return EGM_OK;
		}
		if (errno == EINTR) continue;
		if (errno != EEXIST) break;
		tag += 0x9e3779b97f4a7c15u;
		attempt++;
	}
	return egm__io_fail(w->path, "create a file beside it", errno);
}

static egm_status sync_fd(const egm__file_writer *w, int fd, const char *action)
{
	int r;
	do r = fsync(fd);
	while (r != 0 && errno == EINTR);
	/* EINVAL: a file system on which folders cannot be flushed. */
	if (r != 0 && !(errno == EINVAL && fd == w->folder)) return egm__io_fail(w->path, action, errno);
	return EGM_OK;
}

static egm_status commit(egm__file_writer *w)
{
	egm_status st = EGM_OK;
	EGM_TRY(flush(w));
	if (w->mode && fchmod(w->fd, w->mode) != 0) EGM_TRY(egm__io_fail(w->path, "keep the permissions", errno));
	EGM_TRY(sync_fd(w, w->fd, "flush to disk"));
	int fd = w->fd;
	w->fd = -1;
	if (close(fd) != 0 && errno != EINTR) EGM_TRY(egm__io_fail(w->path, "close", errno));
	if (rename(w->temporary, w->target) != 0) EGM_TRY(egm__io_fail(w->path, "rename onto it", errno));
	w->created = 0;
	EGM_TRY(sync_fd(w, w->folder, "flush the folder to disk (the new file is in place)"));
out:
	return st;
}

egm_status egm__file_replace(egm_context *context, const char *path,
                             egm_status (*write)(egm__file_writer *w, void *user), void *user)
{
	egm_status st = EGM_OK;
	egm__file_writer *w = egm__alloc(context, 1, sizeof *w);
	if (!w) return egm__fail(EGM_ERR_MEMORY, "%s: no memory for the buffer of the writer", path);
	*w = (egm__file_writer){.path = path, .fd = -1, .folder = -1};
	EGM_TRY(find_target(w, path));
	const char *slash = strrchr(w->target, '/');
	size_t prefix = slash ? (size_t)(slash - w->target) + 1 : 0;
	EGM_TRY(open_folder(w, prefix));
	EGM_TRY(open_temporary(w, prefix));
	EGM_TRY(write(w, user));
	EGM_TRY(commit(w));
out:
	if (w->fd >= 0) close(w->fd);
	if (w->folder >= 0) close(w->folder);
	if (w->created) unlink(w->temporary);
	egm__free(context, w);
	return st;
}
