/* SPDX-License-Identifier: MIT */
/* Replaces the system calls that the library makes on files, and makes one of them fail on demand: with an errno, by an
 * interruption, or by doing a part of its work. To be included by one file. */
#ifndef EGM_TESTS_FAULT_IO_H
#define EGM_TESTS_FAULT_IO_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

typedef enum fault_call {
	FAULT_NONE,
	FAULT_OPEN,
	FAULT_PREAD,
	FAULT_WRITE,
	FAULT_FSYNC,
	FAULT_FCHMOD,
	FAULT_CLOSE,
	FAULT_RENAME
} fault_call;

static struct {
	fault_call call;
	long at;         /* which one of them, from 1 */
	int error;       /* 0: pread and write move one byte instead */
	int every;       /* all of them from `at` on */
	long seen;       /* how many came */
	const char *cut; /* file to be cut to 100 bytes instead */
	mode_t modes;    /* all permissions that files had when they were created or written to */
} fault;

static inline void fault_look(int fd)
{
	struct stat info;
	if (fd >= 0 && fstat(fd, &info) == 0) fault.modes |= info.st_mode & 0777;
}

static inline int fault_now(fault_call call)
{
	if (fault.call != call) return 0;
	long seen = ++fault.seen;
	if (!fault.at || seen < fault.at || (seen > fault.at && !fault.every)) return 0;
	if (fault.cut && truncate(fault.cut, 100) != 0) perror("truncate");
	if (fault.error) errno = fault.error;
	return !fault.cut;
}

static inline int fault_open(const char *path, int flags, mode_t mode)
{
	int fd = fault_now(FAULT_OPEN) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (flags & O_CREAT) fault_look(fd);
	return fd;
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return fault_open(path, flags, mode);
}

static inline ssize_t fault_pread(int fd, void *bytes, size_t n, off_t offset)
{
	if (fault_now(FAULT_PREAD)) {
		if (fault.error) return -1;
		n = n ? 1 : 0;
	}
	return preadv(fd, &(struct iovec){bytes, n}, 1, offset);
}

ssize_t pread(int fd, void *bytes, size_t n, off_t offset)
{
	return fault_pread(fd, bytes, n, offset);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	if (fault_now(FAULT_WRITE)) {
		if (fault.error) return -1;
		n = n ? 1 : 0;
	}
	fault_look(fd);
	return syscall(SYS_write, fd, bytes, n);
}

int fsync(int fd)
{
	return fault_now(FAULT_FSYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
	return fault_now(FAULT_FCHMOD) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int close(int fd)
{
	int failed = fault_now(FAULT_CLOSE);
	int result = (int)syscall(SYS_close, fd);
	if (failed) errno = fault.error;
	return failed ? -1 : result;
}

int rename(const char *from, const char *to)
{
	return fault_now(FAULT_RENAME) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* What the names above become under _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return fault_open(path, flags, 0);
}

ssize_t __pread64_chk(int fd, void *bytes, size_t n, off_t offset, size_t size);
ssize_t __pread64_chk(int fd, void *bytes, size_t n, off_t offset, size_t size)
{
	return n > size ? -1 : fault_pread(fd, bytes, n, offset);
}

#endif
