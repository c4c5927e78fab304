/* SPDX-License-Identifier: MIT */
/* The version of the library, which a program may compare with that of its headers. */
#include <egm/version.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

int egm_version(void)
{
	return EGM_VERSION;
}

const char *egm_version_string(void)
{
	return TEXT(EGM_VERSION_MAJOR) "." TEXT(EGM_VERSION_MINOR) "." TEXT(EGM_VERSION_PATCH);
}
