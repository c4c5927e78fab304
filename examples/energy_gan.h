/* SPDX-License-Identifier: MIT */
/* An energy GAN, from the nets to the saved files: what toy_density, train_images and stacked_mnist have in common. */
#ifndef ENERGY_GAN_H
#define ENERGY_GAN_H

#include <egm.h>

#include "progress.h"

enum { GAN_HIDDEN_MAX = 3 };

typedef struct gan gan;
typedef struct gan_settings gan_settings;

struct gan_settings {
	int64_t columns, latent;                  /* widths of a row of data and of z */
	int64_t energy_hidden[GAN_HIDDEN_MAX];    /* units of the hidden layers, LeakyReLU 0.2; 0 ends the list */
	int64_t generator_hidden[GAN_HIDDEN_MAX]; /* the same for the generator, ReLU */
	int generator_tanh;                       /* whether the generator ends with tanh: data in [-1, 1] */
	/* Makes g->energy and g->generator instead of these dense nets, and g->third or not; NULL: nothing does. */
	egm_status (*nets)(gan *g, egm_context *context, const gan_settings *settings, const void *user);
	const void *nets_user;
	egm_energy_gan_options loss;
	egm_trainer_options training; /* its seed is also that of the nets */
};

struct gan {
	egm_model *energy, *generator, *third;
	egm_loss *loss;
	egm_trainer *trainer;
	/* Copies of energy and generator as gan_update found them: the averaged parameters where the trainer averages. */
	egm_model *final_energy, *final_generator;
};

/* What a command line chooses. */
typedef struct gan_choices {
	const char *entropy;
	int64_t seed, batch, energy_steps;
	double rate, penalty, weight, noise, average;
} gan_choices;

/* The rows of a table of program_option that read the same in every program; those of seed, batch and lr do not. */
/* clang-format off */
#define GAN_OPTIONS(c) \
	{"energy-steps", OPTION_INTEGER, &(c)->energy_steps, 1, 1000, "energy phases for each generator phase"}, \
	{"penalty", OPTION_NUMBER, &(c)->penalty, 0, 1e9, "weight of the zero-centred gradient penalty"}, \
	{"entropy", OPTION_TEXT, &(c)->entropy, 0, 0, "infogan, jsd, nwj or dv"}, \
	{"entropy-weight", OPTION_NUMBER, &(c)->weight, 0, 1e9, "weight of the entropy term"}, \
	{"noise", OPTION_NUMBER, &(c)->noise, 0, 1e3, "sigma of the noise on what the entropy term sees"}, \
	{"ema", OPTION_NUMBER, &(c)->average, 0, 0.9999999, "decay of averaged parameters, then the results; 0: none"}
/* clang-format on */

/* What the ranges of the rows do not say; a misuse ends the program as program_misuse does. */
void gan_choices_check(const gan_choices *choices, char **argv);

/* Both fill all but the sizes: with defaults, or with what was chosen. */
egm_status gan_settings_init(gan_settings *settings);
egm_status gan_settings_choose(gan_settings *settings, const gan_choices *choices);
/* `checkpoint` may be NULL. *g is zero or what gan_free takes, whatever the result. */
egm_status gan_create(gan *g, egm_context *context, const gan_settings *settings, const char *checkpoint);
void gan_free(gan *g);

/* Trains for `steps` steps, or until `watch` stops it: that is EGM_OK too. */
egm_status gan_train(gan *g, const egm_data *data, int64_t steps, progress *watch);
egm_status gan_update(gan *g, const gan_settings *settings);
/* Writes energy.safetensors, generator.safetensors (the final ones) and checkpoint.safetensors to `folder`. */
egm_status gan_save(const gan *g, const char *folder);

#endif
