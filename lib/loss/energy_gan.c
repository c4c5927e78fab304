/* SPDX-License-Identifier: MIT */
/* S2, the energy GAN with a maximum-entropy generator (Kumar et al. 2019, algorithm 1).
 *
 *  energy phase     E[U(x)] - E[U(G(z))] + lambda E||grad_x U(x)||^2     moves U
 *  generator phase  E[U(G(z))] - weight H                                 moves G and the third net
 *
 * The penalty stands at the real points, where the energy itself is taken: its chain of input gradients is the one that
 * the energy's own gradient needs, and the graph shares it. */
#include <core/options_impl.h>
#include <loss/entropy_impl.h>
#include <math.h>

enum { ENERGY, GENERATOR, THIRD };
enum { ENERGY_REAL, ENERGY_FAKE, PENALTY, GENERATOR_ENERGY, ENTROPY };
enum { STREAM_Z, STREAM_FRESH, STREAM_NOISE };

static const egm_energy_gan_options defaults = {.struct_size = sizeof defaults,
                                                .entropy = EGM_ENTROPY_JSD,
                                                .marginal = EGM_MARGINAL_FRESH,
                                                .energy_steps = 5,
                                                .penalty = 0.1,
                                                .entropy_weight = 1,
                                                .noise = 0,
                                                .dv_decay = 0.99};

egm_status egm_energy_gan_options_init(egm_energy_gan_options *options, size_t size)
{
	return egm__options_init("egm_energy_gan_options", options, size, &defaults, sizeof defaults);
}

static egm__id latent(egm__phase_graph *p, const egm_loss *loss, uint32_t stream)
{
	return egm__normal(p->graph, stream, egm__shape2(p->batch, loss->nets[GENERATOR]->inputs));
}

static void build_energy(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_energy_gan_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id real = egm__net(p, loss, ENERGY, p->data);
	egm__id fake = egm__net(p, loss, ENERGY, egm__net(p, loss, GENERATOR, latent(p, loss, STREAM_Z)));
	egm__id slope;
	egm__gradient(g, real, 1, &p->data, &slope);
	egm__term_add(p, ENERGY_REAL, egm__mean(g, real), 1);
	egm__term_add(p, ENERGY_FAKE, egm__mean(g, fake), -1);
	egm__term_add(p, PENALTY, egm__mean(g, egm__row_sum(g, egm__square(g, slope))), o->penalty);
}

static void build_generator(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_energy_gan_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__entropy e = {o->entropy, o->marginal, THIRD, ENTROPY, o->entropy_weight, o->dv_decay};
	egm__id z = latent(p, loss, STREAM_Z), x = egm__net(p, loss, GENERATOR, z), seen = x;
	egm__term_add(p, GENERATOR_ENERGY, egm__mean(g, egm__net(p, loss, ENERGY, x)), 1);
	if (o->noise > 0 && o->entropy != EGM_ENTROPY_INFOGAN)
		seen = egm__add(g, x, egm__scale(g, egm__normal(g, STREAM_NOISE, *egm__graph_shape(g, x)), o->noise));
	egm__entropy_term(p, loss, &e, seen, z, latent(p, loss, STREAM_FRESH));
}

static egm_status check_options(const egm_energy_gan_options *o)
{
	if (o->reserved) return egm__fail(EGM_ERR_ARGUMENT, "energy_gan: reserved is %d, not 0", o->reserved);
	if (o->entropy < EGM_ENTROPY_INFOGAN || o->entropy > EGM_ENTROPY_DV)
		return egm__fail(EGM_ERR_ARGUMENT, "energy_gan: entropy = %d is none of EGM_ENTROPY_*", o->entropy);
	if (o->marginal < EGM_MARGINAL_FRESH || o->marginal > EGM_MARGINAL_DERANGEMENT)
		return egm__fail(EGM_ERR_ARGUMENT, "energy_gan: marginal = %d is none of EGM_MARGINAL_*", o->marginal);
	if (o->energy_steps < 1)
		return egm__fail(EGM_ERR_ARGUMENT, "energy_gan: energy_steps = %d is below 1", o->energy_steps);
	const struct {
		const char *name;
		double value;
	} numbers[] = {{"penalty", o->penalty}, {"entropy_weight", o->entropy_weight}, {"noise", o->noise}};
	for (int i = 0; i < 3; i++)
		if (!(numbers[i].value >= 0) || !isfinite(numbers[i].value))
			return egm__fail(EGM_ERR_ARGUMENT, "energy_gan: %s = %g is not a number >= 0", numbers[i].name,
			                 numbers[i].value);
	if (!(o->dv_decay >= 0 && o->dv_decay < 1))
		return egm__fail(EGM_ERR_ARGUMENT, "energy_gan: dv_decay = %g is not in [0, 1)", o->dv_decay);
	return EGM_OK;
}

static egm_status check_width(const egm_model *net, const char *role, const char *side, int64_t is, int64_t wanted)
{
	if (is == wanted) return EGM_OK;
	return egm__fail(EGM_ERR_SHAPE, "energy_gan: %s '%s' has %lld %s, %lld wanted", role, net->name, (long long)is,
	                 side, (long long)wanted);
}

static egm_status check_widths(const egm_loss *loss, int infogan)
{
	const egm_model *u = loss->nets[ENERGY], *g = loss->nets[GENERATOR], *t = loss->nets[THIRD];
	egm_status st = EGM_OK;
	EGM_TRY(check_width(u, "energy", "outputs", egm__model_outputs(u), 1));
	EGM_TRY(check_width(g, "generator", "outputs", egm__model_outputs(g), u->inputs));
	EGM_TRY(check_width(t, "third net", "inputs", t->inputs, infogan ? u->inputs : u->inputs + g->inputs));
	EGM_TRY(check_width(t, "third net", "outputs", egm__model_outputs(t), infogan ? g->inputs : 1));
out:
	return st;
}

static void describe(egm_loss *loss, const egm_energy_gan_options *o)
{
	static const char *const terms[] = {"energy_real", "energy_fake", "penalty", "generator_energy", "entropy"};
	static const char *const variants[] = {"", "infogan", "jsd", "nwj", "dv"};
	loss->variant = variants[o->entropy];
	loss->n_phases = 2;
	loss->phases[0] = (egm__phase){"energy", 1u << ENERGY, o->energy_steps, 1, build_energy};
	loss->phases[1] = (egm__phase){"generator", 1u << GENERATOR | 1u << THIRD, 1, 0, build_generator};
	loss->n_terms = 5;
	for (int i = 0; i < 5; i++) loss->term_names[i] = terms[i];
	if (o->marginal == EGM_MARGINAL_DERANGEMENT) loss->min_batch = 2;
	if (o->entropy == EGM_ENTROPY_DV) loss->n_state = 2; /* both start at 0 */
}

egm_status egm_energy_gan_create(egm_loss **out, egm_model *energy, egm_model *generator, egm_model *third,
                                 const egm_energy_gan_options *options)
{
	if (!out) return egm__fail(EGM_ERR_ARGUMENT, "energy_gan: out is NULL");
	static const char *const roles[] = {"energy", "generator", "third"};
	egm_model *nets[] = {energy, generator, third};
	egm_energy_gan_options o = defaults;
	egm_loss *loss = NULL;
	egm_status st = EGM_OK;
	*out = NULL;
	EGM_TRY(egm__options_merge("egm_energy_gan_options", &o, sizeof o, options));
	EGM_TRY(check_options(&o));
	EGM_TRY(egm__loss_create(&loss, "energy_gan", 3, nets, roles, &o, sizeof o));
	EGM_TRY(check_widths(loss, o.entropy == EGM_ENTROPY_INFOGAN));
	if (loss->dtype == EGM_F32 && (float)o.dv_decay >= 1)
		EGM_FAIL(EGM_ERR_ARGUMENT, "energy_gan: dv_decay = %.17g is 1 in f32", o.dv_decay);
	describe(loss, &o);
	*out = loss;
out:
	if (st != EGM_OK) egm_loss_free(loss);
	return st;
}
