/* SPDX-License-Identifier: MIT */
/* S1, an energy by maximum likelihood: grad L = E_data[grad U] - E_model[grad U]. The draws of the model are an input,
 * and constants for the gradient. */
#include <loss/system_impl.h>

enum { ENERGY };
enum { ENERGY_DATA, ENERGY_NEGATIVE, REGULARISER };

static const egm_ml_options defaults = EGM_ML_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__WEIGHT(egm_ml_options, regularizer,
                "Weight of the mean squared energy of data and negative samples; 1e-3 helps if energies drift."),
};
EGM__OPTIONS(egm__options_ml, egm_ml_options, defaults, members);

static egm__id mean_square(egm__graph *g, egm__id x)
{
	return egm__mean(g, egm__square(g, x));
}

static void build(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_ml_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id u[2];
	egm__net_both(p, loss, ENERGY, p->data, p->negatives, u);
	egm__term_add(p, ENERGY_DATA, egm__mean(g, u[0]), 1);
	egm__term_add(p, ENERGY_NEGATIVE, egm__mean(g, u[1]), -1);
	if (!(o->regularizer > 0)) return;
	egm__id of_negatives = mean_square(g, u[1]);
	egm__term_add(p, REGULARISER, egm__add(g, mean_square(g, u[0]), of_negatives), o->regularizer);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	egm__phase_add(loss, "energy", 1u << ENERGY, 1, 1, build)->reads_negatives = 1;
	return egm__loss_reject_batch_norm(loss, ENERGY, NULL, 0); /* its gradient moves the chains of the negatives */
}

static const egm__system ml = {.kind = "ml",
                               .options = &egm__options_ml,
                               .n_nets = 1,
                               .nets = {{"energy", "d", "1"}},
                               .terms = {"energy_data", "energy_negative", "regularizer"},
                               .describe = describe};

egm_status egm_loss_ml(egm_loss **out, egm_model *energy, const egm_ml_options *options)
{
	return egm__named(__func__, egm__system_create(out, &ml, &energy, options));
}
