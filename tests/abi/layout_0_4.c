/* SPDX-License-Identifier: MIT */
/* Compiles only while the struct that release 0.4 added is as it was. */
#include "layout.h"
#include "release_0_4.h"
#include <egm.h>

SAME(egm_cross_entropy_options, 0_4, struct_size);
SAME(egm_cross_entropy_options, 0_4, label_smoothing);
GROWN(egm_cross_entropy_options, 0_4);
