/* SPDX-License-Identifier: MIT */
/* Softmax cross-entropy: L = mean_i -sum_k t_ik log softmax(f(x_i))_k with logits f and targets t. The logarithm of a
 * share is computed as f_k - logsumexp(f), never as log of softmax: a share that is 0 in the dtype still has a finite
 * logarithm and a gradient. The gradient by f is w softmax(f) - t, w = sum_k t_k. */
#include <loss/system_impl.h>

enum { CLASSIFIER };
enum { CROSS_ENTROPY };

static const egm_cross_entropy_options defaults = EGM_CROSS_ENTROPY_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__BELOW_ONE(egm_cross_entropy_options, label_smoothing,
                   "Share of each row's weight that is spread evenly over the classes."),
};
EGM__OPTIONS(egm__options_cross_entropy, egm_cross_entropy_options, defaults, members);

static void build(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_cross_entropy_options *o = loss->options;
	egm__graph *g = p->graph;
	int64_t n = loss->nets[CLASSIFIER]->inputs, classes = loss->data_width - n;
	egm__id logits = egm__net(p, loss, CLASSIFIER, egm__slice(g, p->data, 1, 0, n));
	egm__id target = egm__slice(g, p->data, 1, n, classes);
	egm__id log_share = egm__log_softmax(g, logits, 2);
	if (o->label_smoothing > 0) {
		egm__id even = egm__scale(g, egm__row_sum(g, target), o->label_smoothing / (double)classes);
		target = egm__add(g, egm__scale(g, target, 1 - o->label_smoothing), even);
	}
	egm__term_add(p, CROSS_ENTROPY, egm__mean(g, egm__neg(g, egm__row_sum(g, egm__mul(g, target, log_share)))), 1);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	const egm_model *net = loss->nets[CLASSIFIER];
	egm__phase_add(loss, "classifier", 1u << CLASSIFIER, 1, 1, build);
	if (egm__model_outputs(net) > 1) return EGM_OK;
	return egm__fail(EGM_ERR_SHAPE, "classifier '%s' has 1 outputs, must have at least 2", net->name);
}

static const egm__system cross_entropy = {.kind = "cross_entropy",
                                          .options = &egm__options_cross_entropy,
                                          .n_nets = 1,
                                          .nets = {{"classifier", "d", "k"}},
                                          .data = "d+k",
                                          .terms = {"cross_entropy"},
                                          .describe = describe};

egm_status egm_loss_cross_entropy(egm_loss **out, egm_model *classifier, const egm_cross_entropy_options *options)
{
	return egm__named(__func__, egm__system_create(out, &cross_entropy, &classifier, options));
}
