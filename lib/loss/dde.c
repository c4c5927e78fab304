/* SPDX-License-Identifier: MIT */
/* S12, a generator between two denoising density estimators: U_p of the data and U_q = -log q_sigma of the generated
 * rows. With U_q held constant, the gradient by the generator of
 *
 *   E[U_p(y) - U_q(y)],  y = G(z) + sigma n,
 *
 * is that of KL(q_sigma || p_sigma): the change of U_q itself would contribute the mean of a score, which is 0. */
#include <loss/score_impl.h>
#include <loss/system_impl.h>

enum { DATA_ENERGY, SAMPLE_ENERGY, GENERATOR };
enum { SCORE_MATCHING, TERM_GENERATOR };
enum { STREAM_Z, STREAM_NOISE };

static const egm_dde_options defaults = EGM_DDE_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__COUNT(egm_dde_options, energy_steps, "Phases in a training step that train sample_energy."),
    EGM__RESERVED(egm_dde_options, reserved),
    EGM__POSITIVE(egm_dde_options, sigma,
                  "Standard deviation of the noise, in data units; data_energy must have been trained with the same."),
};
EGM__OPTIONS(egm__options_dde, egm_dde_options, defaults, members);

static egm__id generate(egm__phase_graph *p, const egm_loss *loss)
{
	return egm__net(p, loss, GENERATOR, egm__latent(p, loss, GENERATOR, STREAM_Z));
}

static void build_energy(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_dde_options *o = loss->options;
	egm__term_add(p, SCORE_MATCHING,
	              egm__denoising_loss(p, loss, SAMPLE_ENERGY, generate(p, loss), o->sigma, STREAM_NOISE), 1);
}

static void build_generator(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_dde_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id y = egm__noisy(p, generate(p, loss), o->sigma, STREAM_NOISE);
	egm__id of_samples = egm__net(p, loss, SAMPLE_ENERGY, y), of_data = egm__net(p, loss, DATA_ENERGY, y);
	egm__term_add(p, TERM_GENERATOR, egm__mean(g, egm__sub(g, of_data, of_samples)), 1);
}

/* Both energies are used through their scores: the generator descends their difference. */
static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	const egm_dde_options *o = loss->options;
	egm_status st = EGM_OK;
	egm__phase_add(loss, "energy", 1u << SAMPLE_ENERGY, o->energy_steps, 0, build_energy);
	egm__phase_add(loss, "generator", 1u << GENERATOR, 1, 0, build_generator);
	EGM_TRY(egm__loss_reject_batch_norm(loss, DATA_ENERGY, NULL, 0));
	EGM_TRY(egm__loss_reject_batch_norm(loss, SAMPLE_ENERGY, NULL, 0));
out:
	return st;
}

static const egm__system dde = {
    .kind = "dde",
    .options = &egm__options_dde,
    .n_nets = 3,
    .nets = {{"data_energy", "d", "1"}, {"sample_energy", "d", "1"}, {"generator", "k", "d"}},
    .terms = {"score_matching", "generator"},
    .describe = describe};

egm_status egm_loss_dde(egm_loss **out, egm_model *data_energy, egm_model *sample_energy, egm_model *generator,
                        const egm_dde_options *options)
{
	egm_model *nets[] = {data_energy, sample_energy, generator};
	return egm__named(__func__, egm__system_create(out, &dde, nets, options));
}
