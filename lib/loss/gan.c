/* SPDX-License-Identifier: MIT */
/* S4, the generative adversarial network in all its forms (adversarial.c), with the incremental regularizer
 *
 *   step_penalty E||G(z) - G_old(z)||^2,
 *
 * G_old the generator before its runs of this training step. In the first run G = G_old, so that value and gradient are
 * 0: this run is a phase without the regularizer, and the other runs are a second phase with it. */
#include <loss/adversarial_impl.h>
#include <loss/penalty_impl.h>
#include <loss/system_impl.h>

enum { DISCRIMINATOR, GENERATOR };
enum { TERM_DISCRIMINATOR, PENALTY, TERM_GENERATOR, STEP };
enum { STREAM_Z };

static const egm_gan_options defaults = EGM_GAN_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__CHOICE(egm_gan_options, form, egm__family_gan, "Which loss the discriminator and the generator minimise."),
    EGM__COUNT(egm_gan_options, discriminator_steps, "Discriminator phases in a training step."),
    EGM__COUNT(egm_gan_options, generator_steps, "Generator phases in a training step."),
    EGM__CHOICE(egm_gan_options, penalty_at, egm__family_at,
                "Where the penalty is evaluated: at interpolates, real rows, generated rows, or both."),
    EGM__WEIGHT(egm_gan_options, penalty, "Weight of the zero-centred gradient penalty on the discriminator."),
    EGM__BELOW_ONE(egm_gan_options, smoothing,
                   "The label of real rows is 1 - smoothing; must be 0 for hinge and the relativistic forms."),
    EGM__WEIGHT(egm_gan_options, step_penalty,
                "Weight of the squared change of the generated rows in a step; needs generator_steps >= 2."),
};
EGM__OPTIONS(egm__options_gan, egm_gan_options, defaults, members);

static void build_discriminator(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_gan_options *o = loss->options;
	egm__discriminator discriminator = {DISCRIMINATOR, o->form, o->penalty_at, o->smoothing, o->penalty};
	egm__id x = egm__net(p, loss, GENERATOR, egm__latent(p, loss, GENERATOR, STREAM_Z));
	egm__discriminator_add(p, loss, &discriminator, p->data, x);
}

/* x = G(z) */
static void add_generator(const egm_loss *loss, egm__phase_graph *p, egm__id x)
{
	const egm_gan_options *o = loss->options;
	egm__id real = EGM__NONE, fake = egm__net(p, loss, DISCRIMINATOR, x);
	if (egm__generator_needs_real(o->form)) real = egm__net(p, loss, DISCRIMINATOR, p->data);
	egm__term_add(p, TERM_GENERATOR, egm__generator_loss(p->graph, o->form, real, fake), 1);
}

static void build_generator(const egm_loss *loss, egm__phase_graph *p)
{
	add_generator(loss, p, egm__net(p, loss, GENERATOR, egm__latent(p, loss, GENERATOR, STREAM_Z)));
}

static void build_generator_with_step(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_gan_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id z = egm__latent(p, loss, GENERATOR, STREAM_Z), x = egm__net(p, loss, GENERATOR, z);
	egm__id step = egm__sub(g, x, egm__net_old(p, loss, GENERATOR, z));
	add_generator(loss, p, x);
	egm__term_add(p, STEP, egm__mean_square_norm(g, step), o->step_penalty);
}

static void add_phases(egm_loss *loss, const egm_gan_options *o)
{
	int real = egm__generator_needs_real(o->form), with_step = o->step_penalty > 0 ? o->generator_steps - 1 : 0;
	egm__phase_add(loss, "discriminator", 1u << DISCRIMINATOR, o->discriminator_steps, 1, build_discriminator);
	egm__phase *first =
	    egm__phase_add(loss, "generator", 1u << GENERATOR, o->generator_steps - with_step, real, build_generator);
	if (!with_step) return;
	first->keeps = 1u << GENERATOR;
	egm__phase_add(loss, "generator", 1u << GENERATOR, with_step, real, build_generator_with_step);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	const egm_gan_options *o = loss->options;
	loss->variant = egm__choice_name(&egm__family_gan, o->form);
	if (o->step_penalty > 0 && o->generator_steps < 2)
		return egm__fail(EGM_ERR_ARGUMENT, "generator_steps is %d, must be at least 2 with a step_penalty of %g",
		                 (int)o->generator_steps, o->step_penalty);
	if (o->smoothing > 0 && o->form >= EGM_GAN_HINGE)
		return egm__fail(EGM_ERR_ARGUMENT, "smoothing is %g, must be 0 for %s, which has no labels", o->smoothing,
		                 loss->variant);
	add_phases(loss, o);
	return egm__loss_reject_batch_norm(loss, DISCRIMINATOR, "penalty", o->penalty);
}

static const egm__system gan = {.kind = "gan",
                                .options = &egm__options_gan,
                                .n_nets = 2,
                                .nets = {{"discriminator", "d", "1"}, {"generator", "k", "d"}},
                                .terms = {"discriminator", "penalty", "generator", "step"},
                                .describe = describe};

egm_status egm_loss_gan(egm_loss **out, egm_model *discriminator, egm_model *generator, const egm_gan_options *options)
{
	egm_model *nets[] = {discriminator, generator};
	return egm__named(__func__, egm__system_create(out, &gan, nets, options));
}
