/* SPDX-License-Identifier: MIT */
/* The version of the headers and that of the library that is loaded. */
#include <egm.h>
#include <stdio.h>

#if !EGM_VERSION_CHECK(0, 5, 0)
#error "libegm 0.5.0 or later is needed"
#endif

int main(void)
{
	printf("compiled with %d, running with %s\n", EGM_VERSION, egm_version_string());
	return egm_version() < EGM_VERSION;
}
