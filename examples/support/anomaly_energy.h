/* SPDX-License-Identifier: MIT */
/* Trains an energy of images in one of two ways. */
#ifndef ANOMALY_ENERGY_H
#define ANOMALY_ENERGY_H

#include "energy_gan.h"

enum { ANOMALY_DSM = 1, ANOMALY_GAN }; /* denoising score matching; the energy of an energy GAN */

typedef struct anomaly_training {
	int32_t model; /* ANOMALY_* */
	egm_dsm_options dsm;
	gan_settings gan; /* its trainer is also that of dsm */
	int64_t steps;
	double minutes;
	/* Cost of the training: */
	int64_t steps_done;
	double seconds;
} anomaly_training;

/* Trains an energy and returns it with averaged parameters; the caller frees it. Draws the loss to losses.png in
 * `folder`. */
egm_model *anomaly_energy_learn(egm_context *context, const float *rows, int64_t count, int64_t columns,
                                anomaly_training *training, const char *folder);

#endif
