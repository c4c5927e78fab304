/* SPDX-License-Identifier: MIT */
/* An energy and a generator of points in the plane: those that toy_density left in a folder, or trained as it does. */
#ifndef PLANE_GAN_H
#define PLANE_GAN_H

#include "energy_gan.h"
#include "toy_data.h"

typedef struct plane_gan {
	egm_model *energy, *generator;
	int64_t latent; /* width of z */
} plane_gan;

/* Networks of another width than the plane's end the program. */
plane_gan plane_gan_load(egm_context *context, const char *folder);
/* After a third of toy_density's steps the samples are near the modes, and many between them. Writes the networks to
 * `folder`. */
plane_gan plane_gan_train(egm_context *context, const toy_law *law, uint64_t seed, int64_t steps, const char *folder);
void plane_gan_free(plane_gan *nets);

#endif
