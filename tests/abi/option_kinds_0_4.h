/* SPDX-License-Identifier: MIT */
/* The same for release 0.4. */
#ifndef EGM_TESTS_ABI_OPTION_KINDS_0_4_H
#define EGM_TESTS_ABI_OPTION_KINDS_0_4_H

#include "option_kinds.h"
#include "release_0_4.h"

INIT(cross_entropy)

static egm_status make_cross_entropy(const void *options)
{
	egm_model *classifier = net("classifier", DATA, 2);
	egm_loss *made = NULL;
	egm_status status = egm_cross_entropy_create(&made, classifier, options);
	egm_loss_free(made);
	egm_model_free(classifier);
	return status;
}

#endif
