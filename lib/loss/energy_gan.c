/* SPDX-License-Identifier: MIT */
/* S2, the energy GAN with a maximum-entropy generator (Kumar et al. 2019, algorithm 1).
 *
 *  energy phase     E[U(x)] - E[U(G(z))] + lambda E||grad_x U(x)||^2     trains U
 *  generator phase  E[U(G(z))] - weight H                                 trains G and the information network
 *
 * The penalty is evaluated at the real rows, as the energy is: the gradient of the energy needs the same backward pass,
 * which the graph then computes once. */
#include <loss/entropy_impl.h>
#include <loss/penalty_impl.h>
#include <loss/system_impl.h>

enum { ENERGY, GENERATOR, INFORMATION };
enum { ENERGY_REAL, ENERGY_FAKE, PENALTY, GENERATOR_ENERGY, ENTROPY };
enum { STREAM_Z, STREAM_FRESH, STREAM_NOISE };

static const egm_energy_gan_options defaults = EGM_ENERGY_GAN_OPTIONS_INIT;

static const egm_choice entropy_choices[] = {
    {"infogan", EGM_ENTROPY_INFOGAN}, {"jsd", EGM_ENTROPY_JSD}, {"nwj", EGM_ENTROPY_NWJ}, {"dv", EGM_ENTROPY_DV}};
static EGM__FAMILY(entropies, "EGM_ENTROPY_", entropy_choices);
static const egm_choice marginal_choices[] = {{"fresh", EGM_MARGINAL_FRESH}, {"derangement", EGM_MARGINAL_DERANGEMENT}};
static EGM__FAMILY(marginals, "EGM_MARGINAL_", marginal_choices);
static const egm__option members[] = {
    EGM__CHOICE(egm_energy_gan_options, entropy, entropies, "Which bound replaces the entropy of the generator."),
    EGM__CHOICE(egm_energy_gan_options, marginal, marginals,
                "How independent pairs are made: by new latent draws, or by shifting the batch by one row, which needs "
                "2 rows."),
    EGM__COUNT(egm_energy_gan_options, energy_steps, "Energy phases for each generator phase; 1 suits tabular data."),
    EGM__RESERVED(egm_energy_gan_options, reserved),
    EGM__WEIGHT(egm_energy_gan_options, penalty,
                "Weight of the zero-centred gradient penalty at real rows: 0.1 for 2 columns, 10 images, 100 scores."),
    EGM__WEIGHT(egm_energy_gan_options, entropy_weight, "Weight of the entropy term."),
    EGM__WEIGHT(egm_energy_gan_options, noise,
                "Standard deviation, in data units, of noise on the rows in the entropy bound; infogan ignores it."),
    EGM__BELOW_ONE(egm_energy_gan_options, dv_decay, "Decay of the moving average of the dv bound."),
};
EGM__OPTIONS(egm__options_energy_gan, egm_energy_gan_options, defaults, members);

static void build_energy(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_energy_gan_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id x = egm__net(p, loss, GENERATOR, egm__latent(p, loss, GENERATOR, STREAM_Z));
	egm__term_add(p, ENERGY_REAL, egm__mean(g, egm__net(p, loss, ENERGY, p->data)), 1);
	egm__term_add(p, ENERGY_FAKE, egm__mean(g, egm__net(p, loss, ENERGY, x)), -1);
	if (egm__model_batch_layer(loss->nets[ENERGY]) >= 0) return; /* the weight is 0 then */
	egm__term_add(p, PENALTY, egm__penalty(p, loss, ENERGY, EGM_PENALTY_ZERO_CENTERED, EGM_AT_REAL, p->data, EGM__NONE),
	              o->penalty);
}

static void build_generator(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_energy_gan_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__entropy e = {o->entropy, o->marginal, INFORMATION, ENTROPY, o->entropy_weight, o->dv_decay};
	egm__id z = egm__latent(p, loss, GENERATOR, STREAM_Z), x = egm__net(p, loss, GENERATOR, z), seen = x;
	egm__term_add(p, GENERATOR_ENERGY, egm__mean(g, egm__net(p, loss, ENERGY, x)), 1);
	if (o->noise > 0 && o->entropy != EGM_ENTROPY_INFOGAN) seen = egm__noisy(p, x, o->noise, STREAM_NOISE);
	egm__entropy_term(p, loss, &e, seen, z, egm__latent(p, loss, GENERATOR, STREAM_FRESH));
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	const egm_energy_gan_options *o = loss->options;
	loss->variant = egm__choice_name(&entropies, o->entropy);
	if (o->entropy == EGM_ENTROPY_INFOGAN) nets[INFORMATION].inputs = "d", nets[INFORMATION].outputs = "k";
	egm__phase_add(loss, "energy", 1u << ENERGY, o->energy_steps, 1, build_energy);
	egm__phase_add(loss, "generator", 1u << GENERATOR | 1u << INFORMATION, 1, 0, build_generator);
	if (o->marginal == EGM_MARGINAL_DERANGEMENT) loss->min_batch = 2;
	if (o->entropy == EGM_ENTROPY_DV) loss->n_state = 2; /* both start at 0 */
	if (loss->dtype == EGM_F32 && (float)o->dv_decay >= 1)
		return egm__fail(EGM_ERR_ARGUMENT, "dv_decay is %.17g, which is 1 in f32; must be below 1", o->dv_decay);
	return egm__loss_reject_batch_norm(loss, ENERGY, "penalty", o->penalty);
}

static const egm__system energy_gan = {
    .kind = "energy_gan",
    .options = &egm__options_energy_gan,
    .n_nets = 3,
    .nets = {{"energy", "d", "1"}, {"generator", "k", "d"}, {"information network", "d+k", "1"}},
    .keys = {[INFORMATION] = "third"}, /* in checkpoints since 0.1 */
    .terms = {"energy_real", "energy_fake", "penalty", "generator_energy", "entropy"},
    .describe = describe};

egm_status egm_loss_energy_gan(egm_loss **out, egm_model *energy, egm_model *generator, egm_model *information,
                               const egm_energy_gan_options *options)
{
	egm_model *nets[] = {energy, generator, information};
	return egm__named(__func__, egm__system_create(out, &energy_gan, nets, options));
}
