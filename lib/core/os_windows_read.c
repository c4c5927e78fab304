/* SPDX-License-Identifier: MIT */
/* Reads files on Windows. */
#include "core/os_impl.h"
#include "core/os_windows_impl.h"
#include "core/status_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <windows.h>

egm_status egm__os_file_open(int *fd, int64_t *size, const char *path)
{
	egm_status st = EGM_OK;
	wchar_t wide[EGM__OS_PATH];
	int file = -1, error = egm__os_wide_path(wide, path);
	if (error) EGM_TRY(egm__io_fail(path, "open", error));
	/* A folder cannot be opened at all. */
	DWORD attributes = GetFileAttributesW(wide);
	if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY))
		EGM_FAIL(EGM_ERR_IO, "%s: is a directory, must be a regular file", path);
	HANDLE handle = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
	                            OPEN_EXISTING, 0, NULL);
	if (handle == INVALID_HANDLE_VALUE) EGM_TRY(egm__io_fail(path, "open", egm__os_errno(GetLastError())));
	if (GetFileType(handle) != FILE_TYPE_DISK) {
		CloseHandle(handle);
		EGM_FAIL(EGM_ERR_IO, "%s: is a device, must be a regular file", path);
	}
	file = _open_osfhandle((intptr_t)handle, _O_RDONLY | _O_BINARY | _O_NOINHERIT);
	if (file < 0) {
		CloseHandle(handle);
		EGM_TRY(egm__io_fail(path, "open", errno));
	}
	*size = egm__os_file_size(file);
	if (*size < 0) EGM_TRY(egm__io_fail(path, "inspect", errno));
	*fd = file;
	return EGM_OK;
out:
	if (file >= 0) _close(file);
	return st;
}

void egm__os_file_close(int fd)
{
	_close(fd);
}

int64_t egm__os_file_size(int fd)
{
	return _filelengthi64(fd);
}

/* ReadFile at an offset moves the position of the file, too, which nothing uses. */
int64_t egm__os_file_read(int fd, void *bytes, size_t n, int64_t offset)
{
	OVERLAPPED at = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
	DWORD want = n < ((size_t)1 << 30) ? (DWORD)n : (DWORD)1 << 30, got = 0;
	if (ReadFile((HANDLE)_get_osfhandle(fd), bytes, want, &got, &at)) return got;
	if (GetLastError() == ERROR_HANDLE_EOF) return 0;
	errno = egm__os_errno(GetLastError());
	return -1;
}
