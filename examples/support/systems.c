/* SPDX-License-Identifier: MIT */
/* The list of systems, and what their set-ups share. The defaults are three hidden layers of 128 units, mini-batches of
 * 256, a learning rate that falls from 1e-3 to a tenth of it, and averaged parameters; a set-up changes some of them.
 */
#include "systems.h"

#include <string.h>

#include "program.h"

static egm_status nothing_to_learn(learner *l)
{
	(void)l;
	return EGM_OK;
}

/* A system without a trainer is fitted by its set-up, and has no `stages`. */
const system_entry systems[] = {
    {"data", "the distribution itself", nothing_to_learn, draw_law},
    {"ml_pcd", "annealed Langevin", set_up_ml_pcd, draw_chains},
    {"ml_cd", "annealed Langevin", set_up_ml_cd, draw_chains},
    {"ml_short_run", "the chains of the training", set_up_ml_short_run, draw_chains},
    {"energy_gan", "generator", set_up_energy_gan, draw_generator},
    {"energy_gan_mala", "latent MALA", NULL, draw_latent_chains},
    {"gan", "generator", set_up_gan, draw_generator},
    {"gan_incremental", "generator", set_up_gan_incremental, draw_generator},
    {"gan_least_squares", "generator", set_up_least_squares, draw_generator},
    {"gan_hinge_spectral", "generator", set_up_hinge, draw_generator},
    {"gan_relativistic", "generator", set_up_relativistic, draw_generator},
    {"wgan_gp", "generator", set_up_wgan_gp, draw_generator},
    {"wgan_clip", "generator", set_up_wgan_clip, draw_generator},
    {"wgan_spectral", "generator", set_up_wgan_spectral, draw_generator},
    {"ls_gan", "generator", set_up_ls_gan, draw_generator},
    {"vae", "decoder and its noise", set_up_vae, draw_decoder},
    {"aae", "decoder", set_up_aae, draw_generator},
    {"ali", "generator", set_up_ali, draw_generator},
    {"em", "mixture", set_up_em, draw_mixture},
    {"dae", "ULA, denoised", set_up_dae, draw_denoiser},
    {"dsm", "annealed Langevin, denoised", set_up_dsm, draw_chains},
    {"dde", "generator", set_up_dde, draw_generator},
    {"annealed_dsm", "annealed Langevin, denoised", set_up_annealed_dsm, draw_chains},
    {"score_matching", "annealed Langevin", set_up_score_matching, draw_chains},
};
const size_t system_count = sizeof systems / sizeof systems[0];

egm_status learner_start(learner *l, egm_context *context, const toy_distribution *toy, const float *points,
                         int64_t count, uint64_t seed)
{
	memset(l, 0, sizeof *l);
	l->context = context;
	l->toy = toy;
	l->points = points;
	l->count = count;
	l->seed = seed;
	l->width = 128;
	l->depth = 3;
	l->initializer = EGM_INIT_FAN_IN_UNIFORM;
	l->stages[0].share = 1;
	l->training = (egm_trainer_options)EGM_TRAINER_OPTIONS_INIT;
	l->training.seed = seed;
	l->training.batch = 256;
	l->training.learning_rate = 1e-3;
	l->training.schedule = EGM_SCHEDULE_LINEAR;
	l->training.schedule_steps = 1;
	l->training.final_fraction = 0.1;
	l->training.average_decay = 0.999;
	l->negatives = (egm_negatives_options)EGM_NEGATIVES_OPTIONS_INIT;
	l->target = (egm_target_options)EGM_TARGET_OPTIONS_INIT;
	l->chains = (egm_annealed_langevin_options)EGM_ANNEALED_LANGEVIN_OPTIONS_INIT;
	return EGM_OK;
}

void learner_free(learner *l)
{
	egm_mixture_free(l->mixture);
	egm_model_free(l->final_energy);
	egm_model_free(l->final_generator);
	for (size_t i = 0; i < LEARNER_STAGES; i++) egm_loss_free(l->stages[i].loss);
	for (size_t i = 0; i < l->net_count; i++) egm_model_free(l->nets[i]);
	memset(l, 0, sizeof *l);
}

/* Spectral layers come after an ordinary first layer. Points in the plane are so close to each other that a network
 * whose slope is nowhere above one could not distinguish a mode from a gap. */
static void add_hidden(egm_model *net, int hidden, int64_t width, int first)
{
	if (hidden == HIDDEN_SPECTRAL && !first)
		egm_model_spectral_dense(net, width);
	else
		egm_model_dense(net, width);
	if (hidden == HIDDEN_RELU)
		egm_model_relu(net);
	else if (hidden == HIDDEN_SILU)
		egm_model_silu(net);
	else
		egm_model_leaky_relu(net, 0.2);
}

/* egm_model_build returns the first error of the layers, so one check is enough. */
egm_status learner_net(learner *l, egm_model **out, const char *name, int64_t inputs, int hidden, int64_t outputs)
{
	size_t index = l->net_count;
	egm_model **net = &l->nets[index];
	TRY(egm_model_create(net, l->context, name, inputs));
	l->net_count++;
	*out = *net;
	egm_model_set_initializer(*net, l->initializer);
	for (int64_t i = 0; i < l->depth; i++) add_hidden(*net, hidden, l->width, i == 0);
	egm_model_dense(*net, outputs);
	return egm_model_build(*net, EGM_F32, LEARNER_NETS * l->seed + index);
}

static egm_status look_at(const egm_trainer *trainer, double decay, const egm_model *net, egm_model **out)
{
	egm_model_free(*out);
	*out = NULL;
	if (!net) return EGM_OK;
	return decay > 0 ? egm_trainer_average(out, trainer, net) : egm_model_clone(out, net);
}

egm_status learner_look(learner *l, const egm_trainer *trainer)
{
	TRY(look_at(trainer, l->training.average_decay, l->energy, &l->final_energy));
	return look_at(trainer, l->training.average_decay, l->generator, &l->final_generator);
}
