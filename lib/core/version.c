/* SPDX-License-Identifier: MIT */
/* The version that was compiled, which a caller compares with the headers it was compiled with. */
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
