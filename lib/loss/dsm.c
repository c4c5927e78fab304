/* SPDX-License-Identifier: MIT */
/* S11, denoising score matching of a scalar energy: L = E||sigma grad U(y) - n||^2, y = x + sigma n.
 *
 * With U = -log p_sigma the mean of n given y is sigma grad U(y), so the minimum is reached there. The target is n, not
 * n / sigma: the loss then stays of the size of the dimension for every sigma. */
#include <core/options_impl.h>
#include <loss/loss_impl.h>
#include <math.h>

static const egm_dsm_options defaults = {.struct_size = sizeof defaults, .sigma = 0.3};

egm_status egm_dsm_options_init(egm_dsm_options *options, size_t size)
{
	return egm__options_init("egm_dsm_options", options, size, &defaults, sizeof defaults);
}

static void build(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_dsm_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id n = egm__normal(g, 0, egm__shape2(p->batch, loss->data_width));
	egm__id y = egm__add(g, p->data, egm__scale(g, n, o->sigma));
	egm__id u = egm__net(p, loss, 0, y), score;
	egm__gradient(g, u, 1, &y, &score);
	egm__id residual = egm__sub(g, egm__scale(g, score, o->sigma), n);
	egm__term_add(p, 0, egm__mean(g, egm__row_sum(g, egm__square(g, residual))), 1);
}

egm_status egm_dsm_create(egm_loss **out, egm_model *energy, const egm_dsm_options *options)
{
	if (!out) return egm__fail(EGM_ERR_ARGUMENT, "dsm: out is NULL");
	egm_dsm_options o = defaults;
	*out = NULL;
	egm_status st = egm__options_merge("egm_dsm_options", &o, sizeof o, options);
	if (st != EGM_OK) return st;
	if (!(o.sigma > 0) || !isfinite(o.sigma))
		return egm__fail(EGM_ERR_ARGUMENT, "dsm: sigma = %g is not a positive number", o.sigma);
	static const char *const roles[] = {"energy"};
	egm_loss *loss = NULL;
	EGM_TRY(egm__loss_create(&loss, "dsm", 1, &energy, roles, &o, sizeof o));
	if (egm__model_outputs(energy) != 1)
		EGM_FAIL(EGM_ERR_SHAPE, "dsm: energy '%s' has %lld outputs, not 1", energy->name,
		         (long long)egm__model_outputs(energy));
	loss->n_phases = 1;
	loss->phases[0] = (egm__phase){"energy", 1, 1, 1, build};
	loss->n_terms = 1;
	loss->term_names[0] = "score_matching";
	*out = loss;
out:
	if (st != EGM_OK) egm_loss_free(loss);
	return st;
}
