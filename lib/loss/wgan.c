/* SPDX-License-Identifier: MIT */
/* S9, the Wasserstein GAN: the critic minimises E[D(G(z))] - E[D(x)] + lambda E[h(slope of D)], the generator
 * -E[D(G(z))]. The slope of the critic is bounded by the penalty, by clipping its parameters, or by spectral layers. */
#include <loss/penalty_impl.h>
#include <loss/system_impl.h>

enum { CRITIC, GENERATOR };
enum { CRITIC_REAL, CRITIC_FAKE, PENALTY, TERM_GENERATOR };
enum { STREAM_Z };

static const egm_wgan_options defaults = EGM_WGAN_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__CHOICE(egm_wgan_options, penalty_kind, egm__family_penalty,
                "Which function of the norm of the critic's gradient is penalised."),
    EGM__CHOICE(egm_wgan_options, penalty_at, egm__family_at,
                "Where the penalty is evaluated; the finite kinds need interpolates."),
    EGM__COUNT(egm_wgan_options, critic_steps, "Critic phases in a training step."),
    EGM__RESERVED(egm_wgan_options, reserved),
    EGM__WEIGHT(egm_wgan_options, penalty,
                "Weight of the gradient penalty; 0 suits a spectral critic or one with clip."),
    EGM__WEIGHT(egm_wgan_options, clip,
                "The parameters of the critic are clipped to [-clip, clip] after each move; 0: not."),
};
EGM__OPTIONS(egm__options_wgan, egm_wgan_options, defaults, members);

static void build_critic(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_wgan_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id x = egm__net(p, loss, GENERATOR, egm__latent(p, loss, GENERATOR, STREAM_Z));
	egm__id d[2];
	egm__net_both(p, loss, CRITIC, p->data, x, d);
	egm__term_add(p, CRITIC_REAL, egm__mean(g, d[0]), -1);
	egm__term_add(p, CRITIC_FAKE, egm__mean(g, d[1]), 1);
	egm__penalty_add(p, loss, PENALTY, o->penalty, CRITIC, o->penalty_kind, o->penalty_at, p->data, x);
}

static void build_generator(const egm_loss *loss, egm__phase_graph *p)
{
	egm__id x = egm__net(p, loss, GENERATOR, egm__latent(p, loss, GENERATOR, STREAM_Z));
	egm__term_add(p, TERM_GENERATOR, egm__neg(p->graph, egm__mean(p->graph, egm__net(p, loss, CRITIC, x))), 1);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	const egm_wgan_options *o = loss->options;
	loss->clip[CRITIC] = o->clip;
	egm__phase_add(loss, "critic", 1u << CRITIC, o->critic_steps, 1, build_critic);
	egm__phase_add(loss, "generator", 1u << GENERATOR, 1, 0, build_generator);
	if (o->penalty_kind >= EGM_PENALTY_FINITE_TWO_SIDED && o->penalty_at != EGM_AT_INTERPOLATES)
		return egm__fail(EGM_ERR_ARGUMENT,
		                 "penalty_at is %d, must be EGM_AT_INTERPOLATES for the finite kinds of penalty",
		                 (int)o->penalty_at);
	return egm__loss_reject_batch_norm(loss, CRITIC, "penalty", o->penalty);
}

static const egm__system wgan = {.kind = "wgan",
                                 .options = &egm__options_wgan,
                                 .n_nets = 2,
                                 .nets = {{"critic", "d", "1"}, {"generator", "k", "d"}},
                                 .terms = {"critic_real", "critic_fake", "penalty", "generator"},
                                 .describe = describe};

egm_status egm_loss_wgan(egm_loss **out, egm_model *critic, egm_model *generator, const egm_wgan_options *options)
{
	egm_model *nets[] = {critic, generator};
	return egm__named(__func__, egm__system_create(out, &wgan, nets, options));
}
