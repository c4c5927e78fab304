/* SPDX-License-Identifier: MIT */
/* An energy GAN, from networks to saved files: what toy_density, train_images and stacked_mnist have in common. */
#ifndef ENERGY_GAN_H
#define ENERGY_GAN_H

#include <egm.h>

#include "options.h"
#include "progress.h"

enum { GAN_HIDDEN_MAX = 3 };

typedef struct gan_settings {
	int64_t columns, latent;                  /* widths of a row of data and of z */
	int64_t energy_hidden[GAN_HIDDEN_MAX];    /* units of the hidden layers, LeakyReLU 0.2; 0 ends the list */
	int64_t generator_hidden[GAN_HIDDEN_MAX]; /* the same for the generator, ReLU */
	bool generator_tanh;                      /* whether the generator ends with tanh: data in [-1, 1] */
	egm_energy_gan_options loss;
	egm_trainer_options training; /* its seed is also that of the networks */
} gan_settings;

typedef struct gan {
	egm_model *energy, *generator, *information;
	egm_loss *loss;
	egm_trainer *trainer;
	/* Copies of energy and generator as gan_update found them: the averaged parameters where the trainer averages. */
	egm_model *final_energy, *final_generator;
} gan;

/* The rows of a table of options that are the same in every program. */
/* clang-format off */
#define GAN_OPTIONS(s) \
	OPTION_MEMBER("energy-steps", egm_energy_gan_options, &(s)->loss, energy_steps), \
	OPTION_MEMBER("penalty", egm_energy_gan_options, &(s)->loss, penalty), \
	OPTION_MEMBER("entropy", egm_energy_gan_options, &(s)->loss, entropy), \
	OPTION_MEMBER("entropy-weight", egm_energy_gan_options, &(s)->loss, entropy_weight), \
	OPTION_MEMBER("noise", egm_energy_gan_options, &(s)->loss, noise), \
	OPTION_MEMBER("ema", egm_trainer_options, &(s)->training, average_decay)
/* clang-format on */

/* Settings that suit points in the plane (see toy_density.c) and images, whose columns are to be set. Both: one energy
 * phase, averaged parameters, seed 1. */
gan_settings gan_of_the_plane(void);
gan_settings gan_of_images(double rate, double entropy_weight);

/* Makes loss and trainer, and those of the networks that are NULL, dense; the others may come from elsewhere, such as
 * image_nets.h. `checkpoint` may be NULL. */
void gan_create(gan *g, egm_context *context, const gan_settings *settings, const char *checkpoint);
void gan_free(gan *g);

/* Fills the final networks. */
void gan_update(gan *g, const gan_settings *settings);
/* Writes energy.safetensors, generator.safetensors (the final ones) and checkpoint.safetensors to `folder`. */
void gan_save(const gan *g, const char *folder);

#endif
