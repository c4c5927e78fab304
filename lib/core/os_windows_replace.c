/* SPDX-License-Identifier: MIT */
/* Replaces a file as a whole on Windows. The bytes go to a new file in the same folder, which is flushed to disk and
 * moved onto the target. The permissions of the new file are those of its folder.
 *
 * Only a kill leaves a temporary file: the name of the target, 16 hexadecimal digits and .tmp. While it is open nobody
 * else can delete it, so the next save of the target deletes those that it can. */
#include "core/os_windows_impl.h"
#include "core/status_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <io.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

/* NAME_BYTES of the target's name are used, so that the temporary name has at most 255 characters. */
enum { ATTEMPTS = 100, NAME_BYTES = 200, TAG_DIGITS = 16 };

/* Bytes of the path up to the file's name. */
static size_t prefix_of(const char *path)
{
	size_t prefix = 0;
	for (size_t i = 0; path[i]; i++)
		if (path[i] == '/' || path[i] == '\\' || (i == 1 && path[i] == ':')) prefix = i + 1;
	return prefix;
}

static int fail(const egm__os_replacement *r, const char *action)
{
	return egm__io_fail(r->path, action, egm__os_errno(GetLastError()));
}

static egm_status find_target(egm__os_replacement *r)
{
	wchar_t wide[EGM__OS_PATH];
	size_t n = strlen(r->path);
	int error = n >= EGM__OS_PATH ? ENAMETOOLONG : egm__os_wide_path(wide, r->path);
	if (error) return egm__io_fail(r->path, "write", error);
	memcpy(r->target, r->path, n + 1);
	DWORD attributes = GetFileAttributesW(wide);
	if (attributes == INVALID_FILE_ATTRIBUTES) return EGM_OK;
	if (attributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_DEVICE))
		return egm__fail(EGM_ERR_IO, "%s: exists and is not a regular file, must be one to be replaced", r->path);
	r->exists = 1;
	return EGM_OK;
}

/* Whether a name that begins as a temporary one ends as one, too. */
static int is_temporary(const wchar_t *name)
{
	size_t n = wcslen(name);
	if (n < TAG_DIGITS + 4 || wcscmp(name + n - 4, L".tmp") != 0) return 0;
	return wcsspn(name + n - 4 - TAG_DIGITS, L"0123456789abcdef") == TAG_DIGITS;
}

/* Comes first, to free room for the new file. Its failures do not make a save fail. */
static void delete_unused(const egm__os_replacement *r, size_t prefix)
{
	char path[EGM__OS_PATH];
	wchar_t pattern[EGM__OS_PATH], file[EGM__OS_PATH];
	WIN32_FIND_DATAW found;
	int n = snprintf(path, sizeof path, "%.*s%.*s.????????????????.tmp", (int)prefix, r->target, NAME_BYTES,
	                 r->target + prefix);
	if (n < 0 || n >= EGM__OS_PATH || egm__os_wide_path(pattern, path)) return;
	HANDLE list = FindFirstFileW(pattern, &found);
	if (list == INVALID_HANDLE_VALUE) return;
	path[prefix] = 0;
	do {
		if (!is_temporary(found.cFileName) || egm__os_wide_path(file, path)) continue;
		size_t folder = wcslen(file), name = wcslen(found.cFileName);
		if (folder + name >= EGM__OS_PATH) continue;
		wmemcpy(file + folder, found.cFileName, name + 1);
		DeleteFileW(file);
	} while (FindNextFileW(list, &found));
	FindClose(list);
}

/* Returns 0, with errno set, if the name with this tag cannot be used. */
static int try_temporary(egm__os_replacement *r, size_t prefix, uint64_t tag)
{
	wchar_t wide[EGM__OS_PATH];
	int n = snprintf(r->temporary, EGM__OS_PATH, "%.*s%.*s.%0*" PRIx64 ".tmp", (int)prefix, r->target, NAME_BYTES,
	                 r->target + prefix, TAG_DIGITS, tag);
	errno = n < 0 || n >= EGM__OS_PATH ? ENAMETOOLONG : egm__os_wide_path(wide, r->temporary);
	if (errno) return 0;
	HANDLE handle = CreateFileW(wide, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
	if (handle == INVALID_HANDLE_VALUE) {
		errno = egm__os_errno(GetLastError());
		return 0;
	}
	r->created = 1;
	r->fd = _open_osfhandle((intptr_t)handle, _O_WRONLY | _O_BINARY | _O_NOINHERIT);
	if (r->fd < 0) CloseHandle(handle);
	return r->fd >= 0;
}

/* The tag is made of clock, process and address, so that a second attempt is rare. */
static egm_status create_temporary(egm__os_replacement *r, size_t prefix)
{
	FILETIME now;
	GetSystemTimeAsFileTime(&now);
	uint64_t tag = ((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime) ^ (uint64_t)GetCurrentProcessId() << 40 ^
	               (uint64_t)(uintptr_t)r;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++, tag += 0x9e3779b97f4a7c15u) {
		if (try_temporary(r, prefix, tag)) return EGM_OK;
		if (errno != EEXIST) break;
	}
	return egm__io_fail(r->path, errno == ENAMETOOLONG ? "write" : "create a file beside it", errno);
}

egm_status egm__os_replace_begin(egm__os_replacement *r, const char *path)
{
	egm_status st = EGM_OK;
	*r = (egm__os_replacement){.path = path, .fd = -1};
	EGM_TRY(find_target(r));
	size_t prefix = prefix_of(r->target);
	delete_unused(r, prefix);
	EGM_TRY(create_temporary(r, prefix));
out:
	return st;
}

egm_status egm__os_replace_write(egm__os_replacement *r, const void *bytes, size_t n)
{
	const char *p = bytes;
	while (n) {
		DWORD want = n < ((size_t)1 << 30) ? (DWORD)n : (DWORD)1 << 30, done = 0;
		if (!WriteFile((HANDLE)_get_osfhandle(r->fd), p, want, &done, NULL)) return fail(r, "write");
		p += done;
		n -= done;
	}
	return EGM_OK;
}

egm_status egm__os_replace_commit(egm__os_replacement *r)
{
	wchar_t from[EGM__OS_PATH], to[EGM__OS_PATH];
	if (!FlushFileBuffers((HANDLE)_get_osfhandle(r->fd))) return fail(r, "flush to disk");
	int fd = r->fd;
	r->fd = -1;
	if (_close(fd) != 0) return egm__io_fail(r->path, "close", errno);
	int error = egm__os_wide_path(from, r->temporary);
	if (!error) error = egm__os_wide_path(to, r->target);
	if (error) return egm__io_fail(r->path, "rename onto it", error);
	if (!MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) return fail(r, "rename onto it");
	r->created = 0;
	return EGM_OK;
}

void egm__os_replace_end(egm__os_replacement *r)
{
	wchar_t wide[EGM__OS_PATH];
	if (r->fd >= 0) _close(r->fd);
	if (r->created && !egm__os_wide_path(wide, r->temporary)) DeleteFileW(wide);
}
