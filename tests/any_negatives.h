/* SPDX-License-Identifier: MIT */
/* Negative samples of a trainer, with a kernel given by its number. */
#ifndef EGM_TESTS_ANY_NEGATIVES_H
#define EGM_TESTS_ANY_NEGATIVES_H

#include "any_kernel.h"
#include <egm/trainer.h>

static inline egm_status any_negatives(egm_trainer *trainer, egm_model *energy, const egm_negatives_options *options,
                                       const any_kernel_options *kernel)
{
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	egm_status st = egm_target_model(&target, energy, NULL);
	if (st == EGM_OK) st = any_kernel_sampler(&sampler, target, kernel);
	if (st == EGM_OK) st = egm_trainer_set_negatives(trainer, sampler, options);
	egm_sampler_free(sampler);
	egm_target_free(target);
	return st;
}

#endif
