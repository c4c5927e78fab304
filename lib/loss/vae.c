/* SPDX-License-Identifier: MIT */
/* S5, the variational autoencoder: E[-log q(x|z)] + beta E[KL(p(z|x) || N(0, I))], z = m + s n drawn from the encoder's
 * p(z|x) = N(m, diag s^2). At beta = 1 it is KL(p(x) p(z|x) || q(z) q(x|z)) up to the entropy of the data. */
#include <loss/vae_impl.h>

enum { RECONSTRUCTION, DIVERGENCE };
enum { STREAM_Z };

static const egm_vae_options defaults = EGM_VAE_OPTIONS_INIT;
static const egm_choice decoder_choices[] = {{"gaussian", EGM_DECODER_GAUSSIAN},
                                             {"gaussian_learned", EGM_DECODER_GAUSSIAN_LEARNED},
                                             {"bernoulli", EGM_DECODER_BERNOULLI}};
static EGM__FAMILY(decoders, "EGM_DECODER_", decoder_choices);
static const egm__option members[] = {
    EGM__CHOICE(egm_vae_options, decoder, decoders, "Which distribution the output of the decoder describes."),
    EGM__RESERVED(egm_vae_options, reserved),
    EGM__POSITIVE(egm_vae_options, sigma, "Standard deviation of the gaussian decoder, in data units."),
    EGM__WEIGHT(egm_vae_options, beta,
                "Weight of the divergence from the prior; 1 makes the objective a bound on the log likelihood."),
};
EGM__OPTIONS(egm__options_vae, egm_vae_options, defaults, members);

/* -log of a product of Bernoulli distributions with these logits, at x in [0, 1]: sum sp(l) - x l */
static egm__id bernoulli_nll(egm__graph *g, egm__id logits, egm__id x)
{
	egm__id product = egm__mul(g, x, logits);
	return egm__row_sum(g, egm__sub(g, egm__softplus(g, logits), product));
}

static egm__id reconstruction_nll(egm__phase_graph *p, const egm_loss *loss, egm__id z)
{
	const egm_vae_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id output = egm__net(p, loss, EGM__VAE_DECODER, z);
	if (o->decoder == EGM_DECODER_BERNOULLI) return bernoulli_nll(g, output, p->data);
	egm__gaussian q =
	    o->decoder == EGM_DECODER_GAUSSIAN ? egm__gaussian_fixed(g, output, o->sigma) : egm__gaussian_split(g, output);
	return egm__gaussian_nll(g, &q, p->data);
}

static void build(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_vae_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__gaussian code = egm__gaussian_split(g, egm__net(p, loss, EGM__VAE_ENCODER, p->data));
	egm__id z = egm__gaussian_draw(g, &code, STREAM_Z);
	egm__term_add(p, RECONSTRUCTION, egm__mean(g, reconstruction_nll(p, loss, z)), 1);
	egm__term_add(p, DIVERGENCE, egm__mean(g, egm__gaussian_kl(g, &code, NULL)), o->beta);
}

egm__id egm__vae_log_weight(egm__phase_graph *p, const egm_loss *loss)
{
	egm__graph *g = p->graph;
	egm__gaussian code = egm__gaussian_split(g, egm__net(p, loss, EGM__VAE_ENCODER, p->data));
	egm__id z = egm__gaussian_draw(g, &code, STREAM_Z);
	egm__gaussian prior = egm__gaussian_fixed(g, z, 1);
	prior.mean = egm__const(g, 0, *egm__graph_shape(g, z));
	egm__id of_z = egm__gaussian_nll(g, &prior, z), joint = egm__add(g, reconstruction_nll(p, loss, z), of_z);
	return egm__sub(g, egm__gaussian_nll(g, &code, z), joint);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	const egm_vae_options *o = loss->options;
	loss->variant = egm__choice_name(&decoders, o->decoder);
	if (o->decoder == EGM_DECODER_GAUSSIAN_LEARNED) nets[EGM__VAE_DECODER].outputs = "2d";
	egm__phase_add(loss, "autoencoder", 1u << EGM__VAE_ENCODER | 1u << EGM__VAE_DECODER, 1, 1, build);
	return o->decoder == EGM_DECODER_GAUSSIAN ? egm__loss_number(loss, "1/sigma^2", 1 / o->sigma / o->sigma) : EGM_OK;
}

static const egm__system vae = {.kind = "vae",
                                .options = &egm__options_vae,
                                .n_nets = 2,
                                .nets = {{"encoder", "d", "2k"}, {"decoder", "k", "d"}},
                                .terms = {"reconstruction", "divergence"},
                                .describe = describe};

egm_status egm_loss_vae(egm_loss **out, egm_model *encoder, egm_model *decoder, const egm_vae_options *options)
{
	egm_model *nets[] = {encoder, decoder};
	return egm__named(__func__, egm__system_create(out, &vae, nets, options));
}
