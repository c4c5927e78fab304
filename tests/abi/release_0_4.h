/* SPDX-License-Identifier: MIT */
/* The struct that release 0.4 added, copied from its header and never changed again. */
#ifndef EGM_TESTS_ABI_RELEASE_0_4_H
#define EGM_TESTS_ABI_RELEASE_0_4_H

#include <stddef.h>

typedef struct egm_cross_entropy_options_0_4 {
	size_t struct_size;
	double label_smoothing;
} egm_cross_entropy_options_0_4;

#endif
