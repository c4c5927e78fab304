/* SPDX-License-Identifier: MIT */
/* Systems with an encoder: variational and adversarial autoencoder, adversarially learned inference. */
#include "program.h"
#include "systems.h"

enum { LATENT = 2 };

/* The standard deviation of the decoder is about that of a mode; with the usual 1 the samples would be one cloud. */
egm_status set_up_vae(learner *l)
{
	egm_vae_options options = EGM_VAE_OPTIONS_INIT;
	egm_model *encoder;
	options.sigma = l->sigma = 0.02;
	l->training.beta1 = 0.9;
	l->training.beta2 = 0.999;
	TRY(learner_net(l, &encoder, "encoder", 2, HIDDEN_SILU, 2 * LATENT));
	TRY(learner_net(l, &l->generator, "decoder", LATENT, HIDDEN_RELU, 2));
	return egm_loss_vae(&l->stages[0].loss, encoder, l->generator, &options);
}

egm_status set_up_aae(learner *l)
{
	egm_aae_options options = EGM_AAE_OPTIONS_INIT;
	egm_model *discriminator, *encoder;
	options.discriminator_steps = 3;
	options.reconstruction = 30;
	options.penalty = 0.02;
	TRY(learner_net(l, &discriminator, "discriminator", LATENT, HIDDEN_LEAKY, 1));
	l->initializer = EGM_INIT_HE_NORMAL;
	TRY(learner_net(l, &encoder, "encoder", 2, HIDDEN_LEAKY, LATENT));
	TRY(learner_net(l, &l->generator, "decoder", LATENT, HIDDEN_RELU, 2));
	return egm_loss_aae(&l->stages[0].loss, discriminator, encoder, l->generator, &options);
}

egm_status set_up_ali(learner *l)
{
	egm_ali_options options = EGM_ALI_OPTIONS_INIT;
	egm_model *discriminator, *encoder;
	options.penalty = 0.02;
	options.discriminator_steps = 2;
	options.encoder = EGM_CODER_GAUSSIAN;
	TRY(learner_net(l, &discriminator, "discriminator", 2 + LATENT, HIDDEN_LEAKY, 1));
	l->initializer = EGM_INIT_HE_NORMAL;
	TRY(learner_net(l, &l->generator, "generator", LATENT, HIDDEN_RELU, 2));
	TRY(learner_net(l, &encoder, "encoder", 2, HIDDEN_LEAKY, 2 * LATENT));
	return egm_loss_ali(&l->stages[0].loss, discriminator, l->generator, encoder, &options);
}

/* A mixture of 25 spherical components for every distribution; each of the 8 modes of the ring gets several. The best
 * of a few starts is kept, because EM ends at the nearest maximum. It needs seconds, not the whole budget. */
egm_status set_up_em(learner *l)
{
	egm_mixture_options options = EGM_MIXTURE_OPTIONS_INIT;
	options.components = 25;
	options.covariance = EGM_COVARIANCE_SPHERICAL;
	options.starts = 2;
	options.tolerance = 1e-4;
	options.seed = l->seed;
	return egm_mixture_fit(&l->mixture, l->context, egm_f32(l->points, l->count, 2), egm_no_array(), &options, NULL,
	                       NULL, NULL);
}
