/* SPDX-License-Identifier: MIT */
/* S7, the adversarial autoencoder: a GAN of latent codes, whose generator is the encoder E and whose data are draws z
 * of the prior, and a decoder G that reconstructs x. l is the logit of the discriminator, sp = softplus:
 *
 *   discriminator  E sp(-l(z)) + E sp(l(E(x)))          autoencoder  E sp(-l(E(x))) + lambda E||x - G(E(x))||^2 */
#include <loss/adversarial_impl.h>
#include <loss/system_impl.h>

enum { DISCRIMINATOR, ENCODER, DECODER };
enum { TERM_DISCRIMINATOR, PENALTY, TERM_ENCODER, RECONSTRUCTION };
enum { STREAM_Z };

static const egm_aae_options defaults = EGM_AAE_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__CHOICE(egm_aae_options, form, egm__family_gan, "Which loss the discriminator and the encoder minimise."),
    EGM__COUNT(egm_aae_options, discriminator_steps, "Discriminator phases in a training step."),
    EGM__WEIGHT(egm_aae_options, reconstruction, "Weight of the squared reconstruction error."),
    EGM__WEIGHT(egm_aae_options, penalty, "Weight of the zero-centred gradient penalty at draws of the prior."),
};
EGM__OPTIONS(egm__options_aae, egm_aae_options, defaults, members);

static void build_discriminator(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_aae_options *o = loss->options;
	egm__discriminator discriminator = {DISCRIMINATOR, o->form, EGM_AT_REAL, 0, o->penalty};
	egm__id code = egm__net(p, loss, ENCODER, p->data);
	egm__discriminator_add(p, loss, &discriminator, egm__latent(p, loss, DECODER, STREAM_Z), code);
}

static void build_autoencoder(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_aae_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id code = egm__net(p, loss, ENCODER, p->data), real = EGM__NONE;
	if (egm__generator_needs_real(o->form))
		real = egm__net(p, loss, DISCRIMINATOR, egm__latent(p, loss, DECODER, STREAM_Z));
	egm__term_add(p, TERM_ENCODER, egm__generator_loss(g, o->form, real, egm__net(p, loss, DISCRIMINATOR, code)), 1);
	if (o->reconstruction > 0) {
		egm__id error = egm__sub(g, p->data, egm__net(p, loss, DECODER, code));
		egm__term_add(p, RECONSTRUCTION, egm__mean_square_norm(g, error), o->reconstruction);
	}
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	const egm_aae_options *o = loss->options;
	loss->variant = egm__choice_name(&egm__family_gan, o->form);
	egm__phase_add(loss, "discriminator", 1u << DISCRIMINATOR, o->discriminator_steps, 1, build_discriminator);
	egm__phase_add(loss, "autoencoder", 1u << ENCODER | 1u << DECODER, 1, 1, build_autoencoder);
	return egm__loss_reject_batch_norm(loss, DISCRIMINATOR, "penalty", o->penalty);
}

static const egm__system aae = {.kind = "aae",
                                .options = &egm__options_aae,
                                .n_nets = 3,
                                .nets = {{"discriminator", "k", "1"}, {"encoder", "d", "k"}, {"decoder", "k", "d"}},
                                .terms = {"discriminator", "penalty", "encoder", "reconstruction"},
                                .describe = describe};

egm_status egm_loss_aae(egm_loss **out, egm_model *discriminator, egm_model *encoder, egm_model *decoder,
                        const egm_aae_options *options)
{
	egm_model *nets[] = {discriminator, encoder, decoder};
	return egm__named(__func__, egm__system_create(out, &aae, nets, options));
}
