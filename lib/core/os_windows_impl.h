/* SPDX-License-Identifier: MIT */
/* Shared by os_windows*.c. */
#ifndef EGM_CORE_OS_WINDOWS_IMPL_H
#define EGM_CORE_OS_WINDOWS_IMPL_H

#include "core/os_impl.h"

#include <wchar.h>

/* A path in UTF-8 as Windows takes it; returns 0 or an errno. */
int egm__os_wide_path(wchar_t wide[EGM__OS_PATH], const char *path);

/* The errno that says what an error of GetLastError says. */
int egm__os_errno(unsigned long error);

#endif
