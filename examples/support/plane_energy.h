/* SPDX-License-Identifier: MIT */
/* Trains an energy of points in the plane by denoising score matching, and draws it beside the exact one. */
#ifndef PLANE_ENERGY_H
#define PLANE_ENERGY_H

#include <egm.h>

#include "toy_data.h"

typedef struct plane_training {
	egm_dsm_options dsm;
	int64_t steps;  /* before: largest number; after: number done */
	double minutes; /* 0: no limit */
	uint64_t seed;
} plane_training;

/* Trains a network with three hidden layers of 128 units, and returns it with averaged parameters; the caller frees it.
 * Draws the loss to losses.png in `folder`. */
egm_model *plane_energy_learn(egm_context *context, const float *points, int64_t count, plane_training *training,
                              const char *folder);

/* Draws density.png: -log p of the distribution with noise and U + log Z in the same colours, with points on both. */
void plane_energy_draw(const egm_model *energy, double log_z, const toy_distribution *toy, double sigma,
                       const float *points, const char *folder);

#endif
