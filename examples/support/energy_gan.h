/* SPDX-License-Identifier: MIT */
/* An energy GAN, from networks to saved files, for toy_density, train_images and stacked_mnist. */
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
	egm_trainer_options training; /* its seed is also the seed of the networks */
} gan_settings;

typedef struct gan {
	egm_model *energy, *generator, *information;
	egm_loss *loss;
	egm_trainer *trainer;
	/* Copies of energy and generator from the last gan_update, with averaged parameters if the trainer averages. */
	egm_model *final_energy, *final_generator;
} gan;

/* The options that all programs with an energy GAN have. */
/* clang-format off */
#define GAN_OPTIONS(s) \
	OPTION_MEMBER("energy-steps", egm_energy_gan_options, &(s)->loss, energy_steps), \
	OPTION_MEMBER("penalty", egm_energy_gan_options, &(s)->loss, penalty), \
	OPTION_MEMBER("entropy", egm_energy_gan_options, &(s)->loss, entropy), \
	OPTION_MEMBER("entropy-weight", egm_energy_gan_options, &(s)->loss, entropy_weight), \
	OPTION_MEMBER("noise", egm_energy_gan_options, &(s)->loss, noise), \
	OPTION_MEMBER("ema", egm_trainer_options, &(s)->training, average_decay)
/* clang-format on */

/* Settings for points in the plane (see toy_density.c) and for images; for images the program sets `columns`. Both have
 * one energy phase, averaged parameters and seed 1. */
gan_settings gan_of_the_plane(void);
gan_settings gan_of_images(double rate, double entropy_weight);

/* Creates loss and trainer, and dense networks for those that are NULL; image_nets.h, for example, creates others.
 * Reads `checkpoint`, which may be NULL. */
void gan_create(gan *g, egm_context *context, const gan_settings *settings, const char *checkpoint);
void gan_free(gan *g);

/* Copies the present networks to final_energy and final_generator. */
void gan_update(gan *g, const gan_settings *settings);
/* Writes energy.safetensors, generator.safetensors (the final ones) and checkpoint.safetensors to `folder`. */
void gan_save(const gan *g, const char *folder);

#endif
