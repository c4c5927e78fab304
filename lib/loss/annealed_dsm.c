/* SPDX-License-Identifier: MIT */
/* S13, denoising score matching of one energy over many levels of noise (Li, Chen, Sommer 2019):
 *
 *   L = E||(sigma0^2 / sigma) grad U(x + sigma n) - n||^2,  sigma drawn for each row between sigma_low and sigma_high.
 *
 * With y = x + sigma n this is 1 / sigma^2 times the squared distance of x from y - sigma0^2 grad U(y), the denoised y.
 */
#include <loss/score_impl.h>
#include <loss/system_impl.h>
#include <math.h>

enum { ENERGY };
enum { SCORE_MATCHING };
enum { STREAM_NOISE, STREAM_LEVEL };

static const egm_annealed_dsm_options defaults = EGM_ANNEALED_DSM_OPTIONS_INIT;
static const egm_choice spacing_choices[] = {{"linear", EGM_SPACING_LINEAR}, {"geometric", EGM_SPACING_GEOMETRIC}};
static EGM__FAMILY(spacings, "EGM_SPACING_", spacing_choices);
static const egm__option members[] = {
    EGM__CHOICE(egm_annealed_dsm_options, spacing, spacings,
                "Whether the noise level or its logarithm is drawn uniformly."),
    EGM__RESERVED(egm_annealed_dsm_options, reserved),
    EGM__POSITIVE(egm_annealed_dsm_options, sigma0,
                  "Noise level, in data units, at which the energy describes the distribution of the data."),
    EGM__POSITIVE(egm_annealed_dsm_options, sigma_low, "Lowest noise level, in data units."),
    EGM__POSITIVE(egm_annealed_dsm_options, sigma_high, "Highest noise level, at least sigma_low, in data units."),
};
EGM__OPTIONS(egm__options_annealed_dsm, egm_annealed_dsm_options, defaults, members);

/* [batch, 1], between low and high */
static egm__id draw_levels(egm__phase_graph *p, const egm_annealed_dsm_options *o)
{
	egm__id t = egm__uniform(p->graph, STREAM_LEVEL, egm__shape2(p->batch, 1));
	if (o->spacing == EGM_SPACING_LINEAR) return egm__affine(p->graph, t, o->sigma_high - o->sigma_low, o->sigma_low);
	return egm__exp(p->graph, egm__affine(p->graph, t, log(o->sigma_high) - log(o->sigma_low), log(o->sigma_low)));
}

static void build(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_annealed_dsm_options *o = loss->options;
	egm__id sigma = draw_levels(p, o);
	egm__term_add(p, SCORE_MATCHING,
	              egm__denoising_loss_levels(p, loss, ENERGY, p->data, sigma, o->sigma0, STREAM_NOISE), 1);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	const egm_annealed_dsm_options *o = loss->options;
	egm_status st = EGM_OK;
	double square = o->sigma0 * o->sigma0;
	egm__phase_add(loss, "energy", 1u << ENERGY, 1, 1, build);
	if (!(o->sigma_low <= o->sigma_high))
		EGM_FAIL(EGM_ERR_ARGUMENT, "sigma_low is %g, must be at most sigma_high, which is %g", o->sigma_low,
		         o->sigma_high);
	EGM_TRY(egm__loss_number(loss, "1/sigma0^2", 1 / o->sigma0 / o->sigma0));
	EGM_TRY(egm__loss_number(loss, "sigma0^2/sigma_low", square / o->sigma_low));
	EGM_TRY(egm__loss_number(loss, "1/sigma_high", 1 / o->sigma_high));
	EGM_TRY(egm__loss_number(loss, "sigma_high/sigma0^2", o->sigma_high / o->sigma0 / o->sigma0));
	EGM_TRY(egm__loss_reject_batch_norm(loss, ENERGY, NULL, 0));
out:
	return st;
}

static const egm__system annealed_dsm = {.kind = "annealed_dsm",
                                         .options = &egm__options_annealed_dsm,
                                         .n_nets = 1,
                                         .nets = {{"energy", "d", "1"}},
                                         .terms = {"score_matching"},
                                         .describe = describe};

egm_status egm_loss_annealed_dsm(egm_loss **out, egm_model *energy, const egm_annealed_dsm_options *options)
{
	return egm__named(__func__, egm__system_create(out, &annealed_dsm, &energy, options));
}
