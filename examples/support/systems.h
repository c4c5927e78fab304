/* SPDX-License-Identifier: MIT */
/* The generative systems of the library: for each, a function that sets it up for points in the plane, and a function
 * that draws samples from the trained networks. */
#ifndef SYSTEMS_H
#define SYSTEMS_H

#include <egm.h>

#include "toy_data.h"

enum { LEARNER_NETS = 4, LEARNER_STAGES = 2 };

/* One training: a loss, and its share of the budget. */
typedef struct learner_stage {
	egm_loss *loss;
	double share;
	int without_data; /* 1: the loss reads no data */
} learner_stage;

/* A system that is trained. learner_start fills in the first block and defaults for the rest; set_up creates the
 * networks and the losses, and changes defaults. */
typedef struct learner {
	egm_context *context;
	const toy_distribution *toy;
	const float *points; /* [count, 2], the training data */
	int64_t count;
	uint64_t seed;

	/* For networks that are created from here on: */
	int64_t width, depth; /* of the hidden layers */
	int32_t initializer;  /* EGM_INIT_* */
	egm_model *nets[LEARNER_NETS];
	size_t net_count;
	learner_stage stages[LEARNER_STAGES]; /* no loss: set_up has trained it, or nothing needs training */
	egm_trainer_options training;         /* of every stage; the steps of the schedule are set before each */
	int with_negatives;                   /* 1: the trainer draws negative samples as follows */
	egm_negatives_options negatives;

	/* For `draw`: the networks that it needs, which are among `nets`, or NULL. final_* are copies of them from the last
	 * learner_look, with averaged parameters. */
	egm_model *energy, *generator, *final_energy, *final_generator;
	egm_mixture *mixture;
	egm_target_options target;
	egm_annealed_langevin_options chains; /* of the negatives and of draw_chains */
	double step_size;                     /* of draw_denoiser */
	int64_t warmup, transitions;          /* of the chains */
	double sigma; /* standard deviation of the noise in the training, or of a decoder's output */
} learner;

typedef struct system_entry {
	const char *name, *about;         /* `about`: how samples are drawn, in a few words */
	egm_status (*set_up)(learner *l); /* NULL: draws from the networks of the entry above in another way */
	egm_status (*draw)(learner *l, uint64_t seed, int64_t count, float *xy);
} system_entry;

extern const system_entry systems[];
extern const size_t system_count;

/* Fills in the learner. learner_free frees everything that set_up and the other functions create. */
egm_status learner_start(learner *l, egm_context *context, const toy_distribution *toy, const float *points,
                         int64_t count, uint64_t seed);
void learner_free(learner *l);

enum { HIDDEN_RELU, HIDDEN_LEAKY, HIDDEN_SILU, HIDDEN_SPECTRAL };
/* Creates a network with `depth` hidden layers, which the learner owns. */
egm_status learner_net(learner *l, egm_model **out, const char *name, int64_t inputs, int hidden, int64_t outputs);

/* Copies the present energy and generator to final_*. */
egm_status learner_look(learner *l, const egm_trainer *trainer);

/* Ways to draw samples, systems_draw.c: */
egm_status draw_generator(learner *l, uint64_t seed, int64_t count, float *xy);
egm_status draw_decoder(learner *l, uint64_t seed, int64_t count, float *xy);
egm_status draw_chains(learner *l, uint64_t seed, int64_t count, float *xy);
egm_status draw_latent_chains(learner *l, uint64_t seed, int64_t count, float *xy);
egm_status draw_denoiser(learner *l, uint64_t seed, int64_t count, float *xy);
egm_status draw_mixture(learner *l, uint64_t seed, int64_t count, float *xy);
egm_status draw_law(learner *l, uint64_t seed, int64_t count, float *xy);

/* The set-ups, systems_adversarial.c: */
egm_status set_up_energy_gan(learner *l);
egm_status set_up_gan(learner *l);
egm_status set_up_gan_incremental(learner *l);
egm_status set_up_least_squares(learner *l);
egm_status set_up_hinge(learner *l);
egm_status set_up_relativistic(learner *l);
egm_status set_up_wgan_gp(learner *l);
egm_status set_up_wgan_clip(learner *l);
egm_status set_up_wgan_spectral(learner *l);
egm_status set_up_ls_gan(learner *l);
/* systems_latent.c: */
egm_status set_up_vae(learner *l);
egm_status set_up_aae(learner *l);
egm_status set_up_ali(learner *l);
egm_status set_up_em(learner *l);
/* systems_energy.c: */
egm_status set_up_ml_pcd(learner *l);
egm_status set_up_ml_cd(learner *l);
egm_status set_up_ml_short_run(learner *l);
egm_status set_up_dae(learner *l);
egm_status set_up_dsm(learner *l);
egm_status set_up_dde(learner *l);
egm_status set_up_annealed_dsm(learner *l);
egm_status set_up_score_matching(learner *l);

#endif
