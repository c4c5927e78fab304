/* SPDX-License-Identifier: MIT */
/* Windows, with the threads of mingw's winpthreads. */
#include "core/os_impl.h"
#include "core/os_windows_impl.h"

#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <windows.h>

/* ---- memory */

void *egm__os_alloc(size_t size, size_t alignment)
{
	return _aligned_malloc(size, alignment);
}

void egm__os_free(void *pointer)
{
	_aligned_free(pointer);
}

void *egm__os_map(size_t bytes)
{
	return VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void egm__os_unmap(void *pointer, size_t bytes)
{
	VirtualFree(pointer, 0, MEM_RELEASE);
}

/* ---- processors, threads and processes */

int32_t egm__os_processors(void)
{
	DWORD_PTR own, all;
	return GetProcessAffinityMask(GetCurrentProcess(), &own, &all) ? (int32_t)__builtin_popcountll(own) : 0;
}

int egm__os_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument)
{
	return pthread_create(thread, NULL, run, argument);
}

/* There is no fork. */
egm__fork_mark egm__fork_mark_create(void)
{
	return (egm__fork_mark){0, NULL};
}

void egm__fork_mark_free(egm__fork_mark *mark)
{
}

int egm__fork_is_child(const egm__fork_mark *mark)
{
	return 0;
}

/* ---- paths */

int egm__os_wide_path(wchar_t wide[EGM__OS_PATH], const char *path)
{
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, EGM__OS_PATH);
	if (n > 0) return 0;
	return GetLastError() == ERROR_INSUFFICIENT_BUFFER ? ENAMETOOLONG : EILSEQ;
}

/* ---- libraries */

/* Windows finds functions by library and name. Flags as LoadLibrary; the reference is never given back. */
void *egm__os_library_open(const char *name)
{
	wchar_t wide[EGM__OS_PATH];
	if (!egm__os_wide_path(wide, name)) return LoadLibraryW(wide);
	SetLastError(ERROR_INVALID_NAME);
	return NULL;
}

void *egm__os_library_find(void *library, const char *function)
{
	void *address;
	FARPROC found = GetProcAddress(library, function);
	memcpy(&address, &found, sizeof address);
	return address;
}

const char *egm__os_library_error(char *buffer, size_t size)
{
	DWORD error = GetLastError();
	DWORD n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, buffer,
	                         (DWORD)size, NULL);
	while (n && (buffer[n - 1] == '\n' || buffer[n - 1] == '\r' || buffer[n - 1] == '.')) buffer[--n] = 0;
	if (!n) snprintf(buffer, size, "error %lu of Windows", error);
	return buffer;
}

/* ---- text */

const char *egm__os_error_text(int error, char *buffer, size_t size)
{
	return strerror_s(buffer, size, error) == 0 ? buffer : "unknown error";
}

/* The locale of this thread alone: `c` says whether it had one of its own before, `before` is the name. */
int egm__os_locale_begin(egm__os_locale *locale)
{
	int own = _configthreadlocale(_ENABLE_PER_THREAD_LOCALE);
	const char *name = setlocale(LC_ALL, NULL);
	locale->before = name ? strdup(name) : NULL;
	if (!locale->before) {
		_configthreadlocale(own);
		return 0;
	}
	locale->c = own == _ENABLE_PER_THREAD_LOCALE ? locale->before : NULL;
	setlocale(LC_ALL, "C");
	return 1;
}

void egm__os_locale_end(const egm__os_locale *locale)
{
	setlocale(LC_ALL, locale->before);
	if (!locale->c) _configthreadlocale(_DISABLE_PER_THREAD_LOCALE);
	free(locale->before);
}

/* strtod of mingw knows the decimal point alone, whatever the locale. */
void *egm__os_strtod_create(void)
{
	static char none;
	return &none;
}

void egm__os_strtod_free(void *c)
{
}

double egm__os_strtod(const char *text, char **end, void *c)
{
	return __mingw_strtod(text, end);
}

int egm__os_errno(unsigned long error)
{
	switch (error) {
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
	case ERROR_INVALID_NAME:
		return ENOENT;
	case ERROR_ACCESS_DENIED:
	case ERROR_SHARING_VIOLATION:
	case ERROR_LOCK_VIOLATION:
	case ERROR_WRITE_PROTECT:
		return EACCES;
	case ERROR_FILE_EXISTS:
	case ERROR_ALREADY_EXISTS:
		return EEXIST;
	case ERROR_DISK_FULL:
	case ERROR_HANDLE_DISK_FULL:
		return ENOSPC;
	case ERROR_TOO_MANY_OPEN_FILES:
		return EMFILE;
	case ERROR_NOT_ENOUGH_MEMORY:
	case ERROR_OUTOFMEMORY:
		return ENOMEM;
	case ERROR_FILENAME_EXCED_RANGE:
		return ENAMETOOLONG;
	}
	return EIO;
}
