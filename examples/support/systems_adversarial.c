/* SPDX-License-Identifier: MIT */
/* Systems with a generator of points from z and a critic of points: energy GAN, GAN, Wasserstein GAN, LS-GAN.
 *
 * Only a steep critic puts samples on narrow modes, so the penalties here are small; the usual weight 10 is for images,
 * whose distances are larger. The betas of Adam are (0.5, 0.9), the defaults of the trainer. */
#include "program.h"
#include "systems.h"

enum { LATENT = 2 };

/* energy_gan_mala also draws from this system: MALA on beta U(G(z)), because the energy is shallow. */
egm_status set_up_energy_gan(learner *l)
{
	egm_energy_gan_options options = EGM_ENERGY_GAN_OPTIONS_INIT;
	egm_model *statistics;
	options.energy_steps = 1;
	options.entropy_weight = 0.01;
	TRY(learner_net(l, &l->energy, "energy", 2, HIDDEN_LEAKY, 1));
	TRY(learner_net(l, &l->generator, "generator", LATENT, HIDDEN_RELU, 2));
	TRY(learner_net(l, &statistics, "statistics", 2 + LATENT, HIDDEN_LEAKY, 1));
	l->target.beta = 10;
	l->target.prior_scale = 1;
	l->warmup = l->transitions = 100;
	return egm_loss_energy_gan(&l->stages[0].loss, l->energy, l->generator, statistics, &options);
}

/* ---- GAN */

/* The networks of all systems from here on, with the given hidden layers of the critic. The initial samples of the
 * generator are spread as widely as the data, and are not all at one point. */
static egm_status pair_of_nets(learner *l, egm_model **critic, const char *name, int hidden)
{
	l->initializer = EGM_INIT_HE_NORMAL;
	TRY(learner_net(l, &l->generator, "generator", LATENT, HIDDEN_RELU, 2));
	l->initializer = EGM_INIT_FAN_IN_UNIFORM;
	return learner_net(l, critic, name, 2, hidden, 1);
}

static egm_status gan(learner *l, int32_t form, int32_t steps, double penalty, int hidden)
{
	egm_gan_options options = EGM_GAN_OPTIONS_INIT;
	egm_model *discriminator;
	options.form = form;
	options.discriminator_steps = steps;
	options.penalty = penalty;
	TRY(pair_of_nets(l, &discriminator, "discriminator", hidden));
	return egm_loss_gan(&l->stages[0].loss, discriminator, l->generator, &options);
}

egm_status set_up_gan(learner *l)
{
	return gan(l, EGM_GAN_NON_SATURATING, 1, 0.02, HIDDEN_LEAKY);
}

egm_status set_up_least_squares(learner *l)
{
	return gan(l, EGM_GAN_LEAST_SQUARES, 1, 0.02, HIDDEN_LEAKY);
}

egm_status set_up_relativistic(learner *l)
{
	return gan(l, EGM_GAN_RELATIVISTIC_AVERAGE, 1, 0.02, HIDDEN_LEAKY);
}

/* Weights of norm one make a discriminator slow: with a single step it cannot follow the generator. */
egm_status set_up_hinge(learner *l)
{
	return gan(l, EGM_GAN_HINGE, 3, 0.1, HIDDEN_SPECTRAL);
}

egm_status set_up_gan_incremental(learner *l)
{
	egm_gan_options options = EGM_GAN_OPTIONS_INIT;
	egm_model *discriminator;
	options.penalty = 0.02;
	options.generator_steps = 2;
	options.step_penalty = 1;
	TRY(pair_of_nets(l, &discriminator, "discriminator", HIDDEN_LEAKY));
	return egm_loss_gan(&l->stages[0].loss, discriminator, l->generator, &options);
}

/* ---- Wasserstein GAN */

static egm_status wgan(learner *l, int32_t steps, double penalty, double clip, int hidden)
{
	egm_wgan_options options = EGM_WGAN_OPTIONS_INIT;
	egm_model *critic;
	options.penalty = penalty;
	options.clip = clip;
	options.critic_steps = steps;
	TRY(pair_of_nets(l, &critic, "critic", hidden));
	return egm_loss_wgan(&l->stages[0].loss, critic, l->generator, &options);
}

egm_status set_up_wgan_gp(learner *l)
{
	return wgan(l, 2, 0.1, 0, HIDDEN_LEAKY);
}

egm_status set_up_wgan_clip(learner *l)
{
	return wgan(l, 5, 0, 0.1, HIDDEN_LEAKY);
}

egm_status set_up_wgan_spectral(learner *l)
{
	return wgan(l, 3, 0.1, 0, HIDDEN_SPECTRAL);
}

/* ---- loss-sensitive GAN */

egm_status set_up_ls_gan(learner *l)
{
	egm_ls_gan_options options = EGM_LS_GAN_OPTIONS_INIT;
	options.margin_norm = EGM_MARGIN_L2;
	options.penalty = 0.02;
	TRY(pair_of_nets(l, &l->energy, "energy", HIDDEN_LEAKY));
	return egm_loss_ls_gan(&l->stages[0].loss, l->energy, l->generator, &options);
}
