/* SPDX-License-Identifier: MIT */
/* S11 in its scalar form, denoising score matching of an energy: L = E||sigma grad U(x + sigma n) - n||^2. */
#include <loss/score_impl.h>
#include <loss/system_impl.h>

enum { ENERGY };
enum { SCORE_MATCHING };

static const egm_dsm_options defaults = EGM_DSM_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__POSITIVE(egm_dsm_options, sigma, "Standard deviation of the noise, in data units."),
};
EGM__OPTIONS(egm__options_dsm, egm_dsm_options, defaults, members);

static void build(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_dsm_options *o = loss->options;
	egm__term_add(p, SCORE_MATCHING, egm__denoising_loss(p, loss, ENERGY, p->data, o->sigma, 0), 1);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	egm__phase_add(loss, "energy", 1u << ENERGY, 1, 1, build);
	return egm__loss_reject_batch_norm(loss, ENERGY, NULL, 0);
}

static const egm__system dsm = {.kind = "dsm",
                                .options = &egm__options_dsm,
                                .n_nets = 1,
                                .nets = {{"energy", "d", "1"}},
                                .terms = {"score_matching"},
                                .describe = describe};

egm_status egm_loss_dsm(egm_loss **out, egm_model *energy, const egm_dsm_options *options)
{
	return egm__named(__func__, egm__system_create(out, &dsm, &energy, options));
}
