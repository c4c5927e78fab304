/* SPDX-License-Identifier: MIT */
/* An energy and a generator of points in the plane: read from a folder of toy_density, or trained as there. */
#ifndef PLANE_GAN_H
#define PLANE_GAN_H

#include "energy_gan.h"
#include "toy_data.h"

typedef struct plane_gan {
	egm_model *energy, *generator;
	int64_t latent; /* width of z */
} plane_gan;

/* Ends the program if the networks are not of points in the plane. */
plane_gan plane_gan_load(egm_context *context, const char *folder);
/* Trains a third of the steps of toy_density: then samples are near the modes, and many are between them. Writes the
 * networks to `folder`. */
plane_gan plane_gan_train(egm_context *context, const toy_distribution *toy, uint64_t seed, int64_t steps,
                          const char *folder);
void plane_gan_free(plane_gan *nets);

#endif
