/* SPDX-License-Identifier: MIT */
/* S9, the loss-sensitive GAN: the energy of a real row should be lower than that of a generated one by a margin that
 * grows with their distance. The energy minimises E[c(margin ||x - G(z)|| + U(x) - U(G(z)))] with c(a) = max(a, nu a),
 * computed as nu a + (1 - nu) max(0, a): for nu = 1 this is a with slope 1 also at a = 0, where a sum of two relus
 * would have slope 0. */
#include <loss/penalty_impl.h>
#include <loss/system_impl.h>

enum { ENERGY, GENERATOR };
enum { ENERGY_REAL, ENERGY_FAKE, COMPARISON, PENALTY, GENERATOR_ENERGY };
enum { STREAM_Z };

static const egm_ls_gan_options defaults = EGM_LS_GAN_OPTIONS_INIT;
static const egm_choice norm_choices[] = {{"l1", EGM_MARGIN_L1}, {"l2", EGM_MARGIN_L2}};
static EGM__FAMILY(norms, "EGM_MARGIN_", norm_choices);
static const egm__option members[] = {
    EGM__CHOICE(egm_ls_gan_options, margin_norm, norms,
                "Which norm measures the distance between a real and a generated row."),
    EGM__COUNT(egm_ls_gan_options, energy_steps, "Energy phases in a training step."),
    EGM__WEIGHT(egm_ls_gan_options, margin, "Factor of that distance in the margin, in units of energy per data unit."),
    EGM__BETWEEN(egm_ls_gan_options, slope, -1, 1,
                 "Slope of the comparison below 0; 0 gives the loss-sensitive GAN, 1 the difference of a WGAN."),
    EGM__WEIGHT(egm_ls_gan_options, penalty, "Weight of the zero-centred gradient penalty at interpolates."),
};
EGM__OPTIONS(egm__options_ls_gan, egm_ls_gan_options, defaults, members);

static egm__id distance(egm__graph *g, int32_t norm, egm__id a, egm__id b)
{
	egm__id d = egm__sub(g, a, b);
	if (norm == EGM_MARGIN_L2) return egm__row_norm(g, d);
	egm__id below = egm__relu(g, egm__neg(g, d));
	return egm__row_sum(g, egm__add(g, egm__relu(g, d), below));
}

static egm__id cost(egm__graph *g, egm__id a, double slope)
{
	egm__id above = egm__scale(g, egm__relu(g, a), 1 - slope);
	return egm__add(g, egm__scale(g, a, slope), above);
}

static void build_energy(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_ls_gan_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id x = egm__net(p, loss, GENERATOR, egm__latent(p, loss, GENERATOR, STREAM_Z));
	egm__id u[2];
	egm__net_both(p, loss, ENERGY, p->data, x, u);
	egm__id margin = egm__scale(g, distance(g, o->margin_norm, p->data, x), o->margin);
	egm__term_add(p, ENERGY_REAL, egm__mean(g, u[0]), 0);
	egm__term_add(p, ENERGY_FAKE, egm__mean(g, u[1]), 0);
	egm__term_add(p, COMPARISON, egm__mean(g, cost(g, egm__add(g, margin, egm__sub(g, u[0], u[1])), o->slope)), 1);
	egm__penalty_add(p, loss, PENALTY, o->penalty, ENERGY, EGM_PENALTY_ZERO_CENTERED, EGM_AT_INTERPOLATES, p->data, x);
}

static void build_generator(const egm_loss *loss, egm__phase_graph *p)
{
	egm__id x = egm__net(p, loss, GENERATOR, egm__latent(p, loss, GENERATOR, STREAM_Z));
	egm__term_add(p, GENERATOR_ENERGY, egm__mean(p->graph, egm__net(p, loss, ENERGY, x)), 1);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	const egm_ls_gan_options *o = loss->options;
	egm__phase_add(loss, "energy", 1u << ENERGY, o->energy_steps, 1, build_energy);
	egm__phase_add(loss, "generator", 1u << GENERATOR, 1, 0, build_generator);
	return egm__loss_reject_batch_norm(loss, ENERGY, "penalty", o->penalty);
}

static const egm__system ls_gan = {.kind = "ls_gan",
                                   .options = &egm__options_ls_gan,
                                   .n_nets = 2,
                                   .nets = {{"energy", "d", "1"}, {"generator", "k", "d"}},
                                   .terms = {"energy_real", "energy_fake", "comparison", "penalty", "generator_energy"},
                                   .describe = describe};

egm_status egm_loss_ls_gan(egm_loss **out, egm_model *energy, egm_model *generator, const egm_ls_gan_options *options)
{
	egm_model *nets[] = {energy, generator};
	return egm__named(__func__, egm__system_create(out, &ls_gan, nets, options));
}
