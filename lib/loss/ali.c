/* SPDX-License-Identifier: MIT */
/* S8, adversarially learned inference (BiGAN): one discriminator of pairs, p = (x, E(x)) against q = (G(z), z). At its
 * optimum the logit is log p / q, and it is 0 everywhere when both kinds of pairs have the same joint distribution.
 *
 * The derived objective is KL(q || p), whose gradient is taken with D held constant. It has three parts:
 *
 *   E_q[log q_old / p_old] + E KL(q(x|z) || q_old(x|z)) + E_q[log p_old(z|x) - log p(z|x)].
 *
 * The discriminator estimates the first. The second limits the change of the generator in a step; it is 0 in the first
 * run after the old parameters were copied. The third is a regression of z on x = G(z), which trains the encoder. */
#include <loss/adversarial_impl.h>
#include <loss/gaussian_impl.h>
#include <loss/system_impl.h>

enum { DISCRIMINATOR, GENERATOR, ENCODER };
enum { TERM_DISCRIMINATOR, PENALTY, TERM_GENERATOR, STEP, REGRESSION };
enum { STREAM_Z, STREAM_CODE, STREAM_X };

static const egm_ali_options defaults = EGM_ALI_OPTIONS_INIT;
static const egm_choice form_choices[] = {
    {"derived", EGM_ALI_DERIVED}, {"minimax", EGM_ALI_MINIMAX}, {"swapped", EGM_ALI_SWAPPED}};
static EGM__FAMILY(forms, "EGM_ALI_", form_choices);
static const egm_choice coder_choices[] = {{"point", EGM_CODER_POINT}, {"gaussian", EGM_CODER_GAUSSIAN}};
static EGM__FAMILY(coders, "EGM_CODER_", coder_choices);
static const egm__option members[] = {
    EGM__CHOICE(egm_ali_options, form, forms, "Which loss the generator and the encoder minimise."),
    EGM__COUNT(egm_ali_options, discriminator_steps, "Discriminator phases in a training step."),
    EGM__COUNT(egm_ali_options, generator_steps, "Phases of the generator and the encoder in a training step."),
    EGM__CHOICE(egm_ali_options, encoder, coders,
                "What the encoder outputs: a point, or means and logarithms of variances."),
    EGM__CHOICE(egm_ali_options, generator, coders,
                "What the generator outputs: a point, or means and logarithms of variances."),
    EGM__FLAG(egm_ali_options, full_terms,
              "1 adds the step and regression terms, which need the derived form and two gaussian networks."),
    EGM__WEIGHT(egm_ali_options, penalty, "Weight of the zero-centred gradient penalty at the encoded pairs."),
};
EGM__OPTIONS(egm__options_ali, egm_ali_options, defaults, members);

/* The pairs [batch, d + k] of both kinds, and z and x of the generated ones. */
typedef struct pairs {
	egm__id z, x, p, q;
} pairs;

static egm__id coded(egm__phase_graph *p, const egm_loss *loss, int32_t net, int32_t coder, egm__id x, uint32_t stream)
{
	egm__id output = egm__net(p, loss, net, x);
	if (coder == EGM_CODER_POINT) return output;
	egm__gaussian q = egm__gaussian_split(p->graph, output);
	return egm__gaussian_draw(p->graph, &q, stream);
}

static pairs draw(egm__phase_graph *p, const egm_loss *loss)
{
	const egm_ali_options *o = loss->options;
	egm__id z = egm__latent(p, loss, GENERATOR, STREAM_Z);
	egm__id x = coded(p, loss, GENERATOR, o->generator, z, STREAM_X);
	egm__id inferred[2] = {p->data, coded(p, loss, ENCODER, o->encoder, p->data, STREAM_CODE)};
	egm__id generated[2] = {x, z};
	pairs d = {.z = z, .x = x};
	d.p = egm__concat(p->graph, 2, inferred, 1);
	d.q = egm__concat(p->graph, 2, generated, 1);
	return d;
}

static void build_discriminator(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_ali_options *o = loss->options;
	egm__discriminator discriminator = {DISCRIMINATOR, EGM_GAN_NON_SATURATING, EGM_AT_REAL, 0, o->penalty};
	pairs d = draw(p, loss);
	egm__discriminator_add(p, loss, &discriminator, d.p, d.q);
}

static egm__id objective(egm__graph *g, int32_t form, egm__id l_p, egm__id l_q)
{
	int q_is_fake = form == EGM_ALI_MINIMAX, p_is_real = form == EGM_ALI_DERIVED || form == EGM_ALI_MINIMAX;
	egm__id of_q = q_is_fake ? egm__cross_entropy_fake(g, l_q) : egm__cross_entropy_real(g, l_q);
	egm__id of_p = p_is_real ? egm__cross_entropy_real(g, l_p) : egm__cross_entropy_fake(g, l_p);
	egm__id sum = egm__add(g, of_p, of_q);
	return form == EGM_ALI_MINIMAX ? egm__neg(g, sum) : sum;
}

static void full_terms(egm__phase_graph *p, const egm_loss *loss, const pairs *d)
{
	egm__graph *g = p->graph;
	egm__gaussian now = egm__gaussian_split(g, egm__net(p, loss, GENERATOR, d->z));
	egm__gaussian old = egm__gaussian_split(g, egm__net_old(p, loss, GENERATOR, d->z));
	egm__gaussian code = egm__gaussian_split(g, egm__net(p, loss, ENCODER, d->x));
	egm__gaussian old_code = egm__gaussian_split(g, egm__net_old(p, loss, ENCODER, d->x));
	egm__id error = egm__gaussian_nll(g, &code, d->z), old_error = egm__gaussian_nll(g, &old_code, d->z);
	egm__term_add(p, STEP, egm__mean(g, egm__gaussian_kl(g, &now, &old)), 1);
	egm__term_add(p, REGRESSION, egm__mean(g, egm__sub(g, error, old_error)), 1);
}

static void build_generator(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_ali_options *o = loss->options;
	pairs d = draw(p, loss);
	egm__id l[2];
	egm__net_both(p, loss, DISCRIMINATOR, d.p, d.q, l);
	egm__term_add(p, TERM_GENERATOR, objective(p->graph, o->form, l[0], l[1]), 1);
	if (o->full_terms) full_terms(p, loss, &d);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	const egm_ali_options *o = loss->options;
	uint32_t both = 1u << GENERATOR | 1u << ENCODER;
	loss->variant = egm__choice_name(&forms, o->form);
	if (o->generator == EGM_CODER_GAUSSIAN) nets[GENERATOR].outputs = "2d";
	if (o->encoder == EGM_CODER_GAUSSIAN) nets[ENCODER].outputs = "2k";
	egm__phase_add(loss, "discriminator", 1u << DISCRIMINATOR, o->discriminator_steps, 1, build_discriminator);
	egm__phase *generator = egm__phase_add(loss, "generator", both, o->generator_steps, 1, build_generator);
	if (o->full_terms) generator->keeps = both;
	int densities = o->generator == EGM_CODER_GAUSSIAN && o->encoder == EGM_CODER_GAUSSIAN;
	if (o->full_terms && (o->form != EGM_ALI_DERIVED || !densities))
		return egm__fail(
		    EGM_ERR_ARGUMENT,
		    "full_terms is 1; must be 0 unless form is EGM_ALI_DERIVED with Gaussian encoder and generator");
	return egm__loss_reject_batch_norm(loss, DISCRIMINATOR, "penalty", o->penalty);
}

static const egm__system ali = {.kind = "ali",
                                .options = &egm__options_ali,
                                .n_nets = 3,
                                .nets = {{"discriminator", "d+k", "1"}, {"generator", "k", "d"}, {"encoder", "d", "k"}},
                                .terms = {"discriminator", "penalty", "generator", "step", "regression"},
                                .describe = describe};

egm_status egm_loss_ali(egm_loss **out, egm_model *discriminator, egm_model *generator, egm_model *encoder,
                        const egm_ali_options *options)
{
	egm_model *nets[] = {discriminator, generator, encoder};
	return egm__named(__func__, egm__system_create(out, &ali, nets, options));
}
