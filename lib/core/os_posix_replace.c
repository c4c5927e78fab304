/* SPDX-License-Identifier: MIT */
/* Replaces a file as a whole on Linux and macOS. The bytes go to a new file in the same folder, which is flushed to
 * disk and renamed onto the target; then the folder is flushed. A kill or a power cut at any moment leaves either the
 * old file or the new one, where writing in place would destroy a checkpoint before the new one is safe.
 *
 * Only a kill leaves a temporary file: the name of the target, 16 hexadecimal digits and .tmp. Its writer has a lock
 * (flock) until it is renamed, so the next save of the target removes those without a lock. Another save may remove the
 * new file between its creation and its lock; then its link count is 0, and another one is created. */
#include "core/os_impl.h"
#include "core/status_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* NAME_BYTES of the target's name are used, so that the temporary name is within NAME_MAX. */
enum { ATTEMPTS = 100, NAME_BYTES = 200, TAG_DIGITS = 16 };

egm_status egm__os_replace_write(egm__os_replacement *w, const void *bytes, size_t n)
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

/* Finds the file to replace. A symbolic link is followed, so that it stays one. A device is rejected, because a rename
 * onto /dev/null would replace it. */
static egm_status find_target(egm__os_replacement *w, const char *path)
{
	egm_status st = EGM_OK;
	struct stat info;
	size_t n = strlen(path);
	if (n >= EGM__OS_PATH) EGM_TRY(egm__io_fail(path, "write", ENAMETOOLONG));
	if (lstat(path, &info) != 0) {
		if (errno != ENOENT) EGM_TRY(egm__io_fail(path, "write", errno));
		memcpy(w->target, path, n + 1);
		goto out;
	}
	if (!S_ISLNK(info.st_mode))
		memcpy(w->target, path, n + 1);
	else if (!realpath(path, w->target) || stat(w->target, &info) != 0)
		EGM_TRY(egm__io_fail(path, "follow the link", errno));
	if (!S_ISREG(info.st_mode))
		EGM_FAIL(EGM_ERR_IO, "%s: exists and is not a regular file, must be one to be replaced", path);
	w->exists = 1;
	w->mode = info.st_mode & 0777;
out:
	return st;
}

static egm_status open_folder(egm__os_replacement *w, size_t prefix)
{
	char folder[EGM__OS_PATH];
	memcpy(folder, w->target, prefix);
	folder[prefix] = 0;
	do w->folder = open(prefix ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (w->folder < 0 && errno == EINTR);
	return w->folder < 0 ? egm__io_fail(w->path, "open the folder", errno) : EGM_OK;
}

/* ---- temporary files of saves that were killed */

static int is_temporary(const char *name, const char *base)
{
	size_t n = strnlen(base, NAME_BYTES);
	if (strncmp(name, base, n) != 0 || name[n] != '.') return 0;
	name += n + 1;
	return strspn(name, "0123456789abcdef") == TAG_DIGITS && strcmp(name + TAG_DIGITS, ".tmp") == 0;
}

/* Removes a temporary file without a lock. It is opened for writing, because some network file systems lock no other;
 * one that already has the mode of a read-only target can only be opened for reading. */
static void remove_unlocked(int folder, const char *name)
{
	const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	struct stat info;
	int fd = openat(folder, name, O_WRONLY | flags);
	if (fd < 0 && errno == EACCES) fd = openat(folder, name, O_RDONLY | flags);
	if (fd < 0) return;
	if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0) unlinkat(folder, name, 0);
	close(fd);
}

/* Comes first, to free room for the new file. Its failures do not make a save fail. */
static void remove_unlocked_files(const egm__os_replacement *w, const char *base)
{
	int fd = openat(w->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	if (!list && fd >= 0) close(fd);
	for (struct dirent *entry; list && (entry = readdir(list));)
		if (is_temporary(entry->d_name, base)) remove_unlocked(w->folder, entry->d_name);
	if (list) closedir(list);
}

/* ---- the new file */

/* Returns 0 if another save removed the file. On a file system without locks no save removes files. */
static int lock_temporary(egm__os_replacement *w)
{
	struct stat info;
	if (flock(w->fd, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;
	if (fstat(w->fd, &info) == 0 && info.st_nlink == 0) return 0;
	w->lock = fcntl(w->fd, F_DUPFD_CLOEXEC, 0);
	return 1;
}

/* Creates the temporary file whose name has this tag; O_EXCL fails if it exists. A file that replaces another can be
 * read by its owner alone until it has the other's permissions; a new one has those that umask allows. Returns 0, with
 * errno set, if this name cannot be used. */
static int try_temporary(egm__os_replacement *w, size_t prefix, uint64_t tag)
{
	const char *base = w->target + prefix;
	int n = snprintf(w->temporary, EGM__OS_PATH, "%.*s%.*s.%0*" PRIx64 ".tmp", (int)prefix, w->target, NAME_BYTES, base,
	                 TAG_DIGITS, tag);
	errno = ENAMETOOLONG;
	if (n < 0 || n >= EGM__OS_PATH) return 0;
	do w->fd = open(w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, w->exists ? 0600 : 0666);
	while (w->fd < 0 && errno == EINTR);
	if (w->fd < 0) return 0;
	w->created = 1;
	if (lock_temporary(w)) return 1;
	close(w->fd);
	w->fd = -1;
	w->created = 0;
	errno = EEXIST;
	return 0;
}

/* The tag is made of clock, process and address, so that a second attempt is rare. */
static egm_status open_temporary(egm__os_replacement *w, size_t prefix)
{
	struct timespec now = {0};
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t tag = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	tag ^= ((uint64_t)getpid() << 40) ^ (uint64_t)(uintptr_t)w;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++, tag += 0x9e3779b97f4a7c15u) {
		if (try_temporary(w, prefix, tag)) return EGM_OK;
		if (errno == ENAMETOOLONG) return egm__io_fail(w->path, "write", ENAMETOOLONG);
		if (errno != EEXIST) break;
	}
	return egm__io_fail(w->path, "create a file beside it", errno);
}

/* Sets the permissions of the file that is replaced, and `also`: the owner can write a temporary file, so that another
 * save can lock it. */
static egm_status set_mode(const egm__os_replacement *w, mode_t also)
{
	if (!w->exists || fchmod(w->fd, w->mode | also) == 0) return EGM_OK;
	return egm__io_fail(w->path, "keep the permissions", errno);
}

static egm_status sync_fd(const egm__os_replacement *w, int fd, const char *action)
{
	int r;
	do r = fsync(fd);
	while (r != 0 && errno == EINTR);
	/* EINVAL: this file system cannot flush folders. */
	if (r != 0 && !(errno == EINVAL && fd == w->folder)) return egm__io_fail(w->path, action, errno);
	return EGM_OK;
}

egm_status egm__os_replace_begin(egm__os_replacement *w, const char *path)
{
	egm_status st = EGM_OK;
	*w = (egm__os_replacement){.path = path, .fd = -1, .lock = -1, .folder = -1};
	EGM_TRY(find_target(w, path));
	const char *slash = strrchr(w->target, '/');
	size_t prefix = slash ? (size_t)(slash - w->target) + 1 : 0;
	EGM_TRY(open_folder(w, prefix));
	remove_unlocked_files(w, w->target + prefix);
	EGM_TRY(open_temporary(w, prefix));
	EGM_TRY(set_mode(w, 0600));
out:
	return st;
}

egm_status egm__os_replace_commit(egm__os_replacement *w)
{
	egm_status st = EGM_OK;
	if ((w->mode & 0600) != 0600) EGM_TRY(set_mode(w, 0));
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

void egm__os_replace_end(egm__os_replacement *w)
{
	if (w->fd >= 0) close(w->fd);
	if (w->created) unlink(w->temporary);
	if (w->lock >= 0) close(w->lock);
	if (w->folder >= 0) close(w->folder);
}
