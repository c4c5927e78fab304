/* SPDX-License-Identifier: MIT */
/* An energy of points in the plane, learnt by denoising score matching and drawn beside what it should be. */
#ifndef PLANE_ENERGY_H
#define PLANE_ENERGY_H

#include <egm.h>

#include "toy_data.h"

typedef struct plane_training {
	egm_dsm_options dsm;
	int64_t steps;  /* in: at most; out: done */
	double minutes; /* 0: no limit */
	uint64_t seed;
} plane_training;

/* A network of three hidden layers of 128, with averaged parameters; freed by the caller. Draws the loss to losses.png
 * in `folder`. */
egm_model *plane_energy_learn(egm_context *context, const float *points, int64_t count, plane_training *training,
                              const char *folder);

/* density.png: -log p of the distribution with noise, and U + log Z, in the same colours, with points on both. */
void plane_energy_draw(const egm_model *energy, double log_z, const toy_law *law, double sigma, const float *points,
                       const char *folder);

#endif
