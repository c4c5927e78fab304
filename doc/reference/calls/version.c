/* SPDX-License-Identifier: MIT */
#include "support.h"

int main(void)
{
	/* A program that needs a function of release 0.5 asks the library that was loaded. */
	if (egm_version() < 500) {
		fprintf(stderr, "libegm %s is too old, 0.5 is needed\n", egm_version_string());
		return EXIT_FAILURE;
	}

	printf("libegm %s\n", egm_version_string());
	return 0;
}
