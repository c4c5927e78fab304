/* SPDX-License-Identifier: MIT */
/* S13, score matching without noise (Hyvarinen 2005): L = E[||grad U||^2 / 2 - tr H], H the Hessian of U. The trace is
 * either exact, by one second derivative for each dimension, or the mean of v^T H v over normal v, by one
 * Hessian-vector product for each direction. Both are differentiated exactly, which takes third derivatives of U. */
#include <loss/score_impl.h>
#include <loss/system_impl.h>

enum { ENERGY };
enum { SCORE_MATCHING };
enum { MOST = 64 }; /* dimensions or directions, for each of which the graph has nodes */

static const egm_score_matching_options defaults = EGM_SCORE_MATCHING_OPTIONS_INIT;
static const egm_choice form_choices[] = {{"explicit", EGM_SCORE_EXPLICIT}, {"sliced", EGM_SCORE_SLICED}};
static EGM__FAMILY(forms, "EGM_SCORE_", form_choices);
static const egm__option members[] = {
    EGM__CHOICE(egm_score_matching_options, form, forms,
                "Whether the Laplacian is exact or estimated by random directions."),
    EGM__BETWEEN(egm_score_matching_options, projections, 1, MOST,
                 "Random directions for each row in the sliced form."),
};
EGM__OPTIONS(egm__options_score_matching, egm_score_matching_options, defaults, members);

/* sum_i d^2 U / dx_i^2, [batch, 1] */
static egm__id laplacian(egm__phase_graph *p, egm__id x, egm__id score)
{
	egm__graph *g = p->graph;
	int64_t d = egm__graph_shape(g, x)->d[1];
	egm__id sum = EGM__NONE;
	for (int64_t i = 0; i < d; i++) {
		egm__id row;
		egm__gradient(g, egm__slice(g, score, 1, i, 1), 1, &x, &row);
		egm__id entry = egm__slice(g, row, 1, i, 1);
		sum = i ? egm__add(g, sum, entry) : entry;
	}
	return sum;
}

/* the mean of v^T H v over n directions, [batch, 1] */
static egm__id sliced(egm__phase_graph *p, egm__id x, egm__id score, int32_t n)
{
	egm__graph *g = p->graph;
	egm__id sum = EGM__NONE;
	for (int32_t i = 0; i < n; i++) {
		egm__id v = egm__normal(g, (uint32_t)i, *egm__graph_shape(g, x)), product;
		egm__gradient(g, egm__mul(g, score, v), 1, &x, &product);
		egm__id form = egm__row_sum(g, egm__mul(g, product, v));
		sum = i ? egm__add(g, sum, form) : form;
	}
	return egm__scale(g, sum, 1.0 / n);
}

static void build(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_score_matching_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id score = egm__net_slope(p, loss, ENERGY, p->data);
	egm__id trace =
	    o->form == EGM_SCORE_EXPLICIT ? laplacian(p, p->data, score) : sliced(p, p->data, score, o->projections);
	egm__id half = egm__scale(g, egm__row_sum(g, egm__square(g, score)), 0.5);
	egm__term_add(p, SCORE_MATCHING, egm__mean(g, egm__sub(g, half, trace)), 1);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	const egm_score_matching_options *o = loss->options;
	egm__phase_add(loss, "energy", 1u << ENERGY, 1, 1, build);
	if (o->form == EGM_SCORE_EXPLICIT && loss->nets[ENERGY]->inputs > MOST)
		return egm__fail(
		    EGM_ERR_UNSUPPORTED,
		    "energy '%s' has %lld inputs, must have at most %d for EGM_SCORE_EXPLICIT; use EGM_SCORE_SLICED",
		    loss->nets[ENERGY]->name, (long long)loss->nets[ENERGY]->inputs, MOST);
	return egm__loss_reject_batch_norm(loss, ENERGY, NULL, 0);
}

static const egm__system score_matching = {.kind = "score_matching",
                                           .options = &egm__options_score_matching,
                                           .n_nets = 1,
                                           .nets = {{"energy", "d", "1"}},
                                           .terms = {"score_matching"},
                                           .describe = describe};

egm_status egm_loss_score_matching(egm_loss **out, egm_model *energy, const egm_score_matching_options *options)
{
	return egm__named(__func__, egm__system_create(out, &score_matching, &energy, options));
}
