/* SPDX-License-Identifier: MIT */
/* The generative systems of the library, each as a function that sets it up for points in the plane and one that draws
 * samples from what was trained. */
#ifndef SYSTEMS_H
#define SYSTEMS_H

#include <egm.h>

#include "toy_data.h"

enum { LEARNER_NETS = 4, LEARNER_STAGES = 2 };

/* One training: a loss for a share of the budget. */
typedef struct learner_stage {
	egm_loss *loss;
	double share;
	int without_data; /* the loss reads none */
} learner_stage;

/* A system at work. learner_start fills in the first block and defaults for the rest, set_up the networks, the losses
 * and what it wants otherwise. */
typedef struct learner {
	egm_context *context;
	const toy_law *law;
	const float *points; /* [count, 2], the training data */
	int64_t count;
	uint64_t seed;

	/* Of the networks that follow: */
	int64_t width, depth; /* of the hidden layers */
	int32_t initializer;  /* EGM_INIT_* */
	egm_model *nets[LEARNER_NETS];
	size_t net_count;
	learner_stage stages[LEARNER_STAGES]; /* none with a loss: set_up has trained it, or there is nothing to train */
	egm_trainer_options training;         /* of every stage; steps of the schedule are set before each */
	int with_negatives;                   /* the trainer draws them as follows */
	egm_negatives_options negatives;

	/* What `draw` reads. The networks are those among `nets` that the samples need, or NULL; final_* are copies of
	 * them as the last learner_look found them, with averaged parameters. */
	egm_model *energy, *generator, *final_energy, *final_generator;
	egm_mixture *mixture;
	egm_target_options target;
	egm_annealed_langevin_options chains; /* of the negatives and of draw_chains */
	double step_size;                     /* of draw_denoiser */
	int64_t warmup, transitions;          /* of the chains */
	double sigma; /* noise that the network was trained with, or that a decoder's output stands for */
} learner;

typedef struct system_entry {
	const char *name, *about;         /* `about`: what is drawn, in a few words */
	egm_status (*set_up)(learner *l); /* NULL: the networks of the entry above, drawn in another way */
	egm_status (*draw)(learner *l, uint64_t seed, int64_t count, float *xy);
} system_entry;

extern const system_entry systems[];
extern const size_t system_count;

/* Fills in the learner; what set_up and the rest make of it is freed by learner_free. */
egm_status learner_start(learner *l, egm_context *context, const toy_law *law, const float *points, int64_t count,
                         uint64_t seed);
void learner_free(learner *l);

enum { HIDDEN_RELU, HIDDEN_LEAKY, HIDDEN_SILU, HIDDEN_SPECTRAL };
/* A network of `depth` hidden layers, owned by the learner. */
egm_status learner_net(learner *l, egm_model **out, const char *name, int64_t inputs, int hidden, int64_t outputs);

/* Copies energy and generator as they are now to final_*. */
egm_status learner_look(learner *l, const egm_trainer *trainer);

/* The ways to samples, systems_draw.c: */
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
